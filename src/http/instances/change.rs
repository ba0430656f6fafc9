//! What administrators do to an instance by force.

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
    let seen = find(&call, "id")?;
    let (share, id) = (seen.share.to_string(), seen.one.id);
    call.decide("reset share instance status", move |draft| {
        let mut share = current(draft, &share, id)?;
        Ok(((), set_status(draft, &mut share, id, wish.status.0, &cause)?))
    })
    .await
}

/// Gives up whatever is owed for the instance and owes its removal, in one batch. The share goes with its last one.
pub async fn force_delete(call: Call, _: ForceDelete) -> Result<(), Fault> {
    let cause = call.cause();
    let seen = find(&call, "id")?;
    let (share, id) = (seen.share.to_string(), seen.one.id);
    call.decide_freeing("delete share instance", move |draft| {
        let share = current(draft, &share, id)?;
        Ok(((), owe_removal(draft, share, |instance| instance.id == id, &cause)?))
    })
    .await
}

/// The share of an instance, as it is now.
fn current(draft: &Draft<'_>, share: &str, id: InstanceId) -> Result<Share, Fault> {
    let share: Option<Share> = draft.get(share)?;
    share.filter(|share| share.instance(id).is_some()).ok_or_else(|| Fault::no_such("share instance", id))
}
