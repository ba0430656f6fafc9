//! `[manilad]`, the parts of `[DEFAULT]` and `[quota]`.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::fields::{limit, list, minutes, seconds, unless_zero};
use crate::pattern::Pattern;

/// `[manilad]`. Sizes are in bytes.
#[derive(Debug, Clone, Deserialize)]
pub struct Manilad {
    pub store_path: PathBuf,
    pub store_cache_bytes: u64,
    pub free_space_floor_bytes: u64,
    pub request_bodies_bytes: u64,
    pub searches: u64,
    pub connections: u64,
    pub connections_per_peer: u64,
    pub log_format: LogFormat,
    pub metrics: bool,
    #[serde(rename = "drain_seconds", deserialize_with = "seconds")]
    pub drain: Duration,
    /// `None`: never.
    #[serde(rename = "sweep_interval", deserialize_with = "unless_zero")]
    pub sweep_every: Option<Duration>,
    /// `None`: as it follows from the timeouts.
    #[serde(rename = "unanswered_call_seconds", deserialize_with = "unless_zero")]
    pub unanswered_call: Option<Duration>,
    pub allow_remote_noauth: bool,
    pub simulator: bool,
    pub simulator_state_path: PathBuf,
    pub simulator_latency: Latency,
    pub simulator_nfs_port: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Latency {
    None,
    Background,
    Array,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum AuthStrategy {
    /// `noauthv2` is the same.
    #[serde(rename = "noauth", alias = "noauthv2")]
    Noauth,
    #[serde(rename = "http_basic")]
    HttpBasic,
    #[serde(rename = "keystone")]
    Keystone,
}

/// The process and its API.
#[derive(Debug, Clone, Deserialize)]
pub struct Service {
    pub host: String,
    pub my_ip: String,
    /// `$state_path`: below it lies what is kept, unless other options say otherwise.
    pub state_path: PathBuf,
    pub auth_strategy: AuthStrategy,
    pub osapi_share_listen: String,
    pub osapi_share_listen_port: u16,
    pub osapi_share_workers: u64,
    pub osapi_share_use_ssl: bool,
    pub osapi_max_limit: u64,
    #[serde(rename = "osapi_share_base_URL")]
    pub osapi_share_base_url: Option<String>,
    pub project_id_regex: Pattern,
    pub storage_availability_zone: String,
    #[serde(deserialize_with = "list")]
    pub enabled_share_backends: Vec<String>,
    #[serde(deserialize_with = "seconds")]
    pub service_down_time: Duration,
    #[serde(deserialize_with = "seconds")]
    pub report_interval: Duration,
    #[serde(deserialize_with = "seconds")]
    pub periodic_interval: Duration,
    pub enable_new_services: bool,
}

/// The log.
#[derive(Debug, Clone, Deserialize)]
pub struct Logging {
    pub debug: bool,
}

/// Shares: what the API accepts, and the rhythm of the work on them.
#[derive(Debug, Clone, Deserialize)]
pub struct Shares {
    pub default_share_type: Option<String>,
    /// In the case in which they were written.
    pub enabled_share_protocols: Vec<String>,
    pub default_mount_point_prefix: String,
    pub use_scheduler_creating_share_from_snapshot: bool,
    pub is_deferred_deletion_enabled: bool,
    /// The longest pause between tries.
    #[serde(deserialize_with = "seconds")]
    pub periodic_deferred_delete_interval: Duration,
    #[serde(deserialize_with = "seconds")]
    pub transfer_retention_time: Duration,
    #[serde(deserialize_with = "seconds")]
    pub soft_deleted_share_retention_time: Duration,
    #[serde(deserialize_with = "seconds")]
    pub check_for_expired_shares_in_recycle_bin_interval: Duration,
    #[serde(deserialize_with = "seconds")]
    pub message_ttl: Duration,
    #[serde(deserialize_with = "seconds")]
    pub message_reap_interval: Duration,
    pub admin_only_metadata: Vec<String>,
    pub admin_only_el_metadata: Vec<String>,
    pub update_shares_status_on_ensure: bool,
    pub unmanage_remove_access_rules: bool,
    pub delete_share_server_with_last_share: bool,
    pub automatic_share_server_cleanup: bool,
    #[serde(deserialize_with = "minutes")]
    pub unused_share_server_cleanup_interval: Duration,
}

/// Placement.
#[derive(Debug, Clone, Deserialize)]
pub struct Scheduler {
    pub scheduler_driver: String,
    pub scheduler_max_attempts: u64,
    pub scheduler_default_filters: Vec<String>,
    pub scheduler_default_weighers: Vec<String>,
    pub scheduler_default_share_group_filters: Vec<String>,
    pub scheduler_default_extend_filters: Vec<String>,
    pub capacity_weight_multiplier: f64,
    pub pool_weight_multiplier: f64,
}

/// Limits of a project; `None` is unlimited. Sizes are in GiB.
#[derive(Debug, Clone, Deserialize)]
pub struct Quota {
    #[serde(deserialize_with = "limit")]
    pub shares: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub gigabytes: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub per_share_gigabytes: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub snapshots: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub snapshot_gigabytes: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub share_networks: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub share_replicas: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub replica_gigabytes: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub share_groups: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub share_group_snapshots: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub backups: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub backup_gigabytes: Option<u64>,
    #[serde(deserialize_with = "limit")]
    pub encryption_keys: Option<u64>,
}
