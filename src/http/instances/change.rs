//! What administrators do to an instance by force.

use manilad_decisions::Owed;
use manilad_domain::{Fault, InstanceId, Share};
use manilad_store::Draft;

use super::list::find;
use crate::call::Call;
use crate::shares::body::{ForceDelete, ResetStatus};
use crate::shares::change::set_status;
use crate::shares::delete::owe_removal;

/// Sets the stored status, and gives up the work that is owed for the instance's life: the administrator says how
/// things are.
pub async fn reset_status(call: Call, wish: ResetStatus) -> Result<(), Fault> {
    let cause = call.cause();
    change(&call, "reset share instance status", move |draft, mut share, id| {
        set_status(draft, &mut share, id, wish.status.0, &cause)
    })
    .await
}

/// Gives up whatever is owed for the instance and owes its removal, in one batch. The share goes with its last one.
pub async fn force_delete(call: Call, _: ForceDelete) -> Result<(), Fault> {
    let cause = call.cause();
    change(&call, "delete share instance", move |draft, share, id| {
        owe_removal(draft, share, |instance| instance.id == id, &cause)
    })
    .await
}

/// Changes the share of the instance that the path names, as it is now.
async fn change(
    call: &Call,
    what: &'static str,
    change: impl FnOnce(&mut Draft<'_>, Share, InstanceId) -> Result<Vec<Owed>, Fault> + Send + 'static,
) -> Result<(), Fault> {
    let seen = find(call, "id")?;
    let (share, id) = (seen.share.to_string(), seen.one.id);
    call.decide(what, move |draft| {
        let share: Option<Share> = draft.get(&share)?;
        let share =
            share.filter(|share| share.instance(id).is_some()).ok_or_else(|| Fault::no_such("share instance", id))?;
        Ok(((), change(draft, share, id)?))
    })
    .await
}
