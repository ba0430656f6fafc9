//! Tasks that are cancelled after so many calls: nothing is changed from then on, and nothing is in doubt by it.
//!
//! Each is cancelled after its first call, after its second, and so on, until one is done before it is cancelled.

use manilad_domain::share::Protocol;
use manilad_driver::{Cancellation, Subject, Trouble};
use manilad_ontap_sim::Config;

use super::bench::{Bench, run_with, settings, with_servers};
use super::samples::subject;
use super::server_samples::{TAG, server};

fn share(protocol: Protocol) -> Subject {
    let specs = [("qos".to_owned(), "<is> True".to_owned()), ("netapp:maxiops".to_owned(), "100".to_owned())];
    Subject { protocol, extra_specs: specs.into(), ..subject(1) }
}

async fn make(bench: &Bench, protocol: Option<Protocol>) {
    match protocol {
        Some(protocol) => drop(bench.create(&share(protocol)).await.unwrap()),
        None => drop(bench.set_up(&server(1, Some(TAG))).await.unwrap()),
    }
}

async fn remove(bench: &Bench, protocol: Option<Protocol>, cancellation: Cancellation) -> Result<(), Trouble> {
    match protocol {
        Some(protocol) => bench.delete_unless(&share(protocol), cancellation).await,
        None => bench.tear_down_unless(&server(1, Some(TAG)), cancellation).await,
    }
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
        let done = remove(&bench, protocol, cancellation).await;
        let made = bench.wire.calls();
        let changing = made.iter().skip(calls).find(|call| !call.starts_with("GET "));
        assert_eq!(changing, None, "after {calls} calls it was cancelled; {made:?}");
        match done {
            Ok(()) => true,
            Err(trouble) => {
                assert!(trouble.reason.contains("not owed any more"), "{}", trouble.reason);
                let ended = remove(&bench, protocol, Cancellation::never()).await;
                assert_eq!(ended, Ok(()), "after {calls} calls: what was not sent leaves no doubt");
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
        let done = remove(&bench, Some(Protocol::Nfs), cancellation).await;
        assert!(done.is_err());
        assert_eq!((bench.volumes(), bench.policies(), bench.qos_policies()), before);
    });
}
