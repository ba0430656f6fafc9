//! User messages: what the one who asked for work on something is told, and when it goes.

use std::time::Duration;

use jiff::Timestamp;
use manilad_domain::message::{Action, Detail, MessageSubject, UserMessage, index};
use manilad_domain::{Fault, Intent, MessageId, ShareSnapshot, SnapshotIntent, Stamp};
use manilad_store::{Draft, Error, Range};

use crate::Decided;

/// What its project is told of work on a share.
pub fn about_share(
    intent: &Intent,
    action: Action,
    detail: Detail,
    id: MessageId,
    now: Stamp,
    life: Duration,
) -> UserMessage {
    UserMessage {
        id,
        project_id: intent.project_id.clone(),
        request_id: intent.request_id.clone(),
        subject: MessageSubject::Share,
        resource_id: intent.share.to_string(),
        action,
        detail,
        created_at: now,
        expires_at: after(now, life),
    }
}

/// What its project is told of work on a snapshot.
pub fn about_snapshot(
    snapshot: &ShareSnapshot,
    intent: &SnapshotIntent,
    (action, detail): (Action, Detail),
    id: MessageId,
    now: Stamp,
    life: Duration,
) -> UserMessage {
    UserMessage {
        id,
        project_id: snapshot.project_id.clone(),
        request_id: intent.request_id.clone(),
        subject: MessageSubject::ShareSnapshot,
        resource_id: snapshot.id.to_string(),
        action,
        detail,
        created_at: now,
        expires_at: after(now, life),
    }
}

fn after(now: Stamp, life: Duration) -> Stamp {
    Stamp(now.0.checked_add(life).unwrap_or(Timestamp::MAX))
}

pub fn delete(draft: &mut Draft<'_>, id: MessageId) -> Decided<()> {
    let message: Option<UserMessage> = draft.get(&id.to_string())?;
    draft.remove(&message.ok_or_else(|| Fault::no_such("message", id))?)?;
    Ok(((), Vec::new()))
}

/// Removes expired messages, up to so many; tells how many.
pub fn expire(draft: &mut Draft<'_>, now: Stamp, at_most: usize) -> Result<usize, Error> {
    let oldest: Vec<UserMessage> = draft.scan(Range::all(index::BY_EXPIRY).limit(at_most))?;
    let expired: Vec<_> = oldest.into_iter().filter(|message| message.expires_at <= now).collect();
    expired.iter().try_for_each(|message| draft.remove(message))?;
    Ok(expired.len())
}
