//! Making a share larger or smaller: which status allows it, what its type and the quota allow, and what is reserved.
//!
//! What a larger share needs is charged to the intent until it is done or given up, so that two requests can't take the same
//! gigabytes; a smaller share gives back when it is smaller. Whether the pool has room
//! is judged by the scheduler, on what was promised there until then; if more is by now, it is to judge again. How to get it wrong:
//! to change the size of the record here. It is what the array has until it says otherwise. Source: resources.md §1, §21, quotas-and-limits.md §2, §3.

use std::time::Duration;

use manilad_domain::fault::Kind;
use manilad_domain::intent::{Cause, Lane, Resize, Verb};
use manilad_domain::message::{Action as MessageAction, Detail};
use manilad_domain::pool::Ceiling;
use manilad_domain::quota::Limits;
use manilad_domain::{
    Fault, InstanceId, Intent, MessageId, Microversion, PoolName, Record, Share, ShareId, ShareType, extra_specs,
};
use manilad_store::Draft;

use super::ShareAction;
use super::begin::{begin, changeable};
use crate::message::about_share;
use crate::{Decided, judged_room, quota};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Extension {
    /// GiB.
    pub size: u64,
    /// Whether the share type's limit for extending counts in place of its limit for shares.
    pub beyond_type: bool,
    pub judgement: Judged,
}

/// Whether the scheduler was asked for the room of the pool.
#[derive(Debug, Clone)]
pub enum Judged {
    /// An administrator wants none of that.
    Forced,
    /// Not yet: whatever else refuses the request comes first.
    NotAsked,
    Asked(Judgement),
}

/// What the scheduler says of the room for a share to grow.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// GiB more for which it was asked.
    pub more: u64,
    pub room: Result<Ceiling, NoRoom>,
}

/// What came of having a share made larger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extended {
    /// It is to be larger, or its owner is sent a message why not.
    Settled,
    /// Nothing: the scheduler was not asked, or judged by what has changed since, and is to be asked now.
    Outdated,
}

/// Why the pool of the share can't take it, and what makes a message of that.
#[derive(Debug, Clone)]
pub struct NoRoom {
    pub detail: Detail,
    pub message: MessageId,
    pub lives: Duration,
}

/// Has the share made larger. Where its pool has no room it stays as it is, and its owner is sent a message.
///
/// # Errors
/// Invalid in another status, for a size that is not larger or that the type forbids, and while its share network is not active;
/// conflict while its back end is still looking for it; over limit above what one share may have; forbidden above the quota of gigabytes.
pub fn extend(
    draft: &mut Draft<'_>,
    id: ShareId,
    asked: &Extension,
    configured: &Limits,
    version: Microversion,
    cause: &Cause,
) -> Decided<Extended> {
    let size = asked.size;
    let (share, instance, pool) = changeable(draft, id, ShareAction::Extend, version)?;
    if size <= share.size {
        return Err(Fault::invalid(format!("The new size must be greater than {} GiB, not {size}.", share.size)));
    }
    let spec = if asked.beyond_type { extra_specs::MAX_SHARE_EXTEND_SIZE } else { extra_specs::MAX_SHARE_SIZE };
    if let Some((name, most)) = limit_of_type(draft, &share, spec)?.filter(|(_, most)| size > *most) {
        return Err(Fault::invalid(format!("Share type {name} takes sizes up to {most} GiB ({spec}), not {size}.")));
    }
    let limits = quota::of(draft, configured, &share.project_id, &share.user_id, share.type_id)?;
    limits.admit_size(size)?;
    let owed = owed(draft, &share, instance, pool.clone(), Verb::Extend, size, cause)?;
    limits.admit(&draft.usage(&share.project_id)?, &owed.charges()).map_err(|fault| match fault.kind {
        Kind::OverLimit => Fault { kind: Kind::Forbidden, ..fault },
        _ => fault,
    })?;
    let more = size - share.size;
    match &asked.judgement {
        Judged::NotAsked => Ok((Extended::Outdated, Vec::new())),
        Judged::Asked(judgement) if judgement.more < more => Ok((Extended::Outdated, Vec::new())),
        // Less may well fit.
        Judged::Asked(Judgement { more: asked, room: Err(_) }) if *asked > more => Ok((Extended::Outdated, Vec::new())),
        Judged::Asked(Judgement { room: Err(NoRoom { detail, message, lives }), .. }) => {
            draft.put(&about_share(&owed, MessageAction::Extend, *detail, *message, cause.now, *lives))?;
            Ok((Extended::Settled, Vec::new()))
        }
        Judged::Asked(Judgement { room: Ok(ceiling), .. }) if judged_room::is_outdated(draft, &pool, *ceiling)? => {
            Ok((Extended::Outdated, Vec::new()))
        }
        Judged::Asked(Judgement { room: Ok(_), .. }) | Judged::Forced => {
            begin(draft, share, owed, cause).map(|((), owed)| (Extended::Settled, owed))
        }
    }
}

/// Has the share made smaller.
///
/// # Errors
/// Invalid in another status, for a size that is not smaller or that the type forbids, and while its share network is not active;
/// conflict while its back end is still looking for it.
pub fn shrink(draft: &mut Draft<'_>, id: ShareId, size: u64, version: Microversion, cause: &Cause) -> Decided<()> {
    let (share, instance, pool) = changeable(draft, id, ShareAction::Shrink, version)?;
    if size >= share.size {
        return Err(Fault::invalid(format!("The new size must be less than {} GiB, not {size}.", share.size)));
    }
    let spec = extra_specs::MIN_SHARE_SIZE;
    if let Some((name, least)) = limit_of_type(draft, &share, spec)?.filter(|(_, least)| size < *least) {
        return Err(Fault::invalid(format!("Share type {name} takes sizes from {least} GiB ({spec}), not {size}.")));
    }
    let owed = owed(draft, &share, instance, pool, Verb::Shrink, size, cause)?;
    begin(draft, share, owed, cause)
}

/// A limit of the share's type, with the name of the type.
fn limit_of_type(draft: &Draft<'_>, share: &Share, spec: &str) -> Result<Option<(String, u64)>, Fault> {
    let of = share.type_id.map(|id| draft.get::<ShareType>(&id.to_string())).transpose()?.flatten();
    Ok(of.and_then(|of| Some((of.name.clone(), of.number(spec)?))))
}

/// The work that is owed, without a serial until it is begun.
fn owed(
    draft: &Draft<'_>,
    share: &Share,
    instance: InstanceId,
    pool: PoolName,
    verb: Verb,
    size: u64,
    cause: &Cause,
) -> Result<Intent, Fault> {
    let instance = share.instance(instance).ok_or_else(|| Fault::no_such("share", share.id))?;
    let more = size.saturating_sub(share.size);
    // What would look for its export locations is replaced.
    let owes_exports = draft.get::<Intent>(&Intent::key_of(instance.id, Lane::Life))?.is_some();
    let arguments = Resize { size, more, share_type: share.type_id, pool, owes_exports }.into();
    Ok(Intent { arguments, ..Intent::new(share, instance, verb, 0, cause) })
}

#[cfg(test)]
mod tests {
    use manilad_domain::Instance;
    use manilad_domain::status::Status;
    use manilad_store::Store;

    use super::*;
    use crate::share::samples::{cause, decide, instance, share, store};

    /// What comes of extending a share of 1 GiB, the only one on its pool, to 3 GiB, and whether it is begun.
    fn extended(judgement: Judged) -> (Result<Extended, Fault>, bool) {
        let placed = Instance { status: Status::Available, pool: Some("h@b#one".parse().unwrap()), ..instance(1) };
        let (store, share) = (store(), share(vec![placed]));
        let (id, asked) = (share.id, Extension { size: 3, beyond_type: false, judgement });
        decide(&store, move |draft| Ok(draft.put(&share)?)).unwrap();
        let limits = Limits::by(|_| -1);
        let come = decide(&store, move |draft| {
            extend(draft, id, &asked, &limits, Microversion::MAX, &cause()).map(|(extended, _)| extended)
        });
        let is_begun = Store::all::<Intent>(&store).unwrap().iter().any(|intent| intent.verb == Verb::Extend);
        (come, is_begun)
    }

    #[test]
    fn a_share_that_its_back_end_is_looking_for_is_in_conflict_with_another_size_and_not_at_fault() {
        let placed = Instance { status: Status::Available, pool: Some("h@b#one".parse().unwrap()), ..instance(1) };
        let (store, share) = (store(), share(vec![placed]));
        let (id, size) = (share.id, share.size);
        decide(&store, move |draft| {
            let rescue = Intent::new(&share, &share.instances[0], Verb::Rescue, draft.next_serial()?, &cause());
            draft.put(&share)?;
            Ok(draft.put(&rescue)?)
        })
        .unwrap();
        let asked = Extension { size: size + 1, beyond_type: false, judgement: Judged::Forced };
        let extended = decide(&store, move |draft| {
            extend(draft, id, &asked, &Limits::by(|_| -1), Microversion::MAX, &cause()).map(|(extended, _)| extended)
        });
        assert_eq!(extended.unwrap_err().kind, Kind::Conflict);
    }

    #[test]
    fn a_judgement_that_others_have_overtaken_begins_nothing_and_is_to_be_made_again() {
        let judged = |more, ceiling| Judged::Asked(Judgement { more, room: Ok(Ceiling(ceiling)) });
        let no_room = |more| {
            let room = Err(NoRoom {
                detail: Detail::FilterCapacity,
                message: uuid::Uuid::nil().into(),
                lives: Duration::ZERO,
            });
            Judged::Asked(Judgement { more, room })
        };
        for (judgement, expected) in [
            (Judged::Forced, (Extended::Settled, true)),
            (judged(2, None), (Extended::Settled, true)),
            (judged(2, Some(1)), (Extended::Settled, true)),
            (judged(2, Some(0)), (Extended::Outdated, false)),
            (judged(1, None), (Extended::Outdated, false)),
            (Judged::NotAsked, (Extended::Outdated, false)),
            (no_room(2), (Extended::Settled, false)),
            // The share has grown meanwhile, and less may fit.
            (no_room(3), (Extended::Outdated, false)),
        ] {
            let (shown, (extended_as, is_begun)) = (format!("{judgement:?}"), expected);
            assert_eq!(extended(judgement), (Ok(extended_as), is_begun), "{shown}");
        }
    }
}
