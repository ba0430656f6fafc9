//! Security services, and what share networks have to do with them. Source: resources.md §7 and §8 of the facts.

use serde_json::{Value, json};

use crate::api::cloud::{Cloud, NOTHING, OWN};
use crate::api::wire::{Answer, Client};

const SERVICES: &str = "/security-services";

fn make(client: &Client, wish: Value) -> Answer {
    client.post(SERVICES, json!({ "security_service": wish }))
}

#[track_caller]
fn made(client: &Client, directory: &str, name: &str) -> String {
    make(client, json!({ "type": directory, "name": name })).is(200).text_at("/security_service/id")
}

fn change(client: &Client, service: &str, wish: Value) -> Answer {
    client.put(&format!("{SERVICES}/{service}"), json!({ "security_service": wish }))
}

fn network(client: &Client) -> String {
    client.post("/share-networks", json!({ "share_network": {} })).is(200).text_at("/share_network/id")
}

/// An action of a network with the ids of services.
fn act(client: &Client, network: &str, action: &str, ids: Value) -> Answer {
    client.post(&format!("/share-networks/{network}/action"), json!({ action: ids }))
}

fn one(id: &str) -> Value {
    json!({ "security_service_id": id })
}

fn two(current: &str, new: &str) -> Value {
    json!({ "current_service_id": current, "new_service_id": new })
}

#[track_caller]
fn names(client: &Client, query: &str) -> Vec<String> {
    client.get(&format!("{SERVICES}?{query}")).is(200).column("security_services", "name")
}

#[test]
fn a_service_shows_what_was_said_of_it_as_the_version_has_it() {
    let cloud = Cloud::open();
    let member = cloud.member();
    let said = json!({ "type": "active_directory", "name": "n", "description": "d", "dns_ip": "10.0.0.1", "server": "s",
                       "domain": "d.example", "user": "joiner", "password": "open sesame", "ou": "o" });
    let shown = make(&member.at("2.43"), said.clone()).is(200).json()["security_service"].clone();
    let service = shown["id"].as_str().unwrap().to_owned();
    for (key, value) in said.as_object().unwrap() {
        let expected = if key == "ou" { None } else { Some(value) };
        assert_eq!(shown.get(key), expected, "{key}: kept at every version, shown from 2.44 on");
    }
    assert_eq!(
        (&shown["status"], &shown["project_id"], &shown["updated_at"]),
        (&json!("new"), &json!(OWN), &json!(null))
    );
    let path = format!("{SERVICES}/{service}");
    let keys = |version: &str, path: &str, pointer: &str| {
        member.at(version).get(path).is(200).json().pointer(pointer).unwrap().as_object().unwrap().clone()
    };
    assert_eq!(keys("2.44", &path, "/security_service")["ou"], "o");
    for (version, has_ou, has_site) in
        [("2.43", false, false), ("2.44", true, false), ("2.75", true, false), ("2.76", true, true)]
    {
        let single = keys(version, &path, "/security_service");
        assert_eq!(
            (single.contains_key("ou"), single.contains_key("default_ad_site")),
            (has_ou, has_site),
            "{version}"
        );
        assert!(!single.contains_key("share_networks"), "only lists tell");
        let mut listed = keys(version, &format!("{SERVICES}/detail"), "/security_services/0");
        assert_eq!(listed.remove("share_networks"), Some(json!([])));
        assert_eq!(listed, single);
    }
    let brief = keys("2.99", SERVICES, "/security_services/0");
    assert_eq!(
        Value::Object(brief),
        json!({ "id": service, "name": "n", "type": "active_directory", "status": "new" })
    );

    let changed = change(
        &member,
        &service,
        json!({ "server": null, "default_ad_site": "site", "password": "shut", "name": "m" }),
    );
    let changed = changed.is(200).json()["security_service"].clone();
    assert_eq!(
        (&changed["server"], &changed["default_ad_site"], &changed["name"]),
        (&json!(null), &json!("site"), &json!("m"))
    );
    assert_eq!(
        (&changed["password"], &changed["user"], changed["updated_at"].is_string()),
        (&json!("shut"), &json!("joiner"), true)
    );
    change(&member, &service, json!({ "server": "s" })).fails(400);
    change(&member, &service, json!({ "server": "s", "type": "ldap" })).is(200);
    member.delete(&path).is(202);
    member.delete(&path).fails(404);
    member.get(&path).fails(404);

    // Passwords are for whoever may see the service, and for nobody who reads the log.
    make(&member, json!({ "type": "ldap", "password": "open sesame", "user": 1 })).fails(400);
    make(&member, json!({ "type": "ldap", "password": ["open sesame"] })).fails(400);
    assert!(!cloud.stage.daemon.log().iter().any(|line| line.contains("sesame") || line.contains("shut\"")));
    cloud.close(0);
}

#[test]
fn every_mistake_about_a_service_has_its_status() {
    let cloud = Cloud::open();
    let member = cloud.member();
    for wrong in [
        json!({}),
        json!({ "type": null }),
        json!({ "type": "zz" }),
        json!({ "type": "LDAP" }),
        json!({ "type": "ldap", "name": "x".repeat(256) }),
        json!({ "type": "ldap", "dns_ip": "x".repeat(65) }),
        json!({ "type": "ldap", "user": 1 }),
        json!({ "type": "ldap", "password": "x".repeat(256) }),
        json!({ "type": "active_directory", "server": "s", "default_ad_site": "t" }),
    ] {
        make(&member, wrong).fails(400);
    }
    for wrong in [json!({}), json!({ "security_service": null }), json!({ "service": { "type": "ldap" } })] {
        member.post(SERVICES, wrong.clone()).fails(422);
    }
    let old = member.at("2.75");
    make(&old, json!({ "type": "active_directory", "default_ad_site": "t" })).fails(400);
    make(&old, json!({ "type": "active_directory", "default_ad_site": "" })).is(200);
    make(&member, json!({ "type": "kerberos", "server": "s", "default_ad_site": "t" })).is(200);
    let service = made(&member, "ldap", "l");
    change(&old, &service, json!({ "default_ad_site": "t" })).fails(400);
    change(&member, &service, json!({ "type": "zz" })).fails(400);
    change(&member, &service, json!({ "name": "x".repeat(256) })).fails(400);
    member.put(&format!("{SERVICES}/{service}"), json!({})).fails(422);
    for unknown in [NOTHING, "zz"] {
        member.get(&format!("{SERVICES}/{unknown}")).fails(404);
        change(&member, unknown, json!({ "name": "x" })).fails(404);
        member.delete(&format!("{SERVICES}/{unknown}")).fails(404);
    }
    // Another project's is forbidden, not missing.
    let (foreign, reader) = (cloud.caller("foreign-member"), cloud.caller("reader"));
    foreign.get(&format!("{SERVICES}/{service}")).fails(403);
    change(&foreign, &service, json!({ "name": "x" })).fails(403);
    foreign.delete(&format!("{SERVICES}/{service}")).fails(403);
    assert!(names(&foreign, "").is_empty());
    reader.get(&format!("{SERVICES}/{service}")).is(200);
    change(&reader, &service, json!({ "name": "x" })).fails(403);
    cloud.caller("foreign-admin").get(&format!("{SERVICES}/{service}")).is(200);
    cloud.close(0);
}

#[test]
fn a_list_of_services_is_filtered_as_the_caller_may() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let a = json!({ "type": "ldap", "name": "a", "user": "u", "server": "s", "dns_ip": "1.1.1.1", "domain": "d", "ou": "o" });
    let a = make(&member, a).is(200).text_at("/security_service/id");
    made(&member, "kerberos", "b");
    made(&cloud.caller("foreign-member"), "ldap", "foreign");
    let net = network(&member);
    act(&member, &net, "add_security_service", one(&a)).is(200);
    let all = ["a", "b"].as_slice();
    for (query, found) in [
        ("", all),
        ("name=a", &["a"]),
        (&format!("id={a}"), &["a"]),
        ("type=kerberos", &["b"]),
        ("type=zz", &[]),
        ("user=u&server=s&dns_ip=1.1.1.1&domain=d", &["a"]),
        ("user=v", &[]),
        ("status=zz", all),
        (&format!("share_network_id={net}"), &["a"]),
        (&format!("share_network_id={net}&name=b"), &[]),
        ("limit=1", &["a"]),
        ("limit=1&offset=1", &["b"]),
        ("limit=0", all),
    ] {
        assert_eq!(names(&member, query), found, "{query}");
        assert_eq!(names(&admin, query), found, "{query}");
    }
    assert_eq!(names(&member, "ou=zz&unknown=1"), all, "not heard from tenants");
    assert_eq!(names(&admin, "ou=o"), ["a"]);
    assert!(names(&admin, "ou=zz").is_empty() && names(&admin, "unknown=1").is_empty());
    assert_eq!(names(&member, "all_tenants=1"), all);
    assert_eq!(names(&admin, "all_tenants=1"), ["a", "b", "foreign"]);
    for unknown in [NOTHING, "zz"] {
        member.get(&format!("{SERVICES}?share_network_id={unknown}")).fails(404);
    }
    cloud.caller("foreign-member").get(&format!("{SERVICES}?share_network_id={net}")).fails(404);
    for wrong in ["limit=-1", "offset=zz", "all_tenants=zz"] {
        member.get(&format!("{SERVICES}?{wrong}")).fails(400);
    }
    let detail = member.get(&format!("{SERVICES}/detail?share_network_id={net}")).is(200).json();
    assert_eq!(detail["security_services"][0]["share_networks"], json!([net]));
    cloud.close(0);
}

#[test]
fn a_network_has_one_service_of_each_type_and_holds_on_to_it() {
    let cloud = Cloud::open();
    let (admin, member) = (cloud.admin(), cloud.member());
    let (first, second) = (made(&member, "ldap", "first"), made(&member, "ldap", "second"));
    let kerberos = made(&member, "kerberos", "k");
    let net = network(&member);
    let attached = || {
        let mut names = names(&member, &format!("share_network_id={net}"));
        names.sort();
        names
    };
    let add = |id: &str| act(&member, &net, "add_security_service", one(id));
    assert_eq!(add(&first).is(200).json()["share_network"]["id"], json!(net));
    add(&first).fails(409);
    add(&second).fails(409);
    add(NOTHING).fails(404);
    add("zz").fails(404);
    add(&kerberos).is(200);
    assert_eq!(attached(), ["first", "k"]);
    for action in ["add_security_service", "remove_security_service"] {
        act(&member, &net, action, json!({})).fails(400);
        act(&member, &net, action, json!(null)).fails(400);
        act(&member, NOTHING, action, one(&first)).fails(404);
        act(&cloud.caller("reader"), &net, action, one(&first)).fails(403);
        act(&cloud.caller("foreign-member"), &net, action, one(&first)).fails(404);
    }
    // What a network has can't go, and can't become what the network has already.
    member.delete(&format!("{SERVICES}/{first}")).fails(403);
    change(&member, &first, json!({ "type": "kerberos" })).fails(409);
    change(&member, &first, json!({ "type": "active_directory", "name": "1st" })).is(200);
    change(&member, &first, json!({ "type": "ldap", "name": "first" })).is(200);

    let swap = |current: &str, new: &str| act(&member, &net, "update_security_service", two(current, new));
    let check = |client: &Client, current: &str, new: &str| {
        act(client, &net, "update_security_service_check", two(current, new))
    };
    let asked = |operation: &str, current: Value| {
        json!({ "compatible": true, "requested_operation": {
            "operation": operation, "current_security_service": current, "new_security_service": second } })
    };
    assert_eq!(check(&member, &first, &second).is(202).json(), asked("update_security_service", json!(first)));
    assert_eq!(check(&admin, &first, &second).is(202).json()["hosts_check_result"], json!({}));
    assert_eq!(attached(), ["first", "k"], "asking changes nothing");
    for act in [&swap, &|current: &str, new: &str| check(&member, current, new)] as [&dyn Fn(&str, &str) -> Answer; 2] {
        act(&second, &first).fails(409);
        act(&first, &kerberos).fails(409);
        act(NOTHING, &second).fails(400);
        act(&first, "zz").fails(400);
    }
    assert_eq!(swap(&first, &second).is(202).json()["share_network"]["status"], "active");
    assert_eq!(attached(), ["k", "second"]);
    member.delete(&format!("{SERVICES}/{first}")).is(202);

    let remove = |id: &str| act(&member, &net, "remove_security_service", one(id));
    let checked = |id: &str| act(&member, &net, "add_security_service_check", one(id));
    checked(&second).fails(409);
    remove(&second).is(200);
    remove(&second).fails(400);
    remove("zz").fails(404);
    remove(NOTHING).fails(404);
    assert_eq!(checked(&second).is(202).json(), asked("add_security_service", json!(null)));
    checked(NOTHING).fails(404);
    assert_eq!(attached(), ["k"]);
    let old = member.at("2.62");
    act(&old, &net, "add_security_service_check", one(&second)).fails(404);
    act(&old, &net, "update_security_service", two(&kerberos, &kerberos)).fails(404);
    act(&old, &net, "add_security_service", one(&second)).is(200);
    // Another project's service is none.
    let theirs = made(&cloud.caller("foreign-member"), "active_directory", "theirs");
    add(&theirs).fails(404);
    swap(&second, &theirs).fails(400);
    remove(&theirs).fails(404);
    // Nor can an administrator, who may use it, put it into a network of others.
    let keyed = made(&cloud.caller("foreign-member"), "ldap", "keyed");
    for (action, wish) in [
        ("add_security_service", one(&theirs)),
        ("add_security_service_check", one(&theirs)),
        ("update_security_service", two(&second, &keyed)),
        ("update_security_service_check", two(&second, &keyed)),
    ] {
        act(&admin, &net, action, wish).fails(400);
    }
    act(&admin, &net, "remove_security_service", one(&theirs)).fails(400);
    assert_eq!(attached(), ["k", "second"]);

    act(&admin, &net, "reset_status", json!({ "status": "network_change" })).is(202);
    swap(&second, &second).fails(400);
    add(&kerberos).fails(400);
    member.delete(&format!("/share-networks/{net}")).is(202);
    member.delete(&format!("{SERVICES}/{second}")).is(202);
    cloud.close(0);
}
