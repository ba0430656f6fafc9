//! The time that a call has: it counts from the moment when the call gets its place, so a long queue costs no call its
//! answer. What it waits for places is bounded by itself.
//!
//! How to get it wrong: to count the wait. The more calls an array has to do, the less time each of them would get, and an
//! array that is merely slow would seem to be dead.

use std::time::Duration;

/// Until when a call goes on, in running time.
#[derive(Debug)]
pub(crate) struct Term {
    end: Duration,
    /// What it may still wait for places without losing time; none where `end` holds whatever happens.
    wait: Option<Duration>,
    /// When the write was sent, the last time.
    pub(crate) sent: Option<Duration>,
}

impl Term {
    /// `patience` from `now` on, and what it waits for places besides, `wait` at most.
    pub(crate) fn of(now: Duration, patience: Duration, wait: Duration) -> Self {
        Term { end: now + patience, wait: Some(wait), sent: None }
    }

    /// Until `end`, waiting included.
    pub(crate) fn fixed(end: Duration) -> Self {
        Term { end, wait: None, sent: None }
    }

    /// Until when a place may be waited for from `now` on.
    pub(crate) fn waits_until(&self, now: Duration) -> Duration {
        match self.wait {
            Some(wait) => now + wait,
            None => self.end,
        }
    }

    /// So long was waited for a place.
    pub(crate) fn waited(&mut self, time: Duration) {
        if let Some(wait) = &mut self.wait {
            let free = time.min(*wait);
            *wait -= free;
            self.end += free;
        }
    }

    /// What is left of it.
    pub(crate) fn left(&self, now: Duration) -> Duration {
        self.end.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Whatever it waits and works: it has its whole patience for work, and ends when both bounds are used up.
        #[test]
        fn waiting_costs_no_patience_and_ends_too(steps in prop::collection::vec((0u64..50, 0u64..50), 0..20)) {
            let (mut term, mut now, mut worked) = (Term::of(seconds(5), seconds(60), seconds(30)), seconds(5), seconds(0));
            for (waits, works) in steps {
                let wait = seconds(waits).min(term.waits_until(now) - now);
                now += wait;
                term.waited(wait);
                prop_assert_eq!(term.left(now), seconds(60).saturating_sub(worked));
                let work = seconds(works).min(term.left(now));
                now += work;
                worked += work;
            }
            prop_assert!(now <= seconds(5 + 60 + 30));
        }
    }

    #[test]
    fn a_fixed_end_counts_waiting_too() {
        let mut term = Term::fixed(seconds(20));
        term.waited(seconds(7));
        assert_eq!((term.waits_until(seconds(7)), term.left(seconds(7))), (seconds(20), seconds(13)));
    }
}
