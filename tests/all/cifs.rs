//! Shares over SMB through the front door: what the array keeps of them is looked at on the array, as nothing here
//! mounts SMB.

use serde_json::{Value, json};

use crate::support::{Api, BackEnd, Stage, until};

fn stage() -> Stage {
    let alpha = BackEnd { name: "alpha", zone: "nova", array: 0 };
    Stage::with(&["--cifs-server", "SVM1"], "", &[alpha])
}

/// A CIFS share and the name it has on the array, told by its export locations.
fn share(stage: &Stage, api: &Api) -> (String, String) {
    let share = api.make_share_of(&api.make_type("windows", json!({})), "CIFS", 1);
    api.until_status(&share, "available");
    let exports = api.exports(&share);
    assert_eq!(exports.len(), 2, "one per data LIF: {exports:?}");
    let name = exports[0].rsplit_once('\\').unwrap().1.to_owned();
    for lif in &stage.sim.lifs {
        assert!(exports.contains(&format!("\\\\{lif}\\{name}")), "{exports:?}");
    }
    (share, name)
}

fn messages(api: &Api, share: &str) -> Vec<Value> {
    api.get(&format!("/messages?resource_id={share}"))["messages"].as_array().unwrap().clone()
}

#[test]
fn an_smb_share_lets_in_whom_its_rules_name_and_goes_without_a_trace() {
    let stage = stage();
    let api = stage.api();
    let (share, name) = share(&stage, &api);
    assert_eq!(stage.sim.state().smb_shares, [name.as_str()]);
    assert_eq!(stage.sim.acl(&name), [""; 0], "nobody may use it before a rule says so");
    let mut rules = Vec::new();
    for (to, level) in
        [("alice", "rw"), ("DOMAIN\\bob", "ro"), ("carol@example.com", "rw"), ("DOMAIN\\Domain Users", "ro")]
    {
        rules.push(api.allow_kind(&share, "user", to, level));
    }
    rules.iter().for_each(|rule| api.until_rule(rule, "active"));
    let all = ["DOMAIN\\Domain Users read", "DOMAIN\\bob read", "alice full_control", "carol@example.com full_control"];
    assert_eq!(stage.sim.acl(&name), all);

    api.deny(&share, &rules[1]);
    api.until_rule_gone(&rules[1]);
    assert_eq!(stage.sim.acl(&name), [all[0], all[2], all[3]]);
    let again = api.allow_kind(&share, "user", "domain\\bob", "rw");
    api.until_rule(&again, "active");
    assert!(stage.sim.acl(&name).contains(&"domain\\bob full_control".to_owned()));
    assert!(messages(&api, &share).is_empty());

    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_second_rule_for_an_account_in_another_case_is_refused_and_the_first_stays_in_force() {
    let stage = stage();
    let api = stage.api();
    let (share, name) = share(&stage, &api);
    let everybody = api.allow_kind(&share, "user", "Everyone", "rw");
    let alice = api.allow_kind(&share, "user", "EXAMPLE\\alice", "ro");
    for (to, level) in [("EVERYONE", "ro"), ("everyone", "rw"), ("example\\ALICE", "rw")] {
        let body = json!({ "allow_access": { "access_type": "user", "access_to": to, "access_level": level } });
        let (status, told) = api.ask("POST", &format!("/shares/{share}/action"), Some(body));
        assert_eq!(status, 400, "{to}: {told}");
    }
    [&everybody, &alice].into_iter().for_each(|rule| api.until_rule(rule, "active"));
    assert_eq!(stage.sim.acl(&name), ["EXAMPLE\\alice read", "Everyone full_control"]);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_rule_that_smb_does_not_know_or_the_array_does_not_take_is_in_error_alone() {
    let stage = stage();
    let api = stage.api();
    let (share, name) = share(&stage, &api);
    let address = api.allow_kind(&share, "ip", "10.0.0.1", "rw");
    api.until_rule(&address, "error");
    let told = until("a message", || messages(&api, &share).first().cloned());
    assert_eq!((&told["action_id"], &told["detail_id"]), (&json!("010"), &json!("021")), "{told}");
    assert_eq!(stage.sim.acl(&name), [""; 0]);

    stage.sim.strike(json!({ "method": "POST", "path": "/api/protocols/cifs/shares/*/acls", "count": null, "fault": {
        "refuse": { "status": 400, "code": "655446", "message": "The name of the user cannot be resolved." } } }));
    let nobody = api.allow_kind(&share, "user", "DOMAIN\\nobody", "rw");
    api.until_rule(&nobody, "error");
    stage.sim.heal();
    let alice = api.allow_kind(&share, "user", "DOMAIN\\alice", "ro");
    api.until_rule(&alice, "active");
    assert!(stage.sim.acl(&name).contains(&"DOMAIN\\alice read".to_owned()));
    for rule in [address, nobody] {
        api.deny(&share, &rule);
        api.until_rule_gone(&rule);
    }
    assert_eq!(stage.sim.acl(&name), ["DOMAIN\\alice read"]);
    until("the share's rules are as wanted", || {
        (api.get(&format!("/shares/{share}"))["share"]["access_rules_status"] == "active").then_some(())
    });
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn without_an_smb_server_a_share_over_cifs_comes_to_nothing_and_its_owner_is_told() {
    let stage = Stage::open();
    let api = stage.api();
    let share = api.make_share_of(&api.make_type("windows", json!({})), "CIFS", 1);
    api.until_status(&share, "error");
    let told = messages(&api, &share);
    assert_eq!((&told[0]["action_id"], &told[0]["detail_id"]), (&json!("002"), &json!("008")), "{told:?}");
    assert_eq!(told[0]["user_message"], "creating: the storage virtual machine has no SMB server for the share");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    until("the refused instances are gone too", || stage.sim.state().volumes.is_empty().then_some(()));
    stage.close(0);
}

#[test]
fn a_share_that_was_unmanaged_is_managed_again_by_its_smb_share_and_lets_in_whom_new_rules_name() {
    let stage = stage();
    let api = stage.api();
    let (first, name) = share(&stage, &api);
    let rule = api.allow_kind(&first, "user", "alice", "rw");
    api.until_rule(&rule, "active");
    let shown = api.get(&format!("/shares/{first}"))["share"].clone();
    api.post(&format!("/shares/{first}/action"), json!({ "unmanage": null }));
    api.until_gone(&first);
    assert_eq!(stage.sim.acl(&name), ["alice full_control"], "clients notice nothing");

    let wish = json!({ "service_host": shown["host"], "protocol": "CIFS", "share_type": shown["share_type"],
                       "export_path": format!("\\\\{}\\{name}", stage.sim.lifs[0]) });
    let managed = api.post("/shares/manage", json!({ "share": wish }));
    let second = managed["share"]["id"].as_str().unwrap();
    api.until_status(second, "available");
    let exports = api.exports(second);
    let renamed = exports[0].rsplit_once('\\').unwrap().1;
    assert_eq!((stage.sim.state().smb_shares, stage.sim.acl(renamed)), (vec![renamed.to_owned()], Vec::new()));
    let rule = api.allow_kind(second, "user", "robert", "ro");
    api.until_rule(&rule, "active");
    assert_eq!(stage.sim.acl(renamed), ["robert read"]);
    api.delete(&format!("/shares/{second}"));
    api.until_gone(second);
    stage.close(0);
}
