//! How a change of an instance begins, whichever it is: the instance is free for it, and its status tells of it in the same batch as
//! the intent.
//!
//! How to get it wrong: to replace a look for its export locations and not to owe it again; or to replace work that changes something
//! and to leave no note that a call for it may still be on its way.

use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::share::Protocol;
use manilad_domain::{
    Fault, InFlight, InstanceId, Intent, Microversion, PoolName, Record, Share, ShareId, ShareNetwork,
};
use manilad_store::Draft;

use super::{ShareAction, current};
use crate::{Decided, Owed};

/// The share, with the instance that stands for it and where that is, if the action may begin now.
///
/// # Errors
/// Missing when the share has gone; as [`ShareAction::check_bin`]; invalid in another status, while its share network is in another one, and where it is on no back
/// end; conflict while its back end is at work on it.
pub(crate) fn changeable(
    draft: &Draft<'_>,
    id: ShareId,
    action: ShareAction,
    version: Microversion,
) -> Result<(Share, InstanceId, PoolName), Fault> {
    let share = current(draft, id, action)?;
    action.check(share.status(), version)?;
    let instance = share.main_instance().ok_or_else(|| Fault::no_such("share", id))?;
    let unplaced = || Fault::invalid(format!("Share {id} is on no back end, so it can't be changed there."));
    let (instance, pool, network) = (instance.id, instance.pool.clone().ok_or_else(unplaced)?, instance.network);
    let network = network.map(|network| draft.get::<ShareNetwork>(&network.to_string())).transpose()?.flatten();
    network.map_or(Ok(()), |network| action.check_network(&network))?;
    let open: Option<Intent> = draft.get(&Intent::key_of(instance, Lane::Life))?;
    // Of a share over SMB it may have made what lets nobody in; then its rules are owed at its end.
    let gives_way =
        |open: &Intent| open.verb.gives_way() && !(open.verb == Verb::Ensure && share.protocol == Protocol::Cifs);
    match open.filter(|open| !gives_way(open)) {
        None => Ok((share, instance, pool)),
        Some(open) if open.verb == Verb::Delete => {
            Err(Fault::conflict(format!("The back end is still removing share {id}.")))
        }
        Some(_) => Err(Fault::conflict(format!("The back end is still looking for share {id}; try again."))),
    }
}

/// Owes the work, which gets its serial now, and whose verb says which status the instance has meanwhile.
pub(super) fn begin(draft: &mut Draft<'_>, mut share: Share, owed: Intent, cause: &Cause) -> Decided<()> {
    if let Some(instance) = share.instance_mut(owed.instance) {
        instance.status = owed.verb.under_way(instance.status);
        instance.updated_at = Some(cause.now);
    }
    share.updated_at = Some(cause.now);
    let owed = Intent { serial: draft.next_serial()?, ..owed };
    let replaced = draft.get::<Intent>(&owed.key())?.filter(|replaced| replaced.verb == Verb::Ensure);
    if let Some(note) = replaced.and_then(|replaced| InFlight::of(&replaced, cause.now)) {
        draft.put(&note)?;
    }
    draft.put(&share)?;
    draft.put(&owed)?;
    Ok(((), owed.service.into_iter().map(Owed::Backend).collect()))
}
