//! Share networks: made with their first subnet, changed, and removed with what stands in them.
//!
//! Where share servers stand in a network, only that of it can change which no server would have to be told of, and what
//! they were asked about beforehand; all else is refused. How to get it wrong: to look at the servers outside the
//! decision, where one could come meanwhile.

pub(crate) mod checks;
mod services;

use manilad_domain::intent::Cause;
use manilad_domain::quota::Limits;
use manilad_domain::share::index::BY_NETWORK as SHARES;
use manilad_domain::status::NetworkStatus;
use manilad_domain::subnet::BY_NETWORK;
use manilad_domain::{
    Fault, Record, SecurityService, ServiceCheck, Share, ShareNetwork, ShareNetworkSubnet, Stamp, SubnetCheck,
};
use manilad_store::{Draft, Error, Range, Source};

use crate::{Decided, quota, share_server};
pub use services::{ServiceChange, change_service, check_service, remove_service};

/// A network with its subnets, the oldest first.
pub type WithSubnets = (ShareNetwork, Vec<ShareNetworkSubnet>);

/// What is to change about a network; what is `None` stays. The ids of Neutron are those of its default subnet.
#[derive(Debug, Clone, Default)]
pub struct Update {
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
    pub neutron_net_id: Option<Option<String>>,
    pub neutron_subnet_id: Option<Option<String>>,
}

/// The network with this id.
///
/// # Errors
/// Missing when there is none.
pub fn get(source: &impl Source, id: &str) -> Result<ShareNetwork, Fault> {
    source.read(id)?.ok_or_else(|| Fault::no_such("share network", id))
}

/// The subnets of a network, the oldest first.
pub(crate) fn subnets_of(source: &impl Source, network: &str) -> Result<Vec<ShareNetworkSubnet>, Error> {
    source.list(Range::of(BY_NETWORK, [network]))
}

/// The security services that a network has.
pub(crate) fn security_services(source: &impl Source, network: &ShareNetwork) -> Result<Vec<SecurityService>, Error> {
    network.security_services.iter().filter_map(|id| source.read(&id.to_string()).transpose()).collect()
}

/// Makes a network with its first subnet.
///
/// # Errors
/// Over the limit when the project or the user may have no more networks.
pub fn create(
    draft: &mut Draft<'_>,
    network: &ShareNetwork,
    subnet: &ShareNetworkSubnet,
    configured: &Limits,
) -> Decided<()> {
    let quota = quota::of(draft, configured, &network.project_id, &network.user_id, None)?;
    quota.admit(&draft.usage(&network.project_id)?, &network.charges())?;
    draft.put(network)?;
    draft.put(subnet)?;
    Ok(((), Vec::new()))
}

/// Changes what a network says of itself, and of Neutron.
///
/// # Errors
/// Forbidden where share servers use the ids of Neutron that are to change; invalid where it is not clear whose they
/// are, or one would be left without the other.
pub fn update(draft: &mut Draft<'_>, id: &str, update: Update, now: Stamp) -> Decided<WithSubnets> {
    let mut network = get(draft, id)?;
    let mut subnets = subnets_of(draft, id)?;
    if let Some(name) = update.name {
        network.name = name;
    }
    if let Some(description) = update.description {
        network.description = description;
    }
    if update.neutron_net_id.is_some() || update.neutron_subnet_id.is_some() {
        share_server::refuse_served(draft, &network, "only name and description can change")?;
        let subnet = only_default(&mut subnets)?;
        subnet.set_neutron(update.neutron_net_id, update.neutron_subnet_id)?;
        subnet.updated_at = Some(now);
        draft.put(subnet)?;
    }
    network.updated_at = Some(now);
    draft.put(&network)?;
    Ok(((network, subnets), Vec::new()))
}

/// The subnet that is meant where none is named.
fn only_default(subnets: &mut [ShareNetworkSubnet]) -> Result<&mut ShareNetworkSubnet, Fault> {
    let mut defaults = subnets.iter_mut().filter(|subnet| subnet.is_default());
    match (defaults.next(), defaults.next()) {
        (Some(subnet), None) => Ok(subnet),
        (None, _) => Err(Fault::invalid("The share network has no default subnet whose Neutron ids could change.")),
        (Some(_), Some(_)) => Err(Fault::invalid("The share network has several default subnets; which is not said.")),
    }
}

/// Removes a network with its subnet and its share servers.
///
/// # Errors
/// Conflict where a share is in it, where it has several subnets, or where one of its servers can't go.
pub fn delete(draft: &mut Draft<'_>, id: &str, cause: &Cause) -> Decided<()> {
    let (network, subnets) = (get(draft, id)?, subnets_of(draft, id)?);
    refuse_shares(draft, &network)?;
    if subnets.len() > 1 {
        let count = subnets.len();
        return Err(Fault::conflict(format!("Share network {id} has {count} subnets; delete all but one first.")));
    }
    let servers = share_server::in_network(draft, &network)?;
    let owed = share_server::retire_all(draft, servers, cause)?;
    subnets.iter().try_for_each(|subnet| draft.remove(subnet))?;
    checks::forget::<SubnetCheck>(draft, id)?;
    checks::forget::<ServiceCheck>(draft, id)?;
    draft.remove(&network)?;
    Ok(((), owed))
}

/// # Errors
/// Conflict where a share is to be served in the network.
fn refuse_shares(source: &impl Source, network: &ShareNetwork) -> Result<(), Fault> {
    let shares: Vec<Share> = source.list(Range::of(SHARES, [network.key()]).limit(1))?;
    match shares.first() {
        // Its owner can't see it any more.
        Some(share) if share.status().is_deferred_deletion() => Err(Fault::conflict(format!(
            "A share that was deleted is in share network {} until its back end has let go of it; try again later.",
            network.id
        ))),
        Some(share) => Err(Fault::conflict(format!("Share {} is in share network {}.", share.id, network.id))),
        None => Ok(()),
    }
}

/// Sets the stored status.
///
/// # Errors
/// Missing when there is no such network.
pub fn reset_status(draft: &mut Draft<'_>, id: &str, status: NetworkStatus) -> Decided<()> {
    draft.put(&ShareNetwork { status, ..get(draft, id)? })?;
    Ok(((), Vec::new()))
}
