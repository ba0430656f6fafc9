//! The share servers of a share network, as far as they stand in the way of a change to it.
//!
//! How to get it wrong: to look at the servers outside the decision, where one could come meanwhile.

use std::collections::BTreeMap;

use manilad_decisions::Owed;
use manilad_domain::share::index::BY_NETWORK as SHARES;
use manilad_domain::share_server::index::{BY_NETWORK, BY_SUBNET};
use manilad_domain::status::ServerStatus;
use manilad_domain::{Fault, Record, Share, ShareNetwork, ShareNetworkSubnet, ShareServer, Stamp};
use manilad_store::{Draft, Range, Source};

use crate::share_servers::{is_in_use, retire};

/// The servers in a network.
///
/// # Errors
/// Internal when the store can't be read.
pub fn within(source: &impl Source, network: &ShareNetwork) -> Result<Vec<ShareServer>, Fault> {
    source.list(Range::of(BY_NETWORK, [network.key()])).map_err(Fault::from)
}

/// The servers that stand in a subnet.
///
/// # Errors
/// Internal when the store can't be read.
pub fn standing_in(source: &impl Source, subnet: &ShareNetworkSubnet) -> Result<Vec<ShareServer>, Fault> {
    source.list(Range::of(BY_SUBNET, [subnet.key()])).map_err(Fault::from)
}

/// For each back end with some of the servers, whether all of those bear a change.
pub fn verdicts(servers: &[ShareServer], bears: impl Fn(&ShareServer) -> bool) -> BTreeMap<String, bool> {
    let mut verdicts = BTreeMap::new();
    for server in servers {
        *verdicts.entry(server.service.clone()).or_insert(true) &= bears(server);
    }
    verdicts
}

/// # Errors
/// Forbidden where the network has a server, which `what` would have to be told of.
pub fn refuse_served(source: &impl Source, network: &ShareNetwork, what: &str) -> Result<(), Fault> {
    match within(source, network)?.first() {
        Some(server) => {
            let (server, network) = (server.id, network.id);
            Err(Fault::forbidden(format!("Share server {server} stands in share network {network}: {what}.")))
        }
        None => Ok(()),
    }
}

/// What every one of the servers would have to bear, and none can, as far as is known.
///
/// # Errors
/// Invalid where there is a server.
pub fn refuse_unchecked(servers: &[ShareServer]) -> Result<(), Fault> {
    match servers.first() {
        Some(server) => {
            let id = server.id;
            Err(Fault::invalid(format!(
                "Ask whether the share servers support the change first (check only): no check says so of share server {id}."
            )))
        }
        None => Ok(()),
    }
}

/// # Errors
/// Conflict where a share is to be served in the network.
pub fn refuse_shares(draft: &Draft<'_>, network: &ShareNetwork) -> Result<(), Fault> {
    let shares: Vec<Share> = draft.scan(Range::of(SHARES, [network.key()]).limit(1))?;
    match shares.first() {
        Some(share) => Err(Fault::conflict(format!("Share {} is in share network {}.", share.id, network.id))),
        None => Ok(()),
    }
}

/// Sends servers away with that in which they stand.
///
/// # Errors
/// Conflict where one is in use, or is not to go by itself.
pub fn retire_all(
    draft: &mut Draft<'_>,
    servers: Vec<ShareServer>,
    request_id: &str,
    now: Stamp,
) -> Result<Vec<Owed>, Fault> {
    for server in &servers {
        let id = server.id;
        if is_in_use(draft, server)? {
            return Err(Fault::conflict(format!("Share server {id}, which stands there, is in use.")));
        }
        if !server.is_auto_deletable && server.status != ServerStatus::Deleting {
            return Err(Fault::conflict(format!("Share server {id}, which stands there, is not to go by itself.")));
        }
    }
    let mut owed = Vec::new();
    for server in servers {
        owed.extend(retire(draft, server, request_id, now)?);
    }
    Ok(owed)
}
