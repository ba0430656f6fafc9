//! What administrators say about QoS types.
//!
//! Specs are kept as they are given, numbers and nested objects too. How to get it wrong: to read a `name` in an update; it is
//! ignored, as the name stays.

use manilad_domain::qos_type::QosSpecs;
use manilad_domain::{Fault, Microversion};
use serde_json::{Value, json};

use crate::body::{Body, BodyShape, Label, Wish};
use crate::resources::types::body::TypeName;
use crate::{body, schema};

body! {
    /// A new QoS type.
    NewQosType in "qos_type" else unprocessable {
        name        [..] required TypeName,
        description [..] optional Label,
        specs       [..] optional Specs,
    }

    /// What can be changed about a QoS type; everything else in the body is ignored.
    DescribeQosType in "qos_type" else unprocessable {
        description [..] clearable Label,
    }
}

/// Specs. Keys, and how much it is, are judged by the decision.
#[derive(Debug, Clone)]
pub struct Specs(pub QosSpecs);

impl Wish for Specs {
    const EXPECTED: &'static str = "an object of strings of 1 to 255 characters, booleans, numbers and objects";

    fn schema() -> Value {
        let number = json!({ "type": "number" });
        let value = schema::either([schema::text(1, 255), schema::boolean(), number, schema::map(schema::any())]);
        let mut specs = schema::map(value);
        specs["propertyNames"] = schema::pattern("^[A-Za-z0-9_.:-]{1,255}$");
        specs
    }

    fn read(value: &Value) -> Option<Self> {
        let specs = value.as_object()?;
        specs.values().all(is_spec).then(|| Specs(specs.clone().into_iter().collect()))
    }
}

fn is_spec(value: &Value) -> bool {
    match value {
        Value::String(text) => (1..=255).contains(&text.chars().count()),
        other => other.is_boolean() || other.is_number() || other.is_object(),
    }
}

/// Specs to add.
#[derive(Debug, Clone)]
pub struct NewQosSpecs {
    pub specs: QosSpecs,
}

impl Body for NewQosSpecs {
    const SHAPE: BodyShape =
        BodyShape::of::<Self>("NewQosSpecs", "Specs of a QoS type to add.", &["specs"], |_, _| Specs::schema());

    fn read(body: &Value, _: Microversion) -> Result<Self, Fault> {
        let wrong = || Fault::invalid(format!("Member \"specs\" must be {}.", Specs::EXPECTED));
        let Specs(specs) = body.get("specs").and_then(Specs::read).ok_or_else(wrong)?;
        Ok(NewQosSpecs { specs })
    }
}

/// One spec: `{key: value}`.
#[derive(Debug, Clone)]
pub struct QosSpec {
    pub key: String,
    pub value: Value,
}

impl Body for QosSpec {
    const SHAPE: BodyShape =
        BodyShape::of::<Self>("QosSpec", "The spec of a QoS type that the path names.", &[], |_, _| {
            let mut one = Specs::schema();
            (one["minProperties"], one["maxProperties"]) = (1.into(), 1.into());
            one
        });

    fn read(body: &Value, _: Microversion) -> Result<Self, Fault> {
        let wrong = || Fault::invalid("The body must hold exactly one spec, {key: value}.");
        let Specs(specs) = Specs::read(body).filter(|specs| specs.0.len() == 1).ok_or_else(wrong)?;
        let (key, value) = specs.into_iter().next().ok_or_else(wrong)?;
        Ok(QosSpec { key, value })
    }
}
