//! Whom an export rule is about: address, network, host, netgroup or domain.
//!
//! Codes are those of the export rule endpoints. This cluster has no name service, so hosts, netgroups and domains are
//! well-formed but match nobody. How to get it wrong: accepting `10.0.0.1/24`, whose host bits ONTAP refuses.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::IpNet;

use crate::rest::code::{
    MATCH_DOMAIN_NAME, MATCH_HOST_BITS, MATCH_HOST_NAME, MATCH_INVALID, MATCH_NETMASK, MATCH_NETMASK_LONG,
    MATCH_NO_DOMAIN, MATCH_NO_NETGROUP, Refusal,
};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientMatch {
    Net(IpNet),
    /// A host, a netgroup or a domain: nobody here can be told to be in it.
    Name,
}

impl ClientMatch {
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let refuse = |code, why: &str| {
            Err(Refusal::new(code, format!("Invalid clientmatch \"{text}\": {why}.")).at("clients.match"))
        };
        if let Some(netgroup) = text.strip_prefix('@') {
            return if netgroup.is_empty() {
                refuse(MATCH_NO_NETGROUP, "missing netgroup name")
            } else {
                Ok(ClientMatch::Name)
            };
        }
        if let Some(domain) = text.strip_prefix('.') {
            return match domain {
                "" => refuse(MATCH_NO_DOMAIN, "missing domain name"),
                domain if !named(domain) => refuse(MATCH_DOMAIN_NAME, "invalid characters in domain name"),
                _ => Ok(ClientMatch::Name),
            };
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(ClientMatch::Net(address.into()));
        }
        let Some((address, mask)) = text.split_once('/') else {
            // What looks like an address but is none must not pass for a host.
            return match text {
                "" => refuse(MATCH_INVALID, "empty"),
                text if text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') || text.contains(':') => {
                    refuse(MATCH_INVALID, "neither an address nor a name")
                }
                text if named(text) => Ok(ClientMatch::Name),
                _ => refuse(MATCH_HOST_NAME, "invalid characters in host name"),
            };
        };
        let Ok(address) = address.parse::<IpAddr>() else {
            return refuse(MATCH_INVALID, "no address before the netmask");
        };
        let net = match mask.parse::<u8>() {
            Ok(length) => match IpNet::new(address, length) {
                Ok(net) => net,
                Err(_) => return refuse(MATCH_NETMASK_LONG, "too many bits in netmask"),
            },
            Err(_) => {
                match mask.parse::<Ipv4Addr>().ok().and_then(|mask| IpNet::with_netmask(address, mask.into()).ok()) {
                    Some(net) => net,
                    None => return refuse(MATCH_NETMASK, "invalid netmask"),
                }
            }
        };
        match net.network() == address {
            true => Ok(ClientMatch::Net(net)),
            false => refuse(MATCH_HOST_BITS, "address bytes masked out by netmask are non-zero"),
        }
    }

    pub fn covers(&self, client: IpAddr) -> bool {
        matches!(self, ClientMatch::Net(net) if net.contains(&client))
    }
}

fn named(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_match_is_told_by_its_code() {
        for (text, code) in [
            ("10.0.0.1/24", "1704040"),
            ("10.0.0.0/33", "1704042"),
            ("10.0.0.0/255.0.255.0", "1704043"),
            ("10.0.0.0/x", "1704043"),
            ("x/24", "1704039"),
            ("10.0.0.256", "1704039"),
            ("fd00::g", "1704039"),
            ("", "1704039"),
            ("a host", "1704044"),
            ("a$b", "1704044"),
            (".a$b", "1704045"),
            (".", "1704036"),
            ("@", "1704038"),
        ] {
            assert_eq!(ClientMatch::parse(text).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn networks_cover_their_addresses() {
        for (text, client, covered) in [
            ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false),
            ("10.0.0.0/24", "10.0.0.200", true),
            ("10.1.16.0/255.255.255.0", "10.1.16.9", true),
            ("0.0.0.0/0", "192.0.2.1", true),
            ("0.0.0.0/0", "fd00::1", false),
            ("fd00::/64", "fd00::1", true),
            ("::/0", "fd00::1", true),
            ("@trusted", "10.0.0.1", false),
            (".example.org", "10.0.0.1", false),
            ("localhost", "127.0.0.1", false),
        ] {
            assert_eq!(ClientMatch::parse(text).unwrap().covers(client.parse().unwrap()), covered, "{text} {client}");
        }
    }
}
