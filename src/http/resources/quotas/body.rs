//! What administrators say about limits.
//!
//! A quota set is read strictly: a key that is unknown, or newer than the microversion, is refused and not ignored. A
//! quota class ignores what it doesn't know, but takes JSON integers only.

use manilad_domain::quota::{Key, LARGEST, UNLIMITED, Values};
use manilad_domain::{Fault, Microversion, Span};
use serde_json::{Value, json};

use crate::body::{self, Body, BodyShape, Flag, Member, Wish};
use crate::schema;

/// Limits of a project, a user or a share type.
#[derive(Debug, Clone)]
pub struct NewLimits {
    pub values: Values,
    /// Skips the checks against what is in use, handed out or allowed above.
    pub force: bool,
}

/// Limits of a class.
#[derive(Debug, Clone)]
pub struct NewClassLimits {
    pub values: Values,
}

const EXPECTED: &str = "a whole number from -1 to 2147483647";
const FORCE: &str = "force";
const TENANT_ID: &str = "tenant_id";

/// A member for every key, and room for more behind.
const fn members<const N: usize>(schema: fn() -> Value) -> [Member; N] {
    let member = Member { name: "", span: Span::ALL, required: false, expected: EXPECTED, schema };
    let mut members = [member; N];
    let mut at = 0;
    while at < Key::COUNT {
        let key = Key::ALL[at];
        members[at].name = key.name();
        members[at].span = Span::between(key.since(), Microversion::MAX);
        at += 1;
    }
    members
}

const MEMBERS: [Member; Key::COUNT + 2] = {
    let mut members = members(lenient);
    members[Key::COUNT] = Member::optional::<Flag>(FORCE, Span::ALL);
    let expected = "anything; it is ignored";
    members[Key::COUNT + 1] =
        Member { name: TENANT_ID, span: Span::ALL, required: false, expected, schema: schema::any };
    members
};
const CLASS_MEMBERS: [Member; Key::COUNT] = members(strict);

fn strict() -> Value {
    schema::between(UNLIMITED, LARGEST)
}

/// Digits will do too, and what is empty sets nothing.
fn lenient() -> Value {
    let empty = [json!({ "type": "array", "maxItems": 0 }), json!({ "type": "object", "maxProperties": 0 })];
    let [list, object] = empty;
    schema::either([strict(), schema::pattern("^(-1|[0-9]{1,9})?$"), list, object])
}

/// The names of all keys of a version.
fn keys(version: Microversion) -> impl Iterator<Item = &'static str> {
    Key::ALL.into_iter().filter(move |key| key.since() <= version).map(Key::name)
}

/// A limit that may be set at all.
fn limit(key: Key, number: Option<i64>) -> Result<i64, Fault> {
    number
        .filter(|number| (UNLIMITED..=LARGEST).contains(number))
        .ok_or_else(|| Fault::invalid(format!("Quota {} must be {EXPECTED}.", key.name())))
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(object) => object.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

impl Body for NewLimits {
    const SHAPE: BodyShape = BodyShape {
        members: &MEMBERS,
        ..BodyShape::of::<Self>(
            "NewLimits",
            "Limits of a project, a user or a share type.",
            &["quota_set"],
            |shape, version| {
                let mut set = body::members(shape, version);
                set["additionalProperties"] = json!(false);
                set["anyOf"] = keys(version).map(|key| json!({ "required": [key] })).collect();
                set
            },
        )
    };

    fn read(body: &Value, version: Microversion) -> Result<Self, Fault> {
        let object = body::unwrap(body, Self::SHAPE.wrappers, Fault::invalid)?;
        let (mut values, mut force, mut names_a_key) = (Values::new(), false, false);
        for (name, value) in object {
            match name.as_str() {
                TENANT_ID => {}
                FORCE if value.is_null() => {}
                FORCE => {
                    force = Flag::read(value)
                        .ok_or_else(|| Fault::invalid(format!("Member \"force\" must be {}.", Flag::EXPECTED)))?
                        .0;
                }
                name => {
                    let key = Key::named(name)
                        .filter(|key| key.since() <= version)
                        .ok_or_else(|| Fault::invalid(format!("There is no quota {name:?} at version {version}.")))?;
                    names_a_key = true;
                    if !is_empty(value) {
                        let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
                        values.insert(key, limit(key, number)?);
                    }
                }
            }
        }
        match names_a_key {
            true => Ok(NewLimits { values, force }),
            false => Err(Fault::invalid("The body must name at least one quota.")),
        }
    }
}

impl Body for NewClassLimits {
    const SHAPE: BodyShape = BodyShape {
        members: &CLASS_MEMBERS,
        ..BodyShape::of::<Self>("NewClassLimits", "Limits of a class.", &["quota_class_set"], |shape, version| {
            let members = shape.members.iter().filter(|member| member.span.contains(version));
            schema::open(&[], members.map(|member| (member.name.to_owned(), (member.schema)())))
        })
    };

    fn read(body: &Value, version: Microversion) -> Result<Self, Fault> {
        let object = body::unwrap(body, Self::SHAPE.wrappers, Fault::invalid)?;
        let to_key = |(name, value)| Some((Key::named(name).filter(|key| key.since() <= version)?, value));
        let given = object.iter().map(|(name, value)| (name.as_str(), value)).filter_map(to_key);
        let values = given.map(|(key, value): (Key, &Value)| Ok((key, limit(key, value.as_i64())?)));
        Ok(NewClassLimits { values: values.collect::<Result<_, Fault>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(version: &str, set: Value) -> Result<NewLimits, Fault> {
        NewLimits::read(&json!({ "quota_set": set }), Microversion::written(version))
    }

    #[test]
    fn numbers_and_digits_are_limits_and_what_is_empty_is_skipped() {
        let read = set("2.99", json!({ "shares": 3, "gigabytes": " -1 ", "backups": null, "snapshots": "" })).unwrap();
        assert_eq!(read.values, Values::from([(Key::Shares, 3), (Key::Gigabytes, -1)]));
        assert!(!read.force);
        assert!(set("2.99", json!({ "shares": LARGEST, "force": "yes", "tenant_id": 7 })).unwrap().force);
        let wrong = [json!(-2), json!("a"), json!(1.5), json!(true), json!(LARGEST + 1), json!([1]), json!(1e30)];
        for wrong in wrong {
            assert!(set("2.99", json!({ "shares": wrong.clone() })).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_set_must_name_keys_of_its_version_and_no_others() {
        for wrong in [json!({}), json!({ "force": true }), json!({ "tenant_id": "p" }), json!({ "shares": 1, "zz": 1 })]
        {
            assert!(set("2.99", wrong.clone()).is_err(), "{wrong}");
        }
        assert!(set("2.99", json!({ "shares": 1, "force": "maybe" })).is_err());
        for key in Key::ALL {
            for version in Microversion::all() {
                let read = NewLimits::read(&json!({ "quota_set": { key.name(): 1 } }), version);
                assert_eq!(read.is_ok(), version >= key.since(), "{key:?} at {version}");
            }
        }
    }

    #[test]
    fn a_class_takes_integers_and_ignores_what_it_does_not_know() {
        let class = |class| NewClassLimits::read(&json!({ "quota_class_set": class }), Microversion::written("2.79"));
        let read = class(json!({ "class_name": "a", "shares": 1, "backups": "never", "zz": [] })).unwrap();
        assert_eq!(read.values, Values::from([(Key::Shares, 1)]));
        for wrong in [json!("1"), json!(-2), json!(null), json!(1.0), json!(true)] {
            assert!(class(json!({ "shares": wrong.clone() })).is_err(), "{wrong}");
        }
        assert!(NewClassLimits::read(&json!({ "quota_set": {} }), Microversion::MAX).is_err());
    }
}
