//! No back end harms another: while one array does not answer, shares on the other are made as ever; log and metrics
//! tell. And the daemon goes in good order when it is told to.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Api, BackEnd, Stage, until};

const NEAR: BackEnd<'_> = BackEnd { name: "near", zone: "near", array: 0 };
const FAR: BackEnd<'_> = BackEnd { name: "far", zone: "far", array: 1 };

fn two_arrays() -> Stage {
    Stage::with(&[], "", &[NEAR, FAR])
}

fn make_in(api: &Api, kind: &str, zone: &str) -> String {
    let wish = json!({ "share": { "share_proto": "NFS", "size": 1, "share_type": kind, "availability_zone": zone } });
    api.post("/shares", wish)["share"]["id"].as_str().unwrap().to_owned()
}

/// How long ten shares take, one after the other.
#[allow(clippy::disallowed_methods, reason = "other processes run on the real clock")]
fn ten_shares(api: &Api, kind: &str, zone: &str) -> Duration {
    let began = Instant::now();
    for _ in 0..10 {
        let share = make_in(api, kind, zone);
        api.until_status(&share, "available");
    }
    began.elapsed()
}

fn metric(metrics: &str, start: &str) -> f64 {
    let line =
        metrics.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start} in {metrics}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[test]
fn while_one_array_hangs_the_other_serves_as_ever() {
    let stage = two_arrays();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let usual = ten_shares(&api, &kind, "far");
    stage.sim.strike(json!({ "method": "POST", "path": "/api/*", "count": null, "fault": "stall" }));
    let stuck: Vec<String> = (0..5).map(|_| make_in(&api, &kind, "near")).collect();
    stage.sim.until_struck();
    let meanwhile = ten_shares(&api, &kind, "far");
    assert!(meanwhile < 20 * usual + Duration::from_secs(5), "{meanwhile:?} instead of {usual:?}");
    assert!(stuck.iter().all(|share| api.status(share).as_deref() == Some("creating")));
    let metrics = stage.daemon.metrics();
    assert!(metric(&metrics, "manilad_mailbox_depth{actor=\"node1@near/share\"}") >= 1.0, "{metrics}");
    assert_eq!(metric(&metrics, "manilad_mailbox_depth{actor=\"node1@far/share\"}"), 0.0);
    stage.sim.heal();
    for share in &stuck {
        api.until_status(share, "available");
    }
    stage.daemon.stop();
}

#[test]
fn a_back_end_whose_array_is_away_for_the_down_time_is_down_and_comes_back() {
    let stage = Stage::prepared(&[&[], &[]], "", &[NEAR, FAR], |folder| {
        let file = folder.join("manila.conf");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(
            file,
            text.replacen("[DEFAULT]\n", "[DEFAULT]\nservice_down_time = 6\nreport_interval = 1\n", 1),
        )
        .unwrap();
    });
    let api = stage.api();
    let state = |host: &str| {
        let services = api.get(&format!("/services?host={host}"));
        services["services"][0]["state"].as_str().unwrap().to_owned()
    };
    until("both are up", || (state("node1@near") == "up" && state("node1@far") == "up").then_some(()));
    stage.sim.strike(json!({ "path": "/api/*", "count": null, "fault": "drop" }));
    until("the near one is down", || (state("node1@near") == "down").then_some(()));
    assert_eq!(state("node1@far"), "up");
    let told = |words: &str| {
        stage.daemon.log().iter().filter(|line| line.contains(words) && line.contains("node1@near")).count()
    };
    assert!(told("the back end can't work") >= 1);
    assert_eq!(told("the back end is down"), 1);
    assert_eq!(metric(&stage.daemon.metrics(), "manilad_backend_up{backend=\"node1@near\"}"), 0.0);
    stage.sim.heal();
    until("it is up again", || (state("node1@near") == "up").then_some(()));
    assert_eq!(told("the back end works again"), 1);
    let metrics = stage.daemon.metrics();
    assert_eq!(metric(&metrics, "manilad_backend_up{backend=\"node1@near\"}"), 1.0);
    assert!(metric(&metrics, "manilad_backend_reports_total{backend=\"node1@near\",outcome=\"failed\"}") >= 2.0);
    stage.daemon.stop();
}

#[test]
fn requests_under_way_are_answered_when_the_daemon_is_told_to_stop() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let shares: Vec<String> = (0..20).map(|_| api.make_share(&kind)).collect();
    let asking = std::thread::spawn({
        let (api, kind) = (api.clone(), kind.clone());
        move || {
            // Until the door closes, every request is answered in full.
            let mut accepted = Vec::new();
            while let Some(share) = api.try_make_share(&kind) {
                accepted.push(share);
            }
            accepted
        }
    });
    let (folder, sim) = stage.stop_daemon();
    let accepted: Vec<String> = shares.into_iter().chain(asking.join().unwrap()).collect();
    let stage = Stage::again(folder, sim);
    for share in &accepted {
        stage.api().until_status(share, "available");
    }
    stage.close(accepted.len());
}

#[test]
fn metrics_tell_of_requests_tasks_calls_and_commits() {
    let stage = Stage::open();
    let api = stage.api();
    let share = api.make_share(&api.make_type("plain", json!({})));
    api.until_status(&share, "available");
    let metrics = stage.daemon.metrics();
    for (start, least) in [
        ("manilad_http_requests_total{method=\"POST\",route=\"/shares\",status=\"200\"}", 1.0),
        ("manilad_http_request_seconds_count{method=\"POST\",route=\"/shares\"}", 1.0),
        ("manilad_task_seconds_count{backend=\"node1@alpha\",outcome=\"done\",verb=\"create\"}", 1.0),
        ("manilad_actor_up{actor=\"api\"}", 1.0),
        ("manilad_intents_owed{backend=\"node1@alpha\",verb=\"create\"}", 0.0),
        ("manilad_hung_threads", 0.0),
        ("manilad_mailbox_refused_total{actor=\"api\"}", 0.0),
    ] {
        assert!(metric(&metrics, start) >= least, "{start}");
    }
    assert!(
        metrics.contains("manilad_ontap_calls_total{") && metrics.contains("path=\"/storage/volumes\""),
        "{metrics}"
    );
    assert!(metrics.contains("manilad_store_sync_seconds"), "{metrics}");
    assert!(!metrics.contains("password"), "no secret gets into the metrics");
    assert!(!stage.daemon.log().iter().any(|line| line.contains("password\"")), "nor into the log");
    stage.close(1);
}

#[test]
fn usage_never_exceeds_the_quota_however_many_ask_at_once() {
    let stage = Stage::open();
    let api = stage.api();
    let kind = api.make_type("plain", json!({}));
    let asked: Vec<_> = (0..8)
        .map(|_| {
            let (api, kind) = (api.clone(), kind.clone());
            std::thread::spawn(move || {
                let wish = json!({ "share": { "share_proto": "NFS", "size": 40, "share_type": kind } });
                (0..8).filter(|_| api.ask("POST", "/shares", Some(wish.clone())).0 == 200).count()
            })
        })
        .collect();
    let accepted: usize = asked.into_iter().map(|asking| asking.join().unwrap()).sum();
    assert_eq!(accepted, 1000 / 40, "gigabytes is 1000 by default");
    let (status, refusal) =
        api.ask("POST", "/shares", Some(json!({ "share": { "share_proto": "NFS", "size": 40, "share_type": kind } })));
    assert_eq!((status, &refusal["overLimit"]["retryAfter"]), (413, &json!("0")), "{refusal}");
    until("all are made", || {
        let shares = api.get("/shares/detail");
        shares["shares"].as_array().unwrap().iter().all(|share| share["status"] == "available").then_some(())
    });
    stage.close(accepted);
}
