//! Addresses with netmasks, as bodies write them: a length (`24`) or, for IPv4, four numbers (`255.255.255.0`).

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;

/// The address at a field of the body.
pub fn address(ask: &Ask, field: &str) -> Result<Option<IpAddr>, Refusal> {
    ask.text(field)
        .map(|text| text.parse().map_err(|_| Refusal::value(text, field, "IPv4 or IPv6 address")))
        .transpose()
}

/// How many bits a netmask covers. `None` when it is none for an address of this family.
pub fn length(address: IpAddr, netmask: &str) -> Option<u8> {
    let most = if address.is_ipv4() { 32 } else { 128 };
    if let Ok(length) = netmask.parse::<u8>() {
        return (length <= most).then_some(length);
    }
    let mask = netmask.parse::<Ipv4Addr>().ok().filter(|_| address.is_ipv4())?;
    ipnet::ip_mask_to_prefix(mask.into()).ok()
}

/// The network in which the address lies.
pub fn network(address: IpAddr, length: u8) -> Option<IpNet> {
    IpNet::new(address, length).ok().map(|net| net.trunc())
}

pub fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "ipv4" } else { "ipv6" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_netmask_is_a_length_or_four_numbers() {
        let (four, six) = (IpAddr::from([10, 0, 0, 1]), "fd00::1".parse().unwrap());
        for (address, netmask, expected) in [
            (four, "24", Some(24)),
            (four, "255.255.255.0", Some(24)),
            (four, "0.0.0.0", Some(0)),
            (four, "33", None),
            (four, "255.0.255.0", None),
            (six, "64", Some(64)),
            (six, "129", None),
            (six, "255.255.255.0", None),
            (four, "", None),
        ] {
            assert_eq!(length(address, netmask), expected, "{address} {netmask}");
        }
    }
}
