//! How ports are bound to a host, where the operator says so.
//!
//! How to get it wrong: to ask for the binding without the switch ports, where Neutron is to configure those.

use std::collections::BTreeMap;

/// How ports are bound.
#[derive(Debug, Clone)]
pub struct Binding {
    /// `neutron_host_id`
    pub host: String,
    /// `neutron_vnic_type`
    pub vnic_type: String,
    /// The switch ports behind which the array is.
    pub links: Vec<Link>,
}

/// A switch port, from a section that `neutron_binding_profiles` names.
#[derive(Debug, Clone)]
pub struct Link {
    pub switch_id: Option<String>,
    pub port_id: Option<String>,
    pub switch_info: BTreeMap<String, String>,
}
