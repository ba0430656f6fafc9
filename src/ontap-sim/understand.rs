//! From a call to a request understood: who asks, for which row of the table, with which arguments and body.

use serde_json::{Value, json};

use crate::call::Call;
use crate::jobs::LONGEST_BULK;
use crate::rest::ask::{Ask, Method, arguments};
use crate::rest::body;
use crate::rest::code::{INVALID, OUT_OF_RANGE, Refusal, TOO_LARGE};
use crate::rest::field::Field;
use crate::rest::route::{Act, Endpoint};
use crate::state::State;
use crate::{auth, routing};

/// A request that may be carried out.
pub struct Understood {
    pub endpoint: &'static Endpoint,
    pub ask: Ask,
    /// The single requests of which a bulk request consists.
    pub records: Option<Vec<Ask>>,
}

/// The path as the table of endpoints spells it.
pub fn plain_path(call: &Call) -> &str {
    call.path().trim_end_matches('/')
}

pub fn understand(state: &State, call: &Call) -> Result<Understood, Refusal> {
    let who = auth::caller(state, call)?;
    if call.body.len() > state.config.limits.body {
        return Err(Refusal::new(TOO_LARGE, "The request is too large."));
    }
    let path = plain_path(call);
    let (endpoint, keys) = routing::find(Method::parse(&call.method), path)?;
    let method = endpoint.method;
    let svm = auth::admit(state, &who, call, method, path, endpoint.scope)?;
    let accept = call.header("Accept").unwrap_or("*/*");
    let mut ask = Ask {
        method,
        path: path.to_owned(),
        keys,
        arguments: arguments(call.query())?,
        body: json!({}),
        svm,
        release: state.config.release,
        links: accept.contains("hal+json") || accept.contains("*/*"),
        id: state.clock.id(),
    };
    let mut records = None;
    if method != Method::Get {
        ask.return_timeout()?;
        ask.switch("return_records")?;
        if !matches!(endpoint.act, Act::Each(_)) {
            ask.only(endpoint.arguments)?;
        }
        let whole = body::parse(&call.body)?;
        match whole.get("records") {
            Some(Value::Array(bodies)) if endpoint.bulk => records = Some(bulk(state, &ask, endpoint, bodies)?),
            _ => ask.body = fitting(&ask, endpoint, whole)?,
        }
    }
    Ok(Understood { endpoint, ask, records })
}

/// The body, checked against the fields that this method may set.
fn fitting(ask: &Ask, endpoint: &Endpoint, body: Value) -> Result<Value, Refusal> {
    let settable = match ask.method {
        Method::Post => |field: &Field| field.posted,
        Method::Patch => |field: &Field| field.patched,
        // A deletion needs no body, but clients send keys along.
        Method::Get | Method::Delete => |_: &Field| true,
    };
    let lenient = ask.switch("ignore_unknown_fields")?.unwrap_or(false);
    body::checked(body, endpoint.noun, ask.release, lenient, settable)
}

fn bulk(state: &State, ask: &Ask, endpoint: &Endpoint, bodies: &[Value]) -> Result<Vec<Ask>, Refusal> {
    if bodies.is_empty() {
        return Err(Refusal::new(INVALID, "\"records\" is empty.").at("records"));
    }
    if bodies.len() > LONGEST_BULK {
        let message = format!("A bulk request can't have more than {LONGEST_BULK} records.");
        return Err(Refusal::new(OUT_OF_RANGE, message).at("records"));
    }
    let one =
        |body: &Value| Ok(Ask { body: fitting(ask, endpoint, body.clone())?, id: state.clock.id(), ..ask.clone() });
    bodies.iter().map(one).collect()
}
