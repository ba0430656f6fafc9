//! Sending share servers away, forgetting them, and saying how they are.
//!
//! How to get it wrong: to let go of a server that an instance is on. That is judged in the decision, where no instance
//! can come to it meanwhile.

use manilad_decisions::Owed;
use manilad_domain::address::is_of_records;
use manilad_domain::intent::Cause;
use manilad_domain::share::index::BY_SERVER;
use manilad_domain::share_server::index::BY_NETWORK;
use manilad_domain::share_server::{Allocation, ServerVerb, allocation};
use manilad_domain::status::ServerStatus;
use manilad_domain::{
    DetachedInstance, Fault, InFlight, Record, ServerIntent, Share, ShareNetwork, ShareServer, Stamp, Withheld,
    detached,
};
use manilad_store::{Draft, Range};

use super::body::{ResetServerStatus, ResetServerTaskState, UnmanageServer};
use super::list::find;
use crate::call::{Call, Owner};

/// Whether an instance is on the server, be it on its way out.
///
/// # Errors
/// Internal when the store can't be read.
pub fn is_in_use(draft: &Draft<'_>, server: &ShareServer) -> Result<bool, Fault> {
    let shares: Vec<Share> = draft.scan(Range::of(BY_SERVER, [server.key()]).limit(1))?;
    let detached: Vec<DetachedInstance> = draft.scan(Range::of(detached::BY_SERVER, [server.key()]).limit(1))?;
    Ok(!shares.is_empty() || !detached.is_empty())
}

/// Owes the removal of a server that nothing is on, unless it is being removed already. One whose removal has failed so
/// far is tried anew.
///
/// # Errors
/// Internal when the store can't be read.
pub fn retire(draft: &mut Draft<'_>, server: ShareServer, request_id: &str, now: Stamp) -> Result<Vec<Owed>, Fault> {
    if server.status == ServerStatus::Deleting && owes_removal(draft, &server)? {
        return Ok(Vec::new());
    }
    let serial = draft.next_serial()?;
    let (server, intent) = server.going(serial, &Cause { request_id: request_id.to_owned(), now });
    draft.put(&server)?;
    draft.put(&intent)?;
    settle_network(draft, &server, now)?;
    Ok(vec![Owed::Backend(server.service)])
}

/// The network of a server whose change was given up, if one was, can be worked with again.
fn settle_network(draft: &mut Draft<'_>, server: &ShareServer, now: Stamp) -> Result<(), Fault> {
    let network: Option<ShareNetwork> = draft.get(&server.share_network_id.to_string())?;
    let Some(network) = network else { return Ok(()) };
    let servers: Vec<ShareServer> = draft.scan(Range::of(BY_NETWORK, [network.key()]))?;
    match network.after_change(&servers, false, now) {
        Some(network) => draft.put(&network).map_err(Fault::from),
        None => Ok(()),
    }
}

fn owed(draft: &Draft<'_>, server: &ShareServer) -> Result<Option<ServerIntent>, Fault> {
    draft.get(&server.key()).map_err(Fault::from)
}

fn owes_removal(draft: &Draft<'_>, server: &ShareServer) -> Result<bool, Fault> {
    Ok(owed(draft, server)?.is_some_and(|intent| intent.verb == ServerVerb::TearDown))
}

fn drafted(draft: &Draft<'_>, id: &str) -> Result<ShareServer, Fault> {
    draft.get(id)?.ok_or_else(|| Fault::no_such("share server", id))
}

/// Gives up what is owed for a server.
fn give_up(draft: &mut Draft<'_>, server: &ShareServer, now: Stamp) -> Result<(), Fault> {
    match owed(draft, server)? {
        Some(intent) => {
            draft.remove(&intent)?;
            draft.put(&InFlight::of_server(&intent, now)).map_err(Fault::from)
        }
        None => Ok(()),
    }
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let (id, request_id, now) = (find(&call)?.key(), call.request_id.to_string(), call.now());
    call.decide_freeing("delete share server", move |draft| {
        let server = drafted(draft, &id)?;
        let status = server.status;
        let is_idle = || Ok::<_, Fault>(status.is_transitional() && owed(draft, &server)?.is_none());
        if !matches!(status, ServerStatus::Active | ServerStatus::Error) && !is_idle()? {
            let words = "A share server can be deleted when it is active or in error, or nobody is at work on it";
            return Err(Fault::forbidden(format!("{words}; this one is {status}.")));
        }
        if is_in_use(draft, &server)? {
            return Err(Fault::conflict(format!("Share server {id} is in use.")));
        }
        Ok(((), retire(draft, server, &request_id, now)?))
    })
    .await
}

/// Sets the stored status. Work that is owed for the server is given up: the administrator says how things are.
pub async fn reset_status(call: Call, wish: ResetServerStatus) -> Result<(), Fault> {
    let (id, now) = (find(&call)?.key(), call.now());
    call.decide("reset share server status", move |draft| {
        let server = drafted(draft, &id)?;
        give_up(draft, &server, now)?;
        let server = ShareServer { status: wish.status, updated_at: Some(now), ..server };
        draft.put(&server)?;
        settle_network(draft, &server, now)?;
        Ok(((), vec![Owed::Backend(server.service)]))
    })
    .await
}

/// Sets how far the server says that its migration has come.
pub async fn reset_task_state(call: Call, wish: ResetServerTaskState) -> Result<(), Fault> {
    let id = find(&call)?.key();
    call.require("share_server:reset_status", Owner::Own)?;
    let state = wish.task_state.ok_or_else(|| Fault::invalid("Member \"task_state\" is missing."))?;
    let now = call.now();
    call.decide("reset share server task state", move |draft| {
        let task_state = state.map(|state| state.0);
        draft.put(&ShareServer { task_state, updated_at: Some(now), ..drafted(draft, &id)? })?;
        Ok(((), Vec::new()))
    })
    .await
}

/// Forgets a server. Whatever of it is on the array stays there, so its addresses are not given to another.
pub async fn unmanage(call: Call, _: UnmanageServer) -> Result<(), Fault> {
    let (id, now) = (find(&call)?.key(), call.now());
    call.decide_freeing("unmanage share server", move |draft| {
        let server = drafted(draft, &id)?;
        check_unmanageable(draft, &server)?;
        let range = Range::of(allocation::BY_SERVER, [id]);
        let allocations: Vec<Allocation> = draft.scan(range)?;
        for one in &allocations {
            draft.remove(one)?;
            if is_of_records(&one.scope) {
                draft.put(&Withheld::left(one, now))?;
            }
        }
        give_up(draft, &server, now)?;
        draft.remove(&server)?;
        Ok(((), Vec::new()))
    })
    .await
}

fn check_unmanageable(draft: &Draft<'_>, server: &ShareServer) -> Result<(), Fault> {
    let (id, status) = (server.id, server.status);
    if server.subnets.len() > 1 {
        return Err(Fault::invalid(format!("Share server {id} stands in several subnets.")));
    }
    if !status.is_unmanageable() {
        return Err(Fault::invalid(format!("A share server that is {status} can't be unmanaged.")));
    }
    if owes_removal(draft, server)? {
        return Err(Fault::invalid(format!("Share server {id} is being removed.")));
    }
    if is_in_use(draft, server)? {
        return Err(Fault::invalid(format!("Share server {id} is in use.")));
    }
    let network: Option<ShareNetwork> = draft.get(&server.share_network_id.to_string())?;
    network.map_or(Ok(()), |network| network.require_active())
}
