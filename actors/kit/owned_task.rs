//! A task that ends with its owner: whoever starts work beside the mailbox keeps it in a field, and needs no `Drop`.
//!
//! How to get it wrong: blocking the thread inside the work; a task is aborted only where it awaits. Nor does anybody learn
//! of a panic in it: work that may fail goes through [`contained`](crate::contained()).

use std::future::Future;

use tokio::task::{AbortHandle, JoinHandle};

/// A task that is aborted when this is dropped.
pub struct OwnedTask(AbortHandle);

impl OwnedTask {
    /// Starts `work` on the current arbiter.
    pub fn spawn(work: impl Future<Output = ()> + 'static) -> Self {
        OwnedTask::of(&actix_rt::spawn(work))
    }

    /// Owns a task that somebody else waits for.
    pub(crate) fn of<T>(task: &JoinHandle<T>) -> Self {
        OwnedTask(task.abort_handle())
    }
}

impl Drop for OwnedTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::lab;

    #[test]
    fn a_task_goes_on_until_its_owner_is_dropped() {
        lab::run(async |lab| {
            let clock = lab.clock.clone();
            let task = OwnedTask::spawn(async move {
                loop {
                    clock.sleep(Duration::from_secs(1)).await;
                }
            });
            lab.run_to(Duration::from_secs(5)).await;
            lab.settle().await;
            assert_eq!((lab.hand.sleeping(), lab.hand.begun()), (1, 6));
            drop(task);
            lab.settle().await;
            assert_eq!(lab.hand.sleeping(), 0);
        });
    }
}
