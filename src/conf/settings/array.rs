//! What a back end on NetApp ONTAP is told.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use super::fields::{pools, seconds};
use crate::pattern::Pattern;

/// The `netapp_` options of a back end's section.
#[derive(Debug, Clone, Deserialize)]
pub struct Netapp {
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
    pub netapp_port_name_search_pattern: Pattern,
    pub netapp_aggregate_name_search_pattern: Pattern,
    pub netapp_restrict_lif_creation_per_ha_pair: bool,
    pub netapp_volume_snapshot_reserve_percent: u8,
    /// In hours.
    pub netapp_delete_retention_hours: u64,
    pub netapp_enable_logical_space_reporting: bool,
    pub netapp_security_cert_expire_days: u16,
    pub netapp_cifs_aes_encryption: bool,
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
}

impl Netapp {
    /// The port that is set, or the usual one of the transport.
    pub fn port(&self) -> u16 {
        let usual = if self.netapp_transport_type == "http" { 80 } else { 443 };
        self.netapp_server_port.unwrap_or(usual)
    }

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
