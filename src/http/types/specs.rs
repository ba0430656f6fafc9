//! The extra specs of a type, one by one.

use manilad_domain::{Fault, Microversion, ShareType, ShareTypeId, extra_specs};
use manilad_store::Shared;
use serde_json::{Value, json};

use super::body::{NewSpecs, SpecValue};
use super::change::change;
use crate::call::Call;
use crate::schema;
use crate::view::Kind;

fn find(call: &Call) -> Result<Shared<ShareType>, Fault> {
    let id: ShareTypeId = call.id("id", "share type")?;
    call.face.get(&id.to_string())?.ok_or_else(|| Fault::no_such("share type", id))
}

fn missing(key: &str) -> Fault {
    Fault::missing(format!("ShareTypeExtraSpecsNotFound: the share type has no extra spec {key:?}."))
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
    let value = one.extra_specs.get(key).ok_or_else(|| missing(key))?;
    Ok(json!({ key: value }))
}

pub async fn add(call: Call, wish: NewSpecs) -> Result<Value, Fault> {
    wish.specs.0.iter().try_for_each(|(key, value)| extra_specs::check(key, value))?;
    change(&call, "add extra specs", move |_, one| {
        one.extra_specs.extend(wish.specs.0);
        Ok(())
    })
    .await?;
    Ok(wish.echo)
}

pub async fn set(call: Call, wish: SpecValue) -> Result<Value, Fault> {
    if wish.key != call.param("key") {
        return Err(Fault::invalid("The extra spec in the body is not the one in the path."));
    }
    extra_specs::check(&wish.key, &wish.value)?;
    change(&call, "set extra spec", move |_, one| {
        one.extra_specs.insert(wish.key, wish.value);
        Ok(())
    })
    .await?;
    Ok(wish.echo)
}

pub async fn remove(call: Call) -> Result<(), Fault> {
    let key = call.param("key").to_owned();
    let before_2_24 = !call.at_least("2.24");
    change(&call, "remove extra spec", move |_, one| {
        // Required specs can't go, whether they are there or not.
        if key == extra_specs::DRIVER_HANDLES_SHARE_SERVERS || (before_2_24 && key == "snapshot_support") {
            return Err(Fault::forbidden(format!("Extra spec {key} is required and can't be removed.")));
        }
        if !one.extra_specs.contains_key(&key) {
            return Err(missing(&key));
        }
        one.extra_specs.remove(&key);
        Ok(())
    })
    .await
    .map(drop)
}
