//! What the daemon was built with, as far as a configuration can name it: schedulers, filters, weighers, functions of pools,
//! drivers.

use crate::driver::DriverTable;

/// What the configuration may use and other crates define.
#[derive(Debug, Clone)]
pub struct Supported {
    /// Values of `scheduler_driver`.
    pub scheduler_drivers: Vec<&'static str>,
    pub filters: Vec<&'static str>,
    pub weighers: Vec<&'static str>,
    /// Whether a text is a `filter_function` or `goodness_function`; otherwise what is wrong with it.
    pub judge_function: fn(&str) -> Result<(), String>,
    pub drivers: Vec<&'static DriverTable>,
    /// The configuration that is in force when none is given.
    pub embedded: &'static str,
}
