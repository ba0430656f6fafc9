//! The security services of a share network: giving, taking, swapping, and asking beforehand.
//!
//! Asking is doing it to a copy that is thrown away, so that question and act can't differ; a good answer is kept until it
//! is made use of, or the next one is asked for. Share servers take a change over while they serve. Services are looked up
//! before the decision, because it takes the caller to say which they may use, and again within it, where they count.

use std::collections::BTreeMap;

use manilad_decisions::Owed;
use manilad_domain::intent::Cause;
use manilad_domain::status::NetworkStatus;
use manilad_domain::{
    Fault, Microversion, Record, SecurityService, SecurityServiceId, ServiceCheck, ShareNetwork, ShareServer, Stamp,
};
use manilad_store::{Draft, Source};
use serde_json::{Map, Value, json};

use super::body::{AddSecurityService, CheckAddition, CheckSwap, RemoveSecurityService, SwapServices};
use super::view::Seen;
use super::{attached, drafted, drafted_subnets, find, seen, servers};
use crate::call::Call;
use crate::schema;
use crate::security_services::usable;

const NOUN: &str = "security service";

/// A service that the caller may put in; `unknown` is what it is to name another.
fn service(call: &Call, id: &str, unknown: fn(Fault) -> Fault) -> Result<SecurityService, Fault> {
    let found = match id.parse() {
        Ok(id) => usable(call, &call.face.store, id)?,
        Err(_) => None,
    };
    found.ok_or_else(|| unknown(Fault::no_such(NOUN, id)))
}

fn invalid(fault: Fault) -> Fault {
    Fault::invalid(fault.text)
}

/// The same service as it is where the decision is made.
fn again(source: &impl Source, service: &SecurityService) -> Result<SecurityService, Fault> {
    source.read(&service.key())?.ok_or_else(|| Fault::no_such(NOUN, service.id))
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
    change: impl FnOnce(&mut Draft<'_>, &mut ShareNetwork) -> Result<Vec<Owed>, Fault> + Send + 'static,
) -> Result<Seen, Fault> {
    let id = find(call, rule, call.param("id"))?.key();
    let now = call.now();
    let decided = call.decide(what, move |draft| {
        let mut network = drafted(draft, &id)?;
        let owed = change(draft, &mut network)?;
        network.updated_at = Some(now);
        draft.put(&network)?;
        Ok(((network, drafted_subnets(draft, &id)?), owed))
    });
    let (network, subnets) = decided.await?;
    Ok(seen(call, network, subnets))
}

pub async fn add(call: Call, wish: AddSecurityService) -> Result<Seen, Fault> {
    let rule = "share_network:add_security_service";
    find(&call, rule, call.param("id"))?;
    let new = service(&call, &wish.security_service_id, |fault| fault)?;
    let (before_2_63, cause) = (!call.at_least("2.63"), cause(&call));
    change(&call, "add security service", rule, move |draft, network| {
        if before_2_63 {
            servers::refuse_served(draft, network, "before 2.63 it can't get a security service")?;
        }
        attach(draft, network, &new)?;
        direct(draft, network, None, &new, &cause)
    })
    .await
}

pub async fn remove(call: Call, wish: RemoveSecurityService) -> Result<Seen, Fault> {
    let (rule, asker) = ("share_network:remove_security_service", call.clone());
    change(&call, "remove security service", rule, move |draft, network| {
        servers::refuse_served(draft, network, "no security service can be taken from it")?;
        let unknown = || Fault::no_such(NOUN, &wish.security_service_id);
        let id: SecurityServiceId = wish.security_service_id.parse().map_err(|_| unknown())?;
        if !network.security_services.contains(&id) && usable(&asker, draft, id)?.is_none() {
            return Err(unknown());
        }
        network.detach(id)?;
        Ok(Vec::new())
    })
    .await
}

pub async fn swap(call: Call, wish: SwapServices) -> Result<Seen, Fault> {
    let rule = "share_network:update_security_service";
    find(&call, rule, call.param("id"))?;
    let current = service(&call, &wish.current_service_id, invalid)?;
    let new = service(&call, &wish.new_service_id, invalid)?;
    let cause = cause(&call);
    change(&call, "update security service", rule, move |draft, network| {
        replace(draft, network, &current, &new)?;
        direct(draft, network, Some(&current), &new, &cause)
    })
    .await
}

pub async fn check_addition(call: Call, wish: CheckAddition) -> Result<Value, Fault> {
    find(&call, "share_network:add_security_service_check", call.param("id"))?;
    let new = service(&call, &wish.security_service_id, |fault| fault)?;
    let verdicts = check(&call, None, &new).await?;
    Ok(compatible(&call, &verdicts, Some(("add_security_service", None, &new))))
}

pub async fn check_swap(call: Call, wish: CheckSwap) -> Result<Value, Fault> {
    find(&call, "share_network:update_security_service_check", call.param("id"))?;
    let current = service(&call, &wish.current_service_id, invalid)?;
    let new = service(&call, &wish.new_service_id, invalid)?;
    let verdicts = check(&call, Some(&current), &new).await?;
    Ok(compatible(&call, &verdicts, Some(("update_security_service", Some(&current), &new))))
}

/// Whether the servers on each back end could take a change, and keeps it in mind if all could.
async fn check(
    call: &Call,
    current: Option<&SecurityService>,
    new: &SecurityService,
) -> Result<BTreeMap<String, bool>, Fault> {
    let (id, current, new) = (call.param("id").to_owned(), current.cloned(), new.clone());
    let checked = call.decide("check security service", move |draft| {
        let mut network = drafted(draft, &id)?;
        match &current {
            Some(current) => replace(draft, &mut network, current, &new)?,
            None => attach(draft, &mut network, &new)?,
        }
        let is_possible = ServiceCheck::is_possible(current.as_ref(), &new);
        let bears = |server: &ShareServer| is_possible && server.can_be_altered();
        let verdicts = servers::verdicts(&servers::within(draft, &network)?, bears);
        let share_network_id = network.id;
        let check = ServiceCheck { share_network_id, current: current.map(|service| service.id), new: new.id };
        match verdicts.values().all(|bears| *bears) {
            true => draft.put(&check)?,
            false => forget(draft, &id)?,
        }
        Ok((verdicts, Vec::new()))
    });
    checked.await
}

/// Forgets what was found out beforehand about a network.
///
/// # Errors
/// Internal when the store can't be read.
pub fn forget(draft: &mut Draft<'_>, network: &str) -> Result<(), Fault> {
    match draft.get::<ServiceCheck>(network)? {
        Some(check) => draft.remove(&check).map_err(Fault::from),
        None => Ok(()),
    }
}

/// The request behind a change, and when it came.
fn cause(call: &Call) -> (String, Stamp) {
    (call.request_id.to_string(), call.now())
}

/// Owes the servers of a network its directories as they are now. Where there is no server, nothing happens.
fn direct(
    draft: &mut Draft<'_>,
    network: &mut ShareNetwork,
    current: Option<&SecurityService>,
    new: &SecurityService,
    (request_id, now): &(String, Stamp),
) -> Result<Vec<Owed>, Fault> {
    let served = servers::within(draft, network)?;
    if served.is_empty() {
        return Ok(Vec::new());
    }
    let check: Option<ServiceCheck> = draft.get(&network.key())?;
    let asked = ServiceCheck { share_network_id: network.id, current: current.map(|one| one.id), new: new.id };
    let is_open = check == Some(asked) && ServiceCheck::is_possible(current, &again(draft, new)?);
    let unable: Vec<_> = served.iter().filter(|server| !is_open || !server.can_be_altered()).cloned().collect();
    servers::refuse_unchecked(&unable)?;
    let directories = attached(draft, network)?;
    let mut owed = Vec::new();
    for server in served {
        let serial = draft.next_serial()?;
        let cause = Cause { request_id: request_id.clone(), now: *now };
        let (server, intent) = server.directed(directories.clone(), serial, &cause);
        draft.put(&server)?;
        draft.put(&intent)?;
        owed.push(Owed::Backend(server.service));
    }
    network.status = NetworkStatus::NetworkChange;
    forget(draft, &network.key())?;
    Ok(owed)
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

/// Whether the servers on each of these back ends support a change; where there is none nothing is in the way.
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
