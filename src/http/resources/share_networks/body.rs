//! What clients say about share networks.

use manilad_domain::status::NetworkStatus;
use serde_json::Value;

use crate::body::{Flag, Label, Wish};
use crate::{body, schema};

body! {
    /// A new network, with its first subnet. What is said of the subnet's segment holds until a network plugin finds out.
    NewShareNetwork in "share_network" else unprocessable {
        name              [..]     optional Label,
        description       [..]     optional Label,
        neutron_net_id    [..]     filled Label,
        neutron_subnet_id [..]     filled Label,
        nova_net_id       [..]     optional Nova,
        availability_zone [2.51..] filled String,
        network_type      [..]     filled SegmentType,
        segmentation_id   [..]     optional SegmentationId,
        cidr              [..]     filled Cidr,
        ip_version        [..]     optional IpVersion,
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

/// What kind of segment it is: like the reference, any text that fits.
#[derive(Debug, Clone)]
pub struct SegmentType(pub String);

impl Wish for SegmentType {
    const EXPECTED: &'static str = "a string of at most 32 characters";

    fn schema() -> Value {
        schema::text(0, 32)
    }

    fn read(value: &Value) -> Option<Self> {
        Label::read(value).filter(|Label(text)| text.chars().count() <= 32).map(|Label(text)| SegmentType(text))
    }
}

/// The addresses of a subnet: like the reference, any text that fits.
#[derive(Debug, Clone)]
pub struct Cidr(pub String);

impl Wish for Cidr {
    const EXPECTED: &'static str = "a string of at most 64 characters";

    fn schema() -> Value {
        schema::text(0, 64)
    }

    fn read(value: &Value) -> Option<Self> {
        Label::read(value).filter(|Label(text)| text.chars().count() <= 64).map(|Label(text)| Cidr(text))
    }
}

/// The number of a segment, as a number or in digits.
#[derive(Debug, Clone, Copy)]
pub struct SegmentationId(pub u32);

impl Wish for SegmentationId {
    const EXPECTED: &'static str = "a whole number from 0 to 2147483647";

    fn schema() -> Value {
        schema::either([schema::between(0, i32::MAX.into()), schema::pattern("^[0-9]{1,9}$")])
    }

    fn read(value: &Value) -> Option<Self> {
        whole(value).filter(|number| *number <= i32::MAX.unsigned_abs()).map(SegmentationId)
    }
}

/// The version of the Internet Protocol, as a number or in digits.
#[derive(Debug, Clone, Copy)]
pub struct IpVersion(pub u8);

impl Wish for IpVersion {
    const EXPECTED: &'static str = "4 or 6";

    fn schema() -> Value {
        serde_json::json!({ "enum": [4, 6, "4", "6"] })
    }

    fn read(value: &Value) -> Option<Self> {
        [4u8, 6].into_iter().find(|version| whole(value) == Some((*version).into())).map(IpVersion)
    }
}

fn whole(value: &Value) -> Option<u32> {
    match value {
        Value::Number(number) => number.as_u64()?.try_into().ok(),
        Value::String(digits) => digits.trim().parse().ok(),
        _ => None,
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
