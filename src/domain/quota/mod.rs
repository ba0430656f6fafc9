//! What projects may use, what they use, and how a wish is judged.
//!
//! Usage is never counted up or down by hand: records tell their charges ([`crate::record::Record::charges`]) and the
//! writer books the difference between the old and the new value. How to get it wrong: judging a wish against usage or
//! limits that were read outside the writer.

mod admit;
mod charge;
mod key;
mod limits;
mod set;
mod settable;
mod usage;

pub use admit::Quota;
pub use charge::{Charge, Resource};
pub use key::Key;
pub use limits::{LARGEST, Limits, UNLIMITED, Values};
pub use set::{BY_PROJECT, BY_TYPE, DEFAULT_CLASS, QuotaClass, QuotaScope, QuotaSet};
pub use settable::{Settable, handed_out};
pub use usage::{Amounts, Usage};
