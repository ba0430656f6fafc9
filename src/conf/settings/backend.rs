//! A back end: its own section, and the sections it points to.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::fields::{dict, limit, list};
use crate::error::Error;
use crate::values::Values;

/// An enabled back end, whole.
#[derive(Debug, Clone)]
pub struct Backend {
    /// The name of its section, as `enabled_share_backends` has it.
    pub name: String,
    /// Whether each share network gets a share server of its own.
    pub driver_handles_share_servers: bool,
    pub section: BackendSection,
    /// The options of its driver.
    pub options: Values,
    /// Where share servers get their addresses; only with share servers.
    pub network: Option<Network>,
    pub admin_network: Option<Network>,
}

impl Backend {
    /// Capability `share_backend_name`.
    pub fn share_backend_name(&self) -> &str {
        self.section.share_backend_name.as_deref().unwrap_or(&self.name)
    }

    /// The options of its driver, as the type that this has for them.
    ///
    /// # Errors
    /// The type does not fit the table.
    pub fn options<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let missing = || Error::Misfit { group: self.name.clone(), problem: "an option has no value".into() };
        self.options.typed()?.ok_or_else(missing)
    }
}

/// What any driver has.
#[derive(Debug, Clone, Deserialize)]
pub struct BackendSection {
    pub share_driver: Option<String>,
    pub share_backend_name: Option<String>,
    pub(crate) driver_handles_share_servers: Option<bool>,
    pub backend_availability_zone: Option<String>,
    pub replication_domain: Option<String>,
    pub reserved_share_percentage: u8,
    pub reserved_share_from_snapshot_percentage: u8,
    pub reserved_share_extend_percentage: u8,
    pub max_over_subscription_ratio: f64,
    pub filter_function: Option<String>,
    pub goodness_function: Option<String>,
    /// `None` is any number.
    #[serde(deserialize_with = "limit")]
    pub max_shares_per_share_server: Option<u64>,
    /// In GiB; `None` is any size.
    #[serde(deserialize_with = "limit")]
    pub max_share_server_size: Option<u64>,
    pub network_config_group: Option<String>,
    pub admin_network_config_group: Option<String>,
}

/// Where share servers get their addresses.
#[derive(Debug, Clone, Deserialize)]
pub struct Network {
    /// The name of the section that it stands in.
    #[serde(skip)]
    pub section: String,
    pub network_api_class: String,
    pub network_plugin_ipv4_enabled: bool,
    pub network_plugin_ipv6_enabled: bool,
    pub neutron_physical_net_name: Option<String>,
    pub neutron_net_id: Option<String>,
    pub neutron_subnet_id: Option<String>,
    pub neutron_vnic_type: String,
    pub neutron_host_id: String,
    #[serde(deserialize_with = "list")]
    pub neutron_binding_profiles: Vec<String>,
    pub standalone_network_plugin_gateway: Option<String>,
    pub standalone_network_plugin_mask: Option<String>,
    pub standalone_network_plugin_network_type: Option<String>,
    pub standalone_network_plugin_segmentation_id: Option<u32>,
    #[serde(deserialize_with = "list")]
    pub standalone_network_plugin_allowed_ip_ranges: Vec<String>,
    pub standalone_network_plugin_mtu: u64,
    pub nova_single_network_plugin_net_id: Option<String>,
    /// The sections that `neutron_binding_profiles` names.
    #[serde(skip)]
    pub binding_profiles: Vec<BindingProfile>,
}

/// A switch port.
#[derive(Debug, Clone, Deserialize)]
pub struct BindingProfile {
    #[serde(skip)]
    pub name: String,
    pub neutron_switch_id: Option<String>,
    pub neutron_port_id: Option<String>,
    #[serde(deserialize_with = "dict")]
    pub neutron_switch_info: BTreeMap<String, String>,
}
