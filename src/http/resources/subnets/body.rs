//! What clients say about subnets.

use crate::body;
use crate::body::{Flag, Label, Metadata};

body! {
    /// A new subnet. Its wrapper is written with hyphens, and nothing else is.
    NewSubnet in "share-network-subnet" else invalid {
        neutron_net_id    [..]     filled Label,
        neutron_subnet_id [..]     filled Label,
        availability_zone [..]     filled String,
        metadata          [2.78..] optional Metadata,
    }

    /// Asks whether a subnet could be added to a network that is in use.
    CheckSubnet in "share_network_subnet_create_check" else invalid {
        neutron_net_id    [..] filled Label,
        neutron_subnet_id [..] filled Label,
        availability_zone [..] filled String,
        reset_operation   [..] optional Flag,
    }
}
