//! What clients say about share networks.

use manilad_domain::status::NetworkStatus;
use serde_json::Value;

use crate::body::{Flag, Label, Wish};
use crate::{body, schema};

body! {
    /// A new network, with its first subnet.
    NewShareNetwork in "share_network" else unprocessable {
        name              [..]     optional Label,
        description       [..]     optional Label,
        neutron_net_id    [..]     optional Label,
        neutron_subnet_id [..]     optional Label,
        nova_net_id       [..]     optional Nova,
        availability_zone [2.51..] optional String,
    }

    /// What can be changed about a network; the ids of Neutron are those of its default subnet.
    UpdateShareNetwork in "share_network" else unprocessable {
        name              [..] clearable Label,
        description       [..] clearable Label,
        neutron_net_id    [..] clearable Label,
        neutron_subnet_id [..] clearable Label,
        nova_net_id       [..] optional Nova,
    }

    /// Sets the stored status; nothing happens in any network.
    ResetNetworkStatus in "reset_status" else invalid {
        status [..] required NetworkStatus,
    }

    /// Gives the network a security service.
    AddSecurityService in "add_security_service" else invalid {
        security_service_id [..] required String,
    }

    /// Takes a security service from the network.
    RemoveSecurityService in "remove_security_service" else invalid {
        security_service_id [..] required String,
    }

    /// Puts a security service in the place of another.
    SwapServices in "update_security_service" else invalid {
        current_service_id [..] required String,
        new_service_id     [..] required String,
    }

    /// Asks whether a service can be added. The answer is found at once, and none is remembered that could be reset.
    CheckAddition in "add_security_service_check" else invalid {
        security_service_id [..] required String,
        reset_operation     [..] optional Flag,
    }

    /// Asks whether a service can be put in the place of another.
    CheckSwap in "update_security_service_check" else invalid {
        current_service_id [..] required String,
        new_service_id     [..] required String,
        reset_operation    [..] optional Flag,
    }
}

impl Wish for NetworkStatus {
    const EXPECTED: &'static str = "active, error or network_change";

    fn schema() -> Value {
        schema::one_of(&NetworkStatus::ALL.iter().map(|status| status.name()).collect::<Vec<_>>())
    }

    fn read(value: &Value) -> Option<Self> {
        NetworkStatus::named(value.as_str()?)
    }
}

/// A network of Nova: there are none any more, so to name one is refused.
#[derive(Debug, Clone)]
pub enum Nova {}

impl Wish for Nova {
    const EXPECTED: &'static str = "left out: there are no networks of Nova any more";

    fn schema() -> Value {
        schema::never()
    }

    fn read(_: &Value) -> Option<Self> {
        None
    }
}
