//! The recycle bin: a share is put into it, taken out of it, and deleted for good when its time there is over.
//!
//! A share in the bin is what it was, on the array too, and uses what it used. What may be asked of it stands in the table of
//! [`ShareAction`], row by row: what a row says nothing about is refused. How to get it wrong: to find the share of a new
//! action other than by [`current`](super::current), which asks that table; or to let something come to what is in the bin
//! that keeps it there for good, as a snapshot would.

use manilad_domain::fault::Kind;
use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::share::index;
use manilad_domain::status::Deletion;
use manilad_domain::{Intent, Microversion, Share, ShareId, Stamp};
use manilad_store::{Cursor, Draft, Error, Range};

use super::delete::{check_removal, remove_instances};
use super::{ShareAction, current};
use crate::Decided;

/// What came of a request for what may be so already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    Now,
    /// It was not in the recycle bin.
    Before,
}

/// What came of looking for shares whose time in the recycle bin is over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expiry {
    /// How many go now.
    pub removed: usize,
    /// Which can't go now, and why.
    pub kept: Vec<(ShareId, String)>,
    /// Behind which there may be more; none: there are none.
    pub next: Option<Cursor>,
}

/// Puts a share into the recycle bin, from which it goes for good at `until`. It could be deleted now, so it can then, unless
/// something is said of its status meanwhile.
///
/// # Errors
/// Missing when it has gone; as [`ShareAction::SoftDelete`] has it; forbidden while it is locked or has snapshots.
pub fn soft_delete(draft: &mut Draft<'_>, id: ShareId, until: Stamp, version: Microversion, now: Stamp) -> Decided<()> {
    let mut share = current(draft, id, ShareAction::SoftDelete)?;
    check_removal(draft, &share, ShareAction::SoftDelete, version)?;
    share.scheduled_to_be_deleted_at = Some(until);
    share.updated_at = Some(now);
    draft.put(&share)?;
    Ok(((), Vec::new()))
}

/// Takes a share out of the recycle bin, also when its time there is over.
///
/// # Errors
/// Missing when it has gone; as [`ShareAction::Restore`] has it of one that is in the bin.
pub fn restore(draft: &mut Draft<'_>, id: ShareId, version: Microversion, now: Stamp) -> Decided<Restored> {
    let mut share = current(draft, id, ShareAction::Restore)?;
    if !share.is_soft_deleted() {
        return Ok((Restored::Before, Vec::new()));
    }
    ShareAction::Restore.check(share.status(), version)?;
    share.scheduled_to_be_deleted_at = None;
    share.updated_at = Some(now);
    draft.put(&share)?;
    Ok((Restored::Now, Vec::new()))
}

/// Deletes what is in the recycle bin and whose time there is over, as its owner could: looks at up to so many shares behind
/// a place in the order of their times. What can't go now stays as it is.
///
/// # Errors
/// Internal or unavailable when the store can't be read.
pub fn expire(
    draft: &mut Draft<'_>,
    after: Option<Cursor>,
    at_most: usize,
    deletion: Deletion,
    cause: &Cause,
) -> Decided<Expiry> {
    let all = Range::all(index::BY_REMOVAL).limit(at_most);
    let range = after.into_iter().fold(all, Range::after);
    let found: Vec<Share> = draft.scan(range.clone())?;
    let (mut expiry, mut owed) = (Expiry::default(), Vec::new());
    let is_full = found.len() == at_most;
    for share in found {
        if share.scheduled_to_be_deleted_at.is_none_or(|at| at > cause.now) {
            return Ok((Expiry { next: None, ..expiry }, owed));
        }
        expiry.next = Cursor::of(&share, &range);
        if is_going(draft, &share)? {
            continue;
        }
        match check_removal(draft, &share, ShareAction::Delete, Microversion::MAX) {
            Ok(()) => {
                owed.extend(remove_instances(draft, share, |_| true, deletion, cause)?);
                expiry.removed += 1;
            }
            Err(refused) if refused.kind == Kind::Forbidden => expiry.kept.push((share.id, refused.text)),
            Err(fault) => return Err(fault),
        }
    }
    if !is_full {
        expiry.next = None;
    }
    Ok((expiry, owed))
}

/// Whether its removal is owed already.
fn is_going(draft: &Draft<'_>, share: &Share) -> Result<bool, Error> {
    for instance in share.live() {
        let open: Option<Intent> = draft.get(&Intent::key_of(instance.id, Lane::Life))?;
        if open.is_none_or(|open| open.verb != Verb::Delete) {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
