//! What is tried again, for the log: one line for the back end when it begins and each minute, with counts.
//!
//! How to get it wrong: a line for each try of each share, which hides everything else while an array is away.

use std::time::Duration;

use manilad_domain::outcome::Trouble;

use crate::backlog::Backlog;

const EVERY: Duration = Duration::from_secs(60);

/// Failed tries since they were last logged.
#[derive(Debug, Default)]
pub struct Troubles {
    tries: u64,
    last: String,
    logged: Option<Duration>,
}

impl Troubles {
    pub fn note(&mut self, trouble: &Trouble) {
        self.tries += 1;
        trouble.reason.clone_into(&mut self.last);
    }

    /// Logs them, if it is time.
    pub fn log(&mut self, backend: &str, backlog: &Backlog, now: Duration) {
        let is_time = self.logged.is_none_or(|logged| now.saturating_sub(logged) >= EVERY);
        if !is_time || (self.logged.is_none() && self.tries == 0) {
            return;
        }
        let (tries, pieces, owed) = (std::mem::take(&mut self.tries), backlog.troubled(), backlog.len());
        // What failed may have succeeded since.
        if owed == 0 || (tries == 0 && pieces == 0) {
            tracing::info!(backend, "nothing is being tried again any more");
            self.logged = None;
            return;
        }
        if tries > 0 {
            tracing::warn!(backend, pieces, tries, owed, why = self.last, "work is tried again");
        }
        self.logged = Some(now);
    }
}
