//! Work that may panic without taking its thread along. What the work had in hand must be dropped afterwards, not used.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Does `work`; a panic becomes its message.
pub(crate) fn contained<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "no words".to_owned())
    })
}
