//! What is asked of an array for share servers, word by word.

use manilad_clock::Uuid;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::script::{Lab, Play};
use crate::dns::{self, Dns};
use crate::ipspace::{self, Removed};
use crate::ldap::{self, Ldap, Place};
use crate::port::{self, NewVlan};
use crate::smb_server::{self, Discovery, Joiner};
use crate::{Class, broadcast_domain, certificate, cluster, interface, kerberos, nfs, route, svm, volume};

const UUID: &str = "3f0b4e4e-0000-4000-8000-000000000001";

fn uuid() -> Uuid {
    UUID.parse().unwrap()
}

fn joiner() -> Joiner {
    Joiner { user: "joe".to_owned(), password: SecretString::from("s3cret") }
}

fn no(code: &str, text: &str) -> Value {
    json!({"error": {"code": code, "message": text}})
}

fn last(lab: &Lab) -> Value {
    lab.script.body(lab.script.asked().len() - 1)
}

#[tokio::test]
async fn an_svm_is_made_with_what_only_its_creation_can_say() {
    let lab = Lab::new();
    let new = svm::New {
        name: "os_1".to_owned(),
        comment: "share_server_id:1".to_owned(),
        ipspace: "ipspace_1".to_owned(),
        aggregates: vec!["aggr1".to_owned(), "aggr2".to_owned()],
        name_sources: None,
        logical_space: false,
    };
    let when = "POST /api/svm/svms?return_records=true&return_timeout=55";
    lab.script.json(when, 201, json!({"records": [{"uuid": UUID}]}));
    assert_eq!(svm::create(&lab.client, &new).await.unwrap(), uuid());
    let expected = json!({
        "name": "os_1", "comment": "share_server_id:1", "ipspace": {"name": "ipspace_1"},
        "aggregates": [{"name": "aggr1"}, {"name": "aggr2"}], "nsswitch": {"namemap": ["files"]},
    });
    assert_eq!(last(&lab), expected);
    let more = svm::New { name_sources: Some(vec!["ldap", "files"]), logical_space: true, ..new };
    lab.script.json(when, 201, json!({"records": [{"uuid": UUID}]}));
    svm::create(&lab.client, &more).await.unwrap();
    let body = last(&lab);
    let both = json!(["ldap", "files"]);
    assert_eq!(body["nsswitch"], json!({"namemap": both, "group": both, "netgroup": both, "passwd": both}));
    assert_eq!(
        (&body["is_space_reporting_logical"], &body["is_space_enforcement_logical"]),
        (&json!(true), &json!(true))
    );
    assert!(lab.script.asked().iter().all(|call| call.headers.iter().all(|(name, _)| *name != "X-Dot-SVM-Name")));
}

#[tokio::test]
async fn an_svm_that_is_gone_is_deleted_and_one_that_others_need_is_not() {
    let lab = Lab::new();
    let when = "DELETE /api/svm/svms/";
    lab.script.json(when, 404, no("4", "entry doesn't exist"));
    svm::delete(&lab.client, uuid()).await.unwrap();
    lab.script.json(when, 409, no("2621525", "delete its CIFS server first"));
    let error = svm::delete(&lab.client, uuid()).await.unwrap_err();
    assert_eq!((error.class(), error.code()), (Class::Refused, "2621525"));
    lab.script.json("PATCH /api/private/cli/vserver?vserver=os_1", 200, json!({}));
    svm::retain(&lab.client, "os_1", 48).await.unwrap();
    assert_eq!(last(&lab), json!({"volume_delete_retention_hours": 48}));
}

#[tokio::test]
async fn what_is_there_already_is_well_and_what_is_used_stays() {
    let lab = Lab::new();
    let script = &lab.script;
    script.json("POST /api/network/ipspaces", 409, no("1377261", "exists"));
    ipspace::create(&lab.client, "ipspace_1").await.unwrap();
    script.json("POST /api/network/ethernet/broadcast-domains", 409, no("1", "duplicate entry"));
    broadcast_domain::create(&lab.client, "ipspace_1", "domain_1", 9000).await.unwrap();
    assert_eq!(last(&lab), json!({"name": "domain_1", "ipspace": {"name": "ipspace_1"}, "mtu": 9000}));
    script.json("PATCH /api/network/ethernet/ports/", 409, no("1967149", "is a member"));
    port::place(&lab.client, uuid(), "ipspace_1", "domain_1").await.unwrap();
    script.json("POST /api/network/ip/routes", 409, no("1966345", "duplicate route"));
    route::create_default(&lab.client, "os_1", "fd00::1".parse().unwrap()).await.unwrap();
    let expected =
        json!({"svm": {"name": "os_1"}, "destination": {"address": "::", "netmask": "0"}, "gateway": "fd00::1"});
    assert_eq!(last(&lab), expected);
    for (when, code) in [
        ("DELETE /api/network/ethernet/ports/", "1376858"),
        ("DELETE /api/network/ethernet/ports/", "1966189"),
        ("DELETE /api/network/ethernet/broadcast-domains/", "1967103"),
        ("DELETE /api/network/ipspaces/", "1966333"),
        ("DELETE /api/network/ipspaces/", "1969180"),
    ] {
        for (status, code, removed) in
            [(409, code, Some(Removed::Kept)), (404, "4", Some(Removed::Gone)), (400, "99", None)]
        {
            script.json(when, status, no(code, "no"));
            let outcome = match when.rsplit('/').nth(1) {
                Some("ports") => port::delete(&lab.client, uuid()).await,
                Some("broadcast-domains") => broadcast_domain::delete(&lab.client, uuid()).await,
                _ => ipspace::delete(&lab.client, uuid()).await,
            };
            assert_eq!(outcome.ok(), removed, "{when} {code}");
        }
    }
}

#[tokio::test]
async fn ports_are_read_with_the_place_where_they_are() {
    let lab = Lab::new();
    let domain = json!({"name": "d", "uuid": UUID, "ipspace": {"name": "i"}});
    let records = json!({"records": [
        {"uuid": UUID, "name": "e0d-7", "node": {"name": "n1"}, "state": "up", "speed": 1000, "mtu": 1500,
         "vlan": {"base_port": {"name": "e0d"}}, "broadcast_domain": domain},
        {"uuid": UUID, "name": "e0e-7", "node": {"name": "n1"}, "state": "down"},
    ]});
    lab.script.json("GET /api/network/ethernet/ports?vlan.tag=7", 200, records);
    let ports = port::vlans(&lab.client, 7).await.unwrap();
    assert_eq!(ports[0].base.as_deref(), Some("e0d"));
    assert_eq!(ports[0].place.as_ref().map(|place| (&*place.ipspace, &*place.domain)), Some(("i", "d")));
    assert_eq!((&ports[1].place, ports[1].speed), (&None, 0));
    lab.script.json("GET /api/network/ethernet/ports?type=physical%7Clag", 200, json!({"records": []}));
    assert!(port::uplinks(&lab.client).await.unwrap().is_empty());
    lab.script.json("POST /api/network/ethernet/ports", 201, json!({}));
    let [node, base, ipspace, domain] = ["n1", "e0d", "i", "d"].map(str::to_owned);
    port::create(&lab.client, &NewVlan { node, base, tag: 7, ipspace, domain }).await.unwrap();
    let expected = json!({
        "type": "vlan", "node": {"name": "n1"}, "vlan": {"base_port": {"name": "e0d"}, "tag": 7},
        "broadcast_domain": {"name": "d", "ipspace": {"name": "i"}},
    });
    assert_eq!(last(&lab), expected);
}

#[tokio::test]
async fn a_lif_serves_files_on_its_home_and_nfs_is_set_whether_or_not_it_is_there() {
    let lab = Lab::new();
    lab.script.json("POST /api/network/ip/interfaces", 201, json!({}));
    let [name, svm, node, port] = ["l", "os_1", "n1", "e0d-7"].map(str::to_owned);
    let address = [10, 0, 0, 1].into();
    interface::create(&lab.client, &interface::New { name, svm, address, prefix: 24, node, port }).await.unwrap();
    let expected = json!({
        "name": "l", "svm": {"name": "os_1"}, "ip": {"address": "10.0.0.1", "netmask": "24"}, "enabled": true,
        "service_policy": {"name": "default-data-files"},
        "location": {"home_node": {"name": "n1"}, "home_port": {"name": "e0d-7"}},
    });
    assert_eq!(last(&lab), expected);
    lab.script.json("POST /api/protocols/nfs/services", 409, no("1", "duplicate entry"));
    lab.script.json("PATCH /api/protocols/nfs/services/3f0b", 200, json!({}));
    nfs::serve(&lab.client, uuid(), nfs::Terms { v3: true, v40: false, v41: true }).await.unwrap();
    let body = last(&lab);
    assert_eq!((&body["protocol"]["v40_enabled"], &body["showmount_enabled"]), (&json!(false), &json!(true)));
    let transport = json!({"transport": {"tcp_max_transfer_size": 131_072}});
    lab.script.json("GET /api/protocols/nfs/services/", 200, transport);
    let transfers = nfs::transfers(&lab.client, uuid()).await.unwrap();
    assert_eq!((transfers.tcp_max_transfer_size, transfers.udp_max_transfer_size), (Some(131_072), None));
    lab.script.json(
        "GET /api/storage/volumes?svm.name=os_1&is_svm_root=false",
        200,
        json!({"records": [{"name": "v"}]}),
    );
    assert_eq!(volume::names(&lab.client, "os_1").await.unwrap(), ["v"]);
}

#[tokio::test]
async fn an_svm_joins_a_domain_with_credentials_that_no_log_shows() {
    let lab = Lab::new();
    let new = smb_server::New {
        name: "OS-1".to_owned(),
        domain: "example.com".to_owned(),
        organizational_unit: Some("OU=x".to_owned()),
        joiner: joiner(),
        aes: true,
        signing: true,
    };
    let when = "POST /api/protocols/cifs/services?return_timeout=55";
    lab.script.json(when, 201, json!({}));
    smb_server::create(&lab.client, uuid(), &new).await.unwrap();
    let expected = json!({
        "svm": {"uuid": UUID}, "name": "OS-1", "force": true,
        "ad_domain": {"fqdn": "example.com", "organizational_unit": "OU=x", "user": "joe", "password": "s3cret"},
        "security": {"advertised_kdc_encryptions": ["aes-128", "aes-256"], "smb_signing": true},
    });
    assert_eq!(last(&lab), expected);
    lab.script.json(when, 409, no("655477", "already has"));
    smb_server::create(&lab.client, uuid(), &new).await.unwrap();
    for (code, text) in [("656464", "no"), ("5", "Could not authenticate"), ("5", "Insufficient access rights")] {
        lab.script.json(when, 400, no(code, text));
        let error = smb_server::create(&lab.client, uuid(), &new).await.unwrap_err();
        assert_eq!(error.class(), Class::BadCredentials);
    }
    assert!(!format!("{new:?} {:?}", lab.script.asked()).contains("s3cret"));
    lab.script.json("PATCH /api/protocols/cifs/domains/3f0b", 200, json!({}));
    smb_server::set_discovery(&lab.client, uuid(), Discovery::Site).await.unwrap();
    assert_eq!(last(&lab), json!({"server_discovery_mode": "site"}));
    lab.script.json(
        "DELETE /api/protocols/cifs/services/3f0b4e4e-0000-4000-8000-000000000001?return_timeout",
        200,
        json!({}),
    );
    smb_server::delete(&lab.client, uuid(), &joiner()).await.unwrap();
    assert_eq!(last(&lab), json!({"ad_domain": {"user": "joe", "password": "s3cret"}}));
    let forced = "DELETE /api/protocols/cifs/services/3f0b4e4e-0000-4000-8000-000000000001?force=true";
    lab.script.json(forced, 404, no("4", "none"));
    smb_server::forget(&lab.client, uuid()).await.unwrap();
    assert!(lab.script.is_done());
}

#[tokio::test]
async fn name_services_are_replaced_where_they_are_there() {
    let lab = Lab::new();
    let dns = Dns { domains: vec!["example.com".to_owned()], servers: vec!["192.0.2.53".to_owned()] };
    lab.script.json("POST /api/name-services/dns", 409, no("1", "there"));
    lab.script.json("PATCH /api/name-services/dns/3f0b", 200, json!({}));
    dns::set(&lab.client, uuid(), &dns).await.unwrap();
    assert_eq!(last(&lab), json!({"domains": ["example.com"], "servers": ["192.0.2.53"]}));
    lab.script.json("POST /api/name-services/local-hosts", 409, no("1", "there"));
    lab.script.json(
        "PATCH /api/name-services/local-hosts/3f0b4e4e-0000-4000-8000-000000000001/192.0.2.7",
        200,
        json!({}),
    );
    let names = ["nas".to_owned(), "files".to_owned()];
    dns::set_host(&lab.client, uuid(), [192, 0, 2, 7].into(), &names).await.unwrap();
    assert_eq!(last(&lab), json!({"hostname": "nas", "aliases": ["files"]}));
    assert!(dns::set_host(&lab.client, uuid(), [192, 0, 2, 7].into(), &[]).await.is_err());
    let directory = Ldap {
        place: Place::Servers(vec!["192.0.2.10".to_owned()]),
        base_dn: None,
        bind_dn: "cn=joe".to_owned(),
        bind_password: SecretString::from("s3cret"),
    };
    lab.script.json("POST /api/name-services/ldap", 409, no("1", "there"));
    lab.script.json("PATCH /api/name-services/ldap/3f0b", 200, json!({}));
    ldap::set(&lab.client, uuid(), &directory).await.unwrap();
    let expected = json!({
        "port": 389, "schema": "RFC-2307", "servers": ["192.0.2.10"], "bind_dn": "cn=joe", "bind_password": "s3cret",
    });
    assert_eq!(last(&lab), expected);
    lab.script.json("POST /api/name-services/ldap", 201, json!({}));
    ldap::set(&lab.client, uuid(), &Ldap { place: Place::Domain("example.com".to_owned()), ..directory })
        .await
        .unwrap();
    assert_eq!((&last(&lab)["ad_domain"], &last(&lab)["schema"]), (&json!("example.com"), &json!("MS-AD-BIS")));
}

#[tokio::test]
async fn kerberos_that_is_switched_so_already_is_well() {
    let lab = Lab::new();
    lab.script.json("POST /api/protocols/nfs/kerberos/realms", 409, no("1", "there"));
    let at = "PATCH /api/protocols/nfs/kerberos/realms/3f0b4e4e-0000-4000-8000-000000000001/EXAMPLE.COM";
    lab.script.json(at, 200, json!({}));
    kerberos::set_realm(&lab.client, uuid(), "EXAMPLE.COM", "192.0.2.10").await.unwrap();
    assert_eq!(lab.script.body(0)["kdc"], json!({"ip": "192.0.2.10", "port": 88, "vendor": "other"}));
    assert_eq!(last(&lab), json!({"kdc": {"ip": "192.0.2.10"}}));
    let when = "PATCH /api/protocols/nfs/kerberos/interfaces/3f0b";
    let already = no("3276861", "Kerberos is already enabled on interface");
    lab.script.json(when, 400, already.clone()).add(when, Play::Json(400, already)).json(
        when,
        400,
        no("3276861", "down"),
    );
    kerberos::enable(&lab.client, uuid(), "nfs/a@B", &joiner()).await.unwrap();
    assert_eq!(last(&lab), json!({"enabled": true, "spn": "nfs/a@B", "user": "joe", "password": "s3cret"}));
    kerberos::disable(&lab.client, uuid()).await.unwrap();
    assert!(kerberos::disable(&lab.client, uuid()).await.is_err());
}

#[tokio::test]
async fn what_only_the_command_line_tells_is_read_in_both_spellings() {
    let lab = Lab::new();
    let when = "GET /api/private/cli/network/interface/capacity/details?fields=limit-for-node%2Ccount-for-node%2Cnode";
    let records = json!({"records": [
        {"node": "n1", "limit-for-node": 512, "count-for-node": 3},
        {"node": "n2", "limit_for_node": 512, "count_for_node": 4},
    ]});
    lab.script.json(when, 200, records);
    let all = interface::capacities(&lab.client).await.unwrap();
    assert_eq!(all.iter().map(|one| (one.limit, one.count)).collect::<Vec<_>>(), [(512, 3), (512, 4)]);
    let records = json!({"records": [{"name": "n1", "ha": {"partners": [{"name": "n2"}]}}, {"name": "n3"}]});
    lab.script.json("GET /api/cluster/nodes", 200, records);
    let partners = cluster::partners(&lab.client).await.unwrap();
    assert_eq!(partners.into_iter().collect::<Vec<_>>(), [("n1".to_owned(), "n2".to_owned())]);
}

#[tokio::test]
async fn a_certificate_is_made_shown_and_the_old_one_removed() {
    let lab = Lab::new();
    let made = json!({"records": [{"uuid": UUID, "expiry_time": "2027-01-01T00:00:00+00:00"}]});
    lab.script.json("GET /api/security/certificates?svm.name=os_1&type=server", 200, made.clone());
    assert!(certificate::of_server(&lab.client, "os_1").await.unwrap()[0].ends().is_some());
    lab.script.json("POST /api/security/certificates?return_records=true", 201, made);
    assert_eq!(certificate::create(&lab.client, "os_1", 30).await.unwrap(), uuid());
    assert_eq!(last(&lab)["expiry_time"], "P30DT");
    lab.script.json("PATCH /api/svm/svms/3f0b", 200, json!({}));
    certificate::show(&lab.client, uuid(), uuid()).await.unwrap();
    assert_eq!(last(&lab), json!({"certificate": {"uuid": UUID}}));
    lab.script.json("DELETE /api/security/certificates/3f0b", 404, no("4", "gone"));
    certificate::delete(&lab.client, uuid()).await.unwrap();
}
