//! The extra specs of a type, one by one.

use manilad_decisions::share_type;
use manilad_domain::{Fault, Microversion, ShareType, extra_specs};
use manilad_store::Shared;
use serde_json::{Value, json};

use super::body::{NewSpecs, SpecValue};
use super::change::id;
use crate::call::Call;
use crate::schema;
use crate::view::Kind;

fn find(call: &Call) -> Result<Shared<ShareType>, Fault> {
    let id = id(call)?;
    call.app.get(&id.to_string())?.ok_or_else(|| Fault::no_such("share type", id))
}

/// The schema of all specs of a type.
pub fn wrapped(_: Microversion) -> Value {
    schema::wrapped("extra_specs", Kind::texts.schema())
}

/// The schema of a body of new specs, which is answered as it came.
pub fn echoed(_: Microversion) -> Value {
    schema::open(&["extra_specs"], [("extra_specs".to_owned(), Kind::specs.schema())])
}

/// The schema of one spec.
pub fn bare(_: Microversion) -> Value {
    single(Kind::texts.schema())
}

/// The schema of a body with one spec, which is answered as it came.
pub fn bare_echo(_: Microversion) -> Value {
    single(Kind::specs.schema())
}

fn single(mut specs: Value) -> Value {
    (specs["minProperties"], specs["maxProperties"]) = (1.into(), 1.into());
    specs
}

pub async fn index(call: Call) -> Result<Value, Fault> {
    Ok(json!({ "extra_specs": find(&call)?.extra_specs }))
}

pub async fn show(call: Call) -> Result<Value, Fault> {
    let (one, key) = (find(&call)?, call.param("key"));
    let value = one.extra_specs.get(key).ok_or_else(|| share_type::no_extra_spec(key))?;
    Ok(json!({ key: value }))
}

pub async fn add(call: Call, wish: NewSpecs) -> Result<Value, Fault> {
    wish.specs.0.iter().try_for_each(|(key, value)| extra_specs::check(key, value))?;
    let (id, now, specs) = (id(&call)?, call.now(), wish.specs.0);
    call.decide("add extra specs", move |draft| share_type::set_extra_specs(draft, id, specs, now)).await?;
    Ok(wish.echo)
}

pub async fn set(call: Call, wish: SpecValue) -> Result<Value, Fault> {
    if wish.key != call.param("key") {
        return Err(Fault::invalid("The extra spec in the body is not the one in the path."));
    }
    extra_specs::check(&wish.key, &wish.value)?;
    let (id, now, specs) = (id(&call)?, call.now(), [(wish.key, wish.value)].into());
    call.decide("set extra spec", move |draft| share_type::set_extra_specs(draft, id, specs, now)).await?;
    Ok(wish.echo)
}

pub async fn remove(call: Call) -> Result<(), Fault> {
    let (id, now, key) = (id(&call)?, call.now(), call.param("key").to_owned());
    let required: &[&str] = match call.at_least("2.24") {
        true => &[extra_specs::DRIVER_HANDLES_SHARE_SERVERS],
        false => &[extra_specs::DRIVER_HANDLES_SHARE_SERVERS, "snapshot_support"],
    };
    let removing =
        call.decide("remove extra spec", move |draft| share_type::remove_extra_spec(draft, id, &key, required, now));
    removing.await.map(drop)
}
