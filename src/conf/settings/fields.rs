//! How some fields are read from their option's value.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Deserializer};

/// A hundred years: "for ever" to an operator, and still a time that can be added to another.
const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// # Errors
/// No whole number.
pub fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Ok(Duration::from_secs(u64::deserialize(deserializer)?).min(LONGEST))
}

/// Nought is `None`.
pub(super) fn unless_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    Ok(Some(seconds(deserializer)?).filter(|duration| !duration.is_zero()))
}

pub(super) fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Ok(Duration::from_secs(u64::deserialize(deserializer)?.saturating_mul(60)).min(LONGEST))
}

/// Unset or negative is `None`.
pub(super) fn perhaps_seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    let number = Option::<i64>::deserialize(deserializer)?;
    Ok(number.and_then(|number| u64::try_from(number).ok()).map(|number| Duration::from_secs(number).min(LONGEST)))
}

/// -1 is `None`: no limit.
pub(super) fn limit<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(u64::try_from(i64::deserialize(deserializer)?).ok())
}

/// A list that may be unset, which is an empty one.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(Option::<Vec<String>>::deserialize(deserializer)?.unwrap_or_default())
}

/// A dictionary that may be unset, which is an empty one.
pub(super) fn dict<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    Ok(Option::<BTreeMap<String, String>>::deserialize(deserializer)?.unwrap_or_default())
}
