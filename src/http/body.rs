//! Bodies: what clients may say, as a table of members by microversion; each becomes a typed struct.
//!
//! A member outside its span is ignored, as is any that no table names. `null` counts as absent, except for a
//! `clearable` member, which it empties; `""` counts as absent for a `filled` member, for forms of dashboards send what
//! was left blank so, and is a value like any other elsewhere. A missing wrapper is 400 or 422, as the resource has it.
//! How to get it wrong: to look for `""` in a handler; `tests/facts/empty-members.tsv` says what it means for each member.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::LazyLock;

pub use manilad_domain::flag::flag_word;
use manilad_domain::flag::{FALSE, TRUE};
use manilad_domain::share::Protocol;
use manilad_domain::{Fault, Microversion, Span};
use serde_json::{Map, Value};

use crate::digits::Digits;
use crate::schema;

/// What can be said of a member without a value: read by docs and tests.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    pub name: &'static str,
    pub span: Span,
    pub required: bool,
    pub expected: &'static str,
    /// What it holds where it is not null.
    pub schema: fn() -> Value,
}

impl Member {
    /// A member of kind `T` that may be left out.
    pub const fn optional<T: Wish>(name: &'static str, span: Span) -> Self {
        Member { name, span, required: false, expected: T::EXPECTED, schema: T::schema }
    }

    pub const fn required<T: Wish>(name: &'static str, span: Span) -> Self {
        Member { required: true, ..Member::optional::<T>(name, span) }
    }
}

/// A body without its type.
#[derive(Debug, Clone, Copy)]
pub struct BodyShape {
    /// The name of its type.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub about: &'static str,
    /// Keys of the object that holds the members; the first that is there counts. None: the body itself holds them.
    pub wrappers: &'static [&'static str],
    pub members: &'static [Member],
    /// The refusal of a body without any of the wrappers.
    pub missing: fn(String) -> Fault,
    /// The schema of what stands under the wrapper.
    pub inner: fn(&BodyShape, Microversion) -> Value,
    /// Reads a body for its refusal, or for what is read of it, as text without secrets.
    pub judge: fn(&Value, Microversion) -> Result<String, Fault>,
}

impl BodyShape {
    /// Of a type of its own kind, which reads itself: its wrapper, and the schema of what that holds.
    pub const fn of<B: Body>(
        name: &'static str,
        about: &'static str,
        wrappers: &'static [&'static str],
        inner: fn(&BodyShape, Microversion) -> Value,
    ) -> Self {
        BodyShape {
            name,
            about,
            wrappers,
            members: &[],
            missing: |text| Fault::invalid(text),
            inner,
            judge: judge::<B>,
        }
    }
}

/// Reads a body for its refusal, or for what is read of it, as text without secrets.
///
/// # Errors
/// As [`Body::read`].
pub fn judge<B: Body>(body: &Value, version: Microversion) -> Result<String, Fault> {
    B::read(body, version).map(|read| format!("{read:?}"))
}

/// An object with the members of the version. Others are ignored, and so may hold anything.
pub fn members(shape: &BodyShape, version: Microversion) -> Value {
    let members = || shape.members.iter().filter(|member| member.span.contains(version));
    let required: Vec<&str> = members().filter(|member| member.required).map(|member| member.name).collect();
    let held = |member: &Member| match member.required {
        true => (member.schema)(),
        false => schema::or_null((member.schema)()),
    };
    schema::open(&required, members().map(|member| (member.name.to_owned(), held(member))))
}

/// A typed body.
pub trait Body: Sized + Debug {
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

    /// What is promised to be read; [`schema`] says how it may differ from [`Wish::read`].
    fn schema() -> Value;

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
        .ok_or_else(|| missing(format!("The body must hold an object \"{}\".", wrappers.join("\" or \""))))
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

/// As [`optional`]; an empty string is absent too.
pub fn filled<T: Wish>(object: &Map<String, Value>, member: Member, version: Microversion) -> Result<Option<T>, Fault> {
    match object.get(member.name) {
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        _ => optional(object, member, version),
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
        $(#[doc = $doc:literal])+
        $Name:ident in $($wrapper:literal)|+ else $missing:ident {
            $($(#[$mdoc:meta])* $member:ident $(as $wire:literal)? [$($span:tt)*] $need:ident $Type:ty),* $(,)?
        }
    )+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone)]
        pub struct $Name { $($(#[$mdoc])* pub $member: $crate::body!(@type $need $Type)),* }

        impl $crate::body::Body for $Name {
            const SHAPE: $crate::body::BodyShape = $crate::body::BodyShape {
                name: stringify!($Name),
                about: concat!($($doc),+),
                wrappers: &[$($wrapper),+],
                members: &[$($crate::body!(@member $member $(as $wire)?, [$($span)*], $need, $Type)),*],
                missing: |text| manilad_domain::Fault::$missing(text),
                inner: $crate::body::members,
                judge: $crate::body::judge::<$Name>,
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
    (@type filled $Type:ty) => { Option<$Type> };
    (@type clearable $Type:ty) => { Option<Option<$Type>> };
    (@member $member:ident as $wire:literal, $span:tt, $need:ident, $Type:ty) => {
        $crate::body!(@row $wire, $span, $need, $Type)
    };
    (@member $member:ident, $span:tt, $need:ident, $Type:ty) => {
        $crate::body!(@row stringify!($member), $span, $need, $Type)
    };
    (@row $name:expr, $span:tt, required, $Type:ty) => {
        $crate::body::Member::required::<$Type>($name, manilad_domain::span!($span))
    };
    (@row $name:expr, $span:tt, $optional:ident, $Type:ty) => {
        $crate::body::Member::optional::<$Type>($name, manilad_domain::span!($span))
    };
}

/// Any text.
impl Wish for String {
    const EXPECTED: &'static str = "a string";

    fn schema() -> Value {
        schema::string()
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
}

/// A name or description: at most 255 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label(pub String);

impl Wish for Label {
    const EXPECTED: &'static str = "a string of at most 255 characters";

    fn schema() -> Value {
        schema::text(0, 255)
    }

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

    fn schema() -> Value {
        let words = TRUE.iter().chain(FALSE).map(|word| any_case(word)).collect::<Vec<_>>().join("|");
        schema::either([schema::boolean(), schema::pattern(&format!("^({words})$"))])
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(Flag(*flag)),
            Value::Number(number) => number.as_u64().filter(|n| *n <= 1).map(|n| Flag(n == 1)),
            Value::String(word) => flag_word(word).map(Flag),
            _ => None,
        }
    }
}

/// A pattern of a word whose letters may have any case.
fn any_case(word: &str) -> String {
    let cases = |c: char| match c.is_ascii_alphabetic() {
        true => format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase()),
        false => c.to_string(),
    };
    word.chars().map(cases).collect()
}

/// A size in GiB, as a number or in digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gib(pub u64);

/// The largest size: clients keep sizes in 32 bits.
const MOST_GIB: u64 = i32::MAX as u64;

/// How a size is written in digits: what the schema promises, and what is read.
static GIB_DIGITS: LazyLock<Digits> = LazyLock::new(|| Digits::up_to(MOST_GIB));

impl Wish for Gib {
    const EXPECTED: &'static str = "a whole number of GiB above 0";

    fn schema() -> Value {
        schema::either([schema::between(1, i32::MAX.into()), schema::pattern(GIB_DIGITS.pattern())])
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_u64().filter(|size| (1..=MOST_GIB).contains(size)).map(Gib),
            Value::String(text) => GIB_DIGITS.read(text).map(Gib),
            _ => None,
        }
    }
}

impl Wish for Protocol {
    const EXPECTED: &'static str = "a share protocol that is served, such as NFS";

    fn schema() -> Value {
        let names = Protocol::ALL.map(|protocol| any_case(protocol.name())).join("|");
        schema::pattern(&format!("^({names})$"))
    }

    fn read(value: &Value) -> Option<Self> {
        Protocol::named(value.as_str()?)
    }
}

/// Keys of 1 to 255 and values of 1 to 1023 characters, none of them blank.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Metadata(pub BTreeMap<String, String>);

impl Wish for Metadata {
    const EXPECTED: &'static str = "an object with keys of 1 to 255 and string values of 1 to 1023 characters";

    fn schema() -> Value {
        let mut metadata = schema::map(schema::unblank(1023));
        metadata["propertyNames"] = schema::unblank(255);
        metadata
    }

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

    fn schema() -> Value {
        schema::map(schema::any())
    }

    fn read(value: &Value) -> Option<Self> {
        value.as_object().cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    crate::body! {
        /// Builds a boat.
        BuildBoat in "boat" | "vessel" else unprocessable {
            name [..]   required Label,
            crew [2.5..] optional Gib,
            afloat as "state:afloat" [..] optional Flag,
            port [2.5..] clearable Label,
            owner [2.5..] filled Label,
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
    fn an_empty_string_is_absent_where_a_member_is_filled_or_not_there() {
        let owner = |boat: Value, version| read(json!({ "boat": boat }), version).map(|boat| boat.owner);
        assert_eq!(owner(json!({"name": "a"}), "2.5").unwrap(), None);
        assert_eq!(owner(json!({"name": "a", "owner": ""}), "2.5").unwrap(), None);
        assert_eq!(owner(json!({"name": "a", "owner": null}), "2.5").unwrap(), None);
        assert_eq!(owner(json!({"name": "a", "owner": "b"}), "2.5").unwrap(), Some(Label("b".into())));
        assert_eq!(owner(json!({"name": "a", "owner": "b"}), "2.4").unwrap(), None);
        assert!(owner(json!({"name": "a", "owner": []}), "2.5").is_err());
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
