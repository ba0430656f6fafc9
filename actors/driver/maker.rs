//! How the drivers of one vendor are made: one maker for the process, one driver for each of its back ends.
//!
//! What a driver may be told stands in its table of options, which is handed over beside the maker. How to get it wrong: to
//! ask the array here; a maker judges what is written and nothing else.

use std::error::Error;
use std::sync::Arc;

use manilad_conf::settings::Backend;

use crate::Driver;

/// An option that could never work, by its name; or options that are not this driver's.
pub type Refused = Box<dyn Error + Send + Sync>;

/// Makes the drivers of one vendor. Holds what they share, so that those of one array spare it.
pub trait Maker {
    /// Judges the options of a back end while there may be no array yet.
    ///
    /// # Errors
    /// What could never work.
    fn check(&self, backend: &Backend) -> Result<(), Refused>;

    /// Makes the driver of a back end.
    ///
    /// # Errors
    /// What could never work.
    fn make(&self, backend: &Backend) -> Result<Arc<dyn Driver>, Refused>;
}
