//! Application logs: what clients report of themselves to the event system. The last hundred are remembered.

use serde_json::Value;

use crate::lanes::Cost;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{EMS_INVALID, Refusal};
use crate::rest::field::{flag, integer, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, sync};
use crate::state::State;

const REMEMBERED: usize = 100;
const REQUIRED: &[&str] = &["computer_name", "event_source", "app_version", "category", "severity", "event_id"];
const SEVERITIES: &[&str] = &["emergency", "alert", "error", "notice", "informational", "debug"];

pub static APPLICATION_LOG: Noun = Noun {
    name: "application_log",
    instance: "/api/support/ems/application-logs",
    fields: &[
        text("computer_name").post(),
        text("event_source").post(),
        text("app_version").post(),
        text("category").post(),
        text("severity").post(),
        flag("autosupport_required").post(),
        integer("event_id").post(),
        text("event_description").post(),
    ],
    order: &["event_id"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] =
    &[sync(Method::Post, "/api/support/ems/application-logs", &APPLICATION_LOG, Cost::Read, log)];

fn list(state: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(state.logs.iter().cloned().collect())
}

fn log(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    if let Some(missing) = REQUIRED.iter().find(|field| !ask.has(field)) {
        return Err(Refusal::new(EMS_INVALID, format!("\"{missing}\" is a required field.")).at(*missing));
    }
    if let Some(severity) = ask.text("severity").filter(|severity| !SEVERITIES.contains(severity)) {
        return Err(Refusal::value(severity, "severity", &SEVERITIES.join("|")));
    }
    if state.logs.len() == REMEMBERED {
        state.logs.pop_front();
    }
    state.logs.push_back(ask.body.clone());
    Ok(Made::new())
}
