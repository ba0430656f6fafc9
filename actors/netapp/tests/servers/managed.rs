//! An SVM that is there already becomes a share server, serves, and is let go of: whatever goes wrong at each call.

use std::net::IpAddr;
use std::time::Duration;

use manilad_clock::Uuid;
use manilad_domain::message::Detail;
use manilad_domain::{Allocation, AllocationId, ShareServer};
use manilad_driver::{Remedy, ServerSubject, Trouble};
use manilad_ontap_sim::Config;
use serde_json::{Value, json};

use crate::tests::bench::{Bench, goes_on, run_with, with_servers};
use crate::tests::server_samples::{TAG, add_subnet, assert_no_server_left, names, on, segment, server};
use crate::tests::wire::Mishap;

/// What an administrator wrote there.
const WORDS: &str = "of finance,  by hand";

fn name_of(subject: &ServerSubject) -> String {
    format!("os_{}", subject.server.id)
}

fn svm(bench: &Bench) -> Value {
    bench.objects("svm").into_iter().find(|svm| svm["name"] != "svm1").unwrap()
}

async fn say(bench: &Bench, what: &Value) {
    let target = format!("/api/svm/svms/{}", svm(bench)["uuid"].as_str().unwrap());
    bench.patch(&target, &what.to_string()).await;
}

/// A server with the network and the addresses of one that was there, which is called so.
fn heir(of: &ServerSubject, identifier: &str) -> ServerSubject {
    let next = server(2, Some(TAG));
    let (id, subnets) = (next.server.id, of.server.subnets.clone());
    let own = |(number, one): (u128, &Allocation)| Allocation {
        id: AllocationId(Uuid::from_u128(0xa110_0000 + number)),
        server: id,
        ..one.clone()
    };
    ServerSubject {
        server: ShareServer { subnets, identifier: identifier.to_owned(), ..next.server },
        allocations: (0..).zip(&of.allocations).map(own).collect(),
        ..next
    }
}

/// An SVM that was a share server, on its VLAN, with words of others; it is called `payroll`.
fn with_svm<T>(test: impl AsyncFnOnce(Bench, ServerSubject) -> T) -> T {
    run_with(Config::default(), with_servers(), async |bench| {
        let mut first = server(1, Some(TAG));
        first.server.details = bench.set_up(&first).await.unwrap();
        bench.unmanage_server(&first).await.unwrap();
        say(&bench, &json!({ "name": "payroll", "comment": WORDS })).await;
        bench.report().await.unwrap();
        bench.wire.forget_calls();
        test(bench, heir(&first, "payroll")).await
    })
}

#[test]
fn an_svm_is_found_taken_over_in_one_call_serves_shares_grows_and_goes_as_one_of_ours() {
    with_svm(async |bench, mut subject| {
        let addresses: Vec<IpAddr> = subject.allocations.iter().map(|one| one.address).collect();
        let mut found = bench.find_server(&subject).await.unwrap();
        found.sort_unstable();
        assert_eq!(found, addresses);
        assert!(bench.wire.calls().iter().all(|call| call.starts_with("GET")), "{:?}", bench.wire.calls());
        let before = bench.objects("export_policy");
        subject.server.details = bench.manage_server(&subject).await.unwrap();
        let changes = bench.wire.calls().into_iter().filter(|call| !call.starts_with("GET"));
        assert_eq!(changes.count(), 1);
        assert_eq!(bench.objects("export_policy"), before, "whom the SVM lets pass is not ours to say");
        let taken = svm(&bench);
        let comment = format!("share_server_id:{} {WORDS}", subject.server.id);
        assert_eq!((&taken["name"], &taken["comment"]), (&json!(name_of(&subject)), &json!(comment)));
        assert_eq!(subject.server.details["vserver_name"], name_of(&subject));
        let ports: Value = serde_json::from_str(&subject.server.details["ports"]).unwrap();
        assert_eq!(ports[subject.allocations[0].id.to_string()], "10.1.0.11");
        subject.server.identifier = subject.server.id.to_string();

        let share = on(&subject, 1);
        let exports = bench.create(&share).await.unwrap();
        assert!(exports.iter().all(|one| one.path.starts_with("10.1.0.1")), "{exports:?}");
        bench.delete(&share).await.unwrap();
        add_subnet(&mut subject, segment(Some(TAG), 7), None);
        subject.server.details = bench.set_up(&subject).await.unwrap();
        let lifs = bench.objects("interface").into_iter().filter(|lif| lif["svm"] == svm(&bench)["uuid"]);
        assert_eq!(lifs.count(), 4, "those that it had are not made again");
        bench.tear_down(&subject).await.unwrap();
        assert_no_server_left(&bench);
    });
}

#[test]
fn what_is_let_go_of_is_no_servers_any_more_and_keeps_its_name_and_the_words_of_others() {
    with_svm(async |bench, mut subject| {
        subject.server.details = bench.manage_server(&subject).await.unwrap();
        let lifs = bench.objects("interface");
        bench.unmanage_server(&subject).await.unwrap();
        let left = svm(&bench);
        assert_eq!((&left["name"], &left["comment"]), (&json!(name_of(&subject)), &json!("of finance, by hand")));
        assert_eq!(bench.objects("interface"), lifs);
        bench.unmanage_server(&subject).await.unwrap();
        // By the id in its name it is found again.
        let other = heir(&subject, &subject.server.id.to_string());
        let other = ServerSubject { server: ShareServer { id: Uuid::from_u128(9).into(), ..other.server }, ..other };
        bench.manage_server(&other).await.unwrap();
        assert_eq!(svm(&bench)["name"], format!("os_{}", other.server.id));
    });
}

#[test]
fn what_was_only_named_and_never_taken_over_is_not_removed_with_its_server() {
    with_svm(async |bench, subject| {
        bench.manage_server(&subject).await.unwrap();
        bench.tear_down(&subject).await.unwrap();
        assert_eq!(svm(&bench)["comment"], "of finance, by hand");
    });
}

#[test]
fn an_svm_that_can_not_be_the_server_is_refused_and_stays_as_it_is() {
    let refused = |change: Value, alter: fn(&mut ServerSubject)| {
        with_svm(async |bench, mut subject| {
            if change != Value::Null {
                say(&bench, &change).await;
            }
            alter(&mut subject);
            let before = bench.objects("svm");
            let trouble = match bench.find_server(&subject).await {
                Ok(_) => bench.manage_server(&subject).await.unwrap_err(),
                Err(trouble) => trouble,
            };
            assert!(!goes_on(&trouble), "{}", trouble.reason);
            assert_eq!((bench.objects("svm"), trouble.detail), (before, Detail::NoShareServer));
            bench.unmanage_server(&subject).await.unwrap();
            trouble
        })
    };
    let says = |trouble: &Trouble, words: &str| assert!(trouble.reason.contains(words), "{}", trouble.reason);
    says(&refused(json!(null), |one| one.server.identifier = "nobody".to_owned()), "no SVM is called \"nobody\"");
    says(&refused(json!({ "state": "stopped" }), |_| {}), "not running");
    let marked = json!({ "comment": "share_server_id:of-another mine" });
    says(&refused(marked, |_| {}), "carries the mark of share server of-another");
    says(&refused(json!(null), |one| drop(one.allocations.pop())), "which it had not a moment ago");
    says(
        &refused(json!(null), |one| one.allocations.iter_mut().for_each(|one| one.segment = segment(Some(7), 1))),
        "its share network is on VLAN 7",
    );
    says(&refused(json!(null), |one| one.server.identifier = "svm1".to_owned()), "VLAN 1042");
}

#[test]
fn an_svm_with_a_share_of_ours_is_not_taken() {
    with_svm(async |bench, mut subject| {
        let details = bench.manage_server(&subject).await.unwrap();
        subject.server.details = details;
        bench.create(&on(&subject, 1)).await.unwrap();
        say(&bench, &json!({ "comment": "" })).await;
        let other = heir(&subject, &name_of(&subject));
        let other = ServerSubject { server: ShareServer { id: Uuid::from_u128(9).into(), ..other.server }, ..other };
        let trouble = bench.find_server(&other).await.unwrap_err();
        assert_eq!(trouble.remedy, Remedy::Never);
        assert!(trouble.reason.contains("carries the mark of share instance"), "{}", trouble.reason);
    });
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    Manage,
    Unmanage,
    /// A try at managing goes wrong, and the server is let go of instead of tried again.
    GiveUp,
}

async fn attempt(bench: &Bench, flow: Flow, subject: &ServerSubject) -> Result<(), Trouble> {
    match flow {
        Flow::Manage | Flow::GiveUp => bench.manage_server(subject).await.map(drop),
        Flow::Unmanage => bench.unmanage_server(subject).await,
    }
}

fn try_out(flow: Flow, nth: usize, mishap: Mishap, is_new: bool) {
    with_svm(async |bench, mut subject| {
        if flow == Flow::Unmanage {
            subject.server.details = bench.manage_server(&subject).await.unwrap();
        }
        let mut bench = bench.next();
        bench.report().await.unwrap();
        bench.wire.strike(nth, 1, mishap);
        let mut doing = flow;
        for number in 0.. {
            match attempt(&bench, doing, &subject).await {
                Ok(()) if doing != Flow::GiveUp => break,
                Ok(()) => {}
                Err(trouble) => assert!(goes_on(&trouble), "{flow:?}: {}", trouble.reason),
            }
            assert!(number < 60, "{flow:?} is never settled after {mishap:?} at call {nth}");
            if is_new && !subject.in_flight {
                bench = bench.next();
                subject.in_flight = true;
            }
            if doing == Flow::GiveUp {
                doing = Flow::Unmanage;
            }
            bench.pass(Duration::from_secs(5)).await;
        }
        let mark = format!("share_server_id:{}", subject.server.id);
        if flow != Flow::Manage {
            // A call that came late would take this away, or put the mark back.
            say(&bench, &json!({ "comment": "share_server_id:of-another" })).await;
        }
        bench.pass(Duration::from_secs(120)).await;
        let comment = svm(&bench)["comment"].as_str().unwrap().to_owned();
        match flow {
            Flow::Manage => assert_eq!(comment, format!("{mark} {WORDS}"), "{mishap:?} at call {nth}"),
            _ => assert_eq!(comment, "share_server_id:of-another", "{flow:?} after {mishap:?} at call {nth}"),
        }
        let svms = names(&bench, "svm");
        assert_eq!(svms.len(), 2, "{svms:?}");
    });
}

fn every_call_and_mishap(flow: Flow) {
    let calls = with_svm(async |bench, mut subject| {
        if flow == Flow::Unmanage {
            subject.server.details = bench.manage_server(&subject).await.unwrap();
        }
        bench.report().await.unwrap();
        bench.wire.forget_calls();
        attempt(&bench, flow, &subject).await.unwrap();
        bench.wire.calls().len()
    });
    for (nth, mishap) in (1..=calls).flat_map(|nth| Mishap::ALL.into_iter().map(move |mishap| (nth, mishap))) {
        for is_new in [false, true] {
            try_out(flow, nth, mishap, is_new);
        }
    }
}

#[test]
fn an_svm_is_taken_over_whatever_goes_wrong_at_any_call() {
    every_call_and_mishap(Flow::Manage);
}

#[test]
fn a_server_is_let_go_of_whatever_goes_wrong_at_any_call() {
    every_call_and_mishap(Flow::Unmanage);
}

#[test]
fn a_server_whose_taking_over_is_given_up_is_let_go_of_for_good() {
    every_call_and_mishap(Flow::GiveUp);
}
