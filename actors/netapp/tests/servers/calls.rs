//! Budgets: how many rounds of calls, one after another, the tasks on a share server take. Source: operations.md §23.

use std::time::Duration;

use manilad_driver::ServerSubject;
use manilad_ontap_sim::Config;

use crate::tests::bench::{Bench, run_with, with_servers};
use crate::tests::server_samples::{TAG, on, server};

const ROUND: Duration = Duration::from_secs(10);

/// How many rounds the work takes, and how many calls: each call takes ten seconds, and those made at once the same ten.
async fn rounds<T>(bench: &Bench, work: impl AsyncFnOnce() -> T) -> (u32, usize) {
    bench.wire.forget_calls();
    bench.wire.slow_down(ROUND);
    let begun = bench.lab.clock.running();
    work().await;
    let took = bench.lab.clock.running() - begun;
    bench.wire.slow_down(Duration::ZERO);
    ((took.as_secs_f64() / ROUND.as_secs_f64()).round() as u32, bench.wire.calls().len())
}

async fn stand(bench: &Bench, number: u8, tag: Option<u32>) -> ServerSubject {
    let mut subject = server(number, tag);
    subject.server.details = bench.set_up(&subject).await.unwrap();
    subject
}

#[test]
fn a_server_on_a_vlan_stands_after_six_rounds_and_is_gone_after_five() {
    run_with(Config::default(), with_servers(), async |bench| {
        bench.report().await.unwrap();
        let mut subject = server(1, Some(TAG));
        let mut details = Default::default();
        let (took, _) = rounds(&bench, async || details = bench.set_up(&subject).await.unwrap()).await;
        assert_eq!(took, 6);
        subject.server.details = details;
        let (took, _) = rounds(&bench, async || bench.tear_down(&subject).await.unwrap()).await;
        assert_eq!(took, 5);
    });
}

#[test]
fn without_a_vlan_it_is_four_rounds_and_two() {
    run_with(Config::default(), with_servers(), async |bench| {
        bench.report().await.unwrap();
        let mut subject = server(1, None);
        let mut details = Default::default();
        let (took, _) = rounds(&bench, async || details = bench.set_up(&subject).await.unwrap()).await;
        assert_eq!(took, 4);
        subject.server.details = details;
        let (took, _) = rounds(&bench, async || bench.tear_down(&subject).await.unwrap()).await;
        assert_eq!(took, 2);
    });
}

#[test]
fn a_share_on_a_server_that_stands_is_two_rounds_and_one_more_for_a_new_incarnation() {
    run_with(Config::default(), with_servers(), async |bench| {
        bench.report().await.unwrap();
        let subject = stand(&bench, 1, Some(TAG)).await;
        let (took, calls) = rounds(&bench, async || bench.create(&on(&subject, 1)).await.unwrap()).await;
        assert_eq!((took, calls), (2, 3), "the look at the LIFs goes beside");
        let bench = bench.next();
        bench.report().await.unwrap();
        let (took, calls) = rounds(&bench, async || bench.create(&on(&subject, 2)).await.unwrap()).await;
        assert_eq!((took, calls), (3, 5));
        let (took, calls) = rounds(&bench, async || bench.create(&on(&subject, 3)).await.unwrap()).await;
        assert_eq!((took, calls), (2, 3), "the look at the LIFs goes beside");
    });
}
