//! What is answered: successes as the rows have them, and faults as [`answer`](crate::answer) writes them.

use manilad_domain::Microversion;
use manilad_domain::fault::Kind;
use serde_json::{Value, json};

use super::json::{object, reference};
use super::shapes;
use crate::answer::{REQUEST_ID, VERSION_HEADER, table};
use crate::route::{Method, Route, Shows, UNGUARDED};
use crate::schema;

/// The faults that a request can meet, except those that are a defect of ours.
const FAULTS: &[(Kind, &str)] = &[
    (Kind::Invalid, "The request is malformed, or the thing is not in a state for it."),
    (Kind::Forbidden, "The caller may not."),
    (Kind::Missing, "There is no such thing, or none that the caller may know of."),
    (Kind::NotAcceptable, "The microversion is not served."),
    (Kind::Conflict, "The thing exists already, or is in use."),
    (Kind::OverLimit, "A quota does not allow it, or the body is too large."),
    (Kind::Unprocessable, "The body lacks the object that it is about."),
    (Kind::NotImplemented, "It needs a part that is not built."),
    (Kind::Unavailable, "Not now; try again."),
];
const UNAUTHORISED: &str = "Unauthorised";
const TOO_SLOW: &str = "TooSlow";

/// The responses of rows that share a method and a path.
pub fn responses(rows: &[&'static Route], version: Microversion) -> Value {
    let faults = FAULTS.iter().map(|(kind, _)| *kind).filter(|kind| rows.iter().any(|row| can_meet(row, *kind)));
    let faults = faults.map(|kind| (table(kind).0, format!("{kind:?}")));
    let writes = rows.iter().any(|row| row.method != Method::GET);
    let others = [(401, UNAUTHORISED.to_owned())].into_iter().chain(writes.then(|| (408, TOO_SLOW.to_owned())));
    let refused = faults.chain(others).map(|(status, name)| (status.to_string(), reference("responses", &name)));
    let all = rows.iter().flat_map(|row| [Some(row.status), row.status_unchanged]).flatten();
    let mut statuses: Vec<u16> = all.filter(|status| *status < 400).collect();
    statuses.sort_unstable();
    statuses.dedup();
    let worked = statuses.into_iter().map(|status| {
        let rows: Vec<_> = rows.iter().copied().filter(|row| row.works_with(status)).collect();
        (status.to_string(), success(&rows, version))
    });
    object(refused.chain(worked))
}

fn can_meet(row: &Route, kind: Kind) -> bool {
    let (reads, has_body) = (row.method == Method::GET, row.body.is_some());
    match kind {
        Kind::Forbidden => row.policy != UNGUARDED,
        Kind::Conflict | Kind::OverLimit => !reads,
        Kind::Unprocessable => row.body.is_some_and(|shape| (shape.missing)(String::new()).kind == kind),
        Kind::NotImplemented => has_body,
        _ => true,
    }
}

fn success(rows: &[&'static Route], version: Microversion) -> Value {
    let schema = |row: &&'static Route| match row.shows {
        Shows::Nothing => None,
        Shows::One(shape) => Some(shapes::one(&shape)),
        Shows::Many(shape) => Some(shapes::many(row, &shape, version)),
        Shows::Json(schema) => Some(schema(version)),
    };
    let mut schemas: Vec<Value> = rows.iter().filter_map(schema).collect();
    let some_are_empty = (1..rows.len()).contains(&schemas.len());
    schemas.dedup();
    let headers = [VERSION_HEADER, REQUEST_ID.as_str()].map(|name| (name.to_owned(), reference("headers", name)));
    let mut response = json!({ "description": "It worked.", "headers": object(headers) });
    match schemas.len() {
        0 => {}
        1 => response["content"] = json_of(schemas.remove(0)),
        _ => response["content"] = json_of(json!({ "anyOf": schemas })),
    }
    if some_are_empty {
        response["content"]["text/html"] = json!({ "schema": schema::text(0, 0) });
    }
    response
}

fn json_of(schema: Value) -> Value {
    json!({ "application/json": { "schema": schema } })
}

/// The headers of answers.
pub fn headers(version: Microversion) -> Value {
    let text = |about: &str, schema: Value| json!({ "description": about, "required": true, "schema": schema });
    let version = json!({ "type": "string", "enum": [version.to_string()] });
    object([
        (VERSION_HEADER.to_owned(), text("The microversion that was served.", version)),
        (REQUEST_ID.as_str().to_owned(), text("What the log calls the request.", schema::string())),
    ])
}

/// The responses of faults, by name.
pub fn faults() -> Value {
    let faults = FAULTS
        .iter()
        .map(|(kind, about)| (format!("{kind:?}"), json!({ "description": about, "content": content(*kind) })));
    let unauthorised = json!({ "description": "There is no token, or one that is not valid.",
                               "content": json_of(identity(401)) });
    let too_slow = json!({ "description": "The body did not come in time.", "content": text_of("text/plain") });
    object(faults.chain([(UNAUTHORISED.to_owned(), unauthorised), (TOO_SLOW.to_owned(), too_slow)]))
}

fn text_of(kind: &str) -> Value {
    object([(kind.to_owned(), json!({ "schema": schema::string() }))])
}

fn content(kind: Kind) -> Value {
    let (status, key) = table(kind);
    let retry = (kind == Kind::OverLimit).then(|| ("retryAfter".to_owned(), schema::one_of(&["0"])));
    let members = [("code".to_owned(), json!({ "const": status })), ("message".to_owned(), schema::string())];
    let fault = schema::closed(&["code", "message"], members.into_iter().chain(retry));
    let fault = schema::wrapped(key, fault);
    let mut content = json_of(fault.clone());
    match kind {
        // A path that no route has is told in the form that the client accepts.
        Kind::Missing => {
            let names = ["message", "code", "title"];
            let unrouted = schema::closed(&names, names.map(|name| (name.to_owned(), schema::string())));
            content = json_of(schema::either([fault, unrouted]));
            for kind in ["text/html", "text/plain"] {
                content[kind] = json!({ "schema": schema::string() });
            }
        }
        Kind::OverLimit => content["text/plain"] = json!({ "schema": schema::string() }),
        Kind::Unavailable => content = json_of(schema::either([fault, identity(status)])),
        _ => {}
    }
    content
}

/// The form of faults that concern the token.
fn identity(status: u16) -> Value {
    let text = |name: &str| (name.to_owned(), schema::string());
    let members = [("code".to_owned(), json!({ "const": status })), text("title"), text("message")];
    schema::wrapped("error", schema::closed(&["code", "title", "message"], members))
}
