//! Tells a replaced incarnation that it must not touch the array any more.
//!
//! A hung thread can't be killed; it may wake up in the middle of a plan that its successor has long overtaken. So each
//! incarnation gets a fence and checks it before each call to the outside; it is raised when that incarnation ends,
//! however it ends. How to get it wrong: checking once at the beginning of a plan. The fence spares the array useless
//! calls; what keeps the records right is the epoch, which the store judges.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The fence is up: another incarnation has taken over, or the work is not wanted any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("fenced off: this incarnation has been replaced")]
pub struct Fenced;

/// Clones are the same fence.
#[derive(Debug, Clone, Default)]
pub struct Fence(Arc<Post>);

#[derive(Debug, Default)]
struct Post {
    up: AtomicBool,
    above: Vec<Fence>,
}

impl Fence {
    /// A fence that is down.
    pub fn new() -> Self {
        Self::default()
    }

    /// A fence that is up as soon as this one or `above` is. For a child: its parent's thread may hang, and can then
    /// raise nothing itself. Raising the new fence raises neither of the two.
    pub fn under(&self, above: &Fence) -> Self {
        Fence(Arc::new(Post { up: AtomicBool::new(false), above: vec![self.clone(), above.clone()] }))
    }

    /// Puts the fence up, for good.
    pub fn raise(&self) {
        self.0.up.store(true, Ordering::Release);
    }

    /// Call it before each call to the outside.
    pub fn check(&self) -> Result<(), Fenced> {
        if self.0.up.load(Ordering::Acquire) {
            return Err(Fenced);
        }
        self.0.above.iter().try_for_each(Fence::check)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_fence_stops_every_clone_for_good() {
        let fence = Fence::new();
        let worker = fence.clone();
        assert_eq!(worker.check(), Ok(()));
        fence.raise();
        assert_eq!(worker.check(), Err(Fenced));
        assert_eq!(fence.check(), Err(Fenced));
    }

    #[test]
    fn a_fence_under_two_others_is_up_as_soon_as_either_is_but_not_the_other_way_round() {
        let parent = Fence::new();
        let (share, access) = (Fence::new(), Fence::new());
        let (of_share, of_access) = (share.under(&parent), access.under(&parent));
        share.raise();
        assert_eq!((of_share.check(), of_access.check(), parent.check()), (Err(Fenced), Ok(()), Ok(())));
        parent.raise();
        assert_eq!((of_access.check(), access.check()), (Err(Fenced), Ok(())));
    }
}
