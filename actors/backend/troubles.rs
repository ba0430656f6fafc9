//! What is tried again, told to the log: one line for the back end when it begins and each minute, with counts.
//!
//! How to get it wrong: a line for each try of each share, which hides everything else while an array is away.

use std::time::Duration;

use manilad_domain::outcome::Trouble;

use crate::backlog::Backlog;

const EVERY: Duration = Duration::from_secs(60);

/// Failed tries since the log was last told of them.
#[derive(Debug, Default)]
pub struct Troubles {
    tries: u64,
    last: String,
    told: Option<Duration>,
}

impl Troubles {
    pub fn note(&mut self, trouble: &Trouble) {
        self.tries += 1;
        trouble.told.clone_into(&mut self.last);
    }

    /// Tells the log, if it is time.
    pub fn tell(&mut self, backend: &str, backlog: &Backlog, now: Duration) {
        let is_time = self.told.is_none_or(|told| now.saturating_sub(told) >= EVERY);
        if !is_time || (self.told.is_none() && self.tries == 0) {
            return;
        }
        let (tries, pieces) = (std::mem::take(&mut self.tries), backlog.troubled());
        if tries == 0 && pieces == 0 {
            tracing::info!(backend, "nothing is being tried again any more");
            self.told = None;
            return;
        }
        if tries > 0 {
            let owed = backlog.len();
            tracing::warn!(backend, pieces, tries, owed, why = self.last, "work is tried again");
        }
        self.told = Some(now);
    }
}
