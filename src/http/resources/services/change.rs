//! Taking a service out of use and back: a back end that is disabled gets no new shares. What it has stays served.

use manilad_decisions::service;
use manilad_domain::service::{Binary, Service};
use manilad_domain::{Fault, Microversion, span};
use serde_json::{Map, Value, json};

use crate::body::{self, Body, BodyShape, Label, Member, Wish, optional, required};
use crate::call::Call;
use crate::schema;

/// Why a service is disabled, in 1 to 255 characters.
#[derive(Debug, Clone)]
struct Reason(String);

impl Wish for Reason {
    const EXPECTED: &'static str = "a text of 1 to 255 characters";

    fn schema() -> Value {
        schema::unblank(255)
    }

    fn read(value: &Value) -> Option<Self> {
        Label::read(value).filter(|label| !label.0.trim().is_empty()).map(|label| Reason(label.0))
    }
}

const HOST: Member = Member::required::<Label>("host", span!([..]));
const BINARY: Member = Member::required::<Label>("binary", span!([..]));
const REASON: Member = Member::optional::<Reason>("disabled_reason", span!([2.83..]));

const ENABLE: &str = "enable";
const DISABLE: &str = "disable";
/// What can be done to a service, as the path has it.
pub const VERBS: &[&str] = &[ENABLE, DISABLE];

/// Which service, and why. Judged only after the verb of the path, for a verb that does not exist is told first.
#[derive(Debug, Clone)]
pub struct Which(Value);

impl Body for Which {
    const SHAPE: BodyShape = BodyShape {
        members: &[HOST, BINARY, REASON],
        judge: |body, version| Wanted::read(body, version).map(|wanted| format!("{wanted:?}")),
        ..BodyShape::of::<Self>("Which", "Names a service.", &[], |shape, version| {
            let mut which = body::members(shape, version);
            if !REASON.span.contains(version) {
                which["properties"][REASON.name] = json!({ "type": "null" }); // refused, not ignored
            }
            which
        })
    };

    fn read(body: &Value, _: Microversion) -> Result<Self, Fault> {
        Ok(Which(body.clone()))
    }
}

/// What a body comes to.
#[derive(Debug)]
struct Wanted {
    host: Label,
    binary: Label,
    reason: Option<Reason>,
}

impl Wanted {
    fn read(body: &Value, version: Microversion) -> Result<Self, Fault> {
        let none = Map::new();
        let given = body.as_object().unwrap_or(&none);
        let (host, binary) = (required(given, HOST, version)?, required(given, BINARY, version)?);
        if given.get(REASON.name).is_some_and(|reason| !reason.is_null()) && !REASON.span.contains(version) {
            return Err(Fault::invalid("A service tells disabled_reason from microversion 2.83 on."));
        }
        Ok(Wanted { host, binary, reason: optional(given, REASON, version)? })
    }
}

pub async fn change(call: Call, which: Which) -> Result<Value, Fault> {
    let disabled = match call.param("verb") {
        ENABLE => false,
        DISABLE => true,
        _ => return Err(Fault::not_found()),
    };
    let Wanted { host, binary, reason } = Wanted::read(&which.0, call.version)?;
    let Some(kind) = Binary::named(&binary.0) else { return Err(service::no_service(&binary.0, &host.0)) };
    let reason = reason.map(|reason| reason.0);
    let service = call
        .decide("change service", move |draft| match disabled {
            true => service::disable(draft, kind, &host.0, reason),
            false => service::enable(draft, kind, &host.0),
        })
        .await?;
    Ok(answer(&call, &service))
}

/// What [`change`] answers.
pub fn changed(version: Microversion) -> Value {
    let text = |key: &str| (key.to_owned(), schema::string());
    let mut members =
        vec![text("host"), text("binary"), ("status".to_owned(), schema::one_of(&["enabled", "disabled"]))];
    if version >= Microversion::written("2.83") {
        members.push(("disabled_reason".to_owned(), schema::or_null(schema::string())));
    }
    if version >= Microversion::written("2.86") {
        members.push(("ensuring".to_owned(), schema::or_null(schema::boolean())));
    }
    let names: Vec<String> = members.iter().map(|(name, _)| name.clone()).collect();
    schema::closed(&names.iter().map(String::as_str).collect::<Vec<_>>(), members)
}

fn answer(call: &Call, service: &Service) -> Value {
    let status = if service.disabled { "disabled" } else { "enabled" };
    let mut answer = json!({ "host": service.host, "binary": service.binary.name(), "status": status });
    if call.at_least("2.83") {
        answer["disabled_reason"] = json!(service.disabled_reason);
    }
    if call.at_least("2.86") {
        answer["ensuring"] = Value::Null;
    }
    answer
}
