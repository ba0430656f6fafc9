//! When the actor last did what it does now and then, and when it is to wake.
//!
//! How to get it wrong: to count in the time of day, which can be set back.

use std::time::Duration;

/// How long to wait for a child that takes nothing now and has nothing in hand.
pub(super) const SHORT_WAIT: Duration = Duration::from_millis(50);

/// When things were last done, in running time.
#[derive(Debug, Default)]
pub(super) struct Times {
    pub(super) alarm: Option<Duration>,
    pub(super) read_anew: Option<Duration>,
    pub(super) metered: Option<Duration>,
    /// A report was made out of turn.
    pub(super) reported_early: Option<Duration>,
}

/// Notes the time of something that is due each `every`; false while it is not.
pub(super) fn is_due(last: &mut Option<Duration>, every: Duration, now: Duration) -> bool {
    let is_due = last.is_none_or(|last| now.saturating_sub(last) >= every);
    if is_due {
        *last = Some(now);
    }
    is_due
}
