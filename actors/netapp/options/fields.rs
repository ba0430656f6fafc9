//! The options as they are read.
//!
//! A field has the name of its option; what it means, and its default, stand in [`super::table`]. How to get it wrong: to give a
//! field a name that no option has, which would leave it unset for ever. A test compares each type with its table.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use manilad_conf::Pattern;
use manilad_conf::settings::fields::seconds;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer};

/// The `netapp_` options of a back end's section.
#[derive(Debug, Clone, Deserialize)]
pub struct Options {
    /// Unset only on the simulator.
    pub netapp_server_hostname: Option<String>,
    pub netapp_server_port: Option<u16>,
    pub netapp_transport_type: String,
    pub netapp_ssl_cert_verify: bool,
    pub netapp_ssl_cert_path: Option<PathBuf>,
    pub netapp_login: Option<String>,
    pub netapp_password: Option<SecretString>,
    pub netapp_private_key_file: Option<PathBuf>,
    pub netapp_certificate_file: Option<PathBuf>,
    pub netapp_ca_certificate_file: Option<PathBuf>,
    pub netapp_certificate_host_validation: bool,
    pub netapp_vserver: Option<String>,
    pub netapp_cluster_name: Option<String>,
    pub netapp_enabled_share_protocols: Vec<String>,
    pub netapp_volume_name_template: String,
    pub netapp_vserver_name_template: String,
    pub netapp_lif_name_template: String,
    pub netapp_qos_policy_group_name_template: String,
    pub netapp_fpolicy_policy_name_template: String,
    pub netapp_fpolicy_event_name_template: String,
    pub netapp_fpolicy_default_file_operations: Vec<String>,
    pub netapp_fixed_qos_policy_prefix: String,
    pub netapp_adaptive_qos_policy_prefix: String,
    pub netapp_port_name_search_pattern: Pattern,
    pub netapp_aggregate_name_search_pattern: Pattern,
    pub netapp_restrict_lif_creation_per_ha_pair: bool,
    pub netapp_volume_snapshot_reserve_percent: u8,
    pub netapp_volume_snapshot_policy_exceptions: Vec<String>,
    pub netapp_reset_snapdir_visibility: String,
    /// In hours.
    pub netapp_delete_retention_hours: u64,
    pub netapp_enable_logical_space_reporting: bool,
    pub netapp_security_cert_expire_days: u16,
    pub netapp_cifs_aes_encryption: bool,
    pub netapp_identity_auth_token_path: String,
    pub netapp_cifs_smb_signing: bool,
    pub netapp_dns_domains: Vec<String>,
    pub netapp_dns_nameservers: Vec<String>,
    pub netapp_dns_hosts: Vec<String>,
    #[serde(deserialize_with = "seconds")]
    pub netapp_rest_operation_timeout: Duration,
    pub netapp_trace_flags: Option<String>,
    pub netapp_api_trace_pattern: Pattern,
    pub netapp_enable_flexgroup: bool,
    /// Aggregates by pool.
    #[serde(deserialize_with = "pools")]
    pub netapp_flexgroup_pools: BTreeMap<String, Vec<String>>,
    pub netapp_flexgroup_pool_only: bool,
    #[serde(deserialize_with = "seconds")]
    pub netapp_flexgroup_volume_online_timeout: Duration,
    #[serde(deserialize_with = "seconds")]
    pub netapp_flexgroup_aggregate_not_busy_timeout: Duration,
    pub netapp_enabled_backup_types: Vec<String>,
}

/// A kind of backup.
#[derive(Debug, Clone, Deserialize)]
pub struct BackupType {
    pub netapp_backup_backend_section_name: Option<String>,
    pub netapp_backup_vserver: Option<String>,
    pub netapp_backup_volume: Option<String>,
}

/// Occurrences of `pool:aggr1 aggr2`; of pools of one name the last counts.
fn pools<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    let all = Vec::<BTreeMap<String, String>>::deserialize(deserializer)?;
    let words = |text: String| text.split_whitespace().map(str::to_owned).collect();
    Ok(all.into_iter().flatten().map(|(pool, aggregates)| (pool, words(aggregates))).collect())
}

impl Options {
    /// Names of a host and their address, from `netapp_dns_hosts`. A name without an address belongs to the entry
    /// after it, since commas divide both. `None` if that is not what stands there, which loading refuses.
    pub fn dns_hosts(&self) -> Option<Vec<(Vec<String>, IpAddr)>> {
        let (mut hosts, mut names) = (Vec::new(), Vec::new());
        for item in &self.netapp_dns_hosts {
            let (name, address) = item.split_once(':').map_or((item.as_str(), None), |(name, rest)| (name, Some(rest)));
            if name.is_empty() {
                return None;
            }
            names.push(name.trim().to_owned());
            if let Some(address) = address {
                hosts.push((std::mem::take(&mut names), address.trim().parse().ok()?));
            }
        }
        names.is_empty().then_some(hosts)
    }
}
