//! Short outages of an array are waited out: one odd answer, or some seconds without any, make no share an error.

use serde_json::{Value, json};

use crate::support::{Api, Stage, until};

fn state(api: &Api) -> String {
    api.get("/services?host=node1@alpha")["services"][0]["state"].as_str().unwrap().to_owned()
}

fn is_told(stage: &Stage, words: &str) -> bool {
    stage.daemon.log().iter().any(|line| line.contains(words))
}

fn away() -> Value {
    json!({ "path": "/api/*", "count": null, "fault": "drop" })
}

#[test]
fn one_odd_answer_to_a_report_takes_no_back_end_down_and_shares_are_made_meanwhile() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    until("it is up", || (state(&api) == "up").then_some(()));
    let mut made = Vec::new();
    for status in [403, 503, 200] {
        let odd = json!({ "html": { "status": status } });
        stage.sim.strike(json!({ "method": "GET", "path": "/api/storage/aggregates", "count": 1, "fault": odd }));
        stage.sim.until_struck();
        for _ in 0..5 {
            made.push(api.make_share(&kind));
            assert_eq!(state(&api), "up");
        }
        made.iter().for_each(|share| api.until_status(share, "available"));
        stage.sim.heal();
    }
    until("a report succeeds again", || is_told(&stage, "the back end works again").then_some(()));
    assert!(is_told(&stage, "the back end can't work") && !is_told(&stage, "the back end is down"));
    stage.close(made.len());
}

#[test]
fn shares_that_are_asked_for_while_the_array_is_away_for_seconds_are_made_once_it_is_back() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    until("it is up", || (state(&api) == "up").then_some(()));
    stage.sim.strike(away());
    until("a report fails", || is_told(&stage, "the back end can't work").then_some(()));
    let shares: Vec<String> = (0..30).map(|_| api.make_share(&kind)).collect();
    let owed = "manilad_intents_owed{backend=\"node1@alpha\",verb=\"create\"} 30";
    until("all are placed", || stage.daemon.metrics().contains(owed).then_some(()));
    assert_eq!(state(&api), "up");
    assert!(shares.iter().all(|share| api.status(share).as_deref() == Some("creating")));
    stage.sim.heal();
    shares.iter().for_each(|share| api.until_status(share, "available"));
    assert_eq!(api.get("/messages")["messages"], json!([]));
    stage.close(shares.len());
}

#[test]
fn shares_that_wait_for_a_place_wait_for_an_array_that_is_away_when_the_daemon_starts() {
    let mut stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    stage.daemon.kill();
    stage.sim.strike(away());
    stage.restart();
    until("a report fails", || is_told(&stage, "the back end can't work").then_some(()));
    let api = stage.api();
    let shares: Vec<String> = (0..5).map(|_| api.make_share(&kind)).collect();
    // Two failed reports later the scheduler has looked at them.
    let failed = "manilad_backend_reports_total{backend=\"node1@alpha\",outcome=\"failed\"} ";
    until("reports fail", || {
        let metrics = stage.daemon.metrics();
        let count = metrics.lines().find_map(|line| line.strip_prefix(failed)?.parse::<f64>().ok());
        (count? >= 3.0).then_some(())
    });
    assert!(shares.iter().all(|share| api.status(share).as_deref() == Some("creating")));
    assert_eq!(state(&api), "down", "it has never reported");
    stage.sim.heal();
    shares.iter().for_each(|share| api.until_status(share, "available"));
    assert_eq!(state(&api), "up");
    stage.close(shares.len());
}
