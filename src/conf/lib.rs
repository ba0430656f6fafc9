//! The configuration: a `manila.conf` as operators have it, read into types.
//!
//! Dialect and option names are oslo.config's and Manila's, so an operator brings the file they have; values are
//! checked before anything starts, and all mistakes are told at once with file, line and what was expected. How to get
//! it wrong: to let a secret into an error, a warning or a `Debug`; only [`secrecy::SecretString`] carries one out of
//! here.

mod backends;
mod checks;
mod driver;
mod error;
mod ini;
mod load;
mod machine;
mod opt;
mod pattern;
mod prints;
mod reader;
mod sample;
pub mod settings;
mod source;
mod substitute;
#[cfg(any(test, feature = "suite"))]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a suite is only run by tests")]
pub mod suite;
mod supported;
pub mod tables;
mod value;
mod values;

pub use driver::{DriverTable, Section};
pub use error::{Error, Found, Mistake, Mistakes, Place, Warning};
pub use load::{Loaded, Sources};
pub use opt::{Group, Kind, Opt, Preset, Use, between, int, opt, unset};
pub use pattern::{Pattern, Unusable};
pub use prints::{Changed, Prints};
pub use reader::Reader;
pub use settings::Settings;
pub use source::{Environment, Files, Layer};
pub use supported::Supported;
pub use values::Values;

#[cfg(test)]
mod tests;
