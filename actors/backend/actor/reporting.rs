//! How reporting goes: whether a report is under way, and since when none has succeeded.
//!
//! How to get it wrong: to begin anew when one more report fails; the first failure is what a back end is down by.

use std::time::Duration;

/// How reporting goes.
#[derive(Debug, Default)]
pub(super) struct Reporting {
    pub(super) is_under_way: bool,
    /// One that failed is going to be repeated.
    pub(super) is_to_be_repeated: bool,
    /// None while reports succeed.
    pub(super) failing: Option<Failing>,
}

/// Reports that failed one after another.
#[derive(Debug)]
pub(super) struct Failing {
    /// When the first of them began, in running time.
    pub(super) since: Duration,
    pub(super) failures: u32,
    pub(super) is_down: bool,
    /// What the log says of it by now.
    pub(super) reason: String,
}
