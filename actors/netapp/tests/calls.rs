//! Budgets: how many calls each task makes when nothing goes wrong. Source: operations.md §23.

use manilad_domain::access::AccessLevel::Rw;
use manilad_domain::share::Protocol;
use manilad_driver::Subject;
use manilad_ontap_sim::Config;

use super::bench::{Bench, creation, run, run_with, settings};
use super::samples::{desired, subject};
use super::wire::Mishap;

const POLICIES: &str = "/api/protocols/nfs/export-policies";
const VOLUMES: &str = "/api/storage/volumes";
const LIFS: &str = "/api/network/ip/interfaces";

/// The verbs and collections that were called since last asked.
fn calls(bench: &Bench) -> Vec<String> {
    let calls = bench.wire.calls();
    bench.wire.forget_calls();
    let collection = |call: String| {
        [POLICIES, VOLUMES].iter().fold(call, |call, path| match call.split_once(path) {
            Some((verb, _)) => format!("{verb}{path}"),
            None => call,
        })
    };
    calls.into_iter().map(collection).collect()
}

fn all(verbs: &[(&str, &str)]) -> Vec<String> {
    verbs.iter().map(|(verb, path)| format!("{verb} {path}")).collect()
}

#[test]
fn create_is_two_calls_and_a_look_beside_allow_one_and_delete_two_and_the_policy_after_that() {
    run(async |bench| {
        bench.report().await.unwrap();
        calls(&bench);
        let subject = subject(1);
        bench.create(&subject).await.unwrap();
        assert_eq!(calls(&bench), all(&[("POST", POLICIES), ("POST", VOLUMES), ("GET", LIFS)]));
        bench.apply(&subject, &[desired(1, "10.0.0.0/24", Rw), desired(2, "10.0.1.9", Rw)]).await.unwrap();
        assert_eq!(calls(&bench), all(&[("PATCH", POLICIES)]));
        bench.apply(&subject, &[]).await.unwrap();
        assert_eq!(calls(&bench), all(&[("PATCH", POLICIES)]));
        bench.delete(&subject).await.unwrap();
        assert_eq!(calls(&bench), all(&[("PATCH", VOLUMES), ("DELETE", VOLUMES), ("DELETE", POLICIES)]));
    });
}

#[test]
fn a_new_incarnation_needs_one_look_more() {
    run(async |bench| {
        let subject = subject(1);
        bench.create(&subject).await.unwrap();
        let bench = bench.next();
        bench.report().await.unwrap();
        calls(&bench);
        bench.apply(&subject, &[desired(1, "10.0.0.0/24", Rw)]).await.unwrap();
        assert_eq!(calls(&bench), all(&[("GET", VOLUMES), ("PATCH", POLICIES)]));
        let bench = bench.next();
        bench.report().await.unwrap();
        calls(&bench);
        bench.delete(&subject).await.unwrap();
        let expected = [("GET", VOLUMES), ("PATCH", VOLUMES), ("DELETE", VOLUMES), ("DELETE", POLICIES)];
        assert_eq!(calls(&bench), all(&expected));
    });
}

#[test]
fn over_smb_create_is_two_calls_and_two_to_shut_everybody_out_and_delete_three() {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    run_with(config, settings(), async |bench| {
        bench.report().await.unwrap();
        calls(&bench);
        let subject = Subject { protocol: Protocol::Cifs, ..subject(1) };
        bench.create(&subject).await.unwrap();
        let made = calls(&bench);
        assert_eq!(made[..3], all(&[("POST", VOLUMES), ("GET", LIFS), ("POST", "/api/protocols/cifs/shares")]));
        assert!(made[3].starts_with("GET ") && made[3].ends_with("/acls"), "{made:?}");
        assert!(made[4].starts_with("DELETE ") && made[4].ends_with("/acls/Everyone/windows"), "{made:?}");
        assert_eq!(made.len(), 5);
        bench.delete(&subject).await.unwrap();
        assert_eq!(calls(&bench).len(), 3);
        bench.assert_nothing_left();
    });
}

#[test]
fn many_who_need_the_facts_at_once_have_them_learnt_once() {
    run(async |bench| {
        let tasks = (1..=20).map(|number| bench.shares.create.ask(creation(subject(number))));
        let settled = bench.drive(futures::future::join_all(tasks)).await;
        assert!(settled.iter().all(|one| matches!(one, Ok(Ok(_)))));
        let asked = bench.wire.calls().iter().filter(|call| call.as_str() == "GET /api/cluster").count();
        assert_eq!(asked, 1);
    });
}

#[test]
fn later_reports_ask_only_for_what_changes() {
    run(async |bench| {
        bench.report().await.unwrap();
        let first = calls(&bench).len();
        bench.report().await.unwrap();
        let later = calls(&bench);
        assert!(first > 3 && later.len() == 3, "{first} and {later:?}");
    });
}

#[test]
fn who_waits_while_another_fails_to_learn_the_facts_does_not_try_the_same_again() {
    run(async |bench| {
        bench.wire.strike(0, usize::MAX >> 1, Mishap::Silence);
        let tasks = (1..=20).map(|number| bench.shares.create.ask(creation(subject(number))));
        let settled = bench.drive(futures::future::join_all(tasks)).await;
        assert!(settled.iter().all(|one| one.as_ref().is_ok_and(Result::is_err)));
        let asked = bench.wire.calls().len();
        assert!(asked <= 5, "{asked} calls: the client repeats one read at most so often");
    });
}
