//! What clients say about access rules.

use manilad_domain::access::{AccessLevel, AccessType};
use manilad_domain::{Fault, Microversion};
use serde_json::Value;

use crate::body::{Body, BodyShape, Flag, Metadata, Wish};
use crate::resources::resource_locks::body::LockReason;
use crate::{body, schema};

body! {
    /// Lets a client reach a share.
    AllowAccess in "allow_access" | "os-allow_access" else invalid {
        access_type     [..]     required AccessTypeName,
        access_to       [..]     required String,
        access_level    [..]     optional AccessLevel,
        metadata        [2.45..] optional Metadata,
        lock_visibility [2.82..] optional Flag,
        lock_deletion   [2.82..] optional Flag,
        lock_reason     [2.82..] filled LockReason,
    }

    /// Lets the client of a rule do more, or less.
    UpdateAccess in "update_access" else invalid {
        access_level [..] required AccessLevel,
    }

    /// Takes a rule away.
    DenyAccess in "deny_access" | "os-deny_access" else invalid {
        access_id  [..]     required String,
        unrestrict [2.82..] optional Flag,
    }
}

/// The name of an access type. Any string is read; the handler judges it once it has found the share.
#[derive(Debug, Clone)]
pub struct AccessTypeName(pub String);

impl Wish for AccessTypeName {
    const EXPECTED: &'static str = "ip, user, cert or cephx";

    fn schema() -> Value {
        schema::one_of(&AccessType::ALL.map(AccessType::name))
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(|name| AccessTypeName(name.to_owned()))
    }
}

impl Wish for AccessLevel {
    const EXPECTED: &'static str = "rw or ro";

    fn schema() -> Value {
        schema::one_of(&[AccessLevel::Rw.name(), AccessLevel::Ro.name()])
    }

    fn read(value: &Value) -> Option<Self> {
        AccessLevel::named(value.as_str()?)
    }
}

/// An action that carries nothing: any value will do.
#[derive(Debug, Clone)]
pub struct AnyBody;

impl Body for AnyBody {
    const SHAPE: BodyShape = BodyShape::of::<Self>(
        "AnyBody",
        "Lists the rules of a share; what it carries is ignored.",
        &["access_list", "os-access_list"],
        |_, _| schema::any(),
    );

    fn read(_: &Value, _: Microversion) -> Result<Self, Fault> {
        Ok(AnyBody)
    }
}
