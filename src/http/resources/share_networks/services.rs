//! The security services of a share network: giving, taking, putting one in the place of another, and asking beforehand.
//!
//! Services are looked up before the decision, because it takes the caller to say which they may use; the decision reads
//! them again.

use std::collections::BTreeMap;

use manilad_decisions::share_network::{self, ServiceChange};
use manilad_domain::{Fault, Microversion, Record, SecurityServiceId};
use serde_json::{Map, Value, json};

use super::body::{AddSecurityService, CheckAddition, CheckSwap, RemoveSecurityService, SwapServices};
use super::find::find;
use super::view::ShareNetworkView;
use super::view::view;
use crate::call::Call;
use crate::resources::security_services::{may_use, usable};
use crate::schema;

/// A service that the caller may put in; missing if there is none.
fn service(call: &Call, id: &str) -> Result<SecurityServiceId, Fault> {
    usable(call, id)?.map(|service| service.id).ok_or_else(|| Fault::no_such("security service", id))
}

/// The services that one is to take the place of another, where an unknown one makes the request invalid.
fn pair(call: &Call, current: &str, new: &str) -> Result<ServiceChange, Fault> {
    let service = |id| service(call, id).map_err(|fault| Fault::invalid(fault.text));
    Ok(ServiceChange { current: Some(service(current)?), new: service(new)? })
}

pub async fn add(call: Call, wish: AddSecurityService) -> Result<ShareNetworkView, Fault> {
    let id = find(&call, "share_network:add_security_service", call.param("id"))?.key();
    let change = ServiceChange { current: None, new: service(&call, &wish.security_service_id)? };
    let (before_2_63, cause) = (!call.at_least("2.63"), call.cause());
    let changed = call.decide("add security service", move |draft| {
        share_network::change_service(draft, &id, change, before_2_63, &cause)
    });
    view(&call, changed.await?)
}

pub async fn remove(call: Call, wish: RemoveSecurityService) -> Result<ShareNetworkView, Fault> {
    let id = find(&call, "share_network:remove_security_service", call.param("id"))?.key();
    let (asker, now) = (call.clone(), call.now());
    let changed = call.decide("remove security service", move |draft| {
        let may_use = |service: &_| may_use(&asker, service);
        share_network::remove_service(draft, &id, &wish.security_service_id, &may_use, now)
    });
    view(&call, changed.await?)
}

pub async fn swap(call: Call, wish: SwapServices) -> Result<ShareNetworkView, Fault> {
    let id = find(&call, "share_network:update_security_service", call.param("id"))?.key();
    let change = pair(&call, &wish.current_service_id, &wish.new_service_id)?;
    let cause = call.cause();
    let changed = call.decide("update security service", move |draft| {
        share_network::change_service(draft, &id, change, false, &cause)
    });
    view(&call, changed.await?)
}

pub async fn check_addition(call: Call, wish: CheckAddition) -> Result<Value, Fault> {
    let id = find(&call, "share_network:add_security_service_check", call.param("id"))?.key();
    let change = ServiceChange { current: None, new: service(&call, &wish.security_service_id)? };
    check(call, id, "add_security_service", change).await
}

pub async fn check_swap(call: Call, wish: CheckSwap) -> Result<Value, Fault> {
    let id = find(&call, "share_network:update_security_service_check", call.param("id"))?.key();
    let change = pair(&call, &wish.current_service_id, &wish.new_service_id)?;
    check(call, id, "update_security_service", change).await
}

async fn check(call: Call, id: String, operation: &str, change: ServiceChange) -> Result<Value, Fault> {
    let support =
        call.decide("check security service", move |draft| share_network::check_service(draft, &id, change)).await?;
    Ok(compatible(&call, &support, Some((operation, change))))
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
pub fn compatible(call: &Call, support: &BTreeMap<String, bool>, operation: Option<(&str, ServiceChange)>) -> Value {
    let mut answer = Map::from_iter([("compatible".to_owned(), json!(support.values().all(|supports| *supports)))]);
    if let Some((operation, ServiceChange { current, new })) = operation {
        answer.insert(
            "requested_operation".to_owned(),
            json!({ "operation": operation, "current_security_service": current, "new_security_service": new }),
        );
    }
    if call.caller.is_admin {
        answer.insert("hosts_check_result".to_owned(), json!(support));
    }
    Value::Object(answer)
}
