//! The first back end refuses: the share lives on the next candidate, and nothing is left on the first. One test per
//! kind of refusal.

use serde_json::{Value, json};

use crate::support::{BackEnd, Stage, until};

/// Lets the first volume creation meet `fault`; the share must become available all the same, elsewhere.
fn the_next_candidate_takes_it(fault: Value) {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    stage.sim.strike(json!({ "method": "POST", "path": "/api/storage/volumes", "fault": fault }));
    let share = api.make_share(&kind);
    api.until_status(&share, "available");
    stage.sim.until_struck();
    until("nothing is left of the refused instance", || {
        let state = stage.sim.state();
        (state.volumes.len() == 1 && state.policies.len() == 1).then_some(())
    });
    let instances = api.get(&format!("/shares/{share}"));
    assert!(instances["share"]["host"].as_str().unwrap().contains("#aggr"), "{instances}");
    stage.close(1);
}

#[test]
fn a_full_aggregate_at_creation_moves_the_share_on() {
    the_next_candidate_takes_it(json!({ "job_fails": {
        "code": "460770",
        "message": "Failed to create the volume because there is not enough space in aggregate \"aggr1\". Either create 1GB of free space in the aggregate or select a smaller size."
    } }));
}

#[test]
fn a_missing_licence_moves_the_share_on() {
    the_next_candidate_takes_it(json!({ "refuse": {
        "status": 400, "code": "1115127", "message": "The feature is not licensed."
    } }));
}

#[test]
fn a_limit_of_the_array_moves_the_share_on() {
    the_next_candidate_takes_it(json!({ "refuse": {
        "status": 400, "code": "13107245", "message": "The maximum number of volumes on the node is reached."
    } }));
}

#[test]
fn a_server_error_is_tried_again_until_the_share_is_made() {
    the_next_candidate_takes_it(json!({ "html": { "status": 502 } }));
}

#[test]
fn a_share_goes_though_the_back_end_that_refused_it_does_not_let_go_and_nobody_is_charged_meanwhile() {
    let ends = ["alpha", "beta"].into_iter().zip(0..);
    let ends: Vec<BackEnd> = ends.map(|(name, array)| BackEnd { name, zone: "nova", array }).collect();
    let stage = Stage::with(&[], "", &ends);
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let refusal = json!({ "refuse": { "status": 400, "code": "13107245", "message": "The maximum is reached." } });
    let away = json!({ "html": { "status": 502 } });
    stage.sim.strike(json!({ "method": "POST", "path": "/api/storage/volumes", "count": null, "fault": refusal }));
    stage.sim.strike(json!({ "method": "DELETE", "path": "/api/*", "count": null, "fault": away }));
    let share = api.make_share(&kind);
    api.until_status(&share, "available");
    let host = api.get(&format!("/shares/{share}"))["share"]["host"].as_str().unwrap().to_owned();
    assert!(host.starts_with("node1@beta#"), "{host}");
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    assert_eq!(api.get("/limits")["limits"]["absolute"]["totalSharesUsed"], 0);
    assert_eq!(api.get("/share_instances"), json!({ "share_instances": [] }));
    assert!(!stage.sim.state().policies.is_empty(), "alpha has let go");
    stage.sim.heal();
    until("alpha lets go", || stage.sim.state().policies.is_empty().then_some(()));
    stage.daemon.stop();
}

#[test]
fn a_share_that_nobody_takes_is_in_error_and_its_owner_is_told_why() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("huge", json!({}));
    let wish = json!({ "share": { "share_proto": "NFS", "size": 999, "share_type": kind,
                                  "availability_zone": "nova" } });
    stage.sim.strike(json!({ "method": "POST", "path": "/api/storage/volumes", "count": null, "fault": { "refuse": {
        "status": 400, "code": "1115127", "message": "The feature is not licensed." } } }));
    let share = api.post("/shares", wish)["share"]["id"].as_str().unwrap().to_owned();
    api.until_status(&share, "error");
    let messages = api.get(&format!("/messages?resource_id={share}"));
    assert_eq!(messages["messages"][0]["action_id"], "002", "{messages}");
    assert!(messages["messages"][0]["request_id"].as_str().unwrap().starts_with("req-"));
    stage.sim.heal();
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    until("the refused instances are gone too", || stage.sim.state().volumes.is_empty().then_some(()));
    stage.close(0);
}

#[test]
fn a_request_that_no_filter_lets_through_names_the_filter_in_its_message() {
    let stage = Stage::with(&["--aggregate-gib", "100"], "", &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let api = stage.api();
    for (name, specs, detail) in [
        ("wants-tape", json!({ "netapp_disk_type": "tape" }), "008"),
        ("wants-room", json!({ "thin_provisioning": "False" }), "009"),
    ] {
        let kind = api.make_type(name, specs);
        let wish = json!({ "share": { "share_proto": "NFS", "size": 500, "share_type": kind } });
        let share = api.post("/shares", wish)["share"]["id"].as_str().unwrap().to_owned();
        api.until_status(&share, "error");
        let messages = api.get(&format!("/messages?resource_id={share}"));
        let first = &messages["messages"][0];
        assert_eq!((&first["action_id"], &first["detail_id"]), (&json!("001"), &json!(detail)), "{messages}");
        api.delete(&format!("/shares/{share}"));
        api.until_gone(&share);
    }
    stage.close(0);
}
