//! A driver without an array, for tests: it does as a script says. It stands behind the same seam as any other, so what
//! works with it names no vendor. It keeps nothing, so the suite of what every driver promises of its array is not for it.
//!
//! How to get it wrong: to give it a table, a trait or a message that other drivers do not have.

#![allow(clippy::unwrap_used, reason = "only tests use it")]

mod driver;
mod maker;

pub use driver::{Picture, Played, SWITCH, TASKS, Task, Turn, exports, trouble};
pub use maker::{PlayedMaker, TABLE};
