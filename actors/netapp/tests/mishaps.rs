//! Every call of every task × every mishap, tried again until it is settled: the desired state, and nothing left over.
//!
//! The calls are found by counting those of a run in which nothing goes wrong, so the table grows with the tasks.

use std::collections::BTreeMap;
use std::time::Duration;

use manilad_domain::access::AccessLevel::{Ro, Rw};
use manilad_domain::share::Protocol;
use manilad_driver::{Applied, DesiredRule, Subject, Trouble};
use manilad_ontap_sim::{Config, Release};
use serde_json::Value;

use super::bench::{Bench, goes_on, run_with, settings};
use super::samples::{desired, subject};
use super::wire::Mishap;

/// What is tried, and how far the array is before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Create,
    Apply,
    Delete,
}

/// How a back end goes on after a failed try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// The same incarnation tries again.
    Again,
    /// A new one does, which knows nothing.
    Anew,
}

#[derive(Debug, Clone, Copy)]
struct Case {
    flow: Flow,
    protocol: Protocol,
    release: Release,
    /// Whether the task begins in an incarnation that has not seen the instance before.
    cold: bool,
    /// Whether the type has FPolicy, as that of another share has.
    screened: bool,
}

fn share(case: Case) -> Subject {
    numbered(case, 1)
}

fn numbered(case: Case, number: u128) -> Subject {
    let spec = ("netapp:fpolicy_extensions_to_include".to_owned(), "exe".to_owned());
    let extra_specs = if case.screened { [spec].into() } else { BTreeMap::new() };
    Subject { protocol: case.protocol, extra_specs, ..subject(number) }
}

/// After this nothing of an earlier incarnation can land any more.
const CALM: Duration = Duration::from_secs(120);

fn rules(case: Case) -> Vec<DesiredRule> {
    match case.protocol {
        Protocol::Nfs => vec![desired(1, "10.0.0.0/24", Rw), desired(2, "10.0.0.9", Ro)],
        Protocol::Cifs => {
            let kind = manilad_domain::access::AccessType::User;
            vec![DesiredRule { kind, ..desired(1, "alice", Rw) }, DesiredRule { kind, ..desired(2, "bob", Ro) }]
        }
    }
}

async fn attempt(bench: &Bench, case: Case) -> Result<(), Trouble> {
    match case.flow {
        Flow::Create => bench.create(&share(case)).await.map(drop),
        Flow::Apply => {
            let applied = bench.apply(&share(case), &rules(case)).await?;
            assert_eq!(applied, Applied::AllBut(Vec::new()));
            Ok(())
        }
        Flow::Delete => bench.delete(&share(case)).await,
    }
}

fn on<T>(case: Case, test: impl AsyncFnOnce(Bench) -> T) -> T {
    let mut config = Config { release: case.release, ..Config::default() };
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        if case.screened {
            bench.pass(CALM).await;
            bench.create(&numbered(case, 2)).await.unwrap();
        }
        if case.flow != Flow::Create {
            bench.create(&share(case)).await.unwrap();
        }
        if case.flow == Flow::Delete {
            bench.apply(&share(case), &rules(case)).await.unwrap();
        }
        let bench = if case.cold { bench.next() } else { bench };
        if case.screened {
            bench.pass(CALM).await;
        }
        bench.report().await.unwrap();
        bench.wire.forget_calls();
        test(bench).await
    })
}

/// The calls of a run in which nothing goes wrong.
fn calls(case: Case) -> usize {
    on(case, async |bench| {
        attempt(&bench, case).await.unwrap();
        check(&bench, case);
        bench.wire.calls().len()
    })
}

fn check(bench: &Bench, case: Case) {
    if case.screened {
        return check_screening(bench, case);
    }
    if case.flow == Flow::Delete {
        return bench.assert_nothing_left();
    }
    let volumes = bench.volumes();
    assert_eq!(volumes.len(), 1, "{volumes:?}");
    assert_eq!((&volumes[0]["state"], volumes[0]["junction"].is_string()), (&"online".into(), true));
    let applied = case.flow == Flow::Apply;
    match case.protocol {
        Protocol::Nfs => {
            let expected = [("10.0.0.9".to_owned(), false), ("10.0.0.0/24".to_owned(), true)];
            assert_eq!(bench.rules(), if applied { expected.to_vec() } else { Vec::new() });
            assert_eq!(volumes[0]["policy"], bench.policies()[0]["id"]);
        }
        Protocol::Cifs => {
            assert_eq!(bench.policies().len(), 0);
            let acl = bench.smb_shares()[0]["acls"].as_array().unwrap().len();
            assert_eq!(acl, if applied { 2 } else { 0 });
        }
    }
}

/// The policy is in force, and is about the shares that there are.
fn check_screening(bench: &Bench, case: Case) {
    let name = |one: Value| one["name"].as_str().unwrap().to_owned();
    let mut volumes: Vec<String> = bench.volumes().into_iter().map(name).collect();
    volumes.sort();
    assert_eq!(volumes.len(), if case.flow == Flow::Delete { 1 } else { 2 });
    let policies = bench.objects("fpolicy_policy");
    let (policy, events) = (&policies[0], bench.objects("fpolicy_event").len());
    let mut screened: Vec<&str> =
        policy["scope"]["include_volumes"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    screened.sort();
    assert_eq!((policies.len(), events, screened), (1, 2, volumes.iter().map(String::as_str).collect()));
    assert!(policy["priority"].is_number(), "it is out of force");
}

fn try_out(case: Case, nth: usize, count: usize, mishap: Mishap, after: After) {
    on(case, async |mut bench| {
        bench.wire.strike(nth, count, mishap);
        for number in 1.. {
            match attempt(&bench, case).await {
                Ok(()) => break,
                Err(trouble) => assert!(goes_on(&trouble), "{}", trouble.reason),
            }
            assert!(number < 40, "it is never settled");
            assert!(bench.wire.strikes() > 0, "it failed for no reason");
            // What changes policies waits for calls of earlier incarnations, which would have no end if there were ever new ones.
            if after == After::Anew && (number == 1 || !case.screened) {
                bench = bench.next();
            }
            bench.pass(Duration::from_secs(5)).await;
        }
        assert!(bench.wire.strikes() > 0, "nothing went wrong");
        check(&bench, case);
        bench.pass(Duration::from_secs(120)).await;
        check(&bench, case);
    });
}

fn every_call_and_mishap(flow: Flow, protocol: Protocol) {
    for (release, cold) in [(Release::V9_14_1, false), (Release::V9_12_1, true)] {
        every_mishap(Case { flow, protocol, release, cold, screened: false });
    }
}

fn every_mishap(case: Case) {
    let calls = calls(case);
    assert!(calls > 0);
    for nth in 0..calls {
        for mishap in Mishap::ALL {
            for (count, after) in [(1, After::Again), (1, After::Anew), (3, After::Again)] {
                let description = format!("{case:?}, call {nth} of {calls}, {count} times {mishap:?}, then {after:?}");
                let outcome = std::panic::catch_unwind(|| try_out(case, nth, count, mishap, after));
                assert!(outcome.is_ok(), "{description}");
            }
        }
    }
}

#[test]
fn creation_over_nfs_survives_every_mishap_at_every_call() {
    every_call_and_mishap(Flow::Create, Protocol::Nfs);
}

#[test]
fn a_share_comes_under_a_policy_of_another_and_leaves_it_whatever_befalls_a_call() {
    for flow in [Flow::Create, Flow::Delete] {
        let case = Case { flow, protocol: Protocol::Nfs, release: Release::V9_14_1, cold: true, screened: true };
        every_mishap(case);
    }
}

#[test]
fn rules_over_nfs_survive_every_mishap_at_every_call() {
    every_call_and_mishap(Flow::Apply, Protocol::Nfs);
}

#[test]
fn removal_over_nfs_survives_every_mishap_at_every_call() {
    every_call_and_mishap(Flow::Delete, Protocol::Nfs);
}

#[test]
fn creation_over_smb_survives_every_mishap_at_every_call() {
    every_call_and_mishap(Flow::Create, Protocol::Cifs);
}

#[test]
fn rules_over_smb_survive_every_mishap_at_every_call() {
    every_call_and_mishap(Flow::Apply, Protocol::Cifs);
}

#[test]
fn removal_over_smb_survives_every_mishap_at_every_call() {
    every_call_and_mishap(Flow::Delete, Protocol::Cifs);
}
