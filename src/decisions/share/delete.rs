//! Giving a share back, and what came of it on the array.
//!
//! A delete supersedes whatever is owed for the share's instances: what a creation half made is found by its name and
//! removed. An instance that was never placed has nothing anywhere and goes at once. One that its back end refused goes
//! already, and the share does not wait for it. How to get it wrong: to keep a share for an instance that is no part of it
//! any more, or to forget such an instance with the share.

use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::message::Action as MessageAction;
use manilad_domain::outcome::Trouble;
use manilad_domain::status::{Deletion, Status};
use manilad_domain::verb::Arguments;
use manilad_domain::{
    DetachedInstance, Fault, Instance, Intent, Microversion, Share, ShareId, ShareServer, ShareServerId, ShareType,
};
use manilad_store::{Draft, Error};

use super::neighbours::leave_neighbours;
use super::{ShareAction, current};
use crate::settle::{Next, Settling, change};
use crate::{Decided, Owed, access, encryption_key, resource_lock, share_transfer, snapshot};

/// Owes the removal of a share, if it is in a status for that.
///
/// # Errors
/// Missing when it has gone; as [`ShareAction::Delete`] has it; forbidden while it is locked or has snapshots.
pub fn delete(
    draft: &mut Draft<'_>,
    id: ShareId,
    deletion: Deletion,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    remove(draft, id, (ShareAction::Delete, deletion), version, cause)
}

/// Owes the removal of a share, whatever its status.
///
/// # Errors
/// Missing when it has gone; as [`ShareAction::ForceDelete`] has it; invalid while it is locked or has snapshots.
pub fn force_delete(
    draft: &mut Draft<'_>,
    id: ShareId,
    deletion: Deletion,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    remove(draft, id, (ShareAction::ForceDelete, deletion), version, cause)
}

fn remove(
    draft: &mut Draft<'_>,
    id: ShareId,
    (action, deletion): (ShareAction, Deletion),
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    let share = current(draft, id, action)?;
    check_removal(draft, &share, action, version)?;
    Ok(((), remove_instances(draft, share, |_| true, deletion, cause)?))
}

/// Whether a share may be removed now, in the way that is asked for.
///
/// # Errors
/// As the action has it; forbidden, by force invalid, while it is locked or has snapshots.
pub(super) fn check_removal(
    draft: &Draft<'_>,
    share: &Share,
    action: ShareAction,
    version: Microversion,
) -> Result<(), Fault> {
    let refusal: fn(String) -> Fault =
        if action == ShareAction::ForceDelete { Fault::invalid } else { Fault::forbidden };
    resource_lock::refuse_removal(draft, share.id, refusal)?;
    action.check(share.status(), version)?;
    if !snapshot::kept_of(draft, share.id)?.is_empty() {
        return Err(refusal(format!("Share {} has snapshots, which have to be deleted first.", share.id)));
    }
    Ok(())
}

/// Marks the instances that `goes` names as going, and owes their removal. A share without live instances goes at once, and a
/// pending transfer with what was offered.
pub(crate) fn remove_instances(
    draft: &mut Draft<'_>,
    mut share: Share,
    goes: impl Fn(&Instance) -> bool,
    deletion: Deletion,
    cause: &Cause,
) -> Result<Vec<Owed>, Error> {
    let mut owed = Vec::new();
    for instance in std::mem::take(&mut share.instances) {
        if !goes(&instance) {
            share.instances.push(instance);
            continue;
        }
        let is_placed = instance.pool.is_some();
        let instance = owe_removal(draft, &share, instance, deletion, cause, &mut owed)?;
        if is_placed {
            share.instances.push(instance);
        }
    }
    share_transfer::end_unless_awaited(draft, &share)?;
    if share.status().is_deferred_deletion() {
        // For its owner it is gone.
        resource_lock::end_with_share(draft, share.id)?;
        leave_neighbours(draft, &mut share)?;
    }
    if share.live().next().is_none() {
        owed.extend(forget(draft, share, cause)?);
    } else {
        draft.put(&share)?;
    }
    Ok(owed)
}

/// Owes the removal of an instance in place of whatever is owed for it, and returns it as it is then. One that its back end
/// refused goes already, and what has no place needs no removal.
fn owe_removal(
    draft: &mut Draft<'_>,
    share: &Share,
    instance: Instance,
    deletion: Deletion,
    cause: &Cause,
    owed: &mut Vec<Owed>,
) -> Result<Instance, Error> {
    access::end(draft, instance.id)?;
    let open: Option<Intent> = draft.get(&Intent::key_of(instance.id, Lane::Life))?;
    if instance.superseded && open.as_ref().is_some_and(|intent| intent.verb == Verb::Delete) {
        return Ok(instance);
    }
    open.as_ref().map_or(Ok(()), |intent| snapshot::end_restoring(draft, intent, cause.now))?;
    let Some(pool) = &instance.pool else {
        open.map_or(Ok(()), |intent| draft.remove(&intent))?;
        return Ok(instance);
    };
    owed.push(Owed::Backend(pool.service()));
    let may_be_let_go = instance.may_be_let_go
        || instance.status == Status::UnmanageError
        || open.is_some_and(|open| open.verb == Verb::Unmanage || open.arguments.may_be_let_go);
    let server: Option<ShareServer> =
        instance.server.filter(|_| may_be_let_go).map(|id| draft.get(&id.to_string())).transpose()?.flatten();
    if let Some(server) = server {
        // What is left on it would go with it, or keep it from going.
        draft.put(&ShareServer { is_auto_deletable: false, updated_at: Some(cause.now), ..server })?;
    }
    let arguments = Box::new(Arguments { may_be_let_go, ..Arguments::default() });
    let intent = Intent { arguments, ..Intent::new(share, &instance, Verb::Delete, draft.next_serial()?, cause) };
    draft.put(&intent)?;
    // What is gone for its owner does not come back for being removed once more.
    let deletion = if instance.status.is_deferred_deletion() { Deletion::Deferred } else { deletion };
    Ok(Instance { status: deletion.of_share(), updated_at: Some(cause.now), ..instance })
}

/// Removes a share that lives nowhere, with its rules and snapshots, and lets its neighbours forget it. The instances that are left were
/// refused: what their back ends have still to let go of is kept apart.
fn forget(draft: &mut Draft<'_>, mut share: Share, cause: &Cause) -> Result<Vec<Owed>, Error> {
    for rule in access::rules_of(draft, &share)? {
        draft.remove(&rule)?;
    }
    snapshot::forget_all(draft, share.id)?;
    resource_lock::end_with_share(draft, share.id)?;
    leave_neighbours(draft, &mut share)?;
    let mut owed = Vec::new();
    for instance in std::mem::take(&mut share.instances) {
        let instance = owe_removal(draft, &share, instance, Deletion::Usual, cause, &mut owed)?;
        share.instances.push(instance);
    }
    let share_type = share.type_id.map(|id| draft.get::<ShareType>(&id.to_string())).transpose()?.flatten();
    for detached in share.detached(share_type.as_ref()) {
        draft.put(&detached)?;
    }
    draft.remove(&share)?;
    encryption_key::end_with_share(draft, &share)?;
    Ok(owed)
}

impl Settling {
    /// Nothing of the instance is left on the array. The share goes with its last live instance.
    pub fn deleted(mut self, draft: &mut Draft<'_>, snapshot: &Intent) -> Result<Next, Error> {
        if snapshot.verb != Verb::Delete {
            return Ok(Next::Stale);
        }
        let Some(intent) = self.owed(draft, snapshot)? else { return self.removed_all_the_same(draft, snapshot) };
        let Some(share) = draft.get::<Share>(&intent.share.to_string())? else {
            return self.detached_deleted(draft, &intent);
        };
        self.let_go(draft, &intent, share)
    }

    /// The share goes with its last live instance, and its share server may, once nothing is on that.
    pub(super) fn let_go(&mut self, draft: &mut Draft<'_>, intent: &Intent, mut share: Share) -> Result<Next, Error> {
        draft.remove(intent)?;
        access::end(draft, intent.instance)?;
        let cause = self.cause(&intent.request_id);
        let server = share.instance(intent.instance).and_then(|instance| instance.server);
        share.instances.retain(|instance| instance.id != intent.instance);
        let is_left = share.live().next().is_some();
        let owed = match is_left {
            true => draft.put(&share).map(|()| Vec::new())?,
            false => forget(draft, share, &cause)?,
        };
        Ok(self.leave(draft, server, intent)?.and(owed))
    }

    /// The same of an instance whose share is gone.
    fn detached_deleted(&mut self, draft: &mut Draft<'_>, intent: &Intent) -> Result<Next, Error> {
        let detached: Option<DetachedInstance> = draft.get(&intent.instance.to_string())?;
        let Some(detached) = detached else { return Ok(Next::Stale) };
        draft.remove(intent)?;
        draft.remove(&detached)?;
        let server = detached.share.instances.first().and_then(|instance| instance.server);
        self.leave(draft, server, intent)
    }

    /// Whether the share of an instance is gone, and the instance is not.
    pub(crate) fn is_detached(&self, draft: &Draft<'_>, intent: &Intent) -> Result<bool, Error> {
        Ok(draft.get::<DetachedInstance>(&intent.instance.to_string())?.is_some())
    }

    fn leave(&mut self, draft: &mut Draft<'_>, server: Option<ShareServerId>, intent: &Intent) -> Result<Next, Error> {
        match server {
            Some(server) => self.left(draft, server, &intent.request_id),
            None => Ok(Next::NOBODY),
        }
    }

    /// The intent stays open, and slow: the array may let go later. The owner is told, unless it is gone for the owner already.
    pub(crate) fn delete_failed(
        &mut self,
        draft: &mut Draft<'_>,
        intent: &Intent,
        mut share: Share,
        trouble: &Trouble,
    ) -> Result<Next, Error> {
        let now = self.now;
        let mut is_news = false;
        change(&mut share, intent.instance, |instance| {
            let failed = instance.status.removal_failed();
            is_news = instance.status != failed && !instance.superseded;
            if is_news {
                instance.status = failed;
                instance.updated_at = Some(now);
            }
        });
        if is_news {
            draft.put(&share)?;
        }
        if is_news && !share.status().is_deferred_deletion() {
            self.tell(draft, intent, MessageAction::Delete, trouble.detail)?;
        }
        Ok(Next::NOBODY)
    }
}

#[cfg(test)]
mod tests {
    use manilad_domain::PoolName;
    use manilad_domain::status::Status;
    use manilad_store::consistency;

    use super::*;
    use crate::share::samples::{cause, decide, instance, now, share, store};

    #[test]
    fn what_is_gone_for_its_owner_stays_so_and_what_may_have_been_let_go_of_is_removed_with_care() {
        for (before, after, may_be_let_go) in [
            (Status::Error, Status::Deleting, false),
            (Status::ErrorDeferredDeleting, Status::DeferredDeleting, false),
            (Status::DeferredDeleting, Status::DeferredDeleting, false),
            (Status::UnmanageError, Status::Deleting, true),
        ] {
            let one = Instance { status: before, pool: Some("h@b#one".parse().unwrap()), ..instance(1) };
            let (store, share) = (store(), share(vec![one]));
            let id = share.id;
            decide(&store, move |draft| Ok(draft.put(&share)?)).unwrap();
            let removal =
                move |draft: &mut Draft<'_>| force_delete(draft, id, Deletion::Usual, Microversion::MAX, &cause());
            decide(&store, removal).unwrap();
            let intents: Vec<Intent> = store.all().unwrap();
            let found = store.get::<Share>(&id.to_string()).unwrap().unwrap().instances[0].status;
            assert_eq!((found, intents[0].arguments.may_be_let_go), (after, may_be_let_go), "{before}");
        }
    }

    #[test]
    fn an_instance_whose_removal_was_given_up_is_removed_when_its_share_goes_without_it() {
        let pool: PoolName = "h@b#one".parse().unwrap();
        let refused = Instance { status: Status::Available, superseded: true, pool: Some(pool), ..instance(1) };
        let (share, refused, live) = (share(vec![refused.clone(), instance(2)]), refused.id, instance(2).id);
        let (store, id) = (store(), share.id);
        decide(&store, move |draft| Ok(draft.put(&share)?)).unwrap();
        let removal = move |draft: &mut Draft<'_>| {
            crate::instance::force_delete(draft, id, live, Deletion::Usual, Microversion::MAX, &cause())
        };
        let ((), owed) = decide(&store, removal).unwrap();
        assert_eq!(owed, vec![Owed::Backend("h@b".to_owned())]);
        assert_eq!(store.all::<Share>().unwrap(), []);
        let intents: Vec<Intent> = store.all().unwrap();
        assert_eq!(intents.len(), 1);
        assert_eq!((intents[0].instance, intents[0].verb, intents[0].created_at), (refused, Verb::Delete, now()));
        let detached: Vec<DetachedInstance> = store.all().unwrap();
        let statuses: Vec<_> = detached.iter().flat_map(|one| &one.share.instances).map(|one| one.status).collect();
        assert_eq!(statuses, [Status::Deleting]);
        assert_eq!(consistency(&store), Vec::<String>::new());
    }
}
