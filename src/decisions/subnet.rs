//! Subnets of share networks: made, asked about beforehand, changed and removed.
//!
//! Servers that stand beside a new subnet are to stand in it too, while they serve. They are asked beforehand, and the
//! answer is there at once; a good one is kept until it is made use of, or the next one is asked for. How to get it
//! wrong: to extend servers that have changed since; they are judged again where it counts.

use std::collections::BTreeMap;

use manilad_domain::intent::Cause;
use manilad_domain::share_network::NetworkAction;
use manilad_domain::status::NetworkStatus;
use manilad_domain::subnet::Neutron;
use manilad_domain::{Fault, ShareNetwork, ShareNetworkSubnet, ShareServer, ShareServerId, SubnetCheck};
use manilad_store::{Draft, Error, Source};

use crate::share_network::{self, checks, subnets_of};
use crate::{Decided, Owed, share_server};

/// The subnet with this id.
///
/// # Errors
/// Missing when there is none.
pub fn get(source: &impl Source, id: &str) -> Result<ShareNetworkSubnet, Fault> {
    source.read(id)?.ok_or_else(|| Fault::no_such("share network subnet", id))
}

/// The subnets of the same zone, or else the default ones: servers that stand there would have to stand in a new one too.
fn beside<'a>(subnets: &'a [ShareNetworkSubnet], zone: Option<&str>) -> Vec<&'a ShareNetworkSubnet> {
    subnets.iter().filter(|other| other.availability_zone.as_deref() == zone).collect()
}

/// The servers that stand in any of some subnets, each once.
fn servers_in(source: &impl Source, subnets: &[&ShareNetworkSubnet]) -> Result<Vec<ShareServer>, Error> {
    let mut found: BTreeMap<ShareServerId, ShareServer> = BTreeMap::new();
    for subnet in subnets {
        found.extend(share_server::in_subnet(source, subnet)?.into_iter().map(|server| (server.id, server)));
    }
    Ok(found.into_values().collect())
}

/// Adds a subnet to its network, and owes it to the share servers beside it.
///
/// # Errors
/// Conflict where the zone has a subnet already and it is not `one_of_several`; where servers stand beside it, invalid
/// where nobody has asked whether they could stand in it, where they can't, or where the network is not active.
pub fn create(draft: &mut Draft<'_>, subnet: &ShareNetworkSubnet, one_of_several: bool, cause: &Cause) -> Decided<()> {
    let id = subnet.share_network_id.to_string();
    let network = share_network::get(draft, &id)?;
    let others = subnets_of(draft, &id)?;
    let beside = beside(&others, subnet.availability_zone.as_deref());
    if !one_of_several && !beside.is_empty() {
        let whose = subnet.availability_zone.as_deref().map_or("a default".to_owned(), |zone| format!("{zone}'s"));
        return Err(Fault::conflict(format!("Share network {id} has {whose} subnet already.")));
    }
    let owed = owe_to_servers(draft, network, subnet, &beside, cause)?;
    draft.put(subnet)?;
    Ok(((), owed))
}

/// Owes the servers that stand `beside` a new subnet to stand in it too. Where there is none, nothing happens.
fn owe_to_servers(
    draft: &mut Draft<'_>,
    network: ShareNetwork,
    subnet: &ShareNetworkSubnet,
    beside: &[&ShareNetworkSubnet],
    cause: &Cause,
) -> Result<Vec<Owed>, Fault> {
    let servers = servers_in(draft, beside)?;
    if servers.is_empty() {
        return Ok(Vec::new());
    }
    network.check(NetworkAction::ExtendServers)?;
    let id = network.id.to_string();
    let check: Option<SubnetCheck> = draft.get(&id)?;
    let is_checked = check.is_some_and(|check| check.is_of(subnet));
    let can = |server: &ShareServer| is_checked && server.can_stand_in(subnet.neutron.as_ref());
    let unable: Vec<&ShareServer> = servers.iter().filter(|server| !can(server)).collect();
    share_server::refuse_unchecked(&unable)?;
    let mut owed = Vec::new();
    for server in servers {
        let serial = draft.next_serial()?;
        let (server, intent) = server.extended(subnet, serial, cause);
        draft.put(&server)?;
        draft.put(&intent)?;
        owed.push(Owed::Backend(server.service));
    }
    let status = NetworkStatus::NetworkChange;
    draft.put(&ShareNetwork { status, updated_at: Some(cause.now), ..network })?;
    checks::forget::<SubnetCheck>(draft, &id)?;
    Ok(owed)
}

/// Whether the servers on each back end could stand in a new subnet, and keeps it in mind if all could.
///
/// # Errors
/// Missing when there is no such network.
pub fn check(
    draft: &mut Draft<'_>,
    network: &str,
    availability_zone: Option<String>,
    neutron: Option<Neutron>,
) -> Decided<BTreeMap<String, bool>> {
    let share_network_id = share_network::get(draft, network)?.id;
    let subnets = subnets_of(draft, network)?;
    let servers = servers_in(draft, &beside(&subnets, availability_zone.as_deref()))?;
    let support = share_server::support(&servers, |server| server.can_stand_in(neutron.as_ref()));
    match support.values().all(|supports| *supports) {
        true => draft.put(&SubnetCheck { share_network_id, availability_zone, neutron })?,
        false => checks::forget::<SubnetCheck>(draft, network)?,
    }
    Ok((support, Vec::new()))
}

/// Changes the metadata of a subnet. Who `named` these keys may write all of them.
///
/// # Errors
/// Missing when there is no such subnet; what `change` refuses.
pub fn change_metadata(
    draft: &mut Draft<'_>,
    id: &str,
    named: &[String],
    change: impl FnOnce(&mut BTreeMap<String, String>) -> Result<(), Fault>,
) -> Decided<BTreeMap<String, String>> {
    let mut subnet = get(draft, id)?;
    change(&mut subnet.metadata)?;
    subnet.confirm(named);
    draft.put(&subnet)?;
    Ok((subnet.metadata, Vec::new()))
}

/// Removes a subnet with the share servers that stand in it.
///
/// # Errors
/// Conflict where one of them can't go.
pub fn delete(draft: &mut Draft<'_>, id: &str, cause: &Cause) -> Decided<()> {
    let subnet = get(draft, id)?;
    let servers = share_server::in_subnet(draft, &subnet)?;
    let owed = share_server::retire_all(draft, servers, cause)?;
    draft.remove(&subnet)?;
    Ok(((), owed))
}
