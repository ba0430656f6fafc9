//! Changing what is said about a share. Nothing here reaches the array, except that the rules are owed anew where what
//! they are enforced by has changed.
//!
//! How to get it wrong: to change what the rules of a share are enforced by, and not to owe the array the rules in the
//! same commit; they would stay as they were until somebody else changes them.

use manilad_domain::intent::Cause;
use manilad_domain::metadata::MetadataChange;
use manilad_domain::status::{Status, TaskState};
use manilad_domain::{Microversion, Share, ShareId, Stamp};
use manilad_store::Draft;

use super::{ShareAction, current};
use crate::instance::set_status;
use crate::{Decided, access};

/// What of a share is to be changed; none: it stays as it is.
#[derive(Debug, Clone, Default)]
pub struct Update {
    /// The name, or that it is to have none.
    pub name: Option<Option<String>>,
    /// The same of the description.
    pub description: Option<Option<String>>,
    pub is_public: Option<bool>,
}

/// Changes what a tenant says about a share.
///
/// # Errors
/// Missing when the share has gone; as [`ShareAction::Update`] has it.
pub fn update(draft: &mut Draft<'_>, id: ShareId, update: Update, version: Microversion, now: Stamp) -> Decided<Share> {
    let mut share = current(draft, id, ShareAction::Update)?;
    ShareAction::Update.check(share.status(), version)?;
    if let Some(name) = update.name {
        share.name = name;
    }
    if let Some(description) = update.description {
        share.description = description;
    }
    if let Some(is_public) = update.is_public {
        share.is_public = is_public;
    }
    share.updated_at = Some(now);
    draft.put(&share)?;
    Ok((share, Vec::new()))
}

/// Changes the metadata of a share, of which some keys are reserved. Where one of the `switches` by which its rules are
/// enforced comes out otherwise, the rules are owed anew.
///
/// # Errors
/// Missing when the share has gone; as [`MetadataChange::apply`] and [`ShareAction::ChangeMetadata`].
pub fn change_metadata(
    draft: &mut Draft<'_>,
    id: ShareId,
    change: MetadataChange,
    reserved: &[String],
    switches: &[&str],
    version: Microversion,
    cause: &Cause,
) -> Decided<Share> {
    let mut share = current(draft, id, ShareAction::ChangeMetadata)?;
    ShareAction::ChangeMetadata.check(share.status(), version)?;
    let before = share.metadata.clone();
    change.apply(&mut share.metadata, reserved)?;
    let is_changed = switches.iter().any(|key| before.get(*key) != share.metadata.get(*key));
    let owed = if is_changed { access::owe_anew(draft, &mut share, cause)? } else { Vec::new() };
    draft.put(&share)?;
    Ok((share, owed))
}

/// Sets the stored status of the instance that stands for the share. Work that is owed for it is given up: the
/// administrator says how things are.
///
/// # Errors
/// Missing when the share has gone; as [`ShareAction::ResetStatus`] has it.
pub fn reset_status(
    draft: &mut Draft<'_>,
    id: ShareId,
    status: Status,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    let mut share = current(draft, id, ShareAction::ResetStatus)?;
    ShareAction::ResetStatus.check(share.status(), version)?;
    let Some(main_instance) = share.main_instance().map(|one| one.id) else { return Ok(((), Vec::new())) };
    Ok(((), set_status(draft, &mut share, main_instance, status, cause)?))
}

/// Sets how far the share says that its migration has come.
///
/// # Errors
/// Missing when the share has gone; as [`ShareAction::ResetTaskState`] has it.
pub fn reset_task_state(
    draft: &mut Draft<'_>,
    id: ShareId,
    state: Option<TaskState>,
    version: Microversion,
    now: Stamp,
) -> Decided<()> {
    let mut share = current(draft, id, ShareAction::ResetTaskState)?;
    ShareAction::ResetTaskState.check(share.status(), version)?;
    share.task_state = state;
    share.updated_at = Some(now);
    draft.put(&share)?;
    Ok(((), Vec::new()))
}

#[cfg(test)]
mod tests {
    use manilad_domain::access::{AccessLevel, AccessType};
    use manilad_domain::status::RuleState;
    use manilad_domain::{AccessRule, Fault};
    use uuid::Uuid;

    use super::*;
    use crate::share::samples::{cause, decide, instance, now, share, store};

    /// What is owed when the metadata of a share with a rule becomes this, where its driver enforces rules by `switch`.
    fn owed(metadata: &[(&str, &str)]) -> Vec<crate::Owed> {
        let store = store();
        let change =
            MetadataChange::Replace(metadata.iter().map(|(key, word)| ((*key).into(), (*word).into())).collect());
        let decided = decide(&store, move |draft| {
            let mut served = instance(1);
            served.status = Status::Available;
            served.pool = Some("node1@alpha#one".parse().map_err(Fault::invalid)?);
            let mut share = share(vec![served]);
            share.metadata = [("switch".to_owned(), "true".to_owned())].into();
            draft.put(&AccessRule {
                id: Uuid::from_u128(2).into(),
                share_id: share.id,
                kind: AccessType::Ip,
                to: "10.0.0.1".into(),
                level: AccessLevel::Rw,
                key: None,
                state: RuleState::Active,
                metadata: Default::default(),
                created_at: now(),
                updated_at: None,
            })?;
            draft.put(&share)?;
            change_metadata(draft, share.id, change, &[], &["other", "switch"], Microversion::MAX, &cause())
        });
        decided.unwrap().1
    }

    #[test]
    fn rules_are_owed_anew_where_a_switch_of_the_driver_comes_out_otherwise_and_not_else() {
        assert_eq!(owed(&[("switch", "true"), ("colour", "red")]), []);
        for changed in [&[("switch", "false")] as &[_], &[], &[("switch", "true"), ("other", "no")]] {
            assert_eq!(owed(changed), [crate::Owed::Backend("node1@alpha".into())], "{changed:?}");
        }
    }
}
