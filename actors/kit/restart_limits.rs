//! When to raise a child again, and when to give it up. Pure: ends and times go in, decisions come out.
//!
//! The pause doubles from the first to the longest with each end inside the window; more ends than the limit inside one
//! window mean that raising it again does not help. How to get it wrong: choosing pauses that add up to more than the
//! window, so that a child that always fails is never given up.

use std::collections::VecDeque;
use std::time::Duration;

use crate::End;

/// What to do about an ended child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RestartDecision {
    /// Raise it again after this pause.
    RaiseIn(Duration),
    /// Leave it down.
    GiveUp,
}

/// The limits of one child, and its recent ends.
#[derive(Debug, Clone)]
pub struct Restarts {
    limit: usize,
    window: Duration,
    first: Duration,
    longest: Duration,
    ends: VecDeque<Duration>,
}

impl Restarts {
    /// At most `limit` restarts within any `window`, after pauses that double from `first` to `longest`.
    pub fn new(limit: usize, window: Duration, first: Duration, longest: Duration) -> Self {
        Restarts { limit, window, first, longest: longest.max(first), ends: VecDeque::new() }
    }

    /// Judges an end at `now` (running time). A child that stopped because it was asked to is not raised again.
    pub fn after(&mut self, end: &End, now: Duration) -> RestartDecision {
        if *end == End::Stopped {
            return RestartDecision::GiveUp;
        }
        self.ends.retain(|ended| now.saturating_sub(*ended) < self.window);
        self.ends.push_back(now);
        if self.ends.len() > self.limit {
            self.ends.pop_front();
            return RestartDecision::GiveUp;
        }
        let doublings = u32::try_from(self.ends.len() - 1).unwrap_or(u32::MAX);
        let factor = 2u32.checked_pow(doublings).unwrap_or(u32::MAX);
        RestartDecision::RaiseIn(self.first.saturating_mul(factor).min(self.longest))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    fn panicked() -> End {
        End::Panicked("boom".into())
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_then_the_child_is_given_up() {
        let mut restarts = Restarts::new(5, 60 * SECOND, SECOND, 5 * SECOND);
        let decisions: Vec<_> = (0..7).map(|at| restarts.after(&panicked(), at * SECOND)).collect();
        let pauses = [1, 2, 4, 5, 5].map(|pause| RestartDecision::RaiseIn(pause * SECOND));
        assert_eq!(decisions, [&pauses[..], &[RestartDecision::GiveUp; 2]].concat());
    }

    #[test]
    fn a_child_that_was_asked_to_stop_stays_down_and_it_does_not_count() {
        let mut restarts = Restarts::new(1, 60 * SECOND, SECOND, SECOND);
        assert_eq!(restarts.after(&End::Stopped, SECOND), RestartDecision::GiveUp);
        assert_eq!(restarts.after(&End::Hung, SECOND), RestartDecision::RaiseIn(SECOND));
    }

    #[test]
    fn every_other_end_counts() {
        for end in [End::Failed("no route".into()), panicked(), End::Hung] {
            let mut restarts = Restarts::new(1, 60 * SECOND, SECOND, SECOND);
            assert_eq!(restarts.after(&end, SECOND), RestartDecision::RaiseIn(SECOND));
            assert_eq!(restarts.after(&end, SECOND), RestartDecision::GiveUp);
        }
    }

    #[test]
    fn without_any_allowance_the_first_end_is_the_last() {
        let mut restarts = Restarts::new(0, 60 * SECOND, SECOND, SECOND);
        assert_eq!(restarts.after(&panicked(), SECOND), RestartDecision::GiveUp);
        assert_eq!(restarts.after(&panicked(), 600 * SECOND), RestartDecision::GiveUp);
    }

    proptest! {
        #[test]
        fn never_more_restarts_than_the_limit_in_any_window(
            limit in 0usize..8, window in 1u64..100, first in 0u64..10, longest in 0u64..50,
            gaps in prop::collection::vec(0u64..60, 1..80),
        ) {
            let window = Duration::from_secs(window);
            let mut restarts = Restarts::new(limit, window, secs(first), secs(longest));
            let mut now = Duration::ZERO;
            let mut raised: Vec<Duration> = Vec::new();
            for gap in gaps {
                now += Duration::from_secs(gap);
                if let RestartDecision::RaiseIn(pause) = restarts.after(&panicked(), now) {
                    prop_assert!(pause >= secs(first) && pause <= secs(longest).max(secs(first)));
                    raised.push(now);
                }
                prop_assert!(raised.iter().filter(|at| now - **at < window).count() <= limit);
            }
        }

        #[test]
        fn a_quiet_window_forgives_everything(
            limit in 1usize..8, window in 1u64..100, burst in 1usize..20,
        ) {
            let window = Duration::from_secs(window);
            let mut restarts = Restarts::new(limit, window, SECOND, 8 * SECOND);
            for _ in 0..burst {
                restarts.after(&panicked(), SECOND);
            }
            prop_assert_eq!(restarts.after(&panicked(), SECOND + window), RestartDecision::RaiseIn(SECOND));
        }

        #[test]
        fn pauses_never_shrink_within_a_burst(limit in 1usize..80, first in 1u64..1000, longest in 1u64..100_000) {
            let mut restarts = Restarts::new(limit, SECOND, Duration::from_millis(first), Duration::from_millis(longest));
            let mut last = Duration::ZERO;
            for _ in 0..limit {
                match restarts.after(&panicked(), Duration::ZERO) {
                    RestartDecision::RaiseIn(pause) => {
                        prop_assert!(pause >= last);
                        last = pause;
                    }
                    RestartDecision::GiveUp => prop_assert!(false, "given up before the limit"),
                }
            }
            prop_assert_eq!(restarts.after(&panicked(), Duration::ZERO), RestartDecision::GiveUp);
        }
    }
}
