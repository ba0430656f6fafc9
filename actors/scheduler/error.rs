//! What the scheduler refuses: settings that name what is not there, and reports that can't be reckoned with.

use manilad_domain::PoolName;

/// A refusal of the scheduler.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A name in `option` that Manila doesn't know either.
    #[error("{option}: {name:?} is unknown; there are {names}")]
    Unknown { option: &'static str, name: String, names: String },
    /// A name in `option` that Manila knows and we have not built.
    #[error("{option}: {name} is known in Manila, but not built in manilad yet; there are {names}")]
    NotBuilt { option: &'static str, name: String, names: String },
    #[error("{option} must be {expected}, not {value}")]
    OutOfRange { option: &'static str, expected: &'static str, value: String },
    #[error("the report of {service} holds pool {pool}, which is not one of its own")]
    ForeignPool { service: String, pool: PoolName },
    #[error("the report of {service} holds pool {pool} twice")]
    TwicePool { service: String, pool: PoolName },
    #[error("pool {pool} reports {value} as {field}; expected a finite number")]
    NotFinite { pool: PoolName, field: &'static str, value: f64 },
}
