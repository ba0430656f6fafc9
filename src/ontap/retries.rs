//! Which exchanges with the array are repeated, how often, and after which pause.
//!
//! Repeated is what the array surely has not begun, and a read whose answer was lost or says nothing of the array. How to get it
//! wrong: to repeat a change of which nobody knows whether it was carried out.

use std::time::Duration;

use manilad_clock::Clock;

use crate::code::Class;
use crate::error::Error;

/// Exchanges made for one call before its last error surfaces.
pub const ATTEMPTS: u32 = 5;
/// The first pause, and the longest; each is twice the one before.
const PAUSES: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// The exchanges of one call.
pub(crate) struct Retries {
    made: u32,
    pause: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Retries { made: 0, pause: PAUSES.0 }
    }
}

impl Retries {
    /// After how long the exchange that ended so is repeated: what the array asks for, as it does with a 503, or a pause that
    /// grows. None: it is not repeated.
    pub fn pause(&mut self, error: &Error, reads: bool, clock: &Clock) -> Option<Duration> {
        self.made += 1;
        let is_unanswered_read = reads && error.class() == Class::Unknown && !error.is_about_login();
        if !(error.not_begun() || is_unanswered_read) || self.made >= ATTEMPTS {
            return None;
        }
        let pause = error.retry_after().unwrap_or_else(|| clock.jittered(self.pause));
        self.pause = (self.pause * 2).min(PAUSES.1);
        Some(pause)
    }
}
