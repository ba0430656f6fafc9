//! The specs of a QoS type, one by one.
//!
//! How to get it wrong: to read a spec of the body and not look whether it is the one of the path.

use manilad_decisions::qos_type;
use manilad_domain::{Fault, Microversion};
use serde_json::{Value, json};

use super::body::{NewQosSpecs, QosSpec};
use super::change::id;
use super::list::find;
use crate::call::Call;
use crate::schema;
use crate::view::Kind;

/// The schema of specs of a QoS type: of all, or of new ones, which are answered as they came.
pub fn wrapped(_: Microversion) -> Value {
    schema::wrapped("specs", Kind::object.schema())
}

/// The schema of one spec.
pub fn bare(_: Microversion) -> Value {
    let mut one = Kind::object.schema();
    (one["minProperties"], one["maxProperties"]) = (1.into(), 1.into());
    one
}

pub async fn index(call: Call) -> Result<Value, Fault> {
    Ok(json!({ "specs": find(&call)?.specs }))
}

pub async fn show(call: Call) -> Result<Value, Fault> {
    let (one, key) = (find(&call)?, call.param("key"));
    let value = one.specs.get(key).ok_or_else(|| qos_type::no_spec(key))?;
    Ok(json!({ key: value }))
}

pub async fn add(call: Call, wish: NewQosSpecs) -> Result<Value, Fault> {
    let (id, now, specs) = (id(&call)?, call.now(), wish.specs.clone());
    call.decide("add specs of QoS type", move |draft| qos_type::set_specs(draft, id, specs, now)).await?;
    Ok(json!({ "specs": wish.specs }))
}

pub async fn set(call: Call, wish: QosSpec) -> Result<Value, Fault> {
    let QosSpec { key, value } = wish;
    if key != call.param("key") {
        return Err(Fault::invalid("The spec in the body is not the one in the path."));
    }
    let echo = json!({ key.as_str(): value });
    let (id, now, specs) = (id(&call)?, call.now(), [(key, value)].into());
    call.decide("set spec of QoS type", move |draft| qos_type::set_specs(draft, id, specs, now)).await?;
    Ok(echo)
}

pub async fn remove(call: Call) -> Result<(), Fault> {
    let (id, now, key) = (id(&call)?, call.now(), call.param("key").to_owned());
    let removing = call.decide("remove spec of QoS type", move |draft| qos_type::remove_spec(draft, id, &key, now));
    removing.await.map(drop)
}
