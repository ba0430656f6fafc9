//! Share networks and their subnets through the front door: what they show at each age of the API, what may be said about
//! them, and who may say it. Source: resources.md §7 of the facts.

use manilad_domain::ShareNetworkSubnet;
use serde_json::{Value, json};

use crate::api::cloud::{Cloud, FOREIGN, NOTHING, OWN};
use crate::api::wire::{Answer, Client};
use crate::support::records;

const NETWORKS: &str = "/share-networks";

fn make(client: &Client, wish: Value) -> Answer {
    client.post(NETWORKS, json!({ "share_network": wish }))
}

#[track_caller]
fn made(client: &Client, wish: Value) -> String {
    make(client, wish).is(200).text_at("/share_network/id")
}

fn act(client: &Client, network: &str, body: Value) -> Answer {
    client.post(&format!("{NETWORKS}/{network}/action"), body)
}

fn subnets(network: &str) -> String {
    format!("{NETWORKS}/{network}/subnets")
}

fn add_subnet(client: &Client, network: &str, wish: Value) -> Answer {
    client.post(&subnets(network), json!({ "share-network-subnet": wish }))
}

/// Names of the networks that a query finds, in order.
#[track_caller]
fn names(client: &Client, query: &str) -> Vec<String> {
    client.get(&format!("{NETWORKS}?{query}")).is(200).column("share_networks", "name")
}

/// What is in use of `share_networks`, in quota set and limits alike.
fn in_use(client: &Client) -> i64 {
    let of = |path: &str, pointer: &str| client.get(path).is(200).json().pointer(pointer).unwrap().as_i64().unwrap();
    let used = of(&format!("/quota-sets/{OWN}/detail"), "/quota_set/share_networks/in_use");
    assert_eq!(used, of("/limits", "/limits/absolute/totalShareNetworksUsed"));
    used
}

#[test]
fn a_network_is_as_old_as_the_version_that_looks() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let network = made(&member, json!({ "name": "n", "neutron_net_id": "net", "neutron_subnet_id": "sub" }));
    let keys = |version: &str| {
        let shown = member.at(version).get(&format!("{NETWORKS}/{network}")).is(200).json();
        let listed = member.at(version).get(&format!("{NETWORKS}/detail")).is(200).json();
        assert_eq!(shown["share_network"], listed["share_networks"][0], "{version}");
        shown["share_network"].as_object().unwrap().clone()
    };
    let has = |version: &str, key: &str| keys(version).contains_key(key);
    for (key, from, to) in [
        ("neutron_net_id", 0, 50),
        ("neutron_subnet_id", 0, 50),
        ("network_type", 0, 50),
        ("segmentation_id", 0, 50),
        ("cidr", 0, 50),
        ("ip_version", 0, 50),
        ("gateway", 18, 50),
        ("mtu", 20, 50),
        ("nova_net_id", 0, 25),
        ("share_network_subnets", 51, 99),
        ("status", 63, 99),
        ("security_service_update_support", 63, 99),
        ("network_allocation_update_support", 70, 99),
    ] {
        let edges = [0, from.max(1) - 1, from, to, (to + 1).min(99), 99];
        for version in edges {
            assert_eq!(has(&format!("2.{version}"), key), (from..=to).contains(&version), "{key} at 2.{version}");
        }
    }
    assert_eq!((&keys("2.50")["neutron_net_id"], &keys("2.0")["neutron_subnet_id"]), (&json!("net"), &json!("sub")));
    let nested = |version: &str| keys(version)["share_network_subnets"][0].as_object().unwrap().clone();
    assert_eq!(nested("2.99")["metadata"], json!({}));
    assert_eq!((nested("2.78").len(), nested("2.77").len()), (13, 12));
    member.at("2.50").get(&subnets(&network)).fails(404);
    cloud.close(0);
}

#[test]
fn a_network_is_changed_and_given_back_with_its_quota() {
    let cloud = Cloud::with("[quota]\nshare_networks = 3");
    let (admin, member) = (cloud.admin(), cloud.member());
    assert_eq!(in_use(&member), 0);
    let first = made(&member, json!({ "name": "a", "availability_zone": "nova" }));
    let ids = json!({ "neutron_net_id": "net", "neutron_subnet_id": "sub" });
    let second = made(&member, ids);
    made(&admin, json!({}));
    assert_eq!(in_use(&member), 3);
    make(&member, json!({})).fails(413);
    make(&admin, json!({})).fails(413);
    make(&cloud.caller("foreign-member"), json!({})).is(200);

    let path = format!("{NETWORKS}/{second}");
    let put = |wish: Value| member.put(&path, json!({ "share_network": wish }));
    let changed = put(json!({ "name": "b", "description": "d", "unknown": 1 })).is(200).json()["share_network"].clone();
    assert_eq!(
        (&changed["name"], &changed["description"], &changed["status"]),
        (&json!("b"), &json!("d"), &json!("active"))
    );
    assert!(changed["updated_at"].is_string());
    let neutron = |answer: Value| {
        let subnet = &answer["share_network"]["share_network_subnets"][0];
        (subnet["neutron_net_id"].clone(), subnet["neutron_subnet_id"].clone())
    };
    assert_eq!(neutron(put(json!({ "neutron_net_id": "other" })).is(200).json()), (json!("other"), json!("sub")));
    assert_eq!(neutron(put(json!({ "description": null })).is(200).json()), (json!("other"), json!("sub")));
    put(json!({ "neutron_net_id": null })).fails(400);
    let none = json!({ "neutron_net_id": null, "neutron_subnet_id": null });
    assert_eq!(neutron(put(none).is(200).json()), (json!(null), json!(null)));
    put(json!({ "neutron_net_id": "n" })).fails(400);
    put(json!({ "name": "x".repeat(256) })).fails(400);
    put(json!({ "nova_net_id": "n" })).fails(400);
    member.put(&path, json!({})).fails(422);
    member.put(&format!("{NETWORKS}/zz"), json!({ "share_network": { "name": "x" } })).fails(404);
    // Neutron's ids are those of the default subnet: one there must be, and one only.
    let default = json!({ "neutron_net_id": "n", "neutron_subnet_id": "s" });
    member.put(&format!("{NETWORKS}/{first}"), json!({ "share_network": default })).fails(400);
    add_subnet(&member, &second, json!({})).is(200);
    put(default).fails(400);

    // A network with several subnets stays.
    member.delete(&path).fails(409);
    let extra = member.get(&subnets(&second)).is(200).column("share_network_subnets", "id").pop().unwrap();
    let extra = format!("{}/{extra}", subnets(&second));
    member.delete(&extra).is(202);
    member.get(&extra).fails(404);
    assert_eq!(member.delete(&path).is(202).text, "");
    member.get(&path).fails(404);
    member.delete(&path).fails(404);
    assert_eq!(in_use(&member), 2);
    // One without any subnet goes too.
    let only = member.get(&subnets(&first)).is(200).column("share_network_subnets", "id").pop().unwrap();
    member.delete(&format!("{}/{only}", subnets(&first))).is(202);
    assert_eq!(member.at("2.50").get(&format!("{NETWORKS}/{first}")).json()["share_network"]["cidr"], json!(null));
    member.delete(&format!("{NETWORKS}/{first}")).is(202);
    assert_eq!(in_use(&member), 1);
    made(&member, json!({}));
    cloud.close(0);
}

#[test]
fn every_mistake_in_a_wish_for_a_network_has_its_status() {
    let cloud = Cloud::open();
    let member = cloud.member();
    for wrong in [
        json!({ "neutron_net_id": "n" }),
        json!({ "neutron_subnet_id": "n" }),
        json!({ "neutron_net_id": "n", "neutron_subnet_id": "" }),
        json!({ "neutron_net_id": 1, "neutron_subnet_id": "s" }),
        json!({ "nova_net_id": "n" }),
        json!({ "availability_zone": "zz" }),
        json!({ "availability_zone": {} }),
        json!({ "name": "x".repeat(256) }),
        json!({ "description": "x".repeat(256) }),
        json!({ "name": 1 }),
    ] {
        make(&member, wrong).fails(400);
    }
    for wrong in [json!({}), json!({ "share_network": null }), json!({ "share_network": [] }), json!({ "network": {} })]
    {
        member.post(NETWORKS, wrong).fails(422);
    }
    make(&member.at("2.25"), json!({ "nova_net_id": "n" })).fails(400);
    assert!(names(&member, "").is_empty() && in_use(&member) == 0, "nothing was made");

    let zone = member.get("/availability-zones").text_at("/availability_zones/0/id");
    let by_id = make(&member, json!({ "availability_zone": zone })).is(200).json();
    assert_eq!(by_id["share_network"]["share_network_subnets"][0]["availability_zone"], "nova");
    // Zones are unheard of before subnets.
    let old = made(&member.at("2.50"), json!({ "availability_zone": "zz" }));
    let old = member.get(&subnets(&old)).is(200).json();
    assert_eq!(old["share_network_subnets"][0]["availability_zone"], json!(null));
    cloud.close(0);
}

#[test]
fn a_list_of_networks_is_filtered_as_the_version_and_the_caller_allow() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let a = made(
        &member,
        json!({ "name": "ant", "description": "first", "neutron_net_id": "net", "neutron_subnet_id": "sub" }),
    );
    made(&member, json!({ "name": "bee", "availability_zone": "nova" }));
    made(&cloud.caller("foreign-member"), json!({ "name": "foreign" }));
    let service = json!({ "security_service": { "type": "ldap" } });
    let service = member.post("/security-services", service).is(200).text_at("/security_service/id");
    act(&member, &a, json!({ "add_security_service": { "security_service_id": service } })).is(200);
    let all = ["ant", "bee"].as_slice();
    for (query, found) in [
        ("", all),
        ("name=ant", &["ant"]),
        ("name=an", &[]),
        ("name~=e", &["bee"]),
        ("description~=irs", &["ant"]),
        ("description=first", &["ant"]),
        ("neutron_net_id=net", &["ant"]),
        ("neutron_subnet_id~=u", &["ant"]),
        ("availability_zone=nova", &["bee"]),
        ("status=active", all),
        ("status=error", &[]),
        (&format!("security_service_id={service}"), &["ant"]),
        (&format!("security_service_id={NOTHING}"), &[]),
        (&format!("id={a}"), &["ant"]),
        ("created_since=2020-01-01", all),
        ("created_since=2999-01-01", &[]),
        ("created_before=2999-01-01", all),
        ("created_before=2020-01-01", &[]),
        ("ip_version=4", &[]),
        ("cidr=10.0.0.0/24", &[]),
        ("zz=zz", &[]),
        ("limit=1", &["ant"]),
        ("limit=1&offset=1", &["bee"]),
        ("offset=1", &["bee"]),
        ("limit=0", all),
        ("limit=0&offset=2", &[]),
    ] {
        assert_eq!(names(&member, query), found, "{query}");
        assert_eq!(names(&admin, query), found, "{query}");
    }
    // Tenants can't feel their way to what they are not shown.
    assert_eq!(names(&member, "network_type=vlan&segmentation_id=7"), all);
    assert!(names(&admin, "network_type=vlan").is_empty() && names(&admin, "segmentation_id=7").is_empty());
    assert_eq!(names(&member.at("2.35"), "name~=zz"), all, "dropped below its version");
    for wrong in [
        "created_since=zz",
        "created_before=2020-1-1",
        "created_since=2020-01-01T00:00:00",
        "created_since=",
        "ip_version=zz",
        "limit=-1",
        "offset=a",
        "all_tenants=zz",
    ] {
        member.get(&format!("{NETWORKS}?{wrong}")).fails(400);
    }
    admin.get(&format!("{NETWORKS}?segmentation_id=zz")).fails(400);
    assert_eq!(member.get(&format!("{NETWORKS}?limit=1")).json().as_object().unwrap().len(), 1, "no links");

    let project = format!("project_id={FOREIGN}");
    assert_eq!(names(&member, &project), all, "not heard");
    assert_eq!(names(&member, "all_tenants=1"), all);
    assert_eq!(names(&admin, &project), ["foreign"]);
    assert_eq!(names(&admin, &format!("all_tenants=1&{project}")), ["foreign"]);
    assert_eq!(names(&admin, "all_tenants=1"), ["ant", "bee", "foreign"]);
    cloud.close(0);
}

#[test]
fn a_zone_has_one_subnet_before_2_70_and_as_many_as_you_like_after() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let network = made(&member, json!({ "name": "n" }));
    let old = member.at("2.69");
    add_subnet(&old, &network, json!({})).fails(409);
    add_subnet(&old, &network, json!({ "availability_zone": "nova" })).is(200);
    add_subnet(&old, &network, json!({ "availability_zone": "nova" })).fails(409);
    let ids = json!({ "availability_zone": "nova", "neutron_net_id": "n", "neutron_subnet_id": "s", "metadata": { "k": "v" } });
    let second = add_subnet(&member.at("2.77"), &network, ids.clone()).is(200).json();
    assert_eq!(second["share_network_subnet"].get("metadata"), None);
    let second = second["share_network_subnet"]["id"].as_str().unwrap().to_owned();
    let second = member.get(&format!("{}/{second}", subnets(&network))).is(200).json();
    assert_eq!(second["share_network_subnet"]["metadata"], json!({}), "dropped before 2.78");
    let third = add_subnet(&member, &network, ids).is(200).json()["share_network_subnet"].clone();
    assert_eq!((&third["metadata"], &third["share_network_name"]), (&json!({ "k": "v" }), &json!("n")));
    assert_eq!((&third["availability_zone"], &third["share_network_id"]), (&json!("nova"), &json!(network)));
    let listed = member.get(&subnets(&network)).is(200).json();
    assert_eq!(
        (listed["share_network_subnets"].as_array().unwrap().len(), &listed["share_network_subnets"][3]),
        (4, &third)
    );
    let within = member.get(&format!("{NETWORKS}/{network}")).is(200).json();
    assert_eq!(within["share_network"]["share_network_subnets"].as_array().unwrap().len(), 4);

    for wrong in [
        json!({ "neutron_net_id": "n" }),
        json!({ "availability_zone": "zz" }),
        json!({ "metadata": { "": "v" } }),
        json!({ "metadata": [] }),
    ] {
        add_subnet(&member, &network, wrong).fails(400);
    }
    member.post(&subnets(&network), json!({ "share_network_subnet": {} })).fails(400);
    add_subnet(&member, NOTHING, json!({})).fails(404);
    // A subnet is found in its own network only.
    let other = made(&member, json!({}));
    member.get(&format!("{}/{}", subnets(&other), third["id"].as_str().unwrap())).fails(404);
    member.delete(&format!("{}/{}", subnets(&other), third["id"].as_str().unwrap())).fails(404);
    member.get(&format!("{}/{NOTHING}", subnets(&network))).fails(404);

    let check =
        |client: &Client, wish: Value| act(client, &network, json!({ "share_network_subnet_create_check": wish }));
    let good = json!({ "neutron_net_id": "n", "neutron_subnet_id": "s", "reset_operation": true });
    assert_eq!(
        check(&cloud.admin(), good.clone()).is(202).json(),
        json!({ "compatible": true, "hosts_check_result": {} })
    );
    assert_eq!(check(&member, good.clone()).is(202).json(), json!({ "compatible": true }));
    check(&member.at("2.69"), good.clone()).fails(404);
    check(&cloud.caller("foreign-member"), good.clone()).fails(404);
    check(&cloud.caller("stranger"), good.clone()).fails(403);
    check(&cloud.caller("reader"), good).fails(403);
    for wrong in
        [json!({ "neutron_net_id": "n" }), json!({ "availability_zone": "zz" }), json!({ "reset_operation": "zz" })]
    {
        check(&member, wrong).fails(400);
    }
    cloud.close(0);
}

#[test]
fn what_a_client_says_of_a_segment_is_kept_on_the_first_subnet_shown_and_filtered_by() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let said = json!({
        "name": "said", "network_type": "vlan", "segmentation_id": 1000, "cidr": "10.0.0.0/24", "ip_version": 4,
    });
    let digits = json!({ "name": "digits", "segmentation_id": "7", "ip_version": "6", "network_type": "", "cidr": "" });
    let network = made(&member, said);
    let other = made(&member, digits);
    let shown = |client: &Client, id: &str| {
        let all = client.get(&subnets(id)).is(200).json()["share_network_subnets"].clone();
        ["network_type", "segmentation_id", "cidr", "ip_version", "gateway", "mtu"].map(|key| all[0][key].clone())
    };
    let nothing = || json!(null);
    let seen = [json!("vlan"), json!(1000), json!("10.0.0.0/24"), json!(4), nothing(), nothing()];
    assert_eq!(shown(&admin, &network), seen);
    assert_eq!(shown(&admin, &other), [nothing(), json!(7), nothing(), json!(6), nothing(), nothing()]);
    assert_eq!(shown(&member, &network)[..4], [nothing(), nothing(), json!("10.0.0.0/24"), json!(4)]);
    let old = admin.at("2.50").get(&format!("{NETWORKS}/{network}")).is(200).json()["share_network"].clone();
    assert_eq!(["network_type", "segmentation_id", "cidr", "ip_version"].map(|key| old[key].clone()), seen[..4]);
    for (query, found) in [
        ("network_type=vlan", &["said"][..]),
        ("segmentation_id=7", &["digits"]),
        ("cidr=10.0.0.0/24", &["said"]),
        ("ip_version=6", &["digits"]),
        ("ip_version=4&segmentation_id=7", &[]),
    ] {
        assert_eq!(names(&admin, query), found, "{query}");
    }
    assert_eq!(names(&member, "cidr=10.0.0.0/24"), ["said"]);
    for wrong in [
        json!({ "network_type": "x".repeat(33) }),
        json!({ "network_type": 5 }),
        json!({ "segmentation_id": "zz" }),
        json!({ "segmentation_id": -1 }),
        json!({ "segmentation_id": 2147483648u32 }),
        json!({ "cidr": "x".repeat(65) }),
        json!({ "ip_version": 5 }),
    ] {
        make(&member, wrong).fails(400);
    }
    cloud.close(0);
}

#[test]
fn metadata_of_a_subnet_is_merged_replaced_and_removed() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let network = made(&member, json!({}));
    let subnet = member.get(&subnets(&network)).is(200).text_at("/share_network_subnets/0/id");
    let path = format!("{}/{subnet}/metadata", subnets(&network));
    let set = |entries: Value| json!({ "metadata": entries });
    let holds = |entries: Value| assert_eq!(member.get(&path).is(200).json(), set(entries));
    holds(json!({}));
    // Only what was posted comes back; all of it is kept.
    assert_eq!(member.post(&path, set(json!({ "a": "b" }))).is(200).json(), set(json!({ "a": "b" })));
    assert_eq!(member.post(&path, set(json!({ "c": "d" }))).is(200).json(), set(json!({ "c": "d" })));
    holds(json!({ "a": "b", "c": "d" }));
    assert_eq!(member.post(&format!("{path}/a"), set(json!({ "a": "x" }))).is(200).json(), set(json!({ "a": "x" })));
    holds(json!({ "a": "x", "c": "d" }));
    assert_eq!(member.get(&format!("{path}/c")).is(200).json(), json!({ "meta": { "c": "d" } }));
    assert_eq!(member.put(&path, set(json!({ "e": "f" }))).is(200).json(), set(json!({ "e": "f" })));
    holds(json!({ "e": "f" }));
    assert_eq!(member.delete(&format!("{path}/e")).is(200).text, "");
    member.delete(&format!("{path}/e")).fails(404);
    member.get(&format!("{path}/e")).fails(404);
    for wrong in [json!({ "": "x" }), json!({ "k": "" }), json!({ "k": 1 }), json!(null), json!([])] {
        member.post(&path, set(wrong.clone())).fails(400);
        member.put(&path, set(wrong)).fails(400);
    }
    for wrong in [json!({ "b": "x" }), json!({ "a": "x", "b": "x" }), json!({})] {
        member.post(&format!("{path}/a"), set(wrong)).fails(400);
    }
    let reader = cloud.caller("reader");
    reader.get(&path).is(200);
    reader.post(&path, set(json!({ "a": "b" }))).fails(403);
    reader.delete(&format!("{path}/a")).fails(403);
    member.at("2.77").get(&path).fails(404);
    cloud.close(0);
}

#[test]
fn what_drivers_build_servers_by_is_for_administrators_in_metadata_of_subnets() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let network = made(&member, json!({}));
    let subnet = member.get(&subnets(&network)).is(200).text_at("/share_network_subnets/0/id");
    let path = format!("{}/{subnet}/metadata", subnets(&network));
    let set = |entries: Value| json!({ "metadata": entries });
    for key in ["set_vlan", "set_mtu"] {
        let wish = set(json!({ key: "1280", "k": "v" }));
        member.post(&path, wish.clone()).fails(403);
        member.put(&path, wish.clone()).fails(403);
        member.post(&format!("{path}/{key}"), set(json!({ key: "1280" }))).fails(403);
        add_subnet(&member, &network, wish).fails(403);
        assert_eq!(member.get(&path).is(200).json(), set(json!({})));
        admin.post(&path, set(json!({ key: "1280" }))).is(200);
        member.delete(&format!("{path}/{key}")).fails(403);
        member.put(&path, set(json!({ "k": "v" }))).is(200);
        assert_eq!(member.get(&path).is(200).json(), set(json!({ key: "1280", "k": "v" })), "it stays");
        admin.delete(&format!("{path}/{key}")).is(200);
        member.delete(&format!("{path}/k")).is(200);
    }
    assert_eq!(member.get(&subnets(&network)).column("share_network_subnets", "id"), [subnet], "none was made");
    add_subnet(&admin, &network, set(json!({ "set_vlan": "100" }))).is(200);
    admin.post(&format!("{path}/set_mtu"), set(json!({ "set_mtu": "1280" }))).is(200);
    let (folder, _sim) = cloud.stage.stop_daemon();
    let left: Vec<ShareNetworkSubnet> = records::all(folder.path());
    assert_eq!(left.iter().flat_map(|subnet| &subnet.confirmed).collect::<Vec<_>>().len(), 2);
    assert!(left.iter().all(|subnet| subnet.unconfirmed().next().is_none()), "what an administrator wrote counts");
}

#[test]
fn networks_of_another_project_do_not_exist() {
    let cloud = Cloud::open();
    let (admin, member, foreign) = (cloud.admin(), cloud.member(), cloud.caller("foreign-member"));
    let network = made(&member, json!({ "name": "n" }));
    let path = format!("{NETWORKS}/{network}");
    let subnet = member.get(&subnets(&network)).text_at("/share_network_subnets/0/id");
    for path in [&path, &subnets(&network), &format!("{}/{subnet}", subnets(&network))] {
        foreign.get(path).fails(404);
    }
    foreign.put(&path, json!({ "share_network": { "name": "x" } })).fails(404);
    foreign.delete(&path).fails(404);
    foreign.delete(&format!("{}/{subnet}", subnets(&network))).fails(404);
    add_subnet(&foreign, &network, json!({})).fails(404);
    cloud.caller("foreign-admin").get(&path).is(200);

    let reset = |client: &Client, status: Value| act(client, &network, json!({ "reset_status": status }));
    reset(&member, json!({ "status": "error" })).fails(403);
    reset(&admin, json!({ "status": "zz" })).fails(400);
    reset(&admin, json!({})).fails(400);
    reset(&admin.at("2.62"), json!({ "status": "error" })).fails(404);
    for status in ["network_change", "error", "active"] {
        reset(&admin, json!({ "status": status })).is(202);
        assert_eq!(member.get(&path).is(200).json()["share_network"]["status"], status);
    }
    cloud.close(0);
}
