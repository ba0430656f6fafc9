//! What is kept of a QoS policy.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::state::table::Row;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct QosPolicy {
    pub uuid: Uuid,
    pub name: String,
    pub svm: Uuid,
    pub terms: Terms,
}

/// What it demands.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Terms {
    Fixed(Fixed),
    Adaptive(Adaptive),
}

/// 0 is no limit.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Fixed {
    pub max_throughput_iops: u64,
    pub max_throughput_mbps: u64,
    pub min_throughput_iops: u64,
    pub min_throughput_mbps: u64,
    pub capacity_shared: bool,
}

/// Operations per second and TB.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Adaptive {
    pub expected_iops: u64,
    pub peak_iops: u64,
    pub absolute_min_iops: u64,
    pub block_size: String,
    pub expected_iops_allocation: String,
    pub peak_iops_allocation: String,
}

impl Row for QosPolicy {
    type Key = Uuid;
    const KIND: &'static str = "qos_policy";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
