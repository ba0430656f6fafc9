//! What was found out beforehand about a subnet that share servers are to be given while they serve. Source:
//! resources.md §7, "Subnets".
//!
//! Only the last question about a network counts, and only a good answer is kept: it opens the way for just the subnet
//! that was asked about.

use serde::{Deserialize, Serialize};

use crate::ids::ShareNetworkId;
use crate::record::{Record, Row};
use crate::subnet::{Neutron, ShareNetworkSubnet};

/// The servers of a network can be given this subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubnetCheck {
    pub share_network_id: ShareNetworkId,
    pub availability_zone: Option<String>,
    pub neutron: Option<Neutron>,
}

impl Record for SubnetCheck {
    const KIND: &'static str = "subnet_check";

    fn key(&self) -> String {
        self.share_network_id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        Vec::new()
    }
}

impl SubnetCheck {
    /// Whether it was this subnet that was asked about.
    pub fn is_of(&self, subnet: &ShareNetworkSubnet) -> bool {
        *self
            == SubnetCheck {
                share_network_id: subnet.share_network_id,
                availability_zone: subnet.availability_zone.clone(),
                neutron: subnet.neutron.clone(),
            }
    }
}
