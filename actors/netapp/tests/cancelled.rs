//! Tasks that are cancelled after so many calls: nothing is changed from then on, and nothing is in doubt by it.
//!
//! Each is cancelled after its first call, after its second, and so on, until one is done before it is cancelled.

use manilad_domain::share::Protocol;
use manilad_messages::driver::{Cancellation, Settled, Subject, Task};
use manilad_ontap_sim::Config;

use super::bench::{Bench, run_with, settings, with_servers};
use super::samples::subject;
use super::server_samples::{TAG, server};

fn share(protocol: Protocol) -> Subject {
    let specs = [("qos".to_owned(), "<is> True".to_owned()), ("netapp:maxiops".to_owned(), "100".to_owned())];
    Subject { protocol, extra_specs: specs.into(), ..subject(1) }
}

fn removal(protocol: Option<Protocol>) -> Task {
    match protocol {
        Some(protocol) => Task::Delete(share(protocol)),
        None => Task::TearDown(Box::new(server(1, Some(TAG)))),
    }
}

async fn make(bench: &Bench, protocol: Option<Protocol>) {
    let task = match protocol {
        Some(protocol) => Task::Create(share(protocol)),
        None => Task::SetUp(Box::new(server(1, Some(TAG)))),
    };
    bench.attempt(task).await.unwrap();
}

/// Whether the removal was done before it was cancelled, which it is after so many calls.
fn is_done_within(protocol: Option<Protocol>, calls: usize) -> bool {
    let mut config = Config::default();
    config.svms[0].cifs_server = Some("SVM1".to_owned());
    let settings = if protocol.is_none() { with_servers() } else { settings() };
    run_with(config, settings, async |bench| {
        bench.report().await.unwrap();
        make(&bench, protocol).await;
        bench.wire.forget_calls();
        let wire = bench.wire.clone();
        let cancellation = Cancellation::unless(move || wire.calls().len() < calls);
        let done = bench.drive(bench.cancelled_by(removal(protocol), cancellation)).await.unwrap();
        let made = bench.wire.calls();
        let changing = made.iter().skip(calls).find(|call| !call.starts_with("GET "));
        assert_eq!(changing, None, "after {calls} calls it was cancelled; {made:?}");
        match done {
            Ok(_) => true,
            Err(trouble) => {
                assert!(trouble.told.contains("not owed any more"), "{}", trouble.told);
                let ended = bench.attempt(removal(protocol)).await;
                let end = if protocol.is_some() { Settled::Deleted } else { Settled::TornDown };
                assert_eq!(ended, Ok(end), "after {calls} calls: what was not sent leaves no doubt");
                false
            }
        }
    })
}

#[test]
fn a_cancelled_removal_changes_nothing_from_then_on_wherever_it_is() {
    for protocol in [Some(Protocol::Nfs), Some(Protocol::Cifs), None] {
        let needed = (0..64).find(|calls| is_done_within(protocol, *calls));
        assert!(needed.is_some_and(|needed| needed > 2), "{protocol:?} was done within {needed:?} calls");
    }
}

#[test]
fn a_removal_that_is_cancelled_before_it_begins_leaves_the_share_as_it_was() {
    run_with(Config::default(), settings(), async |bench| {
        make(&bench, Some(Protocol::Nfs)).await;
        let before = (bench.volumes(), bench.policies(), bench.qos_policies());
        let cancellation = Cancellation::unless(|| false);
        let done = bench.drive(bench.cancelled_by(removal(Some(Protocol::Nfs)), cancellation)).await.unwrap();
        assert!(done.is_err());
        assert_eq!((bench.volumes(), bench.policies(), bench.qos_policies()), before);
    });
}
