//! Export policies: which addresses may use a volume over NFS, and how.
//!
//! A policy has an id that survives renames; rules are replaced all at once in one call, so clients never see a moment without
//! their rules. ONTAP evaluates rules in the order of the list. How to get it wrong: trusting the rules inside a policy when there
//! are more than 500, where ONTAP cuts them short; [`rules`] has them all.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

/// ONTAP's limit of rules is far below.
const MOST_RULES: usize = 20_000;
const MOST: usize = 20_000;
/// A policy that has so many rules may have more than it shows.
const SHOWN_RULES: usize = 500;
/// Policies with their rules in one answer, which is bounded in bytes.
const WHOLE_AT_A_TIME: usize = 200;
const COLLECTION: &str = "/api/protocols/nfs/export-policies/";

/// How a client must prove who its users are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flavour {
    Any,
    None,
    Never,
    Krb5,
    Krb5i,
    Krb5p,
    Ntlm,
    Sys,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "RuleWire", into = "RuleWire")]
pub struct Rule {
    /// Addresses, networks (`10.0.0.0/24`), hosts, `.domains` or `@netgroups`.
    pub clients: Vec<String>,
    pub ro: Vec<Flavour>,
    pub rw: Vec<Flavour>,
    /// Who keeps the rights of root.
    pub superuser: Vec<Flavour>,
    /// Whom the others become; ONTAP's default (65534) when none.
    pub anonymous_user: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct RuleWire {
    #[serde(default)]
    clients: Vec<Match>,
    #[serde(default)]
    ro_rule: Vec<Flavour>,
    #[serde(default)]
    rw_rule: Vec<Flavour>,
    #[serde(default)]
    superuser: Vec<Flavour>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymous_user: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Match {
    #[serde(rename = "match")]
    pattern: String,
}

impl From<RuleWire> for Rule {
    fn from(wire: RuleWire) -> Self {
        let clients = wire.clients.into_iter().map(|client| client.pattern).collect();
        let RuleWire { ro_rule: ro, rw_rule: rw, superuser, anonymous_user, .. } = wire;
        Rule { clients, ro, rw, superuser, anonymous_user }
    }
}

impl From<Rule> for RuleWire {
    fn from(rule: Rule) -> Self {
        let clients = rule.clients.into_iter().map(|pattern| Match { pattern }).collect();
        let Rule { ro: ro_rule, rw: rw_rule, superuser, anonymous_user, .. } = rule;
        RuleWire { clients, ro_rule, rw_rule, superuser, anonymous_user }
    }
}

/// A policy without its rules.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Policy {
    pub id: u64,
    pub name: String,
    #[serde(default)]
    pub svm: Named,
}

/// A policy with its rules, in the order they are evaluated.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Whole {
    pub id: u64,
    pub name: String,
    #[serde(default)]
    pub svm: Named,
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// Makes a policy with its rules; one call. Returns its id; `Exists` when the name is taken.
pub async fn create(client: &Client, svm: &str, name: &str, rules: &[Rule]) -> Result<u64, Error> {
    let body = Body::default().set("name", name).set("svm.name", svm).set("rules", wire(rules)?);
    let call = Call::to(Endpoint::PolicyCreate, &[])?.query(Query::new().raw("return_records", "true")).body(body);
    let mut written = client.write::<Value>(call).await?;
    let of_record = written.record().and_then(|record| record.get("id")?.as_u64());
    if let Some(id) = of_record.or_else(|| written.key(COLLECTION)?.parse().ok()) {
        return Ok(id);
    }
    let made = find(client, svm, name).await?.map(|policy| policy.id);
    made.ok_or_else(|| Error::unknown(Endpoint::PolicyCreate, "the policy was made, but is not to be found"))
}

/// The policy of that name; one call.
pub async fn find(client: &Client, svm: &str, name: &str) -> Result<Option<Policy>, Error> {
    let query = Query::new().is("name", name)?.is("svm.name", svm)?.fields("id,name,svm.name");
    client.only(Call::to(Endpoint::Policies, &[])?.query(query)).await
}

/// The policies of `svm`, or of the cluster, whose names start with `prefix`; one call per thousand.
pub async fn starting(client: &Client, svm: Option<&str>, prefix: &str) -> Result<Vec<Policy>, Error> {
    let query = Query::new().starts("name", prefix)?.within(svm)?.fields("id,name,svm.name");
    client.list(Call::to(Endpoint::Policies, &[])?.query(query), MOST).await
}

/// As [`starting`], with all their rules; one call per two hundred, and those of [`rules`] for each policy that ONTAP cuts short.
pub async fn whole(client: &Client, svm: Option<&str>, prefix: &str) -> Result<Vec<Whole>, Error> {
    let query = Query::new().starts("name", prefix)?.within(svm)?.fields("id,name,svm.name,rules");
    let call = Call::to(Endpoint::Policies, &[])?.query(query);
    let mut policies: Vec<Whole> = client.pages(call, WHOLE_AT_A_TIME, MOST).await?;
    for policy in policies.iter_mut().filter(|policy| policy.rules.len() >= SHOWN_RULES) {
        policy.rules = rules(client, policy.id).await?;
    }
    Ok(policies)
}

/// All rules of a policy, in the order they are evaluated; one call per thousand.
pub async fn rules(client: &Client, id: u64) -> Result<Vec<Rule>, Error> {
    let query = Query::new().fields("index,clients,ro_rule,rw_rule,superuser,anonymous_user").raw("order_by", "index");
    client.list(Call::to(Endpoint::PolicyRules, &[&id.to_string()])?.query(query), MOST_RULES).await
}

/// Makes `rules` the rules of a policy, all at once; one call. An empty list lets nobody in.
pub async fn replace(client: &Client, id: u64, rules: &[Rule]) -> Result<(), Error> {
    change(client, id, Body::default().set("rules", wire(rules)?)).await
}

/// Gives a policy another name; its volumes keep it; one call.
pub async fn rename(client: &Client, id: u64, name: &str) -> Result<(), Error> {
    change(client, id, Body::default().set("name", name)).await
}

async fn change(client: &Client, id: u64, body: Body) -> Result<(), Error> {
    let call = Call::to(Endpoint::PolicyChange, &[&id.to_string()])?.body(body);
    client.write::<Value>(call).await.map(|_| ())
}

/// Removes a policy; one call. Gone already is well; refused while a volume uses it.
pub async fn delete(client: &Client, id: u64) -> Result<(), Error> {
    let call = Call::to(Endpoint::PolicyDelete, &[&id.to_string()])?;
    match client.write::<Value>(call).await {
        Err(error) if error.class() == Class::Absent => Ok(()),
        other => other.map(|_| ()),
    }
}

fn wire(rules: &[Rule]) -> Result<Value, Error> {
    serde_json::to_value(rules).map_err(|why| Error::refused(None, &format!("the rules can't be written: {why}")))
}
