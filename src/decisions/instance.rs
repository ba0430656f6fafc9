//! What administrators do to an instance of a share.

use manilad_domain::fault::Kind;
use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::status::{Deletion, Status};
use manilad_domain::{Fault, InFlight, InstanceId, Intent, Microversion, Share, ShareId};
use manilad_store::Draft;

use crate::share::{self, ShareAction, remove_instances};
use crate::{Decided, Owed, access, resource_lock, share_transfer, snapshot};

/// Sets the stored status, and gives up the work that is owed for the instance's life: the administrator says how
/// things are.
///
/// # Errors
/// Missing when the instance has gone; as [`ShareAction::ResetInstance`] has it.
pub fn reset_status(
    draft: &mut Draft<'_>,
    share: ShareId,
    id: InstanceId,
    status: Status,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    let (mut share, before) = current(draft, share, id, ShareAction::ResetInstance)?;
    ShareAction::ResetInstance.check(before, version)?;
    Ok(((), set_status(draft, &mut share, id, status, cause)?))
}

/// Gives up whatever is owed for the instance and owes its removal, in one batch. The share goes with its last one.
///
/// # Errors
/// Missing when the instance has gone; invalid while the share that it is part of is locked; as
/// [`ShareAction::ForceDelete`] has it.
pub fn force_delete(
    draft: &mut Draft<'_>,
    share: ShareId,
    id: InstanceId,
    deletion: Deletion,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    let (share, status) = current(draft, share, id, ShareAction::ForceDelete)?;
    if share.live().any(|one| one.id == id) {
        resource_lock::refuse_removal(draft, share.id, Fault::invalid)?;
    }
    ShareAction::ForceDelete.check(status, version)?;
    Ok(((), remove_instances(draft, share, |instance| instance.id == id, deletion, cause)?))
}

/// The share of an instance to which something is to be done, and the status of the instance, as they are now.
fn current(draft: &Draft<'_>, share: ShareId, id: InstanceId, action: ShareAction) -> Result<(Share, Status), Fault> {
    let missing = || Fault::no_such("share instance", id);
    let share = share::current(draft, share, action).map_err(|fault| match fault.kind {
        Kind::Missing => missing(),
        _ => fault,
    })?;
    let status = share.instance(id).map(|one| one.status).ok_or_else(missing)?;
    Ok((share, status))
}

/// Sets the stored status of one instance, and gives up the work that is owed for its life. Where that was a removal
/// which had taken the place of work on its rules, the rules are owed again. A transfer of the share ends. What has no place yet can't be available: it is in error.
///
/// # Errors
/// Internal when the store can't be read.
pub fn set_status(
    draft: &mut Draft<'_>,
    share: &mut Share,
    id: InstanceId,
    status: Status,
    cause: &Cause,
) -> Result<Vec<Owed>, Fault> {
    let (mut was_looked_for, mut was_to_be_let_go) = (false, false);
    if let Some(open) = draft.get::<Intent>(&Intent::key_of(id, Lane::Life))? {
        was_looked_for = matches!(open.verb, Verb::Rescue | Verb::Manage);
        was_to_be_let_go = open.verb == Verb::Unmanage || open.arguments.may_be_let_go;
        draft.remove(&open)?;
        snapshot::end_restoring(draft, &open, cause.now)?;
        if let Some(note) = InFlight::of(&open, cause.now) {
            draft.put(&note)?;
        }
    }
    let mut is_to_be_looked_for = false;
    if let Some(instance) = share.instance_mut(id) {
        instance.may_be_let_go |= was_to_be_let_go || instance.status == Status::UnmanageError;
        // Nothing of it is on any array, and its placement is given up.
        let is_nowhere = status == Status::Available && instance.pool.is_none();
        let status = if is_nowhere { Status::Error } else { status };
        is_to_be_looked_for = status == Status::Available && (instance.status != Status::Available || was_looked_for);
        instance.status = status;
        // Whatever it was on its way to, it has come as far as it will.
        if status == Status::Available && instance.progress.is_some() {
            instance.progress = Some(100);
        }
        instance.updated_at = Some(cause.now);
    }
    let mut owed = Vec::new();
    // A removal, or a creation that failed, may have left nothing that could be served. What has no size was never taken over.
    if let Some(instance) = share.instance(id).filter(|_| is_to_be_looked_for)
        && let Some(pool) = &instance.pool
    {
        owed.push(Owed::Backend(pool.service()));
        let verb = if share.size == 0 { Verb::Manage } else { Verb::Rescue };
        let serial = draft.next_serial()?;
        draft.put(&Intent::new(share, instance, verb, serial, cause))?;
    }
    owed.extend(access::owe_what_waited(draft, share, id, cause)?);
    share_transfer::end_unless_awaited(draft, share)?;
    draft.put(share)?;
    Ok(owed)
}

#[cfg(test)]
mod tests {
    use manilad_domain::access::{AccessLevel, AccessRule, AccessType};
    use manilad_domain::status::{Deletion, RuleState};
    use manilad_domain::{AccessRuleId, Microversion};

    use super::*;
    use crate::share::samples::{cause, decide, instance, now, share, store};

    fn owes(store: &manilad_store::Store, id: InstanceId, lane: Lane) -> Option<Verb> {
        store.get::<Intent>(&Intent::key_of(id, lane)).unwrap().map(|open| open.verb)
    }

    /// A share whose instance is on a pool, in this status.
    fn placed(status: Status) -> Share {
        let mut one = instance(1);
        (one.status, one.pool) = (status, Some("node@alpha#one".parse().unwrap()));
        share(vec![one])
    }

    #[test]
    fn what_is_called_available_twice_is_looked_for_still() {
        let (store, found) = (store(), placed(Status::Deleting));
        let (id, instance) = (found.id, found.instances[0].id);
        decide(&store, move |draft| Ok(draft.put(&found)?)).unwrap();
        for _ in 0..2 {
            let reset = move |draft: &mut Draft<'_>| {
                reset_status(draft, id, instance, Status::Available, Microversion::MAX, &cause())
            };
            decide(&store, reset).unwrap();
            assert_eq!(owes(&store, instance, Lane::Life), Some(Verb::Rescue));
        }
    }

    #[test]
    fn what_is_called_available_on_its_way_has_come_as_far_as_it_will() {
        let (store, mut found) = (store(), placed(Status::CreatingFromSnapshot));
        found.instances[0].progress = Some(37);
        let (id, instance) = (found.id, found.instances[0].id);
        decide(&store, move |draft| Ok(draft.put(&found)?)).unwrap();
        let reset = move |draft: &mut Draft<'_>| {
            reset_status(draft, id, instance, Status::Available, Microversion::MAX, &cause())
        };
        decide(&store, reset).unwrap();
        let share = store.get::<Share>(&id.to_string()).unwrap().unwrap();
        assert_eq!(share.instances[0].progress, Some(100));
    }

    #[test]
    fn what_was_to_be_let_go_of_is_removed_with_care_whatever_its_status_is_said_to_be() {
        let (store, found) = (store(), placed(Status::UnmanageStarting));
        let (id, instance) = (found.id, found.instances[0].id);
        let open = Intent::new(&found, &found.instances[0], Verb::Unmanage, 7, &cause());
        decide(&store, move |draft| {
            draft.put(&open)?;
            Ok(draft.put(&found)?)
        })
        .unwrap();
        let reset =
            move |draft: &mut Draft<'_>| reset_status(draft, id, instance, Status::Error, Microversion::MAX, &cause());
        decide(&store, reset).unwrap();
        let removal =
            move |draft: &mut Draft<'_>| share::force_delete(draft, id, Deletion::Usual, Microversion::MAX, &cause());
        decide(&store, removal).unwrap();
        let owed = store.get::<Intent>(&Intent::key_of(instance, Lane::Life)).unwrap().unwrap();
        assert_eq!((owed.verb, owed.arguments.may_be_let_go), (Verb::Delete, true));
    }

    #[test]
    fn what_has_no_place_is_in_error_when_it_is_called_available() {
        let (store, found) = (store(), share(vec![instance(1)]));
        let (id, instance) = (found.id, found.instances[0].id);
        decide(&store, move |draft| Ok(draft.put(&found)?)).unwrap();
        let reset = move |draft: &mut Draft<'_>| {
            reset_status(draft, id, instance, Status::Available, Microversion::MAX, &cause())
        };
        decide(&store, reset).unwrap();
        assert_eq!(store.get::<Share>(&id.to_string()).unwrap().unwrap().status(), Status::Error);
        assert_eq!(owes(&store, instance, Lane::Life), None);
    }

    #[test]
    fn a_switch_of_the_driver_that_is_set_while_a_share_is_resized_is_owed_to_its_rules() {
        for status in [Status::Extending, Status::Shrinking] {
            let (store, found) = (store(), placed(status));
            let (id, instance) = (found.id, found.instances[0].id);
            let rule = AccessRule {
                id: AccessRuleId(uuid::Uuid::from_u128(9)),
                share_id: id,
                kind: AccessType::Ip,
                to: "10.0.0.1".to_owned(),
                level: AccessLevel::Rw,
                key: None,
                state: RuleState::Active,
                metadata: Default::default(),
                created_at: now(),
                updated_at: None,
            };
            decide(&store, move |draft| Ok(draft.put(&found).and_then(|()| draft.put(&rule))?)).unwrap();
            let change =
                manilad_domain::metadata::MetadataChange::Merge([("all_squash".to_owned(), "true".to_owned())].into());
            let set = move |draft: &mut Draft<'_>| {
                share::change_metadata(draft, id, change, &[], &["all_squash"], Microversion::MAX, &cause())
            };
            decide(&store, set).unwrap();
            assert_eq!(owes(&store, instance, Lane::Access), Some(Verb::Access), "{status}");
        }
    }
}
