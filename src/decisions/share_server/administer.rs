//! What administrators do with share servers: send them away, forget them, and say how they are.
//!
//! How to get it wrong: to give the addresses of a forgotten server to another. Whatever of it is on the array stays
//! there, and answers at them.

use manilad_domain::intent::Cause;
use manilad_domain::share_network::NetworkAction;
use manilad_domain::share_server::ServerAction;
use manilad_domain::status::{ServerStatus, TaskState};
use manilad_domain::{Fault, ShareNetwork, ShareServer, Stamp};
use manilad_store::{Draft, Source};

use super::{addresses, end_change, get, give_up, is_in_use, owed, owes_removal, retire};
use crate::{Decided, Owed};

/// Owes the removal of a server that nothing is on.
///
/// # Errors
/// Forbidden in a status that does not allow it; conflict where the server is in use.
pub fn delete(draft: &mut Draft<'_>, id: &str, cause: &Cause) -> Decided<()> {
    let server = get(draft, id)?;
    let status = server.status;
    let is_idle = || Ok::<_, Fault>(ServerAction::DeleteIdle.is_allowed(status) && owed(draft, &server)?.is_none());
    if !ServerAction::Delete.is_allowed(status) && !is_idle()? {
        let words = "A share server can be deleted when it is active or in error, or nobody is at work on it";
        return Err(Fault::forbidden(format!("{words}; this one is {status}.")));
    }
    if is_in_use(draft, &server)? {
        return Err(Fault::conflict(format!("Share server {id} is in use.")));
    }
    Ok(((), retire(draft, server, cause)?))
}

/// Sets the stored status. Work that is owed for the server is given up: the administrator says how things are.
///
/// # Errors
/// Missing when there is no such server; so for all below.
pub fn reset_status(draft: &mut Draft<'_>, id: &str, status: ServerStatus, now: Stamp) -> Decided<()> {
    let server = get(draft, id)?;
    give_up(draft, &server, now)?;
    let server = ShareServer { status, updated_at: Some(now), ..server };
    draft.put(&server)?;
    end_change(draft, &server, false, now)?;
    Ok(((), vec![Owed::Backend(server.service)]))
}

/// Sets how far the server says that its migration has come.
pub fn reset_task_state(draft: &mut Draft<'_>, id: &str, task_state: Option<TaskState>, now: Stamp) -> Decided<()> {
    draft.put(&ShareServer { task_state, updated_at: Some(now), ..get(draft, id)? })?;
    Ok(((), Vec::new()))
}

/// Forgets a server, and what is owed for it.
///
/// # Errors
/// Invalid when the server stands in several subnets, is in use or being removed, or when its status or that of its
/// network does not allow it.
pub fn unmanage(draft: &mut Draft<'_>, id: &str, now: Stamp) -> Decided<()> {
    let server = get(draft, id)?;
    check_unmanageable(draft, &server)?;
    addresses::forget(draft, &server, now)?;
    give_up(draft, &server, now)?;
    draft.remove(&server)?;
    Ok(((), Vec::new()))
}

fn check_unmanageable(source: &impl Source, server: &ShareServer) -> Result<(), Fault> {
    let (id, status) = (server.id, server.status);
    if server.subnets.len() > 1 {
        return Err(Fault::invalid(format!("Share server {id} stands in several subnets.")));
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
