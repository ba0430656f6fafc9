//! Shares of types that have FPolicy refuse files with certain extensions: what the array keeps of that is looked at on the array.

use serde_json::{Value, json};

use crate::support::{Api, BackEnd, Stage, until};

fn stage() -> Stage {
    let alpha = BackEnd { name: "alpha", zone: "nova", array: 0 };
    Stage::with(&["--cifs-server", "SVM1"], "", &[alpha])
}

fn refusing(api: &Api, name: &str, extensions: &str) -> String {
    api.make_type(name, json!({ "netapp:fpolicy_extensions_to_include": extensions }))
}

/// Of a policy its priority, its extensions and how many volumes it is about.
type Policy = (Value, Value, usize);
/// Of an event its protocol and how many operations.
type Event = (String, usize);

fn screening(stage: &Stage) -> (Vec<Policy>, Vec<Event>) {
    let count = |list: &Value| list.as_array().unwrap().len();
    let mut policies: Vec<_> = stage
        .sim
        .objects("fpolicy_policy")
        .into_iter()
        .map(|one| {
            let scope = &one["scope"];
            assert_eq!(scope["check_extensions_on_directories"], json!(true), "else no directory could be opened");
            (one["priority"].clone(), scope["include_extension"].clone(), count(&scope["include_volumes"]))
        })
        .collect();
    policies.sort_by_key(|one| one.0.as_u64());
    let events = stage.sim.objects("fpolicy_event");
    let mut events: Vec<_> =
        events.iter().map(|one| (one["protocol"].as_str().unwrap().to_owned(), count(&one["operations"]))).collect();
    events.sort();
    (policies, events)
}

fn host(api: &Api, share: &str) -> String {
    api.get(&format!("/shares/{share}"))["share"]["host"].as_str().unwrap().to_owned()
}

fn gone(api: &Api, share: &str) {
    api.delete(&format!("/shares/{share}"));
    api.until_gone(share);
}

#[test]
fn shares_of_a_type_share_a_policy_that_goes_with_the_last_of_them() {
    let stage = stage();
    let api = stage.api();
    let kind = refusing(&api, "no_programs", "exe, bat");
    let shares = [api.make_share(&kind), api.make_share(&kind)];
    shares.iter().for_each(|share| api.until_status(share, "available"));
    let nfs = |volumes: usize| (json!(1), json!(["bat", "exe"]), volumes);
    let of_nfs = [("nfsv3".to_owned(), 3), ("nfsv4".to_owned(), 3)];
    assert_eq!(screening(&stage), (vec![nfs(2)], of_nfs.to_vec()));
    let over_smb = api.make_share_of(&kind, "CIFS", 1);
    api.until_status(&over_smb, "available");
    let smb = (json!(2), json!(["bat", "exe"]), 1);
    let all = [vec![("cifs".to_owned(), 3)], of_nfs.to_vec()].concat();
    assert_eq!(screening(&stage), (vec![nfs(2), smb.clone()], all.clone()));
    gone(&api, &shares[0]);
    assert_eq!(
        screening(&stage),
        (vec![nfs(1), smb], all),
        "the first share has gone, and the policy is named after it"
    );
    gone(&api, &shares[1]);
    gone(&api, &over_smb);
    assert_eq!(screening(&stage), (Vec::new(), Vec::new()));
    stage.close(0);
}

#[test]
fn a_share_that_is_unmanaged_leaves_its_policy_and_comes_under_it_when_it_is_managed() {
    let stage = stage();
    let api = stage.api();
    let kind = refusing(&api, "no_programs", "exe");
    let share = api.make_share(&kind);
    api.until_status(&share, "available");
    let (pool, path) = (host(&api, &share), api.exports(&share)[0].clone());
    api.post(&format!("/shares/{share}/action"), json!({ "unmanage": null }));
    api.until_gone(&share);
    assert_eq!(screening(&stage), (Vec::new(), Vec::new()));
    let wish = json!({ "service_host": pool, "protocol": "nfs", "export_path": path, "share_type": kind });
    let managed = api.post("/shares/manage", json!({ "share": wish }));
    let managed = managed["share"]["id"].as_str().unwrap();
    api.until_status(managed, "available");
    assert_eq!(screening(&stage).0, [(json!(1), json!(["exe"]), 1)]);
    gone(&api, managed);
    stage.close(0);
}

#[test]
fn an_svm_has_no_more_than_ten_policies() {
    let stage = stage();
    let api = stage.api();
    let shares: Vec<String> = (0..10)
        .map(|number| api.make_share(&refusing(&api, &format!("type{number}"), &format!("x{number}"))))
        .collect();
    shares.iter().for_each(|share| api.until_status(share, "available"));
    let refused = api.make_share(&refusing(&api, "one_more", "x10"));
    api.until_status(&refused, "error");
    until("the log says why", || {
        stage.daemon.log().iter().any(|line| line.contains("has 10 FPolicy policies")).then_some(())
    });
    let place = |extension: &str| screening(&stage).0.iter().position(|one| one.1 == json!([extension]));
    let freed = place("x3");
    gone(&api, &shares[3]);
    let suits = api.make_share(&refusing(&api, "instead", "x11"));
    api.until_status(&suits, "available");
    assert_eq!(place("x11"), freed, "it has the priority that has become free");
    shares.iter().enumerate().filter(|(place, _)| *place != 3).for_each(|(_, share)| gone(&api, share));
    gone(&api, &refused);
    gone(&api, &suits);
    assert_eq!(screening(&stage), (Vec::new(), Vec::new()));
    stage.close(0);
}
