//! What the back end and its sweep tell each other while a round is under way. Both live on one thread.
//!
//! How to get it wrong: to note work only when it begins. What was in hand when the survey was taken may end before the
//! store is asked, and would look as if it had been quiet all along.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use manilad_domain::{InstanceId, Intent};
use tokio::sync::Notify;

#[derive(Debug, Default)]
pub struct Notes {
    is_under_way: Cell<bool>,
    /// Instances on which work began or ended in this round.
    touched: RefCell<HashSet<InstanceId>>,
    /// Serials of the intents that repair what has drifted.
    repairs: RefCell<HashMap<InstanceId, u64>>,
    /// Rules were given up since the last round began to be waited for.
    rules_given_up: Notify,
}

impl Notes {
    /// A try begins or ends; to be called before its outcome is committed.
    pub fn touch(&self, instance: InstanceId) {
        if self.is_under_way.get() {
            self.touched.borrow_mut().insert(instance);
        }
    }

    /// Whether an intent that is done with was a repair. Whatever is done with ends the repair of its instance: besides
    /// access there is only removal, and what gives way is not asked about.
    pub fn was_repair(&self, intent: &Intent) -> bool {
        self.repairs.borrow_mut().remove(&intent.instance) == Some(intent.serial)
    }

    /// Whether rules are in force on the array that were given up is for the next round to tell, which comes soon.
    pub fn rules_were_given_up(&self) {
        self.rules_given_up.notify_one();
    }

    pub(super) async fn rules_given_up(&self) {
        self.rules_given_up.notified().await;
    }

    pub(super) fn round_begins(&self) {
        self.is_under_way.set(true);
        self.touched.borrow_mut().clear();
    }

    pub(super) fn round_ends(&self) {
        self.is_under_way.set(false);
        self.touched.borrow_mut().clear();
    }

    pub(super) fn was_touched(&self, instance: InstanceId) -> bool {
        self.touched.borrow().contains(&instance)
    }

    pub(super) fn repairs(&self, owed: Vec<(InstanceId, u64)>) {
        self.repairs.borrow_mut().extend(owed);
    }
}
