//! What is seen of shares on share servers, and what is put in order behind them.

use std::time::Duration;

use manilad_domain::access::AccessLevel::Rw;
use manilad_driver::{Condition, Subject};
use manilad_ontap_sim::Config;

use crate::tests::bench::{Bench, run_with, with_servers};
use crate::tests::samples::{desired, subject};
use crate::tests::server_samples::{TAG, on, server};

async fn two_servers(bench: &Bench) -> (Subject, Subject) {
    let (mut one, mut other) = (server(1, Some(TAG)), server(2, None));
    one.server.details = bench.set_up(&one).await.unwrap();
    other.server.details = bench.set_up(&other).await.unwrap();
    let shares = (on(&one, 1), on(&other, 2));
    bench.create(&shares.0).await.unwrap();
    bench.create(&shares.1).await.unwrap();
    shares
}

#[test]
fn shares_of_all_servers_are_seen_in_five_calls_and_each_is_looked_for_on_its_own() {
    run_with(Config::default(), with_servers(), async |bench| {
        let (one, other) = two_servers(&bench).await;
        let rules = [desired(1, "10.1.0.1", Rw)];
        bench.apply(&one, &rules).await.unwrap();
        bench.wire.forget_calls();
        let survey = bench.survey().await.unwrap();
        assert_eq!(bench.wire.calls().len(), 5);
        assert_eq!(survey.marked().len(), 4);
        assert_eq!(survey.judge(&one, &rules), Condition::Sound);
        assert_eq!(survey.judge(&other, &[]), Condition::Sound);
        assert!(matches!(survey.judge(&other, &rules), Condition::Drifted(_)));
        let moved = Subject { server: other.server.clone(), ..one.clone() };
        let Condition::Missing(reason) = survey.judge(&moved, &rules) else { panic!("it is on another server") };
        assert!(reason.contains("instead of os_"), "{reason}");
        let seatless = Subject { server: None, ..one };
        assert_eq!(survey.judge(&seatless, &rules), Condition::Missing("it has no share server".to_owned()));
    });
}

#[test]
fn what_others_have_in_their_svms_is_no_stray_of_ours() {
    run_with(Config::default(), with_servers(), async |bench| {
        two_servers(&bench).await;
        let body = format!(
            r#"{{"name": "share_x", "svm": {{"name": "svm1"}}, "size": 1073741824, "aggregates": [{{"name": "aggr1"}}],
                "_tags": ["instance_id:{}"]}}"#,
            subject(9).instance
        );
        bench.call("POST", "/api/storage/volumes", &body).await;
        assert_eq!(bench.survey().await.unwrap().marked().len(), 4);
    });
}

#[test]
fn what_could_not_go_with_its_share_goes_later_on_every_server() {
    run_with(Config::default(), with_servers(), async |bench| {
        let (one, other) = two_servers(&bench).await;
        for volume in bench.volumes() {
            let target = format!("/api/storage/volumes/{}", volume["uuid"].as_str().unwrap());
            let name = format!("deleted_manila_{}", volume["name"].as_str().unwrap());
            bench.patch(&target, &format!(r#"{{"name": "{name}", "nas": {{"path": ""}}}}"#)).await;
        }
        bench.pass(Duration::from_secs(660)).await;
        bench.report().await.unwrap();
        assert!(bench.volumes().is_empty());
        bench.delete(&one).await.unwrap();
        bench.delete(&other).await.unwrap();
        bench.assert_nothing_left();
    });
}
