//! Share servers: which one an instance gets, what came of work on them, what administrators may do with them, and when
//! they go.
//!
//! Which status allows what is a table of the domain, [`ServerAction`](manilad_domain::share_server::ServerAction). How to
//! get it wrong: to let go of a server that an instance is on. That is judged in the decision, where no instance can come
//! to it meanwhile.

mod addresses;
mod administer;
mod choice;
mod manage;
#[cfg(test)]
mod tests;
mod unused;
mod work;

use std::collections::BTreeMap;

use manilad_domain::intent::Cause;
use manilad_domain::share_server::ServerVerb;
use manilad_domain::share_server::index::{BY_NETWORK, BY_SUBNET};
use manilad_domain::status::ServerStatus;
use manilad_domain::{
    DetachedInstance, Fault, InFlight, Intent, Record, ServerIntent, Share, ShareNetwork, ShareNetworkSubnet,
    ShareServer, Stamp, detached, share,
};
use manilad_store::{Draft, Error, Range, Source};

use crate::Owed;
pub use administer::{delete, reset_status, reset_task_state};
pub use manage::{ManagedServer, manage, to_manage, unmanage};
pub use unused::{Cleaning, Rules};

/// The server with this id.
///
/// # Errors
/// Missing when there is none.
pub fn get(source: &impl Source, id: &str) -> Result<ShareServer, Fault> {
    source.read(id)?.ok_or_else(|| Fault::no_such("share server", id))
}

/// The servers in a network.
pub(crate) fn in_network(source: &impl Source, network: &ShareNetwork) -> Result<Vec<ShareServer>, Error> {
    source.list(Range::of(BY_NETWORK, [network.key()]))
}

/// The servers that stand in a subnet.
pub(crate) fn in_subnet(source: &impl Source, subnet: &ShareNetworkSubnet) -> Result<Vec<ShareServer>, Error> {
    source.list(Range::of(BY_SUBNET, [subnet.key()]))
}

/// Whether an instance is on the server, be it on its way out or without a share.
fn is_in_use(source: &impl Source, server: &ShareServer) -> Result<bool, Error> {
    let shares: Vec<Share> = source.list(Range::of(share::index::BY_SERVER, [server.key()]).limit(1))?;
    let detached: Vec<DetachedInstance> = source.list(Range::of(detached::BY_SERVER, [server.key()]).limit(1))?;
    Ok(!shares.is_empty() || !detached.is_empty())
}

/// The server that an instance of a share is on.
pub(crate) fn of_instance(source: &impl Source, share: &Share, intent: &Intent) -> Result<Option<ShareServer>, Error> {
    match share.instance(intent.instance).and_then(|instance| instance.server) {
        Some(id) => source.read(&id.to_string()),
        None => Ok(None),
    }
}

/// What is owed for a server.
fn owed(source: &impl Source, server: &ShareServer) -> Result<Option<ServerIntent>, Error> {
    source.read(&server.key())
}

pub(crate) fn owes_removal(source: &impl Source, server: &ShareServer) -> Result<bool, Error> {
    Ok(owed(source, server)?.is_some_and(|intent| intent.verb == ServerVerb::TearDown))
}

/// Owes the removal of a server in place of whatever else was owed for it, unless it is being removed already. One whose
/// removal has failed so far is tried anew. That nothing is on the server is the caller's to know.
fn retire(draft: &mut Draft<'_>, server: ShareServer, cause: &Cause) -> Result<Vec<Owed>, Error> {
    if server.status == ServerStatus::Deleting && owes_removal(draft, &server)? {
        return Ok(Vec::new());
    }
    let serial = draft.next_serial()?;
    let (server, intent) = server.going(serial, cause);
    draft.put(&server)?;
    draft.put(&intent)?;
    end_change(draft, &server, false, cause.now)?;
    Ok(vec![Owed::Backend(server.service)])
}

/// The network of a server whose change has ended, has `failed` or was given up, if there was one: it can be worked with
/// again once no other of its servers is being changed.
fn end_change(draft: &mut Draft<'_>, server: &ShareServer, failed: bool, now: Stamp) -> Result<(), Error> {
    let Some(network) = draft.get::<ShareNetwork>(&server.share_network_id.to_string())? else { return Ok(()) };
    let servers = in_network(draft, &network)?;
    match network.after_change(&servers, failed, now) {
        Some(network) => draft.put(&network),
        None => Ok(()),
    }
}

/// Owes the removal of servers with the network or subnet in which they stand.
///
/// # Errors
/// Conflict where one is in use, or is not to go by itself.
pub(crate) fn retire_all(draft: &mut Draft<'_>, servers: Vec<ShareServer>, cause: &Cause) -> Result<Vec<Owed>, Fault> {
    for server in &servers {
        let id = server.id;
        if is_in_use(draft, server)? {
            return Err(Fault::conflict(format!("Share server {id}, which stands there, is in use.")));
        }
        if !server.is_auto_deletable && server.status != ServerStatus::Deleting {
            let remedy = match server.status {
                ServerStatus::ManageError => "could not be managed: unmanage it first",
                _ => "is not to go by itself: delete or unmanage it first",
            };
            return Err(Fault::conflict(format!("Share server {id}, which stands there, {remedy}.")));
        }
    }
    let mut owed = Vec::new();
    for server in servers {
        owed.extend(retire(draft, server, cause)?);
    }
    Ok(owed)
}

/// Gives up what is owed for a server; calls for it may still be on their way.
fn give_up(draft: &mut Draft<'_>, server: &ShareServer, now: Stamp) -> Result<(), Error> {
    let Some(intent) = owed(draft, server)? else { return Ok(()) };
    draft.remove(&intent)?;
    draft.put(&InFlight::of_server(&intent, now))
}

/// For each back end with some of the servers, whether all of those support a change.
pub(crate) fn support(servers: &[ShareServer], supports: impl Fn(&ShareServer) -> bool) -> BTreeMap<String, bool> {
    let mut by_service = BTreeMap::new();
    for server in servers {
        *by_service.entry(server.service.clone()).or_insert(true) &= supports(server);
    }
    by_service
}

/// # Errors
/// Invalid where there is a server: none of them is known to support the change.
pub(crate) fn refuse_unchecked(servers: &[&ShareServer]) -> Result<(), Fault> {
    match servers.first() {
        Some(server) => {
            let id = server.id;
            if server.status != ServerStatus::Active {
                let status = server.status.name();
                let remedy = "it takes no change until it is active, deleted or unmanaged";
                return Err(Fault::invalid(format!("Share server {id} is {status}: {remedy}.")));
            }
            Err(Fault::invalid(format!(
                "Ask whether the share servers support the change first (check only): no check says so of share server {id}."
            )))
        }
        None => Ok(()),
    }
}

/// # Errors
/// Forbidden where the network has a server, which `what` would have to be told of.
pub(crate) fn refuse_served(source: &impl Source, network: &ShareNetwork, what: &str) -> Result<(), Fault> {
    match in_network(source, network)?.first() {
        Some(server) => {
            let (server, network) = (server.id, network.id);
            Err(Fault::forbidden(format!("Share server {server} stands in share network {network}: {what}.")))
        }
        None => Ok(()),
    }
}
