//! The API as an OpenAPI 3.1 document, one for each microversion: made from the tables of routes, views, bodies and
//! parameters, and from nothing else.
//!
//! Paths stand without a project; both forms of address are servers of the document. How to get it wrong: to describe
//! here what a table could say. What clients need to know of a field, member or parameter belongs into its row.

mod json;
mod operation;
mod response;
mod shapes;

use std::sync::{Arc, LazyLock, OnceLock};

use manilad_domain::Microversion;
use serde_json::{Value, json};

use crate::answer::{EXPERIMENTAL_HEADER, VERSION_HEADER};
use crate::catalogue;
use crate::route::Route;

/// Where the document is served, outside of `/v2`.
pub const PATH: &str = "/openapi.json";

const ABOUT: &str = "The API at one microversion, as this daemon serves it. Members of requests that no schema names are \
                     ignored unless it says otherwise; fields of answers are those of the schema and no others. `x-policy` \
                     is the rule that guards an operation, or of an action; `(none)` lets in everybody who is recognised. \
                     A field that only some see says so in its description.";

/// The document of a microversion.
pub fn document(version: Microversion) -> Value {
    let rows: Vec<&'static Route> = catalogue().filter(|row| row.span.contains(version)).collect();
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Shared File Systems API", "version": version.to_string(), "description": ABOUT },
        "servers": [
            { "url": "/v2", "description": "In the project of the token." },
            {
                "url": "/v2/{project_id}",
                "description": "The same. The project must be that of the token.",
                "variables": { "project_id": { "default": "00000000000000000000000000000000" } },
            },
        ],
        "security": [{ "token": [] }],
        "paths": operation::paths(&rows, version),
        "components": {
            "schemas": shapes::all(&rows, version),
            "responses": response::faults(),
            "parameters": headers(version),
            "headers": response::headers(version),
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-Auth-Token",
                    "description": "A token of the identity service, or `user:project` under noauth. Without any, the answer is \
                                    401, and under noauth 204 with headers that tell how to go on.",
                },
            },
        },
    })
}

/// The headers that choose what is served.
fn headers(version: Microversion) -> Value {
    json!({
        "Microversion": {
            "name": VERSION_HEADER,
            "in": "header",
            "description": "The microversion of this document. A request without one speaks the oldest.",
            "required": version != Microversion::MIN,
            "schema": { "type": "string", "enum": [version.to_string()] },
        },
        "Experimental": {
            "name": EXPERIMENTAL_HEADER,
            "in": "header",
            "description": "Opts in to what may still change.",
            "required": true,
            "schema": { "type": "string", "enum": ["True"] },
        },
    })
}

/// The document as it is served. Each is made once, for there are no more than the microversions.
pub fn text(version: Microversion) -> Arc<str> {
    static TEXTS: LazyLock<Vec<(Microversion, OnceLock<Arc<str>>)>> =
        LazyLock::new(|| Microversion::all().map(|version| (version, OnceLock::new())).collect());
    let made = || Arc::from(document(version).to_string());
    match TEXTS.iter().find(|(one, _)| *one == version) {
        Some((_, text)) => text.get_or_init(made).clone(),
        None => made(),
    }
}
