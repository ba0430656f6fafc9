//! Pools: where shares can live, how they are named, and what a back end reports of them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `host@backend#pool`. Source: scheduler.md §1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PoolName {
    pub host: String,
    pub backend: String,
    pub pool: String,
}

impl PoolName {
    /// `host@backend`: the name of the back end's service.
    pub fn service(&self) -> String {
        format!("{}@{}", self.host, self.backend)
    }

    /// Whether its back end is `service`, `host@backend`.
    pub fn is_on(&self, service: &str) -> bool {
        service.split_once('@') == Some((&self.host, &self.backend))
    }
}

impl fmt::Display for PoolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}#{}", self.host, self.backend, self.pool)
    }
}

impl FromStr for PoolName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('@').and_then(|(host, rest)| Some((host, rest.split_once('#')?)));
        match parts {
            Some((host, (backend, pool))) if !host.is_empty() && !backend.is_empty() && !pool.is_empty() => {
                Ok(PoolName { host: host.to_owned(), backend: backend.to_owned(), pool: pool.to_owned() })
            }
            _ => Err(format!("{text:?} is not of the form host@backend#pool")),
        }
    }
}

impl Serialize for PoolName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PoolName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// GiB, or not told by the array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Capacity {
    Gib(f64),
    Unknown,
}

impl Capacity {
    pub fn gib(self) -> Option<f64> {
        match self {
            Capacity::Gib(gib) => Some(gib),
            Capacity::Unknown => None,
        }
    }

    /// A number, or the word `unknown`, as capabilities show it.
    pub fn value(self) -> Value {
        match self {
            Capacity::Gib(gib) => gib.into(),
            Capacity::Unknown => "unknown".into(),
        }
    }
}

/// What a back end tells of one pool.
#[derive(Debug, Clone, PartialEq)]
pub struct Pool {
    pub name: PoolName,
    pub total: Capacity,
    pub free: Capacity,
    /// GiB in use on the array.
    pub allocated: f64,
    /// GiB promised; `None` when the driver does not tell.
    pub provisioned: Option<f64>,
    /// Percent of the total kept free from new shares.
    pub reserved_percentage: f64,
    pub reserved_snapshot_percentage: f64,
    pub reserved_share_extend_percentage: f64,
    pub max_over_subscription_ratio: f64,
    /// Whether the pool can hold thin shares, thick shares, or both.
    pub thin: bool,
    pub thick: bool,
    /// Whether shares that begin with a snapshot in another pool of the back end can come to it.
    pub takes_clones: bool,
    /// Every further key that the pool and its back end report, as capability filters see them.
    pub capabilities: Map<String, Value>,
}

/// What may be promised on a pool, in GiB, before a judgement of its room has to be made again; none: whatever is promised, it
/// holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling(pub Option<i64>);

/// What one back end reports, all pools at once. A pool that is missing from a report is gone.
#[derive(Debug, Clone, PartialEq)]
pub struct PoolReport {
    /// `host@backend`.
    pub service: String,
    pub availability_zone: String,
    pub pools: Vec<Pool>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pool_name_is_read_as_it_is_written() {
        let name: PoolName = "node1@alpha#aggr1".parse().unwrap();
        assert_eq!(name.to_string(), "node1@alpha#aggr1");
        assert_eq!(name.service(), "node1@alpha");
        assert!(name.is_on("node1@alpha") && !name.is_on("node1@alpha#aggr1") && !name.is_on("node1"));
        for wrong in ["node1", "node1@alpha", "@alpha#p", "node1@#p", "node1@alpha#"] {
            assert!(wrong.parse::<PoolName>().is_err(), "{wrong}");
        }
    }
}
