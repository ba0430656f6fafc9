//! Far more shares at once than a back end has in hand at a time, through the front door: each comes to its end, no
//! message is refused, and the log tells of the crowd in lines for the back end, not for each share.

use std::thread;

use serde_json::json;

use crate::support::{Api, Stage, until};

/// No back end has more than 512 creations in hand at a time; on one SVM it has 64.
const SHARES: usize = 560;

/// A type of shares, of which the project may have any number.
fn prepare(api: &Api) -> String {
    let (status, answer) =
        api.ask("PUT", "/quota-sets/f00d", Some(json!({ "quota_set": { "shares": -1, "gigabytes": -1 } })));
    assert_eq!(status, 200, "{answer}");
    api.make_type("plain", json!({}))
}

/// Asks for the shares, by several callers at once; answers their ids.
fn ask_for(api: &Api, share_type: &str) -> Vec<String> {
    const CALLERS: usize = 8;
    thread::scope(|scope| {
        let ask = |caller: usize| {
            move || -> Vec<String> { (caller..SHARES).step_by(CALLERS).map(|_| api.make_share(share_type)).collect() }
        };
        let callers: Vec<_> = (0..CALLERS).map(|caller| scope.spawn(ask(caller))).collect();
        callers.into_iter().flat_map(|caller| caller.join().unwrap()).collect()
    })
}

/// How many shares have a status.
fn count(api: &Api, status: &str) -> usize {
    api.get(&format!("/shares?status={status}&limit=1000"))["shares"].as_array().unwrap().len()
}

/// Waits until nothing is under way any more, and finds all shares available.
fn until_made(api: &Api) {
    let creating = "/shares?status=creating&limit=1";
    until("no share is creating", || api.get(creating)["shares"].as_array().unwrap().is_empty().then_some(()));
    assert_eq!(count(api, "available"), SHARES);
}

/// The sum of a metric over the actors whose names begin like that.
fn sum(stage: &Stage, metric: &str, actor: &str) -> u64 {
    sum_of(stage, &format!("{metric}{{actor=\"{actor}"))
}

/// The sum of what the metrics tell in lines that begin so.
fn sum_of(stage: &Stage, begin: &str) -> u64 {
    let metrics = stage.daemon.metrics();
    let figures = metrics.lines().filter(|line| line.starts_with(begin));
    figures.map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()).sum()
}

fn refused(stage: &Stage) -> u64 {
    assert!(stage.daemon.metrics().contains("manilad_mailbox_refused_total{actor=\"node1@alpha/share\"}"));
    sum(stage, "manilad_mailbox_refused_total", "")
}

/// A cloud in which all shares are asked for while the array is held, and so all are owed; and their ids.
fn crowded() -> (Stage, Api, Vec<String>) {
    let stage = Stage::open();
    let api = stage.api();
    let share_type = prepare(&api);
    stage.sim.pause();
    let shares = ask_for(&api, &share_type);
    assert_eq!(count(&api, "creating"), SHARES);
    (stage, api, shares)
}

#[test]
fn more_shares_than_a_back_end_has_in_hand_are_made_and_no_message_is_refused() {
    let (stage, api, _) = crowded();
    stage.sim.go_on();
    until_made(&api);
    assert_eq!(refused(&stage), 0);
    // Each share is one task, and one more for each try that the array answered with a broken connection, as it may when it
    // was held; and the back end was told of it a few times at the most.
    let tries = |outcome: &str| {
        sum_of(
            &stage,
            &format!("manilad_task_seconds_count{{backend=\"node1@alpha\",outcome=\"{outcome}\",verb=\"create\"}}"),
        )
    };
    assert_eq!((tries("done"), tries("failed")), (SHARES as u64, 0));
    let handled = sum(&stage, "manilad_mailbox_handled_total", "node1@alpha/share");
    assert_eq!(handled, SHARES as u64 + tries("postponed"));
    let told = sum(&stage, "manilad_mailbox_handled_total", "node1@alpha\"");
    assert!(told <= 3 * SHARES as u64, "{told} messages for {SHARES} shares");
    stage.close(SHARES);
}

#[test]
fn a_crowd_that_the_array_turns_away_is_told_of_in_one_line_and_made_once_the_array_is_back() {
    let stage = Stage::open();
    let api = stage.api();
    let share_type = prepare(&api);
    stage.sim.strike(json!({
        "path": "/api/protocols/nfs/export-policies", "method": "POST", "count": null,
        "fault": { "refuse": { "status": 503, "code": "1", "message": "Service unavailable." } },
    }));
    ask_for(&api, &share_type);
    let is_told = |line: &String| line.contains("work is tried again");
    until("the log tells of it", || stage.daemon.log().iter().any(is_told).then_some(()));
    assert_eq!(count(&api, "creating"), SHARES);
    stage.sim.heal();
    until_made(&api);
    assert_eq!(refused(&stage), 0);
    let log = stage.daemon.log();
    let told: Vec<_> = log.iter().filter(|line| line.contains(" WARN ") || line.contains(" ERROR ")).collect();
    let [line] = &told[..] else { panic!("{told:#?}") };
    assert!(line.contains(" backend=node1@alpha ") && line.contains(" owed="), "{line}");
    assert!(!line.contains("pieces=0"), "{line}");
    stage.close(SHARES);
}

#[test]
fn a_crowd_that_is_owed_when_the_daemon_dies_is_made_by_the_next_one_each_share_once() {
    let (mut stage, api, _) = crowded();
    stage.sim.go_on();
    until("some are made", || (count(&api, "available") > 40).then_some(()));
    stage.daemon.kill();
    let made = stage.sim.state().volumes.len();
    assert!(made < SHARES, "all were made before it died");
    stage.restart();
    let api = stage.api();
    until_made(&api);
    assert_eq!(refused(&stage), 0);
    stage.close(SHARES);
}

#[test]
fn a_crowd_that_is_removed_while_it_is_owed_leaves_nothing() {
    let (stage, api, shares) = crowded();
    for share in &shares {
        api.post(&format!("/shares/{share}/action"), json!({ "force_delete": null }));
    }
    assert_eq!(count(&api, "deleting"), SHARES);
    stage.sim.go_on();
    let any = "/shares?limit=1";
    until("all are gone", || api.get(any)["shares"].as_array().unwrap().is_empty().then_some(()));
    assert_eq!(refused(&stage), 0);
    stage.close(0);
}
