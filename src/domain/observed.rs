//! What is known of a thing on the array. A lost reply makes it unknown, and unknown makes us look, never guess.

/// Surely not there, maybe there, or there as last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observed<T> {
    Absent,
    Unknown,
    Present(T),
}
