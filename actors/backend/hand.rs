//! What is in hand and what rests between two tries. In memory only: a new incarnation begins with empty hands.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use manilad_clock::Uuid;
use manilad_domain::intent::Lane;

use crate::work::Ticket;

/// The work in hand, and the rests. One task per instance or server at a time: creation and removal exclude access.
#[derive(Debug, Default)]
pub struct Hands {
    held: HashMap<Uuid, u64>,
    rests: HashMap<(Uuid, Lane), Rest>,
    /// Up to when the time spent on a piece of work has been accounted for, pauses included.
    accounted: HashMap<(Uuid, Lane), (u64, Duration)>,
}

#[derive(Debug, Clone, Copy)]
struct Rest {
    serial: u64,
    tries: u32,
    until: Duration,
}

impl Hands {
    /// Whether the work can be taken up now, and if so takes it.
    pub fn take(&mut self, ticket: Ticket, now: Duration) -> bool {
        if self.held.contains_key(&ticket.subject) {
            return false;
        }
        let rest = self.rests.get(&key_of(ticket));
        if rest.is_some_and(|rest| rest.serial == ticket.serial && rest.until > now) {
            return false;
        }
        self.held.insert(ticket.subject, ticket.serial);
        let account = self.accounted.entry(key_of(ticket)).or_insert((ticket.serial, now));
        if account.0 != ticket.serial {
            *account = (ticket.serial, now);
        }
        true
    }

    /// The running time spent on the work since this was last asked, in whole seconds, at least one.
    pub fn spend(&mut self, ticket: Ticket, now: Duration) -> u64 {
        let since = self.accounted.insert(key_of(ticket), (ticket.serial, now)).map_or(now, |(_, since)| since);
        now.saturating_sub(since).as_secs().max(1)
    }

    /// The work is done, or superseded.
    pub fn let_go(&mut self, ticket: Ticket) {
        self.held.remove(&ticket.subject);
        self.rests.remove(&key_of(ticket));
        self.accounted.remove(&key_of(ticket));
    }

    /// The work is to be tried again after a pause that depends on the tries so far.
    pub fn rest(&mut self, ticket: Ticket, now: Duration, pause: impl FnOnce(u32) -> Duration) -> Duration {
        self.held.remove(&ticket.subject);
        let key = key_of(ticket);
        let before = self.rests.get(&key).filter(|rest| rest.serial == ticket.serial).map_or(0, |rest| rest.tries);
        let pause = pause(before + 1);
        self.rests.insert(key, Rest { serial: ticket.serial, tries: before + 1, until: now + pause });
        pause
    }

    /// Forgets work that is not owed any more.
    pub fn forget_all_but(&mut self, owed: impl Iterator<Item = Ticket>) {
        let owed: HashSet<_> = owed.map(key_of).collect();
        self.rests.retain(|key, _| owed.contains(key));
        self.accounted.retain(|key, _| owed.contains(key));
    }
}

const fn key_of(ticket: Ticket) -> (Uuid, Lane) {
    (ticket.subject, ticket.lane)
}
