//! Taking a service out of use and back: a back end that is disabled gets no new shares. What it has stays served.

use manilad_domain::service::{Binary, Service};
use manilad_domain::{Fault, Microversion, span};
use serde_json::{Map, Value, json};

use crate::body::{Body, BodyShape, Label, Member, Wish, optional, required};
use crate::call::{Call, unreadable};

/// Why a service is disabled, in 1 to 255 characters.
#[derive(Debug, Clone)]
struct Reason(String);

impl Wish for Reason {
    const EXPECTED: &'static str = "a text of 1 to 255 characters";

    fn read(value: &Value) -> Option<Self> {
        Label::read(value).filter(|label| !label.0.trim().is_empty()).map(|label| Reason(label.0))
    }
}

const HOST: Member = Member { name: "host", span: span!([..]), required: true, expected: Label::EXPECTED };
const BINARY: Member = Member { name: "binary", ..HOST };
const REASON: Member =
    Member { name: "disabled_reason", span: span!([2.83..]), required: false, expected: Reason::EXPECTED };

/// Which service, and why. Judged only after the verb of the path, for a verb that does not exist is told first.
#[derive(Debug, Clone)]
pub struct Which(Value);

impl Body for Which {
    const SHAPE: BodyShape = BodyShape { wrappers: &[], members: &[HOST, BINARY, REASON] };

    fn read(body: &Value, _: Microversion) -> Result<Self, Fault> {
        Ok(Which(body.clone()))
    }
}

pub async fn change(call: Call, which: Which) -> Result<Value, Fault> {
    let disabled = match call.param("verb") {
        "enable" => false,
        "disable" => true,
        _ => return Err(Fault::not_found()),
    };
    let none = Map::new();
    let given = which.0.as_object().unwrap_or(&none);
    let host: Label = required(given, HOST, call.version)?;
    let binary: Label = required(given, BINARY, call.version)?;
    if given.get(REASON.name).is_some_and(|reason| !reason.is_null()) && !REASON.span.contains(call.version) {
        return Err(Fault::invalid("A service tells disabled_reason from microversion 2.83 on."));
    }
    let reason: Option<Reason> = optional(given, REASON, call.version)?;
    let missing = || Fault::missing(format!("ServiceNotFound: no {} on {:?} could be found.", binary.0, host.0));
    let key = Service::key_of(Binary::named(&binary.0).ok_or_else(missing)?, &host.0);
    let gone = missing();
    let service = call
        .decide("change service", move |draft| {
            let mut service: Service = draft.get(&key).map_err(unreadable)?.ok_or(gone)?;
            service.disabled = disabled;
            service.disabled_reason = reason.map(|reason| reason.0).filter(|_| disabled);
            draft.put(&service).map_err(unreadable)?;
            Ok((service, Vec::new()))
        })
        .await?;
    Ok(answer(&call, &service))
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
