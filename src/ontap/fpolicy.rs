//! FPolicy: which operations on files are watched over which protocol, and the policies of an SVM that have the array refuse them for
//! files with certain extensions.
//!
//! An enabled policy can't be changed: it is disabled, changed and enabled again. The native engine asks for extensions on directories
//! too, else it keeps clients out of every directory in its scope. How to get it wrong: to take a policy that is there for one in force.
//! Source: operations.md §18; "Requirement for FPolicy scope configurations if the FPolicy policy uses the native engine".

use std::collections::{BTreeMap, BTreeSet};

use manilad_clock::Uuid;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

/// So many policies an SVM has at most, and so many are the priorities, of which each is one policy's.
pub const MOST_POLICIES: usize = 10;
/// More policies, in force or not, and more events than anybody has.
const MOST_RECORDS: usize = 1000;
const NATIVE: &str = "native";
const ENABLED_ALREADY: &str = "9764907";
const DISABLED_ALREADY: [&str; 2] = ["9764908", "9765029"];

/// What is watched over one protocol.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "EventWire")]
pub struct Event {
    pub name: String,
    /// `nfsv3`, `nfsv4` or `cifs`.
    pub protocol: String,
    /// As `create`, `rename_dir`.
    pub operations: BTreeSet<String>,
}

#[derive(Deserialize)]
struct EventWire {
    name: String,
    #[serde(default)]
    protocol: String,
    #[serde(default)]
    file_operations: BTreeMap<String, bool>,
}

impl From<EventWire> for Event {
    fn from(EventWire { name, protocol, file_operations }: EventWire) -> Self {
        let operations =
            file_operations.into_iter().filter(|(_, is_watched)| *is_watched).map(|(name, _)| name).collect();
        Event { name, protocol, operations }
    }
}

/// A policy of an SVM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "PolicyWire")]
pub struct Policy {
    pub name: String,
    /// The names of its events.
    pub events: BTreeSet<String>,
    /// Its priority, while it is enabled.
    pub priority: Option<u8>,
    /// The names of the volumes that it is about.
    pub volumes: Vec<String>,
    /// Whose files it is about.
    pub include: BTreeSet<String>,
    /// Whose files it is not about, of all.
    pub exclude: BTreeSet<String>,
    /// Whether its scope names nothing but volumes and extensions.
    pub is_of_volumes: bool,
    /// Whether it refuses by itself, on directories as on files, as [`create`] has it.
    pub is_native: bool,
}

#[derive(Deserialize)]
struct PolicyWire {
    name: String,
    #[serde(default)]
    events: Vec<Named>,
    #[serde(default)]
    enabled: bool,
    priority: Option<u8>,
    mandatory: Option<bool>,
    engine: Option<Named>,
    #[serde(default)]
    scope: ScopeWire,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ScopeWire {
    include_volumes: Vec<String>,
    include_extension: BTreeSet<String>,
    exclude_extension: BTreeSet<String>,
    include_shares: Vec<String>,
    include_export_policies: Vec<String>,
    exclude_shares: Vec<String>,
    exclude_volumes: Vec<String>,
    exclude_export_policies: Vec<String>,
    check_extensions_on_directories: Option<bool>,
}

impl From<PolicyWire> for Policy {
    fn from(PolicyWire { name, events, enabled, priority, mandatory, engine, scope }: PolicyWire) -> Self {
        let engine = engine.and_then(|engine| engine.name);
        let others = [
            &scope.include_shares,
            &scope.include_export_policies,
            &scope.exclude_shares,
            &scope.exclude_volumes,
            &scope.exclude_export_policies,
        ];
        Policy {
            name,
            events: events.into_iter().filter_map(|event| event.name).collect(),
            priority: priority.filter(|_| enabled),
            is_of_volumes: others.iter().all(|others| others.is_empty()),
            // What is not told is as it was made.
            is_native: mandatory.unwrap_or(true)
                && engine.is_none_or(|engine| engine == NATIVE)
                && scope.check_extensions_on_directories.unwrap_or(true),
            volumes: scope.include_volumes,
            include: scope.include_extension,
            exclude: scope.exclude_extension,
        }
    }
}

/// All policies of an SVM; one call.
pub async fn policies(client: &Client, svm: Uuid) -> Result<Vec<Policy>, Error> {
    let fields = "name,enabled,priority,mandatory,engine.name,events.name,scope.include_volumes,\
                  scope.include_extension,scope.exclude_extension,scope.include_shares,scope.include_export_policies,\
                  scope.exclude_shares,scope.exclude_volumes,scope.exclude_export_policies,\
                  scope.check_extensions_on_directories";
    let call = Call::to(Endpoint::FpolicyPolicies, &[&svm.to_string()])?.query(Query::new().fields(fields));
    client.list(call, MOST_RECORDS).await
}

/// All events of an SVM; one call.
pub async fn events(client: &Client, svm: Uuid) -> Result<Vec<Event>, Error> {
    let query = Query::new().fields("name,protocol,file_operations");
    client.list(Call::to(Endpoint::FpolicyEvents, &[&svm.to_string()])?.query(query), MOST_RECORDS).await
}

/// Makes an event; one call. `Exists` when the name is taken, `Refused` where the protocol does not have an operation.
pub async fn create_event(client: &Client, svm: Uuid, event: &Event) -> Result<(), Error> {
    let operations: Value = event.operations.iter().map(|name| (name.clone(), json!(true))).collect();
    let body = Body::default().set("name", event.name.as_str()).set("protocol", event.protocol.as_str());
    let body = body.set("file_operations", operations);
    let call = Call::to(Endpoint::FpolicyEventCreate, &[&svm.to_string()])?.body(body);
    client.write::<Value>(call).await.map(|_| ())
}

/// Removes an event; one call. Gone already is well; refused while a policy is about it.
pub async fn delete_event(client: &Client, svm: Uuid, name: &str) -> Result<(), Error> {
    gone(client, Call::to(Endpoint::FpolicyEventDelete, &[&svm.to_string(), name])?).await
}

/// Makes a policy, in force at once if it has a priority; one call. `Exists` when the name is taken, `Busy` when another policy has the
/// priority.
pub async fn create(client: &Client, svm: Uuid, policy: &Policy) -> Result<(), Error> {
    let events: Vec<Value> = policy.events.iter().map(|name| json!({ "name": name })).collect();
    let scope = json!({
        "include_volumes": policy.volumes,
        "include_extension": policy.include,
        "exclude_extension": policy.exclude,
        "check_extensions_on_directories": true,
    });
    let body = Body::default().set("name", policy.name.as_str()).set("events", events).set("engine.name", NATIVE);
    let body = body.set("scope", scope).maybe("priority", policy.priority);
    client.write::<Value>(Call::to(Endpoint::FpolicyCreate, &[&svm.to_string()])?.body(body)).await.map(|_| ())
}

/// Says which volumes a disabled policy is about; one call.
pub async fn set_volumes(client: &Client, svm: Uuid, name: &str, volumes: &[String]) -> Result<(), Error> {
    change(client, svm, name, Body::default().set("scope.include_volumes", json!(volumes))).await
}

/// Puts a policy in force; one call. `Busy` when another policy has the priority.
pub async fn enable(client: &Client, svm: Uuid, name: &str, priority: u8) -> Result<(), Error> {
    match change(client, svm, name, Body::default().set("enabled", true).set("priority", priority)).await {
        Err(error) if error.code() == ENABLED_ALREADY => Ok(()),
        other => other,
    }
}

/// Puts a policy out of force; one call.
pub async fn disable(client: &Client, svm: Uuid, name: &str) -> Result<(), Error> {
    match change(client, svm, name, Body::default().set("enabled", false)).await {
        Err(error) if DISABLED_ALREADY.contains(&error.code()) => Ok(()),
        other => other,
    }
}

/// Removes a disabled policy; one call. Gone already is well.
pub async fn delete(client: &Client, svm: Uuid, name: &str) -> Result<(), Error> {
    gone(client, Call::to(Endpoint::FpolicyDelete, &[&svm.to_string(), name])?).await
}

async fn change(client: &Client, svm: Uuid, name: &str, body: Body) -> Result<(), Error> {
    let call = Call::to(Endpoint::FpolicyChange, &[&svm.to_string(), name])?.body(body);
    client.write::<Value>(call).await.map(|_| ())
}

async fn gone(client: &Client, call: Call) -> Result<(), Error> {
    match client.write::<Value>(call).await {
        Err(error) if error.class() == Class::Absent => Ok(()),
        other => other.map(|_| ()),
    }
}
