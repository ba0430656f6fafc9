//! API extensions: a list that is always empty, as it is everywhere nowadays; clients ask for it all the same. Any
//! caller may, so no rule guards it. Source: resources.md §20.

use manilad_domain::{Fault, Microversion};
use serde_json::{Value, json};

use crate::call::Call;
use crate::schema;

crate::routes! {
    GET "/extensions"         [..] "(none)" => list -> 200 json none;
    GET "/extensions/{alias}" [..] "(none)" => show -> 404;
}

fn none(_: Microversion) -> Value {
    schema::wrapped("extensions", json!({ "type": "array", "maxItems": 0 }))
}

async fn list(_: Call) -> Result<Value, Fault> {
    Ok(json!({ "extensions": [] }))
}

async fn show(_: Call) -> Result<(), Fault> {
    Err(Fault::not_found())
}
