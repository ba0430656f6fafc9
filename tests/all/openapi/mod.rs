//! The OpenAPI document against the daemon: what it promises is answered, and what it forbids is refused.

mod answers;
mod bodies;
mod document;
pub mod validator;

use std::sync::{LazyLock, OnceLock};

use manilad_domain::Microversion;
use manilad_http::openapi;
use manilad_http::route::{Route, Shows};
use serde_json::Value;

use validator::Schemas;

/// The document of one version.
#[derive(Clone, Copy)]
pub struct Document(&'static Value);

impl Document {
    /// Each is made once.
    pub fn at(version: Microversion) -> Self {
        static MADE: LazyLock<Vec<(Microversion, OnceLock<Value>)>> =
            LazyLock::new(|| Microversion::all().map(|version| (version, OnceLock::new())).collect());
        let (_, document) = MADE.iter().find(|(one, _)| *one == version).unwrap();
        Document(document.get_or_init(|| openapi::document(version)))
    }

    pub fn schemas(self) -> Schemas<'static> {
        Schemas(self.0)
    }

    fn operation(self, route: &Route) -> &'static Value {
        &self.0["paths"][route.path][route.method.name().to_ascii_lowercase()]
    }

    /// What the body of a request must be.
    pub fn body(self, route: &Route) -> &'static Value {
        let schema = &self.operation(route)["requestBody"]["content"]["application/json"]["schema"];
        match route.action {
            None => schema,
            Some(action) => schema["oneOf"].as_array().unwrap().iter().find(|one| one["title"] == action).unwrap(),
        }
    }

    /// Holds an answer against what the document says of its status.
    #[track_caller]
    pub fn holds(self, route: &Route, status: u16, text: &str) {
        let told = &self.operation(route)["responses"][status.to_string()];
        let told = told["$ref"].as_str().map_or(told, |reference| self.schemas().named(reference));
        let asked = format!("{} {} {:?}", route.method.name(), route.path, route.action);
        assert!(!told.is_null(), "{asked}: the document knows no status {status}: {text}");
        let nothing = &told["content"]["text/html"]["schema"];
        if matches!(route.shows, Shows::Nothing) && status == route.status && !nothing.is_null() {
            return self
                .schemas()
                .check(nothing, &Value::from(text))
                .unwrap_or_else(|problem| panic!("{asked}: {problem}"));
        }
        let schema = &told["content"]["application/json"]["schema"];
        if schema.is_null() {
            return assert!(text.is_empty(), "{asked}: a body where the document has none: {text}");
        }
        let body = serde_json::from_str(text).unwrap_or_else(|_| panic!("{asked}: no JSON: {text}"));
        self.schemas().check(schema, &body).unwrap_or_else(|problem| panic!("{asked}: {problem}: {body}"));
    }
}
