//! The schemas of views and bodies. A view whose fields are not the same in lists has a schema for each form.

use manilad_domain::Microversion;
use serde_json::{Value, json};

use super::json::{object, reference};
use crate::body::BodyShape;
use crate::parameter::{self, Form};
use crate::route::{Route, Shows};
use crate::schema;
use crate::view::{Audience, Field, Shape};

/// All schemas that the rows refer to, by name.
pub fn all(rows: &[&'static Route], version: Microversion) -> Value {
    let views = rows.iter().filter_map(|row| match row.shows {
        Shows::One(shape) => Some((view_name(&shape, true), view(&shape, true, version))),
        Shows::Many(shape) => Some((view_name(&shape, false), view(&shape, false, version))),
        Shows::Nothing | Shows::Json(_) => None,
    });
    let bodies = rows.iter().filter_map(|row| row.body).map(|shape| (shape.name.to_owned(), inner(&shape, version)));
    object(views.chain(bodies))
}

/// `SHARE_BRIEF` → `ShareBrief`
fn view_name(shape: &Shape, is_single: bool) -> String {
    let words = shape.name.split('_').map(|word| format!("{}{}", &word[..1], word[1..].to_ascii_lowercase()));
    let hides = shape.fields.iter().any(|field| !(field.audience.is_in(true) && field.audience.is_in(false)));
    words.chain((hides && !is_single).then(|| "Listed".to_owned())).collect()
}

fn view(shape: &Shape, is_single: bool, version: Microversion) -> Value {
    let fields = || shape.fields.iter().filter(|field| field.span.contains(version) && field.audience.is_in(is_single));
    let is_sure = |field: &&Field| !matches!(field.audience, Audience::Admin | Audience::HostAdmin);
    let required: Vec<&str> = fields().filter(is_sure).map(|field| field.name).collect();
    let mut schema = schema::closed(&required, fields().map(|field| (field.name.to_owned(), self::field(field))));
    schema["description"] = json!(shape.about.trim());
    schema
}

fn field(field: &Field) -> Value {
    let mut held = field.kind.schema();
    if field.nullable {
        held = schema::or_null(held);
    }
    match field.audience {
        Audience::Admin => held["description"] = json!("Administrators see it."),
        Audience::HostAdmin => held["description"] = json!("Administrators of the project see it."),
        Audience::Everyone | Audience::Single | Audience::Listed => {}
    }
    held
}

/// `{"share": …}`
pub fn one(shape: &Shape) -> Value {
    let it = reference("schemas", &view_name(shape, true));
    schema::closed(shape.one, shape.one.iter().map(|key| ((*key).to_owned(), it.clone())))
}

/// `{"shares": […]}`, with a link to the next page and a count where the row has parameters for them.
pub fn many(row: &Route, shape: &Shape, version: Microversion) -> Value {
    let list = schema::list(reference("schemas", &view_name(shape, false)));
    let has = |name: &str| {
        parameter::at(row.query, version).any(|one| one.name == name && !matches!(one.form, Form::Refused))
    };
    let first = shape.many.first().copied().unwrap_or_default();
    let links = has("limit").then(|| (format!("{first}_links"), schema::list(schema::link())));
    let count = has("with_count").then(|| ("count".to_owned(), schema::integer()));
    schema::closed(shape.many, shape.many.iter().map(|key| ((*key).to_owned(), list.clone())).chain(links).chain(count))
}

fn inner(shape: &BodyShape, version: Microversion) -> Value {
    let mut schema = (shape.inner)(shape, version);
    schema["description"] = json!(shape.about.trim());
    schema
}

/// The whole body. The first wrapper that holds an object counts, whatever stands under the others.
pub fn body(shape: &BodyShape) -> Value {
    let it = || reference("schemas", shape.name);
    let under = |at: usize, key: &str| {
        let passed = shape.wrappers[..at].iter().map(|key| ((*key).to_owned(), json!({ "not": { "type": "object" } })));
        schema::open(&[key], passed.chain([(key.to_owned(), it())]))
    };
    let mut forms: Vec<Value> = shape.wrappers.iter().enumerate().map(|(at, key)| under(at, key)).collect();
    match forms.len() {
        0 => it(),
        1 => forms.remove(0),
        _ => json!({ "anyOf": forms }),
    }
}

/// The body of one action.
pub fn action(action: &str, row: &Route) -> Value {
    let held = row.body.map_or_else(schema::any, |shape| reference("schemas", shape.name));
    let mut body = schema::wrapped(action, held);
    body["title"] = json!(action);
    body["x-policy"] = json!(row.policy);
    body["x-status"] = json!(row.status);
    body
}
