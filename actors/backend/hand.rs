//! What is in hand and what rests between two tries. In memory only: a new incarnation begins with empty hands.

use std::collections::HashMap;
use std::time::Duration;

use manilad_domain::intent::Lane;
use manilad_domain::{InstanceId, Intent};

/// The work in hand, and the rests. One task per instance at a time: creation and removal exclude access.
#[derive(Debug, Default)]
pub struct Hands {
    held: HashMap<InstanceId, u64>,
    rests: HashMap<(InstanceId, Lane), Rest>,
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
        let rest = self.rests.get(&(intent.instance, intent.verb.lane()));
        if rest.is_some_and(|rest| rest.serial == intent.serial && rest.until > now) {
            return false;
        }
        self.held.insert(intent.instance, intent.serial);
        true
    }

    /// The work is done, or superseded.
    pub fn let_go(&mut self, intent: &Intent) {
        self.held.remove(&intent.instance);
        self.rests.remove(&(intent.instance, intent.verb.lane()));
    }

    /// The work is to be tried again after a pause that depends on the tries so far.
    pub fn rest(&mut self, intent: &Intent, now: Duration, pause: impl FnOnce(u32) -> Duration) -> Duration {
        self.held.remove(&intent.instance);
        let key = (intent.instance, intent.verb.lane());
        let before = self.rests.get(&key).filter(|rest| rest.serial == intent.serial).map_or(0, |rest| rest.tries);
        let pause = pause(before + 1);
        self.rests.insert(key, Rest { serial: intent.serial, tries: before + 1, until: now + pause });
        pause
    }

    /// Forgets rests of work that is not owed any more.
    pub fn forget_rests_but(&mut self, owed: &[Intent]) {
        self.rests.retain(|(instance, lane), _| {
            owed.iter().any(|intent| intent.instance == *instance && intent.verb.lane() == *lane)
        });
    }
}
