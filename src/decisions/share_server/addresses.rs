//! The addresses of share servers: given, passed over where the array refused them, and given back.
//!
//! How to get it wrong: to choose among the free ones outside the commit, where two servers could get the same.

use std::collections::HashSet;
use std::net::IpAddr;

use manilad_domain::address::{Offer, Source, Standing, choose, is_of_records};
use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_domain::share_server::{ServerVerb, allocation};
use manilad_domain::{
    Allocation, AllocationId, Record, ServerIntent, ShareNetworkSubnet, ShareNetworkSubnetId, ShareServer, Stamp,
    Withheld, withheld,
};
use manilad_store::{Draft, Error, Range};

use crate::settle::{Next, Settling};

fn allocations_of(draft: &Draft<'_>, server: &ShareServer) -> Result<Vec<Allocation>, Error> {
    draft.scan(Range::of(allocation::BY_SERVER, [server.key()]))
}

/// Others may be given the addresses of a server from now on.
pub(super) fn release(draft: &mut Draft<'_>, server: &ShareServer) -> Result<(), Error> {
    allocations_of(draft, server)?.iter().try_for_each(|one| draft.remove(one))
}

/// Forgets the addresses of a server that is left on the array: those that records say are free are withheld.
pub(super) fn forget(draft: &mut Draft<'_>, server: &ShareServer, now: Stamp) -> Result<(), Error> {
    for one in allocations_of(draft, server)? {
        draft.remove(&one)?;
        if is_of_records(&one.scope) {
            draft.put(&Withheld::left(&one, now))?;
        }
    }
    Ok(())
}

/// Remembers that the array refused an address of the server as somebody else's, so that it is passed over.
pub(super) fn withhold(draft: &mut Draft<'_>, server: &ShareServer, address: IpAddr, now: Stamp) -> Result<(), Error> {
    let own = allocations_of(draft, server)?;
    for one in own.iter().filter(|one| one.address == address && is_of_records(&one.scope)) {
        draft.put(&Withheld::refused(one, now))?;
    }
    Ok(())
}

impl Settling {
    /// The network services have given or offered these addresses, by subnet; none for the administrative network.
    pub fn allocated(
        mut self,
        draft: &mut Draft<'_>,
        snapshot: &ServerIntent,
        offers: Vec<(Option<ShareNetworkSubnetId>, Offer)>,
    ) -> Result<Next, Error> {
        match self.open_server(draft, snapshot)? {
            Some((intent, server)) if !matches!(intent.verb, ServerVerb::TearDown | ServerVerb::UnmanageServer) => {
                self.allocate(draft, intent, server, offers)?;
                Ok(self.again())
            }
            _ => Ok(Next::Stale),
        }
    }

    /// Records the addresses that were given, or chooses among the free ones.
    fn allocate(
        &mut self,
        draft: &mut Draft<'_>,
        intent: ServerIntent,
        mut server: ShareServer,
        offers: Vec<(Option<ShareNetworkSubnetId>, Offer)>,
    ) -> Result<(), Error> {
        let mut records = Vec::new();
        for (subnet, offer) in offers {
            let chosen = match offer.source {
                Source::Given(given) => given,
                Source::Standing(ref standing) => {
                    if let Some(trouble) = claim(draft, &offer.scope, standing)? {
                        return self.give_up_server(draft, intent, server, &trouble);
                    }
                    standing
                        .iter()
                        .map(|one| (one.id.unwrap_or_else(|| AllocationId(self.draw())), one.address))
                        .collect()
                }
                Source::Free { ref ranges, count } => {
                    let chosen: Vec<IpAddr> = records.iter().map(|one: &Allocation| one.address).collect();
                    let Some(free) = free(draft, &offer.scope, ranges, count, &chosen, self.now)? else {
                        let trouble = exhausted(count, &offer);
                        return self.give_up_server(draft, intent, server, &trouble);
                    };
                    free.into_iter().map(|address| (AllocationId(self.draw()), address)).collect()
                }
            };
            records.extend(chosen.into_iter().map(|(id, address)| Allocation {
                id,
                server: server.id,
                subnet,
                scope: offer.scope.clone(),
                address,
                prefix: offer.prefix,
                segment: offer.segment.clone(),
                created_at: self.now,
            }));
            for own in server.subnets.iter_mut().filter(|own| Some(own.id) == subnet) {
                own.segment = offer.segment.clone();
            }
            let shown = subnet.map(|id| draft.get::<ShareNetworkSubnet>(&id.to_string())).transpose()?.flatten();
            if let Some(shown) = shown.filter(|shown| shown.segment != offer.segment) {
                draft.put(&ShareNetworkSubnet { segment: offer.segment, updated_at: Some(self.now), ..shown })?;
            }
        }
        for record in &records {
            draft.put(record)?;
        }
        draft.put(&server)
    }
}

/// Lets a server have addresses that it has on the array already, whoever had them there before; or why not.
fn claim(draft: &mut Draft<'_>, scope: &str, standing: &[Standing]) -> Result<Option<Trouble>, Error> {
    for Standing { address, .. } in standing {
        let range = Range::of(allocation::BY_ADDRESS, [scope.to_owned(), address.to_string()]);
        if let Some(other) = draft.scan::<Allocation>(range)?.first() {
            let reason = format!("{address} is on record as an address of share server {}", other.server);
            return Ok(Some(Trouble { remedy: Remedy::Never, detail: Detail::NoShareServer, reason }));
        }
    }
    let withheld: Vec<Withheld> = draft.scan(Range::of(withheld::BY_SCOPE, [scope.to_owned()]))?;
    for one in withheld.iter().filter(|one| standing.iter().any(|own| own.address == one.address)) {
        draft.remove(one)?;
    }
    Ok(None)
}

/// The first addresses that nobody has. One that was refused as somebody else's is taken again only where there is no
/// other, and not before its time.
fn free(
    draft: &mut Draft<'_>,
    scope: &str,
    ranges: &[(IpAddr, IpAddr)],
    count: usize,
    chosen: &[IpAddr],
    now: Stamp,
) -> Result<Option<Vec<IpAddr>>, Error> {
    let given: Vec<Allocation> = draft.scan(Range::of(allocation::BY_ADDRESS, [scope.to_owned()]))?;
    let mut taken: HashSet<IpAddr> = given.into_iter().map(|one| one.address).collect();
    taken.extend(chosen);
    let withheld: Vec<Withheld> = draft.scan(Range::of(withheld::BY_SCOPE, [scope.to_owned()]))?;
    let (in_force, expired): (Vec<_>, Vec<_>) = withheld.into_iter().partition(|one| one.is_in_force(now));
    taken.extend(in_force.iter().map(|one| one.address));
    let mut avoided = taken.clone();
    avoided.extend(expired.iter().map(|one| one.address));
    let found = choose(ranges, count, &avoided).or_else(|| choose(ranges, count, &taken));
    for one in expired.iter().filter(|one| found.iter().flatten().any(|address| *address == one.address)) {
        draft.remove(one)?;
    }
    Ok(found)
}

fn exhausted(count: usize, offer: &Offer) -> Trouble {
    let network = offer.segment.cidr.as_deref().unwrap_or("?");
    Trouble {
        remedy: Remedy::Elsewhere,
        detail: Detail::NoShareServer,
        reason: format!("{count} addresses are wanted, and {network} has not as many left"),
    }
}
