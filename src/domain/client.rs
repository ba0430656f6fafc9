//! Whom an access rule is for, an address, a network in CIDR form or a name, and whether that is valid: the one idea of "the same
//! client", for the API, which refuses a second rule for one, and for drivers, which hold rules against what the array has.
//!
//! A rule keeps what its author wrote, and shows it; compared, and sent to an array, is what it comes to. How to get it
//! wrong: to compare texts. `10.0.0.0/255.0.0.0` is `10.0.0.0/8`, `::ffff:10.0.0.1` is `10.0.0.1`, and Windows has one
//! account `EXAMPLE\alice`, in whatever case it is written; of two rules for one client only one can be in force.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};
use serde::{Deserialize, Serialize};

/// Bits before an IPv4 address that is written as an IPv6 one.
const MAPPED: u8 = 96;

/// What kind of client a rule is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessType {
    Ip,
    User,
    Cert,
    Cephx,
}

impl AccessType {
    pub const ALL: [Self; 4] = [AccessType::Ip, AccessType::User, AccessType::Cert, AccessType::Cephx];

    pub const fn name(self) -> &'static str {
        match self {
            AccessType::Ip => "ip",
            AccessType::User => "user",
            AccessType::Cert => "cert",
            AccessType::Cephx => "cephx",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == text)
    }
}

/// A client, in the form in which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Client {
    Net(IpNet),
    /// As [`account`] has it.
    Account(String),
    /// A certificate's common name or a Ceph id: as it is written.
    Named(AccessType, String),
}

impl Client {
    /// The client that a text means; `None` where it means no network.
    pub fn of(kind: AccessType, to: &str) -> Option<Self> {
        match kind {
            AccessType::Ip => network(to).map(Client::Net),
            AccessType::User => Some(Client::Account(account(to))),
            AccessType::Cert | AccessType::Cephx => Some(Client::Named(kind, to.to_owned())),
        }
    }
}

/// An address, or a network with a prefix or an IPv4 mask, as a network; an address is a network of one. A mask tells the
/// bits of the network or, as clients of Manila may write it, those of the host. IPv4 that is written as IPv6 is IPv4.
/// `None` where host bits are set.
pub fn network(text: &str) -> Option<IpNet> {
    let net = match (text.parse::<IpAddr>(), text.split_once('/')) {
        (Ok(address), _) => IpNet::from(address),
        (Err(_), Some((address, mask))) => match mask.parse::<Ipv4Addr>() {
            Ok(mask) => IpNet::V4(masked(address.parse().ok()?, mask)?),
            Err(_) => text.parse().ok()?,
        },
        (Err(_), None) => return None,
    };
    (net.trunc() == net).then(|| plain(net))
}

fn masked(address: Ipv4Addr, mask: Ipv4Addr) -> Option<Ipv4Net> {
    let of_host = Ipv4Addr::from_bits(!mask.to_bits());
    Ipv4Net::with_netmask(address, mask).or_else(|_| Ipv4Net::with_netmask(address, of_host)).ok()
}

/// IPv4 as IPv4.
fn plain(net: IpNet) -> IpNet {
    let IpNet::V6(mapped) = net else { return net };
    match (mapped.addr().to_ipv4_mapped(), mapped.prefix_len().checked_sub(MAPPED)) {
        (Some(address), Some(prefix)) => Ipv4Net::new(address, prefix).map_or(net, IpNet::V4),
        _ => net,
    }
}

/// The name of a Windows account, or of a group, in the form in which such names are compared: letter by letter in upper
/// case, so that no letter becomes two.
pub fn account(name: &str) -> String {
    let upper = |c: char| {
        let mut upper = c.to_uppercase();
        match (upper.next(), upper.next()) {
            (Some(one), None) => one,
            _ => c,
        }
    };
    name.chars().map(upper).collect()
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;

    use proptest::prelude::*;

    use super::*;

    /// Every way to write an IPv4 network.
    fn spellings(net: Ipv4Net) -> Vec<String> {
        let (address, prefix, mask) = (net.addr(), net.prefix_len(), net.netmask());
        let mapped: Ipv6Addr = address.to_ipv6_mapped();
        let mut all =
            vec![format!("{address}/{prefix}"), format!("{address}/{mask}"), format!("{mapped}/{}", prefix + MAPPED)];
        if (1..32).contains(&prefix) {
            all.push(format!("{address}/{}", net.hostmask()));
        }
        if prefix == 32 {
            all.extend([address.to_string(), mapped.to_string()]);
        }
        all
    }

    fn nets() -> impl Strategy<Value = Ipv4Net> {
        let bits = prop_oneof![any::<u32>(), Just(0x0A00_0000), Just(0x0A00_0001)];
        (bits, 0u8..=32).prop_map(|(bits, prefix)| Ipv4Net::new(bits.into(), prefix).unwrap().trunc())
    }

    /// A name and two ways to write it.
    fn names() -> impl Strategy<Value = (String, String)> {
        prop::collection::vec(("[a-zäöåøčžαδσя0-9.@\\\\ -]", any::<bool>()), 0..20).prop_map(|letters| {
            let plain: String = letters.iter().map(|(letter, _)| letter.as_str()).collect();
            let odd = letters.iter().map(|(letter, upper)| if *upper { letter.to_uppercase() } else { letter.clone() });
            (plain, odd.collect())
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn however_a_network_is_written_it_is_one_client_and_no_other(one in nets(), other in nets()) {
            for text in spellings(one) {
                prop_assert_eq!(network(&text), Some(IpNet::V4(one)), "{}", text);
                for different in spellings(other) {
                    let same = Client::of(AccessType::Ip, &text) == Client::of(AccessType::Ip, &different);
                    prop_assert_eq!(same, one == other, "{} and {}", text, different);
                }
            }
        }

        #[test]
        fn host_bits_are_no_network_however_the_mask_is_written(bits in any::<u32>(), prefix in 0u8..=32) {
            let net = Ipv4Net::new(bits.into(), prefix).unwrap();
            prop_assume!(net.trunc() != net);
            for text in spellings(net) {
                prop_assert_eq!(network(&text), None, "{}", text);
            }
        }

        #[test]
        fn an_account_is_the_same_in_whatever_case_and_another_with_one_letter_more(
            (plain, odd) in names(), more in "[a-z]",
        ) {
            let of = |to: &str| Client::of(AccessType::User, to);
            prop_assert_eq!(of(&plain), of(&odd));
            prop_assert_eq!(account(&plain).chars().count(), plain.chars().count());
            prop_assert_ne!(of(&plain), of(&format!("{odd}{more}")));
        }
    }

    #[test]
    fn what_is_written_alike_and_is_another_kind_of_client_differs() {
        assert_ne!(Client::of(AccessType::Cert, "alice"), Client::of(AccessType::Cephx, "alice"));
        assert_ne!(Client::of(AccessType::Cert, "alice"), Client::of(AccessType::Cert, "Alice"));
        assert_ne!(account("Straße"), account("STRASSE"));
        assert_eq!(account("ΟΔΟΣ"), account("οδος"));
    }

    #[test]
    fn no_network_is_what_has_no_mask_of_leading_ones_or_mixes_families() {
        for wrong in [
            "10.0.0.0/255.0.255.0",
            "10.0.0.0/0.255.0.255",
            "fd00::/255.255.0.0",
            "::ffff:10.0.0.0/255.0.0.0",
            "10.0.0.0/",
            "/8",
            "10.0.0.0/33",
            "10.0.0.0/8/8",
            "10.0.0.1-10.0.0.9",
            "",
        ] {
            assert_eq!(network(wrong), None, "{wrong}");
        }
        assert_eq!(network("::/0").unwrap().to_string(), "::/0");
        assert_eq!(network("0.0.0.0/0.0.0.0").unwrap().to_string(), "0.0.0.0/0");
    }
}
