//! What tenants were told of locks against the removal of shares.

use std::collections::BTreeMap;

use crate::ledger::{Promise, ended};

/// By id of the lock the share that it is on, and what was promised.
#[derive(Debug, Default)]
pub struct LockBook {
    locks: BTreeMap<String, (String, Promise)>,
    /// By rule that is locked the share that it is of, which is kept by that, too.
    rules: BTreeMap<String, String>,
}

impl LockBook {
    pub fn placed(&mut self, id: &str, share: &str) {
        self.locks.insert(id.to_owned(), (share.to_owned(), Promise::Stays));
    }

    /// What was answered to the wish for its end.
    pub fn lifted(&mut self, id: &str, status: Option<u16>) {
        if let Some((_, promise)) = self.locks.get_mut(id) {
            *promise = ended(*promise, status);
        }
    }

    pub fn rule_placed(&mut self, rule: &str, share: &str) {
        self.rules.insert(rule.to_owned(), share.to_owned());
    }

    /// Its rule was denied, or may have been.
    pub fn rule_ended(&mut self, rule: &str) {
        self.rules.remove(rule);
    }

    pub fn holds_rule(&self, rule: &str) -> bool {
        self.rules.contains_key(rule)
    }

    /// Locks on a share that may stand.
    pub fn of(&self, share: &str) -> Vec<String> {
        let own = self.locks.iter().filter(|(_, (of, promise))| of == share && *promise != Promise::Goes);
        own.map(|(id, _)| id.clone()).collect()
    }

    /// Whether a share is kept for certain, by a lock of its own or one of a rule.
    pub fn holds(&self, share: &str) -> bool {
        self.locks.values().any(|(of, promise)| of == share && *promise == Promise::Stays)
            || self.rules.values().any(|of| of == share)
    }

    /// All of them, with what was promised of each.
    pub fn promised(&self) -> impl Iterator<Item = (&String, &String, Promise)> {
        self.locks.iter().map(|(id, (share, promise))| (id, share, *promise))
    }
}
