use tokio::sync::oneshot;

use super::*;
use crate::clerk::{Job, clerk, port};
use crate::lab;

const EVERY: Duration = Duration::from_secs(60);

#[test]
fn ticks_come_at_fixed_times() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let (_life, log) = clerk(&lab, &port);
        let _ticker = Ticker::start(&lab.clock, EVERY, &port, || Job::Note(1));
        lab.step(EVERY - Duration::from_nanos(1)).await;
        assert_eq!(log.read().len(), 0);
        lab.step(Duration::from_nanos(1)).await;
        assert_eq!(log.read().len(), 1);
        for _ in 0..9 {
            lab.step(EVERY).await;
        }
        assert_eq!(log.read().len(), 10);
    });
}

#[test]
fn ticks_never_pile_up_and_those_missed_are_left_out() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let (_life, log) = clerk(&lab, &port);
        let (release, until) = oneshot::channel();
        let slow = std::cell::Cell::new(Some(until));
        let _ticker = Ticker::start(&lab.clock, EVERY, &port, move || {
            slow.take().map_or(Job::Note(1), |until| Job::Hold(0, until))
        });
        lab.step(EVERY).await;
        for _ in 0..5 {
            lab.step(EVERY).await;
            assert_eq!(port.depth(), 1);
        }
        lab.step(EVERY / 2).await;
        release.send(()).unwrap();
        lab.settle().await;
        assert_eq!(log.read(), [0]);
        lab.step(EVERY / 2).await;
        assert_eq!(log.read(), [0, 1], "the next tick comes at its old time");
        lab.step(EVERY - Duration::from_nanos(1)).await;
        assert_eq!(log.read(), [0, 1]);
    });
}

#[test]
fn a_tick_that_nobody_takes_or_that_is_lost_does_not_end_the_ticking() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let deadly = std::cell::Cell::new(true);
        let _ticker =
            Ticker::start(
                &lab.clock,
                EVERY,
                &port,
                move || {
                    if deadly.replace(false) { Job::Panic } else { Job::Note(1) }
                },
            );
        let (life, _log) = clerk(&lab, &port);
        lab.step(EVERY).await;
        life.await;
        lab.step(EVERY).await;
        assert_eq!(port.depth(), 0, "a tick into a vacant port is left out");
        let (_next, log) = clerk(&lab, &port);
        lab.step(EVERY).await;
        assert_eq!(log.read(), [1]);
    });
}

#[test]
fn a_dropped_ticker_ticks_no_more() {
    lab::run(async |lab| {
        let port = port(&lab, 4);
        let (_life, log) = clerk(&lab, &port);
        let ticker = Ticker::start(&lab.clock, EVERY, &port, || Job::Note(1));
        lab.settle().await;
        drop(ticker);
        lab.step(EVERY).await;
        assert_eq!(log.read().len(), 0);
    });
}
