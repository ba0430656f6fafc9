//! A subnet beside others in which share servers stand: they are to stand in it too, while they serve.
//!
//! They are asked beforehand, and the answer is there at once; a good one is kept until it is made use of, or the next
//! one is asked for. How to get it wrong: to extend servers that have changed since; they are judged again where it
//! counts.

use std::collections::BTreeMap;

use manilad_decisions::Owed;
use manilad_domain::intent::Cause;
use manilad_domain::status::NetworkStatus;
use manilad_domain::subnet::Neutron;
use manilad_domain::{Fault, Record, ShareNetworkSubnet, ShareServer, ShareServerId, SubnetCheck};
use manilad_store::{Draft, Source};
use serde_json::Value;

use super::body::CheckSubnet;
use super::{beside, zone};
use crate::call::Call;
use crate::share_networks::services::compatible;
use crate::share_networks::{self, drafted, drafted_subnets, servers};

/// The servers that stand in any of some subnets, each once.
fn standing(source: &impl Source, subnets: &[&ShareNetworkSubnet]) -> Result<Vec<ShareServer>, Fault> {
    let mut found: BTreeMap<ShareServerId, ShareServer> = BTreeMap::new();
    for subnet in subnets {
        found.extend(servers::standing_in(source, subnet)?.into_iter().map(|server| (server.id, server)));
    }
    Ok(found.into_values().collect())
}

/// Whether a subnet could be added.
pub async fn check(call: Call, wish: CheckSubnet) -> Result<Value, Fault> {
    let network = share_networks::find(&call, "share_network:subnet_create_check", call.param("id"))?.key();
    let neutron = Neutron::of(wish.neutron_net_id.map(|id| id.0), wish.neutron_subnet_id.map(|id| id.0))?;
    let availability_zone = zone(&call, wish.availability_zone.as_deref())?;
    let checked = call.decide("check share network subnet", move |draft| {
        let share_network_id = drafted(draft, &network)?.id;
        let subnets = drafted_subnets(draft, &network)?;
        let standing = standing(draft, &beside(&subnets, availability_zone.as_deref()))?;
        let verdicts = servers::verdicts(&standing, |server| server.can_stand_in(neutron.as_ref()));
        let check = SubnetCheck { share_network_id, availability_zone, neutron };
        match verdicts.values().all(|bears| *bears) {
            true => draft.put(&check)?,
            false => forget(draft, &network)?,
        }
        Ok((verdicts, Vec::new()))
    });
    Ok(compatible(&call, &checked.await?, None))
}

/// Forgets what was found out beforehand about a network.
///
/// # Errors
/// Internal when the store can't be read.
pub fn forget(draft: &mut Draft<'_>, network: &str) -> Result<(), Fault> {
    match draft.get::<SubnetCheck>(network)? {
        Some(check) => draft.remove(&check).map_err(Fault::from),
        None => Ok(()),
    }
}

/// Owes the servers that stand `beside` a new subnet to stand in it too. Where there is none, nothing happens.
///
/// # Errors
/// Invalid where nobody has asked whether they could, where they can't, or where the network is not active.
pub fn extend(
    draft: &mut Draft<'_>,
    subnet: &ShareNetworkSubnet,
    beside: &[&ShareNetworkSubnet],
    request_id: &str,
) -> Result<Vec<Owed>, Fault> {
    let standing = standing(draft, beside)?;
    if standing.is_empty() {
        return Ok(Vec::new());
    }
    let id = subnet.share_network_id.to_string();
    let mut network = drafted(draft, &id)?;
    network.require_active()?;
    let check: Option<SubnetCheck> = draft.get(&id)?;
    let unable: Vec<_> =
        standing.iter().filter(|server| !server.can_stand_in(subnet.neutron.as_ref())).cloned().collect();
    match check.is_some_and(|check| check.is_of(subnet)) {
        true => servers::refuse_unchecked(&unable)?,
        false => servers::refuse_unchecked(&standing)?,
    }
    let mut owed = Vec::new();
    for server in standing {
        let serial = draft.next_serial()?;
        let cause = Cause { request_id: request_id.to_owned(), now: subnet.created_at };
        let (server, intent) = server.extended(subnet, serial, &cause);
        draft.put(&server)?;
        draft.put(&intent)?;
        owed.push(Owed::Backend(server.service));
    }
    network.status = NetworkStatus::NetworkChange;
    network.updated_at = Some(subnet.created_at);
    draft.put(&network)?;
    forget(draft, &id)?;
    Ok(owed)
}
