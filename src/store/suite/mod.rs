//! The tests that every engine must pass. An engine is added by one line in `suite!` and one in [`Rig`].
//!
//! Each test gets a [`Rig`]: a fresh engine behind a wrapper that counts syncs, holds them up, and fails them.

mod child;
mod commits;
mod damage;
mod descriptors;
mod disk;
mod follows;
mod items;
mod kill;
mod reads;
mod rig;
mod transfers;
mod upgrades;

pub(crate) use items::{BY_OWNER, BY_TAG, ITEMS, Item, assert_sound, commit, ids, item, put};
pub(crate) use rig::Rig;

/// Runs each named test on each engine.
macro_rules! suite {
    ($($test:ident),+ $(,)?) => {
        mod memory { $( #[test] fn $test() { super::$test(crate::suite::Rig::memory()); } )+ }
        mod lossy { $( #[test] fn $test() { super::$test(crate::suite::Rig::lossy()); } )+ }
        mod sled { $( #[test] fn $test() { super::$test(crate::suite::Rig::sled()); } )+ }
    };
}
pub(crate) use suite;
