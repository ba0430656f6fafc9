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
    above: Option<Fence>,
}

impl Fence {
    /// A fence that is down.
    pub fn new() -> Self {
        Self::default()
    }

    /// A fence that is also up when `above` is: for a child, whose parent's thread may hang before it can raise anything.
    pub fn under(above: &Fence) -> Self {
        Fence(Arc::new(Post { up: AtomicBool::new(false), above: Some(above.clone()) }))
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
        self.0.above.as_ref().map_or(Ok(()), Fence::check)
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
    fn a_fence_above_stops_those_below_but_not_the_other_way_round() {
        let above = Fence::new();
        let (share, access) = (Fence::under(&above), Fence::under(&above));
        share.raise();
        assert_eq!((share.check(), access.check(), above.check()), (Err(Fenced), Ok(()), Ok(())));
        above.raise();
        assert_eq!(access.check(), Err(Fenced));
    }
}
