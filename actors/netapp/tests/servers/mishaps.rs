//! Every call of setting up and tearing down × every mishap, tried again until it is settled: the server stands, or
//! nothing of it is left.

use std::time::Duration;

use manilad_domain::security_service::Directory;
use manilad_driver::{ServerSubject, Trouble};
use manilad_ontap_sim::Config;

use crate::tests::bench::{Bench, goes_on, run_with, with_servers};
use crate::tests::server_samples::{
    TAG, add_admin, add_subnet, assert_no_server_left, directory, names, segment, server,
};
use crate::tests::wire::Mishap;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    SetUp,
    /// A subnet is added to a server that stands.
    Add,
    TearDown,
    /// A try at setting up goes wrong, and the server is torn down instead of tried again.
    GiveUp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    Again,
    /// A new incarnation goes on, which knows nothing.
    Anew,
}

const STEP: Duration = Duration::from_secs(5);

/// On a VLAN it is a member of directories too.
fn first(tag: Option<u32>) -> ServerSubject {
    let mut subject = server(1, tag);
    add_admin(&mut subject, tag);
    if tag.is_some() {
        subject.directories = [Directory::ActiveDirectory, Directory::Kerberos].map(directory).to_vec();
    }
    subject
}

fn on<T>(flow: Flow, tag: Option<u32>, test: impl AsyncFnOnce(Bench, ServerSubject) -> T) -> T {
    run_with(Config::default(), with_servers(), async |bench| {
        let mut subject = first(tag);
        if matches!(flow, Flow::Add | Flow::TearDown) {
            subject.server.details = bench.set_up(&subject).await.unwrap();
        }
        if flow == Flow::Add {
            add_subnet(&mut subject, segment(tag, 7), None);
        }
        bench.report().await.unwrap();
        bench.wire.forget_calls();
        test(bench, subject).await
    })
}

async fn attempt(bench: &Bench, flow: Flow, subject: &ServerSubject) -> Result<(), Trouble> {
    match flow {
        Flow::TearDown => bench.tear_down(subject).await,
        Flow::SetUp | Flow::Add | Flow::GiveUp => bench.set_up(subject).await.map(drop),
    }
}

fn check(bench: &Bench, flow: Flow, subject: &ServerSubject) {
    if matches!(flow, Flow::TearDown | Flow::GiveUp) {
        return assert_no_server_left(bench);
    }
    let svm = format!("os_{}", subject.server.id);
    assert_eq!(names(bench, "svm"), [svm, "svm1".to_owned()]);
    let lifs = names(bench, "interface").into_iter().filter(|name| name.starts_with("os_"));
    assert_eq!(lifs.count(), subject.allocations.len());
    assert_eq!(bench.objects("ip_route").len(), subject.server.subnets.len());
    let svm = bench.objects("svm").into_iter().find(|svm| svm["name"] != "svm1").unwrap();
    assert_eq!(svm["cifs"].is_object(), !subject.directories.is_empty());
    let root = bench.objects("export_policy").into_iter().filter(|one| one["name"] == "default");
    assert_eq!(root.filter(|one| one["rules"].as_array().is_some_and(|rules| rules.len() == 2)).count(), 1);
}

/// Tries until it is settled.
async fn settle(mut bench: Bench, flow: Flow, subject: &ServerSubject, after: After) -> Bench {
    for number in 1.. {
        match attempt(&bench, flow, subject).await {
            Ok(()) => return bench,
            Err(trouble) => assert!(goes_on(&trouble), "{}", trouble.reason),
        }
        assert!(number < 60, "it is never settled");
        if after == After::Anew && number == 1 {
            bench = bench.next();
        }
        bench.pass(STEP).await;
    }
    bench
}

fn try_out(flow: Flow, tag: Option<u32>, nth: usize, count: usize, mishap: Mishap, after: After) {
    on(flow, tag, async |mut bench, subject| {
        bench.wire.strike(nth, count, mishap);
        if flow == Flow::GiveUp {
            let _whatever_came_of_it = attempt(&bench, flow, &subject).await;
            if after == After::Anew {
                bench = bench.next();
            }
            let in_flight = after == After::Anew;
            let going = ServerSubject { in_flight, ..subject.clone() };
            bench = settle(bench, Flow::TearDown, &going, After::Again).await;
        } else {
            bench = settle(bench, flow, &subject, after).await;
        }
        assert!(bench.wire.strikes() > 0, "nothing went wrong");
        check(&bench, flow, &subject);
        bench.pass(Duration::from_secs(120)).await;
        check(&bench, flow, &subject);
        settle(bench, Flow::TearDown, &subject, After::Again).await;
    });
}

/// How often it strikes, and who goes on. What surely was not carried out is the same however often.
fn variants(tag: Option<u32>, mishap: Mishap) -> Vec<(usize, After)> {
    let is_harmless = matches!(mishap, Mishap::Busy | Mishap::NoConnection | Mishap::Panic);
    match (tag, is_harmless) {
        (None, _) => vec![(1, After::Again)],
        (Some(_), true) => vec![(1, After::Anew)],
        (Some(_), false) => vec![(1, After::Again), (1, After::Anew), (4, After::Again)],
    }
}

fn every_call_and_mishap(flow: Flow) {
    for tag in [Some(TAG), None] {
        let calls = on(flow, tag, async |bench, subject| {
            attempt(&bench, flow, &subject).await.unwrap();
            bench.wire.calls().len()
        });
        assert!(calls > 2);
        for nth in 0..calls {
            for mishap in Mishap::ALL {
                for (count, after) in variants(tag, mishap) {
                    let description =
                        format!("{flow:?} on {tag:?}, call {nth} of {calls}, {count} times {mishap:?}, {after:?}");
                    let outcome = std::panic::catch_unwind(|| try_out(flow, tag, nth, count, mishap, after));
                    assert!(outcome.is_ok(), "{description}");
                }
            }
        }
    }
}

#[test]
fn setting_up_survives_every_mishap_at_every_call() {
    every_call_and_mishap(Flow::SetUp);
}

#[test]
fn adding_a_subnet_survives_every_mishap_at_every_call() {
    every_call_and_mishap(Flow::Add);
}

#[test]
fn tearing_down_survives_every_mishap_at_every_call() {
    every_call_and_mishap(Flow::TearDown);
}

#[test]
fn a_server_that_is_given_up_half_made_leaves_nothing() {
    every_call_and_mishap(Flow::GiveUp);
}
