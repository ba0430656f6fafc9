//! What clients say about resource locks. Unlike most bodies these are closed: a member that is unknown is refused.

use manilad_clock::Uuid;
use manilad_domain::resource_lock::{LockAction, LockedKind};
use manilad_domain::{Fault, Microversion, ResourceLock, Span};
use serde_json::{Map, Value, json};

use crate::body::{self, Body, BodyShape, Member, Wish};
use crate::schema;

/// Why something is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockReason(pub String);

impl Wish for LockReason {
    const EXPECTED: &'static str = "a string of at most 1023 characters";

    fn schema() -> Value {
        schema::text(0, ResourceLock::LONGEST_REASON)
    }

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_str()?;
        (text.chars().count() <= ResourceLock::LONGEST_REASON).then(|| LockReason(text.to_owned()))
    }
}

impl Wish for Uuid {
    const EXPECTED: &'static str = "a UUID";

    fn schema() -> Value {
        schema::uuid()
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_str()?.parse().ok()
    }
}

impl Wish for LockedKind {
    const EXPECTED: &'static str = "share or access_rule";

    fn schema() -> Value {
        schema::one_of(&LockedKind::names())
    }

    fn read(value: &Value) -> Option<Self> {
        LockedKind::named(value.as_str()?)
    }
}

impl Wish for LockAction {
    const EXPECTED: &'static str = "delete or show";

    fn schema() -> Value {
        schema::one_of(&LockAction::names())
    }

    fn read(value: &Value) -> Option<Self> {
        LockAction::named(value.as_str()?)
    }
}

const WRAPPER: &[&str] = &["resource_lock"];
const ID: Member = Member::required::<Uuid>("resource_id", Span::ALL);
const KIND: Member = Member::optional::<LockedKind>("resource_type", Span::ALL);
const ACTION: Member = Member::optional::<LockAction>("resource_action", Span::ALL);
const REASON: Member = Member::optional::<LockReason>("lock_reason", Span::ALL);

/// Locks a share or an access rule.
#[derive(Debug, Clone)]
pub struct NewLock {
    pub resource_id: Uuid,
    pub resource_type: LockedKind,
    pub resource_action: LockAction,
    pub lock_reason: Option<LockReason>,
}

/// Changes a lock.
#[derive(Debug, Clone)]
pub struct UpdateLock {
    pub resource_action: Option<LockAction>,
    pub lock_reason: Option<Option<LockReason>>,
}

impl Body for NewLock {
    const SHAPE: BodyShape = BodyShape {
        members: &[ID, KIND, ACTION, REASON],
        ..BodyShape::of::<Self>("NewLock", "Locks a share or an access rule.", WRAPPER, closed)
    };

    fn read(body: &Value, version: Microversion) -> Result<Self, Fault> {
        let object = known(body, &Self::SHAPE)?;
        Ok(NewLock {
            resource_id: body::required(object, ID, version)?,
            resource_type: body::optional(object, KIND, version)?.unwrap_or(LockedKind::Share),
            resource_action: body::optional(object, ACTION, version)?.unwrap_or(LockAction::Delete),
            lock_reason: body::filled(object, REASON, version)?,
        })
    }
}

impl Body for UpdateLock {
    const SHAPE: BodyShape = BodyShape {
        members: &[ACTION, REASON],
        ..BodyShape::of::<Self>("UpdateLock", "Changes a lock.", WRAPPER, closed)
    };

    fn read(body: &Value, version: Microversion) -> Result<Self, Fault> {
        let object = known(body, &Self::SHAPE)?;
        Ok(UpdateLock {
            resource_action: body::optional(object, ACTION, version)?,
            lock_reason: body::clearable(object, REASON, version)?,
        })
    }
}

/// The schema of what stands under the wrapper: the members of the shape, and no others.
fn closed(shape: &BodyShape, version: Microversion) -> Value {
    let mut members = body::members(shape, version);
    members["additionalProperties"] = json!(false);
    members
}

/// What stands under the wrapper.
///
/// # Errors
/// Invalid without it, and where it holds what the shape does not name.
fn known<'a>(body: &'a Value, shape: &BodyShape) -> Result<&'a Map<String, Value>, Fault> {
    let object = body::unwrap(body, shape.wrappers, Fault::invalid)?;
    let unknown = object.keys().find(|key| shape.members.iter().all(|member| member.name != key.as_str()));
    match unknown {
        Some(key) => {
            let names: Vec<_> = shape.members.iter().map(|member| member.name).collect();
            Err(Fault::invalid(format!("Member {key:?} is unknown; known are {}.", names.join(", "))))
        }
        None => Ok(object),
    }
}
