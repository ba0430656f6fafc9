//! Bodies: what clients may say, as a table of members by microversion; each becomes a typed struct.
//!
//! A member outside its span is ignored, as is any that no table names. `null` counts as absent, except for a
//! `clearable` member, which it empties. A missing wrapper is 400 or 422, as the resource has it.

use std::collections::BTreeMap;

use manilad_domain::share::Protocol;
use manilad_domain::{Fault, Microversion, Span};
use serde_json::{Map, Value};

/// What can be said of a member without a value: read by docs and tests.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    pub name: &'static str,
    pub span: Span,
    pub required: bool,
    pub expected: &'static str,
}

/// A body without its type.
#[derive(Debug, Clone, Copy)]
pub struct BodyShape {
    pub wrappers: &'static [&'static str],
    pub members: &'static [Member],
}

/// A typed body.
pub trait Body: Sized {
    const SHAPE: BodyShape;

    /// Reads the body as a client of `version` may write it.
    ///
    /// # Errors
    /// Invalid or unprocessable, naming the member and what was expected.
    fn read(body: &Value, version: Microversion) -> Result<Self, Fault>;
}

/// A kind of value that a member can hold.
pub trait Wish: Sized {
    /// What was expected, for the error text and the docs.
    const EXPECTED: &'static str;

    fn read(value: &Value) -> Option<Self>;
}

/// The object under the first of the wrappers that is there.
pub fn unwrap<'a>(
    body: &'a Value,
    wrappers: &[&str],
    missing: fn(String) -> Fault,
) -> Result<&'a Map<String, Value>, Fault> {
    wrappers
        .iter()
        .find_map(|wrapper| body.get(wrapper)?.as_object())
        .ok_or_else(|| missing(format!("The body must hold an object {:?}.", wrappers.join("\" or \""))))
}

/// An absent member, `null`, or one outside its span is `None`.
pub fn optional<T: Wish>(
    object: &Map<String, Value>,
    member: Member,
    version: Microversion,
) -> Result<Option<T>, Fault> {
    match object.get(member.name) {
        Some(value) if member.span.contains(version) && !value.is_null() => T::read(value)
            .map(Some)
            .ok_or_else(|| Fault::invalid(format!("Member {:?} must be {}.", member.name, T::EXPECTED))),
        _ => Ok(None),
    }
}

/// Absent is `None`, `null` is `Some(None)`.
pub fn clearable<T: Wish>(
    object: &Map<String, Value>,
    member: Member,
    version: Microversion,
) -> Result<Option<Option<T>>, Fault> {
    match object.get(member.name) {
        Some(Value::Null) if member.span.contains(version) => Ok(Some(None)),
        _ => Ok(optional(object, member, version)?.map(Some)),
    }
}

pub fn required<T: Wish>(object: &Map<String, Value>, member: Member, version: Microversion) -> Result<T, Fault> {
    optional(object, member, version)?
        .ok_or_else(|| Fault::invalid(format!("Member {:?} is missing: it must be {}.", member.name, T::EXPECTED)))
}

/// Declares bodies. See the module's head.
#[macro_export]
macro_rules! body {
    ($(
        $(#[$doc:meta])*
        $Name:ident in $($wrapper:literal)|+ else $missing:ident {
            $($(#[$mdoc:meta])* $member:ident $(as $wire:literal)? [$($span:tt)*] $need:ident $Type:ty),* $(,)?
        }
    )+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $Name { $($(#[$mdoc])* pub $member: $crate::body!(@type $need $Type)),* }

        impl $crate::body::Body for $Name {
            const SHAPE: $crate::body::BodyShape = $crate::body::BodyShape {
                wrappers: &[$($wrapper),+],
                members: &[$($crate::body!(@member $member $(as $wire)?, [$($span)*], $need, $Type)),*],
            };

            fn read(body: &serde_json::Value, version: manilad_domain::Microversion) -> Result<Self, manilad_domain::Fault> {
                let object = $crate::body::unwrap(body, Self::SHAPE.wrappers, manilad_domain::Fault::$missing)?;
                let _ = (object, version);
                Ok($Name { $(
                    $member: $crate::body::$need::<$Type>(
                        object, $crate::body!(@member $member $(as $wire)?, [$($span)*], $need, $Type), version)?
                ),* })
            }
        }
    )+};
    (@type required $Type:ty) => { $Type };
    (@type optional $Type:ty) => { Option<$Type> };
    (@type clearable $Type:ty) => { Option<Option<$Type>> };
    (@need required) => { true };
    (@need optional) => { false };
    (@need clearable) => { false };
    (@member $member:ident as $wire:literal, $span:tt, $need:ident, $Type:ty) => {
        $crate::body::Member {
            name: $wire,
            span: manilad_domain::span!($span),
            required: $crate::body!(@need $need),
            expected: <$Type as $crate::body::Wish>::EXPECTED,
        }
    };
    (@member $member:ident, $span:tt, $need:ident, $Type:ty) => {
        $crate::body::Member {
            name: stringify!($member),
            span: manilad_domain::span!($span),
            required: $crate::body!(@need $need),
            expected: <$Type as $crate::body::Wish>::EXPECTED,
        }
    };
}

/// Any text.
impl Wish for String {
    const EXPECTED: &'static str = "a string";

    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

/// A name or description: at most 255 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(pub String);

impl Wish for Label {
    const EXPECTED: &'static str = "a string of at most 255 characters";

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_str()?;
        (text.chars().count() <= 255).then(|| Label(text.to_owned()))
    }
}

/// A boolean, or a word for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flag(pub bool);

impl Wish for Flag {
    const EXPECTED: &'static str = "a boolean";

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(Flag(*flag)),
            Value::Number(number) => number.as_u64().filter(|n| *n <= 1).map(|n| Flag(n == 1)),
            Value::String(word) => flag_word(word).map(Flag),
            _ => None,
        }
    }
}

/// Reads a boolean word in any case.
pub fn flag_word(word: &str) -> Option<bool> {
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "on" | "yes" | "y" => Some(true),
        "false" | "f" | "0" | "off" | "no" | "n" => Some(false),
        _ => None,
    }
}

/// A size in GiB, as a number or in digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gib(pub u64);

impl Wish for Gib {
    const EXPECTED: &'static str = "a whole number of GiB above 0";

    fn read(value: &Value) -> Option<Self> {
        let size = match value {
            Value::Number(number) => number.as_u64()?,
            Value::String(digits) => digits.trim().parse().ok()?,
            _ => return None,
        };
        (1..=i32::MAX as u64).contains(&size).then_some(Gib(size))
    }
}

impl Wish for Protocol {
    const EXPECTED: &'static str = "a share protocol that is served, such as NFS";

    fn read(value: &Value) -> Option<Self> {
        Protocol::named(value.as_str()?)
    }
}

/// Keys of 1 to 255 and values of 1 to 1023 characters, none of them blank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata(pub BTreeMap<String, String>);

impl Wish for Metadata {
    const EXPECTED: &'static str = "an object with keys of 1 to 255 and string values of 1 to 1023 characters";

    fn read(value: &Value) -> Option<Self> {
        let fits = |text: &str, most| !text.trim().is_empty() && text.chars().count() <= most;
        value
            .as_object()?
            .iter()
            .map(|(key, value)| {
                let value = value.as_str()?;
                (fits(key, 255) && fits(value, 1023)).then(|| (key.clone(), value.to_owned()))
            })
            .collect::<Option<_>>()
            .map(Metadata)
    }
}

/// An object whose members are judged by the handler.
impl Wish for Map<String, Value> {
    const EXPECTED: &'static str = "an object";

    fn read(value: &Value) -> Option<Self> {
        value.as_object().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    crate::body! {
        BuildBoat in "boat" | "vessel" else unprocessable {
            name [..]   required Label,
            crew [2.5..] optional Gib,
            afloat as "state:afloat" [..] optional Flag,
            port [2.5..] clearable Label,
        }
    }

    fn read(body: Value, version: &str) -> Result<BuildBoat, Fault> {
        BuildBoat::read(&body, Microversion::written(version))
    }

    #[test]
    fn members_outside_their_span_are_ignored() {
        let body = json!({"vessel": {"name": "ark", "crew": "8", "state:afloat": "yes", "more": 1}});
        let old = read(body.clone(), "2.4").unwrap();
        assert_eq!((old.name.0.as_str(), old.crew, old.afloat), ("ark", None, Some(Flag(true))));
        assert_eq!(read(body, "2.5").unwrap().crew, Some(Gib(8)));
    }

    #[test]
    fn a_clearable_member_tells_null_from_absent() {
        let port = |boat: Value, version| read(json!({ "boat": boat }), version).unwrap().port;
        assert_eq!(port(json!({"name": "a"}), "2.5"), None);
        assert_eq!(port(json!({"name": "a", "port": null}), "2.5"), Some(None));
        assert_eq!(port(json!({"name": "a", "port": "b"}), "2.5"), Some(Some(Label("b".into()))));
        assert_eq!(port(json!({"name": "a", "port": null}), "2.4"), None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(read(json!([]), "2.0").unwrap_err().kind, manilad_domain::fault::Kind::Unprocessable);
        let missing = read(json!({"boat": {}}), "2.0").unwrap_err();
        assert!(missing.text.contains("\"name\""), "{missing}");
        let wrong = read(json!({"boat": {"name": "a", "crew": -1}}), "2.5").unwrap_err();
        assert!(wrong.text.contains("\"crew\"") && wrong.text.contains("GiB"), "{wrong}");
    }

    #[test]
    fn metadata_is_judged_member_by_member() {
        assert!(Metadata::read(&json!({"a": "b"})).is_some());
        for wrong in [json!({"": "b"}), json!({"a": ""}), json!({"a": 1}), json!({"a": "x".repeat(1024)}), json!([])] {
            assert!(Metadata::read(&wrong).is_none(), "{wrong}");
        }
    }
}
