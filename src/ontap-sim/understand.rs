//! From a call to a request understood: who asks, for which row of the table, with which arguments and body.

use serde_json::Value;

use crate::call::Call;
use crate::jobs::LONGEST_BULK;
use crate::rest::ask::{Ask, Method, arguments};
use crate::rest::code::{INVALID, OUT_OF_RANGE, Refusal, TOO_LARGE};
use crate::rest::field::{Field, Shown};
use crate::rest::route::{Act, Endpoint};
use crate::rest::{body, json};
use crate::state::State;
use crate::{auth, routing};

/// A request that may be carried out.
pub struct Understood {
    pub endpoint: &'static Endpoint,
    pub ask: Ask,
    /// The single requests of which a bulk request consists.
    pub records: Option<Vec<Ask>>,
}

/// The path as the table of endpoints spells it: any number of slashes is one, and there is none at the end.
pub fn plain_path(call: &Call) -> String {
    let segments = call.path().split('/').filter(|segment| !segment.is_empty());
    segments.fold(String::new(), |path, segment| path + "/" + segment)
}

pub fn understand(state: &State, call: &Call) -> Result<Understood, Refusal> {
    let who = auth::caller(state, call)?;
    if call.body.len() > state.config.limits.body {
        return Err(Refusal::new(TOO_LARGE, "The request is too large."));
    }
    let path = plain_path(call);
    let (endpoint, keys) = routing::find(Method::parse(&call.method), &path)?;
    let method = endpoint.method;
    let svm = auth::admit(state, &who, call, method, &path, endpoint.scope)?;
    let accept = call.header("Accept").unwrap_or("*/*");
    let mut ask = Ask {
        method,
        path,
        keys,
        arguments: arguments(call.query())?,
        body: Value::Object(serde_json::Map::new()),
        svm,
        release: state.config.release,
        links: accept.contains("hal+json") || accept.contains("*/*"),
        id: state.clock.id(),
    };
    let mut records = None;
    if method != Method::Get {
        ask.return_timeout()?;
        ask.switch("return_records")?;
        match method {
            Method::Post => ask.only(endpoint.arguments)?,
            // What a query says chooses among what the path names.
            _ => only_told(&ask, endpoint)?,
        }
        let whole = body::parse(&call.body)?;
        match (whole.get("records"), endpoint.act) {
            (Some(Value::Array(bodies)), Act::Each(instance)) => {
                records = Some(named_by_records(state, &ask, endpoint, instance, bodies)?);
            }
            (Some(Value::Array(bodies)), _) if endpoint.bulk => records = Some(bulk(state, &ask, endpoint, bodies)?),
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

/// A request for each of `records`: what names its object is a query, and the rest is what is to become of it.
fn named_by_records(
    state: &State,
    ask: &Ask,
    endpoint: &Endpoint,
    instance: &str,
    bodies: &[Value],
) -> Result<Vec<Ask>, Refusal> {
    countable(bodies)?;
    let keys = instance.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let keys: Vec<&str> = keys.filter(|key| !ask.keys.contains_key(*key)).collect();
    let one = |body: &Value| {
        let mut rest = body.clone();
        if let Some(Value::String(name)) = rest.get("svm").cloned() {
            rest["svm"] = serde_json::json!({ "name": name });
        }
        let by_keys = keys.iter().all(|key| json::get(&rest, key).is_some());
        let names = if by_keys { keys.clone() } else { vec!["name", "svm.name", "svm.uuid"] };
        if !by_keys && json::get(&rest, "name").is_none() {
            return Err(Refusal::new(INVALID, "A record names no object.").at("records"));
        }
        let mut arguments = ask.arguments.clone();
        for name in &names {
            if let Some(value) = json::get(&rest, name).map(json::text) {
                arguments.push(((*name).to_owned(), literal(&value)?));
            }
        }
        names.iter().for_each(|name| json::take(&mut rest, name));
        Ok(Ask { arguments, body: fitting(ask, endpoint, rest)?, id: state.clock.id(), ..ask.clone() })
    };
    bodies.iter().map(one).collect()
}

/// A query that finds this value and no other.
fn literal(value: &str) -> Result<String, Refusal> {
    match (value.contains('"'), value.contains('}')) {
        (false, _) => Ok(format!("\"{value}\"")),
        (true, false) => Ok(format!("{{{value}}}")),
        (true, true) => Err(Refusal::value(value, "records", "no name with both \" and }")),
    }
}

/// Refuses arguments that are neither general nor the endpoint's own, nor what is told of an object: what only acts chooses none.
fn only_told(ask: &Ask, endpoint: &Endpoint) -> Result<(), Refusal> {
    let conditions = endpoint.noun.conditions(ask, endpoint.arguments)?;
    let is_told = |name: &str| endpoint.noun.fields.iter().any(|one| one.name == name && one.shown != Shown::Never);
    let stranger = conditions.iter().find(|condition| !is_told(&condition.field));
    match stranger.filter(|_| !matches!(endpoint.act, Act::Each(_))) {
        Some(condition) => Err(Refusal::unexpected(&condition.field)),
        None => Ok(()),
    }
}

fn countable(bodies: &[Value]) -> Result<(), Refusal> {
    if bodies.is_empty() {
        return Err(Refusal::new(INVALID, "\"records\" is empty.").at("records"));
    }
    if bodies.len() > LONGEST_BULK {
        let message = format!("A bulk request can't have more than {LONGEST_BULK} records.");
        return Err(Refusal::new(OUT_OF_RANGE, message).at("records"));
    }
    Ok(())
}

fn bulk(state: &State, ask: &Ask, endpoint: &Endpoint, bodies: &[Value]) -> Result<Vec<Ask>, Refusal> {
    countable(bodies)?;
    let one =
        |body: &Value| Ok(Ask { body: fitting(ask, endpoint, body.clone())?, id: state.clock.id(), ..ask.clone() });
    bodies.iter().map(one).collect()
}
