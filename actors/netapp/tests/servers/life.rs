//! What is made for a share server, what is shared, and that nothing of it is left.

use std::time::Duration;

use manilad_domain::access::AccessLevel::Rw;
use manilad_domain::message::Detail;
use manilad_driver::{Cancellation, Remedy, ServerSubject, TearDownServer};
use manilad_ontap_sim::Config;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::tests::bench::{Bench, goes_on, run_with, set_up, with_servers};
use crate::tests::samples::desired;
use crate::tests::server_samples::{TAG, add_admin, add_subnet, assert_no_server_left, names, on, segment, server};
use crate::tests::wire::Mishap;
use crate::{Mode, Servers, Settings};

fn run<T>(test: impl AsyncFnOnce(Bench) -> T) -> T {
    run_with(Config::default(), with_servers(), test)
}

/// A back end with another option.
fn servers_with(change: impl FnOnce(&mut Servers)) -> Settings {
    let mut servers = Servers::default();
    change(&mut servers);
    Settings { mode: Mode::Servers(Box::new(servers)), ..with_servers() }
}

fn svm_of(subject: &ServerSubject) -> String {
    format!("os_{}", subject.server.id)
}

/// Sets the server up; it knows what was told of it from then on, as in a store.
async fn stand(bench: &Bench, subject: &mut ServerSubject) {
    subject.server.details = bench.set_up(subject).await.unwrap();
}

fn lifs(bench: &Bench, subject: &ServerSubject) -> Vec<Value> {
    let svm = bench.objects("svm").into_iter().find(|svm| svm["name"] == svm_of(subject)).unwrap();
    let mut lifs = bench.objects("interface");
    lifs.retain(|lif| lif["svm"] == svm["uuid"]);
    lifs.sort_by_key(|lif| lif["address"].to_string());
    lifs
}

#[test]
fn a_server_on_a_vlan_has_an_ipspace_ports_an_svm_and_an_address_on_each_node() {
    run(async |bench| {
        let mut subject = server(1, Some(TAG));
        assert_eq!(bench.addresses().await.unwrap(), 2);
        stand(&bench, &mut subject).await;
        let details = &subject.server.details;
        assert_eq!(details["vserver_name"], svm_of(&subject));
        let ports: Value = serde_json::from_str(&details["ports"]).unwrap();
        let address = |number: usize| &ports[subject.allocations[number].id.to_string()];
        assert_eq!((address(0), address(1)), (&json!("10.1.0.11"), &json!("10.1.0.12")));
        let nfs: Value = serde_json::from_str(&details["nfs_config"]).unwrap();
        assert_eq!(nfs["tcp-max-xfer-size"], "65536");
        assert_eq!(names(&bench, "ipspace"), ["Cluster", "Default", "ipspace_vlan_1042"]);
        assert!(names(&bench, "broadcast_domain").contains(&"domain_vlan_1042".to_owned()));
        let vlans = names(&bench, "port").into_iter().filter(|name| name.ends_with("-1042"));
        assert_eq!(vlans.count(), 2);
        assert_eq!(lifs(&bench, &subject).len(), 2);
        let routes = bench.objects("ip_route");
        assert_eq!((routes.len(), &routes[0]["gateway"]), (1, &json!("10.1.0.1")));
        bench.tear_down(&subject).await.unwrap();
        assert_no_server_left(&bench);
    });
}

#[test]
fn a_server_without_vlan_stands_on_the_ports_themselves() {
    run(async |bench| {
        let mut subject = server(1, None);
        stand(&bench, &mut subject).await;
        assert_eq!(names(&bench, "ipspace"), ["Cluster", "Default"]);
        assert_eq!(lifs(&bench, &subject).len(), 2);
        bench.tear_down(&subject).await.unwrap();
        assert_no_server_left(&bench);
    });
}

#[test]
fn an_svm_that_has_another_name_is_not_taken_for_gone_nor_are_the_shares_on_it() {
    run(async |bench| {
        let mut subject = server(1, Some(TAG));
        stand(&bench, &mut subject).await;
        let share = on(&subject, 1);
        bench.create(&share).await.unwrap();
        let svm = bench.objects("svm").into_iter().find(|svm| svm["name"] == svm_of(&subject)).unwrap();
        let target = format!("/api/svm/svms/{}", svm["uuid"].as_str().unwrap());
        bench.patch(&target, r#"{"name": "renamed"}"#).await;
        let bench = bench.next();
        for trouble in [bench.delete(&share).await.unwrap_err(), bench.tear_down(&subject).await.unwrap_err()] {
            assert_eq!(trouble.remedy, Remedy::Never, "{}", trouble.reason);
            assert!(trouble.reason.contains("renamed") && trouble.reason.contains("the mark"), "{}", trouble.reason);
        }
        assert_eq!((bench.volumes().len(), names(&bench, "svm").contains(&"renamed".to_owned())), (1, true));
        bench.patch(&target, &json!({ "name": svm_of(&subject) }).to_string()).await;
        let bench = bench.next();
        bench.delete(&share).await.unwrap();
        bench.tear_down(&subject).await.unwrap();
        assert_no_server_left(&bench);
    });
}

#[test]
fn what_was_known_of_a_server_is_not_believed_any_more_once_a_task_has_failed_on_it() {
    run(async |bench| {
        let mut subject = server(1, Some(TAG));
        stand(&bench, &mut subject).await;
        bench.create(&on(&subject, 1)).await.unwrap();
        let svm = bench.objects("svm").into_iter().find(|svm| svm["name"] == svm_of(&subject)).unwrap();
        let target = format!("/api/svm/svms/{}", svm["uuid"].as_str().unwrap());
        bench.patch(&target, r#"{"name": "renamed"}"#).await;
        let first = bench.create(&on(&subject, 2)).await.unwrap_err();
        assert_ne!(first.detail, Detail::NoShareServer, "it was believed to be there: {}", first.reason);
        let second = bench.create(&on(&subject, 2)).await.unwrap_err();
        assert_eq!((second.remedy, second.detail), (Remedy::Absent, Detail::NoShareServer), "{}", second.reason);
    });
}

#[test]
fn a_share_lives_on_its_server_and_is_gone_with_it() {
    run(async |bench| {
        let mut subject = server(1, Some(TAG));
        add_admin(&mut subject, Some(TAG));
        stand(&bench, &mut subject).await;
        let share = on(&subject, 1);
        let exports = bench.create(&share).await.unwrap();
        let admin: Vec<_> = exports.iter().filter(|one| one.is_admin_only).map(|one| one.path.as_str()).collect();
        assert_eq!((exports.len(), admin.len()), (3, 1));
        assert!(admin[0].starts_with("10.200.0.9:/"));
        assert!(exports[0].preferred);
        bench.apply(&share, &[desired(1, "10.1.0.0/16", Rw)]).await.unwrap();
        let trouble = bench.tear_down(&subject).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Again);
        assert!(trouble.reason.contains("still has 1 volumes"), "{}", trouble.reason);
        bench.delete(&share).await.unwrap();
        bench.create(&share).await.unwrap();
        let target = format!("/api/storage/volumes/{}", bench.volumes()[0]["uuid"].as_str().unwrap());
        bench.patch(&target, r#"{"state": "offline"}"#).await;
        bench.call("DELETE", &target, "").await;
        bench.tear_down(&subject).await.unwrap();
        assert_no_server_left(&bench);
        assert_eq!(bench.delete(&share).await, Ok(()), "it went with its server");
        let trouble = bench.create(&share).await.unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Absent, Detail::NoShareServer));
    });
}

#[test]
fn servers_of_one_vlan_share_its_network_and_the_last_takes_it_along() {
    run(async |bench| {
        let (mut one, mut other) = (server(1, Some(TAG)), server(2, Some(TAG)));
        let net = "8b1f4f1c-0000-4000-8000-00000000000a";
        let mut of_neutron = server(3, Some(TAG));
        of_neutron.server.subnets[0].neutron =
            Some(manilad_domain::subnet::Neutron { net_id: net.to_owned(), subnet_id: "s".to_owned() });
        for subject in [&mut one, &mut other, &mut of_neutron] {
            stand(&bench, subject).await;
        }
        assert_eq!(names(&bench, "ipspace"), ["Cluster", "Default", "ipspace_vlan_1042"]);
        for subject in [&one, &other] {
            bench.tear_down(subject).await.unwrap();
            assert_eq!(names(&bench, "ipspace").len(), 3);
            assert_eq!(names(&bench, "port").iter().filter(|name| name.ends_with("-1042")).count(), 2);
        }
        bench.tear_down(&of_neutron).await.unwrap();
        assert_no_server_left(&bench);
        bench.set_up(&of_neutron).await.unwrap();
        let named = format!("ipspace_{}", net.replace('-', "_"));
        assert!(names(&bench, "ipspace").contains(&named));
        bench.tear_down(&of_neutron).await.unwrap();
        assert_no_server_left(&bench);
    });
}

#[test]
fn a_subnet_is_added_to_a_server_that_stands() {
    run(async |bench| {
        let mut subject = server(1, Some(TAG));
        stand(&bench, &mut subject).await;
        add_subnet(&mut subject, segment(Some(TAG), 7), None);
        let six = manilad_domain::subnet::Segment { gateway: Some("fd00::1".to_owned()), ..segment(Some(TAG), 8) };
        add_subnet(&mut subject, six, None);
        let details = bench.set_up(&subject).await.unwrap();
        let ports: Value = serde_json::from_str(&details["ports"]).unwrap();
        assert_eq!(ports.as_object().unwrap().len(), 6);
        assert_eq!(lifs(&bench, &subject).len(), 6);
        let mut gateways: Vec<String> =
            bench.objects("ip_route").iter().map(|one| one["gateway"].to_string()).collect();
        gateways.sort();
        assert_eq!(gateways, ["\"10.1.0.1\"", "\"10.7.0.1\"", "\"fd00::1\""]);
        bench.tear_down(&subject).await.unwrap();
        assert_no_server_left(&bench);
    });
}

#[test]
fn an_svm_of_somebody_else_is_not_touched() {
    run(async |bench| {
        let mut subject = server(1, Some(TAG));
        let body = format!(r#"{{"name": "{}", "comment": "mine"}}"#, svm_of(&subject));
        bench.call("POST", "/api/svm/svms", &body).await;
        let trouble = bench.set_up(&subject).await.unwrap_err();
        assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::NoShareServer));
        bench.tear_down(&subject).await.unwrap();
        assert_eq!(names(&bench, "svm"), [svm_of(&subject), "svm1".to_owned()]);
        subject.server.details.insert("vserver_name".to_owned(), svm_of(&subject));
        assert_eq!(bench.tear_down(&subject).await.unwrap_err().remedy, Remedy::Never);
    });
}

#[test]
fn share_servers_need_an_account_of_the_cluster() {
    let settings = Settings {
        login: Some("vsadmin".to_owned()),
        password: Some(SecretString::from("password")),
        ..with_servers()
    };
    run_with(Config::default(), settings, async |bench| {
        assert!(bench.report().await.unwrap_err().reason.contains("account of the cluster"));
        assert!(bench.addresses().await.is_err());
        assert!(bench.set_up(&server(1, None)).await.is_err());
    });
}

#[test]
fn pools_tell_that_share_servers_are_made() {
    run(async |bench| {
        let pools = bench.report().await.unwrap();
        let names: Vec<String> = pools.iter().map(|pool| pool.name.to_string()).collect();
        assert_eq!(names, ["node1@alpha#aggr1", "node1@alpha#aggr2"]);
        for (key, value) in [
            ("driver_handles_share_servers", json!(true)),
            ("driver_name", json!("NetApp_MultiSVM")),
            ("ipv4_support", json!(true)),
            ("ipv6_support", json!(true)),
            ("share_server_multiple_subnet_support", json!(true)),
            ("security_service_update_support", json!(true)),
            ("network_allocation_update_support", json!(true)),
            ("qos", json!(true)),
        ] {
            assert_eq!(pools[0].capabilities[key], value, "{key}");
        }
        assert!(pools[0].total.gib().is_some());
    });
}

#[test]
fn a_certificate_lives_as_long_as_configured_and_there_is_one() {
    run_with(Config::default(), servers_with(|servers| servers.certificate_days = 30), async |bench| {
        let mut subject = server(1, None);
        for count in [1, 2] {
            stand(&bench, &mut subject).await;
            let svm = bench.objects("svm").into_iter().find(|svm| svm["name"] == svm_of(&subject)).unwrap();
            let mut own = bench.objects("certificate");
            own.retain(|one| one["svm"] == svm["uuid"]);
            assert_eq!((own.len(), &own[0]["uuid"]), (1, &svm["certificate"]), "after {count}");
            subject.server.details.clear();
        }
    });
}

#[test]
fn a_server_that_a_partner_could_not_take_over_is_not_made() {
    for (lifs_per_node, fits) in [(4, true), (3, false)] {
        let mut config = Config::default();
        config.limits.lifs_per_node = lifs_per_node;
        run_with(config, servers_with(|servers| servers.restrict_lifs = true), async |bench| {
            match bench.set_up(&server(1, Some(TAG))).await {
                Ok(_) => assert!(fits),
                Err(trouble) => {
                    assert_eq!((trouble.remedy, trouble.detail), (Remedy::Elsewhere, Detail::NoShareServer));
                    assert!(!fits && trouble.reason.contains("takeover"), "{}", trouble.reason);
                    assert_no_server_left(&bench);
                }
            }
        });
    }
}

#[test]
fn a_retention_that_the_array_does_not_take_is_no_reason_to_do_without_the_server() {
    run_with(Config::default(), servers_with(|servers| servers.delete_retention_hours = 24), async |bench| {
        bench.set_up(&server(1, None)).await.unwrap();
        assert!(bench.wire.calls().contains(&"PATCH /api/private/cli/vserver".to_owned()));
    });
}

#[test]
fn a_retention_of_which_nobody_knows_whether_it_is_set_is_set_again() {
    let zero = servers_with(|servers| servers.delete_retention_hours = 0);
    run_with(Config::default(), zero, async |bench| {
        bench.wire.curse("vserver", Mishap::LostCall);
        let trouble = bench.set_up(&server(1, None)).await.unwrap_err();
        assert!(goes_on(&trouble), "{}", trouble.reason);
    });
}

#[test]
fn a_server_that_goes_takes_away_nothing_that_another_has_just_found() {
    run(async |bench| {
        let pause = Duration::from_secs(2);
        for late in 0..6 {
            let (mut going, mut coming) = (server(1, Some(TAG)), server(2, Some(TAG)));
            stand(&bench, &mut going).await;
            bench.wire.slow_down(pause);
            let clock = bench.lab.clock.clone();
            let cancellation = Cancellation::never();
            let gone = bench.servers.tear_down.ask(TearDownServer { subject: Box::new(going), cancellation });
            let come = bench.servers.set_up.ask(set_up(coming.clone()));
            let come = async move {
                clock.sleep(pause * late).await;
                come.await
            };
            let (gone, come) = bench.drive(async { futures::join!(gone, come) }).await;
            bench.wire.slow_down(Duration::ZERO);
            assert_eq!(gone.unwrap(), Ok(()), "{late} rounds late");
            assert!(come.unwrap().is_ok(), "{late} rounds late");
            assert_eq!(lifs(&bench, &coming).len(), 2);
            stand(&bench, &mut coming).await;
            bench.tear_down(&coming).await.unwrap();
            assert_no_server_left(&bench);
        }
    });
}
