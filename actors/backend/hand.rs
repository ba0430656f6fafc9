//! What is in hand and what rests between two tries. In memory only: a new incarnation begins with empty hands.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use manilad_domain::intent::Lane;
use manilad_domain::{InstanceId, Intent};
use manilad_store::Shared;

/// The work in hand, and the rests. One task per instance at a time: creation and removal exclude access.
#[derive(Debug, Default)]
pub struct Hands {
    held: HashMap<InstanceId, u64>,
    rests: HashMap<(InstanceId, Lane), Rest>,
    /// Up to when the time spent on a piece of work has been accounted for, pauses included.
    accounted: HashMap<(InstanceId, Lane), (u64, Duration)>,
}

#[derive(Debug, Clone, Copy)]
struct Rest {
    serial: u64,
    tries: u32,
    until: Duration,
}

impl Hands {
    /// Whether the work can be taken up now, and if so takes it.
    pub fn take(&mut self, intent: &Intent, now: Duration) -> bool {
        if self.held.contains_key(&intent.instance) {
            return false;
        }
        let rest = self.rests.get(&key_of(intent));
        if rest.is_some_and(|rest| rest.serial == intent.serial && rest.until > now) {
            return false;
        }
        self.held.insert(intent.instance, intent.serial);
        let account = self.accounted.entry(key_of(intent)).or_insert((intent.serial, now));
        if account.0 != intent.serial {
            *account = (intent.serial, now);
        }
        true
    }

    /// The running time spent on the work since this was last asked, in whole seconds, at least one.
    pub fn spend(&mut self, intent: &Intent, now: Duration) -> u64 {
        let since = self.accounted.insert(key_of(intent), (intent.serial, now)).map_or(now, |(_, since)| since);
        now.saturating_sub(since).as_secs().max(1)
    }

    /// The work is done, or superseded.
    pub fn let_go(&mut self, intent: &Intent) {
        self.held.remove(&intent.instance);
        self.rests.remove(&key_of(intent));
        self.accounted.remove(&key_of(intent));
    }

    /// The work is to be tried again after a pause that depends on the tries so far.
    pub fn rest(&mut self, intent: &Intent, now: Duration, pause: impl FnOnce(u32) -> Duration) -> Duration {
        self.held.remove(&intent.instance);
        let key = key_of(intent);
        let before = self.rests.get(&key).filter(|rest| rest.serial == intent.serial).map_or(0, |rest| rest.tries);
        let pause = pause(before + 1);
        self.rests.insert(key, Rest { serial: intent.serial, tries: before + 1, until: now + pause });
        pause
    }

    /// Forgets work that is not owed any more.
    pub fn forget_all_but(&mut self, owed: &[Shared<Intent>]) {
        let owed: HashSet<_> = owed.iter().map(|intent| key_of(intent)).collect();
        self.rests.retain(|key, _| owed.contains(key));
        self.accounted.retain(|key, _| owed.contains(key));
    }
}

fn key_of(intent: &Intent) -> (InstanceId, Lane) {
    (intent.instance, intent.verb.lane())
}
