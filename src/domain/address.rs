//! Asking a network for addresses, and what it offers: plain values, and the choice among free ones.
//!
//! A plugin either has given addresses (ports of Neutron), or says which ones may be given; then the store's writer
//! chooses among those that nobody has, in the batch that records them. How to get it wrong: choosing before the
//! commit, where two servers could get the same address.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::ids::{AllocationId, ShareServerId};
use crate::share_server::ServerSubnet;
use crate::subnet::Segment;

/// What a server needs in one network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub server: ShareServerId,
    pub project: String,
    /// `None` for the administrative network.
    pub subnet: Option<ServerSubnet>,
    /// How many addresses; at least one.
    pub count: usize,
}

/// What a plugin has for a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    pub segment: Segment,
    /// Within what an address may be given once only.
    pub scope: String,
    /// Bits of the network's mask.
    pub prefix: u8,
    pub source: Source,
}

/// Which addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// These have been given already; whoever gave them wants them back.
    Given(Vec<(AllocationId, IpAddr)>),
    /// So many of these, which nobody has. First to last address of each range, both included.
    Free { ranges: Vec<(IpAddr, IpAddr)>, count: usize },
    /// The server has these on the array already, and they are in the network.
    Standing(Vec<Standing>),
}

/// An address that a server had before it was ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub address: IpAddr,
    /// By which the network service knows it, and wants it back; `None` where there is no service.
    pub id: Option<AllocationId>,
}

/// How the scope of a network in the configuration begins: there the records alone say which addresses are free.
pub const STANDALONE: &str = "standalone";

/// Whether addresses of the scope are chosen by the records.
pub fn is_of_records(scope: &str) -> bool {
    scope.split(':').next() == Some(STANDALONE)
}

/// The first `count` addresses of the ranges that are not taken, in order; `None` if there are not as many.
pub fn choose(ranges: &[(IpAddr, IpAddr)], count: usize, taken: &HashSet<IpAddr>) -> Option<Vec<IpAddr>> {
    let mut chosen = Vec::with_capacity(count.min(64));
    let all = ranges.iter().flat_map(|(first, last)| between(*first, *last));
    for address in all {
        if chosen.len() == count {
            break;
        }
        if !taken.contains(&address) && !chosen.contains(&address) {
            chosen.push(address);
        }
    }
    (chosen.len() == count).then_some(chosen)
}

fn between(first: IpAddr, last: IpAddr) -> Box<dyn Iterator<Item = IpAddr>> {
    match (first, last) {
        (IpAddr::V4(first), IpAddr::V4(last)) => {
            Box::new((first.to_bits()..=last.to_bits()).map(|bits| Ipv4Addr::from_bits(bits).into()))
        }
        (IpAddr::V6(first), IpAddr::V6(last)) => {
            Box::new((first.to_bits()..=last.to_bits()).map(|bits| Ipv6Addr::from_bits(bits).into()))
        }
        _ => Box::new(std::iter::empty()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn v4(last: u8) -> IpAddr {
        Ipv4Addr::new(127, 0, 9, last).into()
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_chosen_is_free_in_range_and_once(
            ranges in prop::collection::vec((any::<u8>(), any::<u8>()), 0..4),
            taken in prop::collection::hash_set(any::<u8>(), 0..200),
            count in 1usize..6,
        ) {
            let ranges: Vec<_> = ranges.into_iter().map(|(a, b)| (v4(a.min(b)), v4(a.max(b)))).collect();
            let taken: HashSet<_> = taken.into_iter().map(v4).collect();
            let is_in = |address: &IpAddr| ranges.iter().any(|(first, last)| first <= address && address <= last);
            let free: HashSet<_> = (0..=255).map(v4).filter(|one| is_in(one) && !taken.contains(one)).collect();
            match choose(&ranges, count, &taken) {
                None => prop_assert!(free.len() < count),
                Some(chosen) => {
                    let distinct: HashSet<_> = chosen.iter().copied().collect();
                    prop_assert_eq!(distinct.len(), count);
                    prop_assert!(distinct.is_subset(&free));
                }
            }
        }
    }

    #[test]
    fn the_addresses_of_a_vast_network_are_not_counted_first() {
        let range = ("fd00::1".parse().unwrap(), "fd00:ffff::".parse().unwrap());
        let taken = HashSet::from([range.0]);
        assert_eq!(choose(&[range], 1, &taken), Some(vec!["fd00::2".parse().unwrap()]));
    }
}
