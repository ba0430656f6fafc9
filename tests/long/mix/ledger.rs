//! What clients were told, so that it can be held against what is there. Each thing is there, gone, or nobody knows: an
//! answer that did not come may stand for either.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What was promised of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// Accepted, and nobody asked for its end.
    Stays,
    /// Its end was accepted.
    Goes,
    /// Its end was asked for, and no answer came.
    Unsure,
}

#[derive(Debug, Clone)]
pub struct Share {
    pub project: String,
    pub promise: Promise,
    /// An administrator said what its status is, so that status and array may differ.
    pub forced: bool,
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub share: String,
    pub to: String,
    /// `None`: another was asked for, and no answer came.
    pub level: Option<&'static str>,
    pub promise: Promise,
}

#[derive(Debug, Clone)]
pub struct Network {
    pub project: String,
    pub promise: Promise,
}

/// All promises so far.
#[derive(Debug, Default)]
pub struct Book {
    pub shares: BTreeMap<String, Share>,
    pub rules: BTreeMap<String, Rule>,
    pub networks: BTreeMap<String, Network>,
    /// Names of shares and networks, and shares and clients of rules, whose creation got no answer.
    pub unsure: Vec<String>,
    /// How often each status was answered, by action; 0 stands for no answer.
    pub answers: BTreeMap<(&'static str, u16), u64>,
}

#[derive(Debug, Default)]
pub struct Ledger(Mutex<Book>);

impl Ledger {
    pub fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn note(&self, action: &'static str, status: Option<u16>) {
        *self.book().answers.entry((action, status.unwrap_or(0))).or_default() += 1;
    }

    pub fn summary(&self) -> String {
        let book = self.book();
        let staying = book.shares.values().filter(|share| share.promise == Promise::Stays).count();
        let answers: Vec<String> =
            book.answers.iter().map(|((action, status), count)| format!("{action} {status}: {count}")).collect();
        format!(
            "{} shares accepted, {staying} of them to stay; {} rules; {} networks; {} creations without an answer\n{}",
            book.shares.len(),
            book.rules.len(),
            book.networks.len(),
            book.unsure.len(),
            answers.join(", ")
        )
    }
}

/// What an answer to a request for the end of a thing makes of what was promised of it. Two ends may be asked for at once.
pub fn ended(before: Promise, status: Option<u16>) -> Promise {
    match (before, status) {
        (Promise::Goes, _) | (_, Some(200..=299)) => Promise::Goes,
        (_, None | Some(500..=599)) => Promise::Unsure,
        (before, _) => before,
    }
}
