//! Finding a share network for a caller: whose it is, and what they may see of it.

use manilad_domain::share_server::index::BY_NETWORK;
use manilad_domain::{Fault, Record, ServerAbilities, ShareNetwork, ShareNetworkId, ShareServer};
use manilad_store::{Error, Range, Shared, Snapshot};

use crate::call::Call;
use crate::identity::Owner;

pub fn owner(network: &ShareNetwork) -> Owner<'_> {
    Owner::Of { project: &network.project_id, user: &network.user_id }
}

fn unknown(id: &str) -> Fault {
    Fault::no_such("share network", id)
}

/// The key of the network that `id` names.
fn key(id: &str) -> Result<String, Fault> {
    id.parse::<ShareNetworkId>().map(|id| id.to_string()).map_err(|_| unknown(id))
}

/// A network that the caller may do `rule` to.
///
/// # Errors
/// Missing when there is none, or none the caller may know of.
pub fn find(call: &Call, rule: &str, id: &str) -> Result<Shared<ShareNetwork>, Fault> {
    let found: Option<Shared<ShareNetwork>> = call.app.get(&key(id)?)?;
    found.filter(|network| call.allows(rule, owner(network))).ok_or_else(|| unknown(id))
}

/// Whether the caller is told what kind of segment a subnet is in.
pub fn shows_segments(call: &Call, network: &ShareNetwork) -> bool {
    call.allows("share_network:show_network_details", owner(network))
}

/// What all share servers in a network bear while they serve.
///
/// # Errors
/// When the store can't be read.
pub fn abilities(snapshot: &Snapshot, network: &ShareNetwork) -> Result<ServerAbilities, Error> {
    let servers = snapshot.scan::<ShareServer>(&Range::of(BY_NETWORK, [network.key()]))?.records;
    Ok(ServerAbilities::of_all(servers.iter().map(|server| server.abilities)))
}
