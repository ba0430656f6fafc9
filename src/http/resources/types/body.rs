//! What administrators say about share types.

use std::collections::BTreeMap;

use manilad_domain::extra_specs::{self, Form};
use manilad_domain::{Fault, Microversion};
use serde_json::{Value, json};

use crate::body::{Body, BodyShape, Flag, Label, Wish};
use crate::{body, schema};

body! {
    /// A new type.
    NewType in "share_type" | "volume_type" else invalid {
        name        [..] required TypeName,
        extra_specs [..] required FirstSpecs,
        description [..] optional Label,
        is_public as "share_type_access:is_public" [..] optional Flag,
        was_public as "os-share-type-access:is_public" [..] optional Flag,
    }

    /// What can be changed about a type.
    UpdateType in "share_type" | "volume_type" else invalid {
        name        [..] optional TypeName,
        description [..] optional Label,
        is_public as "share_type_access:is_public" [..] optional Flag,
    }
}

/// A name of 1 to 255 characters.
#[derive(Debug, Clone)]
pub struct TypeName(pub String);

impl Wish for TypeName {
    const EXPECTED: &'static str = "a name of 1 to 255 characters";

    fn schema() -> Value {
        schema::unblank(255)
    }

    fn read(value: &Value) -> Option<Self> {
        let text = value.as_str()?;
        (!text.trim().is_empty() && text.chars().count() <= 255).then(|| TypeName(text.to_owned()))
    }
}

/// Extra specs: strings, or booleans that are stored as `True` and `False`.
#[derive(Debug, Clone)]
pub struct Specs(pub BTreeMap<String, String>);

impl Wish for Specs {
    const EXPECTED: &'static str = "an object of strings and booleans";

    fn schema() -> Value {
        let standard = extra_specs::STANDARD.iter().map(|spec| (spec.key.to_owned(), form(spec.form)));
        let mut specs = schema::open(&[], standard);
        specs["additionalProperties"] = schema::either([schema::text(1, 255), schema::boolean()]);
        specs["propertyNames"] = schema::pattern("^[A-Za-z0-9_.:-]{1,255}$");
        specs
    }

    fn read(value: &Value) -> Option<Self> {
        value
            .as_object()?
            .iter()
            .map(|(key, value)| Some((key.clone(), spec(value)?)))
            .collect::<Option<_>>()
            .map(Specs)
    }
}

/// What a spec with a meaning of its own may hold.
fn form(form: Form) -> Value {
    match form {
        Form::Bool => Flag::schema(),
        Form::OneOf(words) => schema::one_of(words),
        Form::List => json!({ "type": "string", "maxLength": 255, "pattern": r"^[^,\s]+(,[^,\s]+)*$" }),
        Form::Positive => schema::pattern("^[1-9][0-9]{0,17}$"),
        Form::Text => schema::text(0, 255),
    }
}

/// The extra specs of a new type; one of them is needed. Numbers are taken here, and only here. Keys and values are judged
/// by the handler, as for [`Specs`].
#[derive(Debug, Clone)]
pub struct FirstSpecs(pub BTreeMap<String, String>);

impl Wish for FirstSpecs {
    const EXPECTED: &'static str = "an object of strings, booleans and numbers";

    fn schema() -> Value {
        let mut specs = Specs::schema();
        let free = specs["additionalProperties"].take();
        specs["additionalProperties"] = schema::either([free, json!({ "type": "number" })]);
        specs["required"] = json!([extra_specs::DRIVER_HANDLES_SHARE_SERVERS]);
        specs
    }

    fn read(value: &Value) -> Option<Self> {
        let stored = |value: &Value| match value {
            Value::Number(number) => Some(number.to_string()),
            value => spec(value),
        };
        let specs = value.as_object()?.iter().map(|(key, value)| Some((key.clone(), stored(value)?)));
        specs.collect::<Option<_>>().map(FirstSpecs)
    }
}

fn spec(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(true) => Some("True".to_owned()),
        Value::Bool(false) => Some("False".to_owned()),
        _ => None,
    }
}

/// Extra specs to add; the body is echoed as it came, but for what is stored in another form.
#[derive(Debug, Clone)]
pub struct NewSpecs {
    pub specs: Specs,
    pub echo: Value,
}

impl Body for NewSpecs {
    const SHAPE: BodyShape =
        BodyShape::of::<Self>("NewSpecs", "Extra specs to add.", &["extra_specs"], |_, _| Specs::schema());

    fn read(body: &Value, _: Microversion) -> Result<Self, Fault> {
        let specs = body
            .get("extra_specs")
            .and_then(Specs::read)
            .ok_or_else(|| Fault::invalid(format!("Member \"extra_specs\" must be {}.", Specs::EXPECTED)))?;
        let (mut stored, mut echo) = (BTreeMap::new(), body.clone());
        for (key, value) in specs.0 {
            let form = extra_specs::stored(&key, value.clone());
            if form != value {
                echo["extra_specs"][&key] = json!(form);
            }
            stored.insert(key, form);
        }
        Ok(NewSpecs { specs: Specs(stored), echo })
    }
}

/// One extra spec: `{key: value}`.
#[derive(Debug, Clone)]
pub struct SpecValue {
    pub key: String,
    pub value: String,
    pub echo: Value,
}

impl Body for SpecValue {
    const SHAPE: BodyShape = BodyShape::of::<Self>("SpecValue", "The extra spec that the path names.", &[], |_, _| {
        let mut one = Specs::schema();
        (one["minProperties"], one["maxProperties"]) = (1.into(), 1.into());
        one
    });

    fn read(body: &Value, _: Microversion) -> Result<Self, Fault> {
        let wrong = || Fault::invalid("The body must hold exactly one extra spec, {key: value}.");
        let object = body.as_object().filter(|object| object.len() == 1).ok_or_else(wrong)?;
        let (key, value) = object.iter().next().ok_or_else(wrong)?;
        let given = spec(value).ok_or_else(wrong)?;
        let form = extra_specs::stored(key, given.clone());
        let echo = if form == given { body.clone() } else { json!({ key: form }) };
        Ok(SpecValue { key: key.clone(), value: form, echo })
    }
}
