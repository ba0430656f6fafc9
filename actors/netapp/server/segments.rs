//! Who works on a VLAN of an array: servers that are set up share it, one that is torn down has it for itself.
//!
//! IPspace, broadcast domain and ports of a VLAN belong to all its servers, so a tear-down must not remove what a set-up
//! has just found. How to get it wrong: one such set per back end, though several may be on one array.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use manilad_clock::Clock;
use manilad_driver::Trouble;
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use crate::trouble;

/// How long to wait for others; what is left of a task's time is for its own work.
const PATIENCE: Duration = Duration::from_secs(100);

/// By array and VLAN.
type Locks = HashMap<(String, u32), Weak<RwLock<()>>>;

/// The VLANs that the back ends of a process work on. Clones are the same set.
#[derive(Clone, Default)]
pub struct Segments(Arc<Mutex<Locks>>);

impl Segments {
    /// To set servers up on a VLAN.
    pub async fn share(&self, clock: &Clock, array: &str, tag: u32) -> Result<OwnedRwLockReadGuard<()>, Trouble> {
        let held = clock.within(PATIENCE, self.of(array, tag).read_owned()).await;
        held.map_err(|_| busy(tag))
    }

    /// To tear one down.
    pub async fn own(&self, clock: &Clock, array: &str, tag: u32) -> Result<OwnedRwLockWriteGuard<()>, Trouble> {
        let held = clock.within(PATIENCE, self.of(array, tag).write_owned()).await;
        held.map_err(|_| busy(tag))
    }

    fn of(&self, array: &str, tag: u32) -> Arc<RwLock<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (array.to_owned(), tag);
        if let Some(lock) = locks.get(&key).and_then(Weak::upgrade) {
            return lock;
        }
        locks.retain(|_, lock| lock.strong_count() > 0);
        let lock = Arc::new(RwLock::new(()));
        locks.insert(key, Arc::downgrade(&lock));
        lock
    }
}

fn busy(tag: u32) -> Trouble {
    trouble::again(format!("other share servers are being set up or torn down on VLAN {tag}"))
}
