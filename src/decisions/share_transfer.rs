//! Share transfers: offered, accepted, withdrawn, and ended when their time is over.
//!
//! A share has a pending transfer as long as it awaits one, and no longer: whatever else takes its status away ends the
//! transfer in the same batch. Nothing of this reaches the array, but that access rules are denied where the one who accepts
//! wants that. How to get it wrong: to let the share go to its new owner and leave something with the former one by which the
//! share can be held or seen, as a snapshot or a lock; or to change the status of a share and not to ask
//! [`end_unless_awaited`].

use std::collections::BTreeSet;

use manilad_domain::access::AccessRule;
use manilad_domain::fault::Kind;
use manilad_domain::intent::Cause;
use manilad_domain::quota::{Charge, Limits};
use manilad_domain::share_transfer::index;
use manilad_domain::status::{SnapshotStatus, Status};
use manilad_domain::{
    Fault, Microversion, Record, Secret, Share, ShareId, ShareSnapshot, ShareTransfer, ShareTransferId, ShareType,
    Stamp, snapshot,
};
use manilad_store::{Draft, Error, Range};

use crate::share::{self, ShareAction, leave_neighbours};
use crate::{Decided, access, quota, resource_lock};

/// By whom a transfer is accepted, and how.
#[derive(Debug, Clone)]
pub struct Acceptance {
    pub key: Secret,
    pub project_id: String,
    pub user_id: String,
    /// Whether all access rules of the share are denied.
    pub clears_rules: bool,
}

/// What a transfer that is not there is to who names it.
pub fn missing(id: impl std::fmt::Display) -> Fault {
    Fault::no_such("share transfer", id)
}

/// What a share that is not there is to who would offer it.
pub fn unknown_share(id: impl std::fmt::Display) -> Fault {
    Fault::invalid(format!("Member \"share_id\" must name a share: there is none with id {id}."))
}

/// Offers a share, which awaits its transfer from then on.
///
/// # Errors
/// Invalid where the share has gone, or is another project's by now; as [`ShareAction::Transfer`] has it; invalid for a share
/// that is in a share network, on no back end, mounted by a name that holds the id of its project, or of which a snapshot is
/// not available; conflict while its back end is still looking for it.
pub fn create(draft: &mut Draft<'_>, transfer: ShareTransfer, version: Microversion) -> Decided<ShareTransfer> {
    let id = transfer.share_id;
    let changeable = share::changeable(draft, id, ShareAction::Transfer, version);
    let (mut share, instance, _) = changeable.map_err(|fault| match fault.kind {
        Kind::Missing => unknown_share(id),
        _ => fault,
    })?;
    if share.project_id != transfer.source_project_id {
        return Err(unknown_share(id));
    }
    refuse_bound(draft, &share)?;
    if let Some(instance) = share.instance_mut(instance) {
        instance.status = Status::AwaitingTransfer;
        instance.updated_at = Some(transfer.created_at);
    }
    draft.put(&share)?;
    draft.put(&transfer)?;
    Ok((transfer, Vec::new()))
}

/// # Errors
/// Invalid where something binds the share to its project, or its snapshots can't be handed over.
fn refuse_bound(draft: &Draft<'_>, share: &Share) -> Result<(), Fault> {
    let id = share.id;
    if let Some(network) = share.live().find_map(|instance| instance.network) {
        return Err(Fault::invalid(format!("Share {id} can't be transferred: it is in share network {network}.")));
    }
    if let Some(name) = share.mount_point_name.as_ref().filter(|name| name.contains(&share.project_id)) {
        return Err(Fault::invalid(format!(
            "Share {id} can't be transferred: its mount point name {name} holds the id of its project."
        )));
    }
    let unready = crate::snapshot::kept_of(draft, id)?.into_iter().find(|one| one.status != SnapshotStatus::Available);
    unready.map_or(Ok(()), |one| {
        let (snapshot, status) = (one.id, one.status);
        Err(Fault::invalid(format!(
            "Share {id} can't be transferred: its snapshot {snapshot} is {status}, expected available."
        )))
    })
}

/// Gives the share to the project that accepts it, with its snapshots and with what users of the former one had locked of
/// it. Neighbours in the former project and the share forget one another.
///
/// # Errors
/// Invalid where no such transfer is pending, for a wrong key, and where the project may not use the type of the share; over
/// limit where its quota has no room; where rules are to be denied, as [`access::deny`].
pub fn accept(
    draft: &mut Draft<'_>,
    id: ShareTransferId,
    asked: &Acceptance,
    configured: &Limits,
    version: Microversion,
    cause: &Cause,
) -> Decided<()> {
    let transfer = acceptable(draft, id, asked, cause.now)?;
    let share = share::current(draft, transfer.share_id, ShareAction::Transfer)?;
    refuse_closed_type(draft, &share, &asked.project_id)?;
    let snapshots = snapshots_of(draft, share.id)?;
    let is_moved = share.project_id != asked.project_id;
    let (given_share, given_snapshots) = given(&share, &snapshots, asked, cause.now);
    let before = charges(&share, &snapshots).into_iter().filter(|charge| charge.project == asked.project_id);
    let mut wishes = charges(&given_share, &given_snapshots);
    wishes.extend(before.map(|charge| Charge { amount: -charge.amount, ..charge }));
    let quota = quota::of(draft, configured, &asked.project_id, &asked.user_id, None)?;
    quota.admit(&draft.usage(&asked.project_id)?, &wishes)?;
    let mut share = given_share;
    if is_moved {
        leave_neighbours(draft, &mut share)?;
        resource_lock::pass_on(draft, share.id, &transfer.source_project_id, (&asked.project_id, &asked.user_id))?;
    }
    draft.put(&share)?;
    given_snapshots.iter().try_for_each(|snapshot| draft.put(snapshot))?;
    draft.put(&ShareTransfer { destination_project_id: Some(asked.project_id.clone()), ..transfer })?;
    let mut owed = Vec::new();
    if asked.clears_rules {
        for rule in access::rules_of(draft, &share)? {
            owed.extend(deny(draft, &rule, asked, version, cause)?);
        }
    }
    Ok(((), owed))
}

/// The transfer, if whoever asks may accept it now.
fn acceptable(draft: &Draft<'_>, id: ShareTransferId, asked: &Acceptance, now: Stamp) -> Result<ShareTransfer, Fault> {
    let transfer: Option<ShareTransfer> = draft.get(&id.to_string())?;
    let pending = transfer.filter(|one| !one.is_accepted() && !one.is_over(now));
    let transfer = pending.ok_or_else(|| Fault::invalid(format!("No share transfer {id} is pending.")))?;
    match transfer.key.is_of(&asked.key) {
        true => Ok(transfer),
        false => Err(Fault::invalid(format!("Member \"auth_key\" is not the key of share transfer {id}."))),
    }
}

/// # Errors
/// Invalid where a project may not use the type of a share.
fn refuse_closed_type(draft: &Draft<'_>, share: &Share, project: &str) -> Result<(), Fault> {
    let of = share.type_id.map(|id| draft.get::<ShareType>(&id.to_string())).transpose()?.flatten();
    of.filter(|of| !of.is_open_to(project)).map_or(Ok(()), |of| {
        let (id, name) = (share.id, of.name);
        Err(Fault::invalid(format!("Share {id} can't be accepted: the project may not use share type {name}.")))
    })
}

/// What a share and its snapshots are when they are given to whom accepts them.
fn given(share: &Share, snapshots: &[ShareSnapshot], to: &Acceptance, now: Stamp) -> (Share, Vec<ShareSnapshot>) {
    let (project_id, user_id) = (&to.project_id, &to.user_id);
    let snapshot = |one: &ShareSnapshot| ShareSnapshot {
        project_id: project_id.clone(),
        user_id: user_id.clone(),
        updated_at: Some(now),
        ..one.clone()
    };
    let given = Share { project_id: project_id.clone(), user_id: user_id.clone(), ..released(share.clone(), now) };
    (given, snapshots.iter().map(snapshot).collect())
}

/// The share, available as it was before it was offered.
fn released(mut share: Share, now: Stamp) -> Share {
    for instance in share.instances.iter_mut().filter(|one| one.status == Status::AwaitingTransfer) {
        instance.status = Status::Available;
        instance.updated_at = Some(now);
    }
    share.updated_at = Some(now);
    share
}

fn charges(share: &Share, snapshots: &[ShareSnapshot]) -> Vec<Charge> {
    share.charges().into_iter().chain(snapshots.iter().flat_map(Record::charges)).collect()
}

/// Denies a rule over the locks that whoever accepts may lift: their own.
fn deny(
    draft: &mut Draft<'_>,
    rule: &AccessRule,
    asked: &Acceptance,
    version: Microversion,
    cause: &Cause,
) -> Result<Vec<crate::Owed>, Fault> {
    let own: BTreeSet<_> = resource_lock::of_users(draft, rule.share_id, &asked.project_id)?
        .iter()
        .filter(|lock| lock.user_id == asked.user_id)
        .map(|lock| lock.id)
        .collect();
    access::deny(draft, rule.share_id, rule.id, &own, version, cause).map(|((), owed)| owed)
}

/// Withdraws a transfer; the share is available again.
///
/// # Errors
/// Missing when it has gone; invalid where it was accepted.
pub fn delete(draft: &mut Draft<'_>, id: ShareTransferId, now: Stamp) -> Decided<()> {
    let transfer: Option<ShareTransfer> = draft.get(&id.to_string())?;
    let transfer = transfer.ok_or_else(|| missing(id))?;
    if transfer.is_accepted() {
        return Err(Fault::invalid(format!("Share transfer {id} was accepted and can't be withdrawn.")));
    }
    end(draft, &transfer, now)?;
    Ok(((), Vec::new()))
}

/// Ends transfers whose time is over, up to so many, and tells how many. What nobody accepted is available again.
///
/// # Errors
/// Internal when the store can't be read; so for all below.
pub fn expire(draft: &mut Draft<'_>, now: Stamp, at_most: usize) -> Result<usize, Error> {
    let oldest: Vec<ShareTransfer> = draft.scan(Range::all(index::BY_EXPIRY).limit(at_most))?;
    let over: Vec<_> = oldest.into_iter().filter(|transfer| transfer.is_over(now)).collect();
    over.iter().try_for_each(|transfer| end(draft, transfer, now))?;
    Ok(over.len())
}

fn end(draft: &mut Draft<'_>, transfer: &ShareTransfer, now: Stamp) -> Result<(), Error> {
    draft.remove(transfer)?;
    let share: Option<Share> = draft.get(&transfer.share_id.to_string())?;
    match share.filter(|_| !transfer.is_accepted()) {
        Some(share) => draft.put(&released(share, now)),
        None => Ok(()),
    }
}

/// Ends the pending transfer of a share, if it has one and does not await it any more, as it is now.
pub(crate) fn end_unless_awaited(draft: &mut Draft<'_>, share: &Share) -> Result<(), Error> {
    if share.status() == Status::AwaitingTransfer {
        return Ok(());
    }
    let pending: Vec<ShareTransfer> = draft.scan(Range::of(index::BY_SHARE, [share.key()]))?;
    pending.iter().try_for_each(|transfer| draft.remove(transfer))
}

fn snapshots_of(draft: &Draft<'_>, share: ShareId) -> Result<Vec<ShareSnapshot>, Error> {
    draft.scan(Range::of(snapshot::index::BY_SHARE, [share.to_string()]))
}

#[cfg(test)]
mod tests;
