//! What administrators do with share servers: send them away, and say how they are.
//!
//! How to get it wrong: to set a status and leave the work owed that it spoke of.

use manilad_domain::intent::Cause;
use manilad_domain::share_server::ServerAction;
use manilad_domain::status::{ServerStatus, TaskState};
use manilad_domain::{Fault, ShareServer, Stamp};
use manilad_store::Draft;

use super::{end_change, get, give_up, is_in_use, owed, retire};
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
        return Err(Fault::forbidden(match status {
            ServerStatus::ManageError => format!("Share server {id} could not be managed: unmanage it instead."),
            _ => format!(
                "A share server can be deleted when it is active or in error, or nobody is at work on it; this one is {status}."
            ),
        }));
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
