//! Taking over what is on an array already as a share server, and letting go of a server that stays there.
//!
//! Whether there is such a thing on the array, and whether it can be the server, the array tells later; so do its addresses. How to get it
//! wrong: to give the addresses of a forgotten server to another. Whatever of it is on the array stays there, and answers at them. Source:
//! resources.md §9.

use std::collections::BTreeMap;

use manilad_domain::intent::Cause;
use manilad_domain::service::{Binary, Service};
use manilad_domain::share_network::NetworkAction;
use manilad_domain::share_server::{ServerAction, ServerSubnet, ServerVerb, index};
use manilad_domain::status::ServerStatus;
use manilad_domain::{
    Fault, ServerAbilities, ServerIntent, ShareNetwork, ShareNetworkSubnet, ShareServer, ShareServerId, Stamp,
};
use manilad_store::{Draft, Error, Range, Source};
use uuid::Uuid;

use super::{addresses, get, give_up, is_in_use, owes_removal};
use crate::share_network::{security_services, subnets_of};
use crate::{Decided, Owed, service};

/// What is asked to be managed, under the id that it is to have.
#[derive(Debug, Clone)]
pub struct ManagedServer {
    pub id: ShareServerId,
    /// `host@backend`
    pub service: String,
    /// The ids of its network and its subnet; without the latter it is the only default one.
    pub network: String,
    pub subnet: Option<String>,
    /// How the array calls it.
    pub identifier: String,
}

/// The server that is asked for, if it may be.
///
/// # Errors
/// Invalid for a back end, a network or a subnet that is not there, or not the only one; where the network is not active; where a server of
/// the back end has this identifier.
pub fn to_manage(source: &impl Source, asked: &ManagedServer, now: Stamp) -> Result<ShareServer, Fault> {
    let known: Option<Service> = source.read(&Service::key_of(Binary::Share, &asked.service))?;
    known.ok_or_else(|| Fault::invalid(service::no_service(Binary::Share.name(), &asked.service).text))?;
    let unknown = || Fault::invalid(format!("There is no share network {}.", asked.network));
    let network: ShareNetwork = source.read(&asked.network)?.ok_or_else(unknown)?;
    let subnet = subnet(source, asked)?;
    network.check(NetworkAction::ManageServer)?;
    let own: Vec<ShareServer> = source.list(Range::of(index::BY_SERVICE, [asked.service.clone()]))?;
    if let Some(other) = own.iter().find(|other| is_called(other, &asked.identifier)) {
        return Err(Fault::invalid(format!("Identifier {:?} is that of share server {}.", asked.identifier, other.id)));
    }
    Ok(ShareServer {
        id: asked.id,
        project_id: network.project_id.clone(),
        share_network_id: network.id,
        service: asked.service.clone(),
        status: ServerStatus::ManageStarting,
        identifier: asked.identifier.clone(),
        is_auto_deletable: false,
        task_state: None,
        abilities: ServerAbilities::default(),
        details: BTreeMap::new(),
        subnets: vec![ServerSubnet::from(&subnet)],
        directories: security_services(source, &network)?,
        encryption: None,
        failure: None,
        is_off_array: false,
        used_at: now,
        created_at: now,
        updated_at: None,
    })
}

/// The one subnet in which the server is to stand.
fn subnet(source: &impl Source, asked: &ManagedServer) -> Result<ShareNetworkSubnet, Fault> {
    let all = subnets_of(source, &asked.network)?;
    let zone = match &asked.subnet {
        None => None,
        Some(id) => {
            let named = all.iter().find(|subnet| subnet.id.to_string() == *id);
            let unknown = || Fault::invalid(format!("Share network {} has no subnet {id}.", asked.network));
            named.ok_or_else(unknown)?.availability_zone.clone()
        }
    };
    let mut beside = all.into_iter().filter(|subnet| subnet.availability_zone == zone);
    let none = || Fault::invalid(format!("Share network {} has no default subnet.", asked.network));
    let first = beside.next().ok_or_else(none)?;
    match beside.next() {
        None => Ok(first),
        Some(_) => {
            let words = "has several subnets there, and a share server that is managed stands in one";
            Err(Fault::invalid(format!("Share network {} {words}.", asked.network)))
        }
    }
}

/// Whether the array calls a server so, or by the id that is the end of the other's name.
fn is_called(server: &ShareServer, identifier: &str) -> bool {
    let (own, id) = (&server.identifier, server.id.to_string());
    let ends = |long: &str, short: &str| Uuid::try_parse(short).is_ok() && long.ends_with(short);
    own == identifier || ends(identifier, &id) || ends(own, identifier)
}

/// Records a server that is on the array already, and owes that it is taken over.
///
/// # Errors
/// As [`to_manage`].
pub fn manage(draft: &mut Draft<'_>, asked: &ManagedServer, cause: &Cause) -> Decided<ShareServer> {
    let server = to_manage(draft, asked, cause.now)?;
    let serial = draft.next_serial()?;
    draft.put(&ServerIntent::new(&server, ServerVerb::ManageServer, serial, cause))?;
    draft.put(&server)?;
    Ok((server, vec![Owed::Backend(asked.service.clone())]))
}

/// Has the array no longer mark a server as ours, and then forgets it; by `force` it is forgotten at once, and nobody asks the array.
///
/// # Errors
/// Missing when there is no such server. Invalid when it stands in several subnets, is in use or being removed, or when its status or
/// that of its network does not allow it.
pub fn unmanage(draft: &mut Draft<'_>, id: &str, force: bool, cause: &Cause) -> Decided<()> {
    let server = get(draft, id)?;
    check_unmanageable(draft, &server)?;
    give_up(draft, &server, cause.now)?;
    if force {
        forget(draft, &server, cause.now)?;
        return Ok(((), Vec::new()));
    }
    let serial = draft.next_serial()?;
    let (server, intent) = server.letting_go(serial, cause);
    draft.put(&intent)?;
    draft.put(&server)?;
    Ok(((), vec![Owed::Backend(server.service)]))
}

/// Forgets a server that stays on the array, for which nothing is owed.
pub(super) fn forget(draft: &mut Draft<'_>, server: &ShareServer, now: Stamp) -> Result<(), Error> {
    addresses::forget(draft, server, now)?;
    draft.remove(server)
}

fn check_unmanageable(source: &impl Source, server: &ShareServer) -> Result<(), Fault> {
    let (id, status) = (server.id, server.status);
    if server.subnets.len() > 1 {
        return Err(Fault::invalid(format!("Share server {id} stands in several subnets.")));
    }
    if server.encryption.is_some() {
        let why = "is encrypted with a key of its tenant, which the array could not read any more";
        return Err(Fault::invalid(format!("Share server {id} {why}.")));
    }
    if !ServerAction::Unmanage.is_allowed(status) {
        return Err(Fault::invalid(format!("A share server that is {status} can't be unmanaged.")));
    }
    if owes_removal(source, server)? {
        return Err(Fault::invalid(format!("Share server {id} is being removed.")));
    }
    if is_in_use(source, server)? {
        return Err(Fault::invalid(format!("Share server {id} is in use.")));
    }
    let network: Option<ShareNetwork> = source.read(&server.share_network_id.to_string())?;
    network.map_or(Ok(()), |network| network.check(NetworkAction::UnmanageServer))
}
