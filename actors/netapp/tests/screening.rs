//! FPolicy policies that shares have in common: whatever becomes of one share, the others stay screened.

use std::time::Duration;

use manilad_driver::Subject;
use serde_json::json;

use super::bench::{Bench, creation, goes_on, run};
use super::samples::subject;
use super::wire::Mishap;

/// What the body of a call begins with that says which volumes a policy is about.
const SETS_VOLUMES: &str = r#"{"scope":{"include_volumes""#;
const REFUSAL: &str = r#"{"error":{"code":"9999999","message":"It is forbidden here."}}"#;
/// After this nothing of an earlier incarnation can land any more.
const CALM: Duration = Duration::from_secs(120);

fn screened(number: u128) -> Subject {
    let spec = ("netapp:fpolicy_extensions_to_include".to_owned(), "exe".to_owned());
    Subject { extra_specs: [spec].into(), ..subject(number) }
}

/// Of each policy whether it is in force, and how many volumes it is about.
fn policies(bench: &Bench) -> Vec<(bool, usize)> {
    let all = bench.objects("fpolicy_policy");
    let volumes = |one: &serde_json::Value| one["scope"]["include_volumes"].as_array().map_or(0, Vec::len);
    all.iter().map(|one| (one["priority"].is_number(), volumes(one))).collect()
}

#[test]
fn a_share_that_the_array_refuses_leaves_no_other_unscreened() {
    run(async |bench| {
        bench.pass(CALM).await;
        bench.create(&screened(1)).await.unwrap();
        bench.wire.answer_with(SETS_VOLUMES, 400, REFUSAL);
        let refused = bench.create(&screened(2)).await.unwrap_err();
        assert!(!goes_on(&refused), "{}", refused.reason);
        assert_eq!(policies(&bench), [(true, 1)]);
    });
}

#[test]
fn work_that_is_given_up_leaves_no_other_unscreened() {
    run(async |bench| {
        bench.pass(CALM).await;
        bench.create(&screened(1)).await.unwrap();
        bench.wire.curse(SETS_VOLUMES, Mishap::Silence);
        let given_up = actix_rt::spawn(bench.shares.create.ask(creation(screened(2))));
        bench.pass(Duration::from_secs(5)).await;
        assert_eq!(policies(&bench), [(false, 1)], "it is being changed");
        given_up.abort();
        // The next incarnation knows nothing of it, and nobody tries again.
        let bench = bench.next();
        bench.wire.heal();
        bench.pass(Duration::from_secs(700)).await;
        bench.report().await.unwrap();
        assert_eq!(policies(&bench), [(true, 1)]);
    });
}

#[test]
fn a_share_that_is_served_again_is_screened_before() {
    run(async |bench| {
        bench.pass(CALM).await;
        bench.create(&subject(1)).await.unwrap();
        assert_eq!(policies(&bench), []);
        bench.rescue(&screened(1)).await.unwrap();
        assert_eq!(policies(&bench), [(true, 1)]);
        bench.wire.answer_with("/fpolicy/", 400, REFUSAL);
        let offline = json!({ "state": "offline" }).to_string();
        let volume = bench.volumes()[0]["uuid"].as_str().unwrap().to_owned();
        bench.patch(&format!("/api/storage/volumes/{volume}"), &offline).await;
        assert!(bench.rescue(&screened(1)).await.is_err());
        assert_eq!(bench.volumes()[0]["state"], "offline");
    });
}
