//! Share types with specs for the driver alone, through the front door: limits of throughput, and what has no effect.

use serde_json::json;

use crate::support::{Stage, until};

#[test]
fn a_share_of_a_limited_type_has_a_policy_on_the_array_while_it_lives() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("limited", json!({ "qos": "<is> True", "netapp:maxiopspergib": "100" }));
    let share = api.make_share_of(&kind, "NFS", 3);
    api.until_status(&share, "available");
    let policies = stage.sim.state().qos_policies;
    assert!(policies.len() == 1 && policies[0].starts_with("qos_share_"), "{policies:?}");
    assert!(!stage.sim.volumes()[0]["qos"].is_null());
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_type_that_contradicts_itself_comes_to_nothing_and_leaves_nothing() {
    let stage = Stage::open();
    let api = stage.api();
    let specs = json!({ "qos": "<is> True", "netapp:maxiops": "100", "netapp:maxbps": "100" });
    let share = api.make_share(&api.make_type("both", specs));
    api.until_status(&share, "error");
    let told = until("a message", || {
        api.get(&format!("/messages?resource_id={share}"))["messages"].as_array().unwrap().first().cloned()
    });
    assert_eq!((&told["action_id"], &told["detail_id"]), (&json!("002"), &json!("008")), "{told}");
    let words = "creating: the extra specs of the share type, or its QoS type, contradict one another or have values that can't be";
    assert_eq!(told["user_message"], words);
    assert_eq!(api.get(&format!("/messages?resource_id={share}&detail_id=008"))["messages"][0], told);
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn a_spec_without_effect_is_told_in_the_log_and_one_that_is_not_built_makes_no_share() {
    let stage = Stage::open();
    let api = stage.api();
    let idle = api.make_type("idle", json!({ "netapp:thinly": "True" }));
    let share = api.make_share(&idle);
    api.until_status(&share, "available");
    let log = stage.daemon.log();
    let what = "extra spec netapp:thinly: this driver has no such spec";
    let told: Vec<&String> = log.iter().filter(|line| line.contains(what)).collect();
    assert!(told.len() == 1 && told[0].contains("WARN"), "{what}: {told:?}");
    let refused = api.make_share(&api.make_type("transfers", json!({ "netapp:tcp_max_xfer_size": "65536" })));
    api.until_status(&refused, "error");
    let log = stage.daemon.log();
    assert!(log.iter().any(|line| line.contains("netapp:tcp_max_xfer_size asks for transfer sizes of NFS")), "{log:?}");
    for share in [share, refused] {
        api.delete(&format!("/shares/{share}"));
        api.until_gone(&share);
    }
    stage.close(0);
}
