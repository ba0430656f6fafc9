//! The security services of a share network: giving, taking, swapping, and asking beforehand.
//!
//! Asking is doing it to a copy that is thrown away, so that question and act can't differ. Services are looked up
//! before the decision, because it takes the caller to say which they may use, and again within it, where they count.

use std::collections::BTreeMap;

use manilad_domain::{Fault, Microversion, Record, SecurityService, ShareNetwork};
use serde_json::{Map, Value, json};

use super::body::{AddSecurityService, CheckAddition, CheckSwap, RemoveSecurityService, SwapServices};
use super::view::Seen;
use super::{attached, drafted, drafted_subnets, find, seen, servers};
use crate::call::{Call, unreadable};
use crate::quotas::state::Source;
use crate::schema;
use crate::security_services::usable;

const NOUN: &str = "security service";

/// A service that the caller may put in; `unknown` is what it is to name another.
fn service(call: &Call, id: &str, unknown: fn(Fault) -> Fault) -> Result<SecurityService, Fault> {
    let found = usable(call, id)?.ok_or_else(|| unknown(Fault::no_such(NOUN, id)))?;
    Ok(found.into_owned())
}

fn invalid(fault: Fault) -> Fault {
    Fault::invalid(fault.text)
}

/// The same service as it is where the decision is made.
fn again(source: &impl Source, service: &SecurityService) -> Result<SecurityService, Fault> {
    source.read(&service.key()).map_err(unreadable)?.ok_or_else(|| Fault::no_such(NOUN, service.id))
}

fn attach(source: &impl Source, network: &mut ShareNetwork, new: &SecurityService) -> Result<(), Fault> {
    let others = attached(source, network)?;
    network.attach(&again(source, new)?, &others)
}

fn replace(
    source: &impl Source,
    network: &mut ShareNetwork,
    current: &SecurityService,
    new: &SecurityService,
) -> Result<(), Fault> {
    network.swap(&again(source, current)?, &again(source, new)?)
}

/// Changes the services of the network that the path names.
async fn change(
    call: &Call,
    what: &'static str,
    rule: &str,
    change: impl FnOnce(&manilad_store::Draft<'_>, &mut ShareNetwork) -> Result<(), Fault> + Send + 'static,
) -> Result<Seen, Fault> {
    let id = find(call, rule, call.param("id"))?.key();
    let now = call.now();
    let decided = call.decide(what, move |draft| {
        let mut network = drafted(draft, &id)?;
        change(draft, &mut network)?;
        network.updated_at = Some(now);
        draft.put(&network).map_err(unreadable)?;
        Ok(((network, drafted_subnets(draft, &id)?), Vec::new()))
    });
    let (network, subnets) = decided.await?;
    Ok(seen(call, network, subnets))
}

pub async fn add(call: Call, wish: AddSecurityService) -> Result<Seen, Fault> {
    let rule = "share_network:add_security_service";
    find(&call, rule, call.param("id"))?;
    let new = service(&call, &wish.security_service_id, |fault| fault)?;
    let before_2_63 = !call.at_least("2.63");
    change(&call, "add security service", rule, move |draft, network| {
        if before_2_63 {
            servers::refuse_served(draft, network, "before 2.63 it can't get a security service")?;
        }
        attach(draft, network, &new)?;
        servers::refuse_unchecked(&servers::within(draft, network)?)
    })
    .await
}

pub async fn remove(call: Call, wish: RemoveSecurityService) -> Result<Seen, Fault> {
    let rule = "share_network:remove_security_service";
    change(&call, "remove security service", rule, move |draft, network| {
        servers::refuse_served(draft, network, "no security service can be taken from it")?;
        let id = wish.security_service_id;
        let not_there = || Fault::invalid(format!("The share network does not have security service {id:?}."));
        network.detach(id.parse().map_err(|_| not_there())?)
    })
    .await
}

pub async fn swap(call: Call, wish: SwapServices) -> Result<Seen, Fault> {
    let rule = "share_network:update_security_service";
    find(&call, rule, call.param("id"))?;
    let current = service(&call, &wish.current_service_id, invalid)?;
    let new = service(&call, &wish.new_service_id, invalid)?;
    change(&call, "update security service", rule, move |draft, network| {
        replace(draft, network, &current, &new)?;
        servers::refuse_unchecked(&servers::within(draft, network)?)
    })
    .await
}

pub async fn check_addition(call: Call, wish: CheckAddition) -> Result<Value, Fault> {
    let mut network = find(&call, "share_network:add_security_service_check", call.param("id"))?.into_owned();
    let new = service(&call, &wish.security_service_id, |fault| fault)?;
    attach(&call.face.store, &mut network, &new)?;
    let verdicts = servers::verdicts(&servers::within(&call.face.store, &network)?, |_| false);
    Ok(compatible(&call, &verdicts, Some(("add_security_service", None, &new))))
}

pub async fn check_swap(call: Call, wish: CheckSwap) -> Result<Value, Fault> {
    let mut network = find(&call, "share_network:update_security_service_check", call.param("id"))?.into_owned();
    let current = service(&call, &wish.current_service_id, invalid)?;
    let new = service(&call, &wish.new_service_id, invalid)?;
    replace(&call.face.store, &mut network, &current, &new)?;
    let verdicts = servers::verdicts(&servers::within(&call.face.store, &network)?, |_| false);
    Ok(compatible(&call, &verdicts, Some(("update_security_service", Some(&current), &new))))
}

/// The schema of [`compatible`] with an operation.
pub fn answered(version: Microversion) -> Value {
    let operation = schema::one_of(&["add_security_service", "update_security_service"]);
    let members = [
        ("operation", operation),
        ("current_security_service", schema::or_null(schema::uuid())),
        ("new_security_service", schema::uuid()),
    ];
    let members = members.map(|(name, held)| (name.to_owned(), held));
    let names = ["operation", "current_security_service", "new_security_service"];
    let mut answer = answered_alone(version);
    answer["properties"]["requested_operation"] = schema::closed(&names, members);
    answer["required"] = json!(["compatible", "requested_operation"]);
    answer
}

/// The schema of [`compatible`] without one: null would be for servers that have not answered yet.
pub fn answered_alone(_: Microversion) -> Value {
    let verdict = || schema::or_null(schema::boolean());
    let hosts = ("hosts_check_result".to_owned(), schema::map(verdict()));
    schema::closed(&["compatible"], [("compatible".to_owned(), verdict()), hosts])
}

/// Whether the servers on each of these back ends could bear a change; where there is none nothing is in the way.
/// Administrators see who was asked.
pub fn compatible(
    call: &Call,
    verdicts: &BTreeMap<String, bool>,
    operation: Option<(&str, Option<&SecurityService>, &SecurityService)>,
) -> Value {
    let mut answer = Map::from_iter([("compatible".to_owned(), json!(verdicts.values().all(|bears| *bears)))]);
    if let Some((operation, current, new)) = operation {
        let current = current.map(|service| service.id);
        answer.insert(
            "requested_operation".to_owned(),
            json!({ "operation": operation, "current_security_service": current, "new_security_service": new.id }),
        );
    }
    if call.caller.is_admin {
        answer.insert("hosts_check_result".to_owned(), json!(verdicts));
    }
    Value::Object(answer)
}
