//! Who changes the FPolicy policies of an SVM, and where some may have been left out of force.
//!
//! How to get it wrong: one lock for all SVMs, of which one that hangs then holds up the others.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use manilad_clock::Uuid;
use tokio::sync::Mutex;

/// What is held and owed of the policies of SVMs.
#[derive(Debug, Default)]
pub struct Screenings {
    /// Held by whoever changes those of an SVM.
    locks: RefCell<BTreeMap<Uuid, Arc<Mutex<()>>>>,
    /// Where some may be out of force though nobody is at work.
    unsettled: RefCell<BTreeSet<Uuid>>,
    /// Whether those were looked at once of which an earlier incarnation knew.
    pub is_begun: Cell<bool>,
}

impl Screenings {
    pub fn lock_of(&self, svm: Uuid) -> Arc<Mutex<()>> {
        let mut locks = self.locks.borrow_mut();
        // Of SVMs that nobody waits for none is kept.
        locks.retain(|_, lock| Arc::strong_count(lock) > 1);
        locks.entry(svm).or_default().clone()
    }

    /// Has it looked, in these SVMs, whether a policy is out of force.
    pub fn suspect(&self, svms: impl IntoIterator<Item = Uuid>) {
        self.unsettled.borrow_mut().extend(svms);
    }

    /// None is out of force there.
    pub fn settled(&self, svm: Uuid) {
        self.unsettled.borrow_mut().remove(&svm);
    }

    /// The SVMs in which some may be out of force.
    pub fn unsettled(&self) -> BTreeSet<Uuid> {
        self.unsettled.borrow().clone()
    }
}
