//! The LDAP client of an SVM. Its servers, or the Active Directory domain that has them, are tried before they are kept.
//!
//! How to get it wrong: keeping the bind password. It is tried and forgotten.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::directory;
use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{DUPLICATE, EXCLUSIVE, LDAP_INVALID, LDAP_UNREACHABLE, LDAP_UNRESOLVED, Refusal};
use crate::rest::field::{flag, integer, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::ldap::Ldap;
use crate::rows::svm::Svm;
use crate::state::State;

const SCHEMAS: &[&str] = &["RFC-2307", "AD-IDMU", "AD-SFU", "MS-AD-BIS"];

pub static LDAP: Noun = Noun {
    name: "svm.uuid",
    instance: INSTANCE,
    fields: &[
        text("svm.uuid").key().post(),
        text("svm.name").key().post(),
        text("servers").write(),
        text("ad_domain").write(),
        text("schema").write(),
        integer("port").write(),
        text("base_dn").write(),
        text("bind_dn").write(),
        text("bind_password").input().write(),
        flag("use_start_tls").write(),
        flag("skip_config_validation").input().write(),
    ],
    order: &["svm.name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/name-services/ldap";
const INSTANCE: &str = "/api/name-services/ldap/{svm.uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &LDAP),
    sync(Method::Post, COLLECTION, &LDAP, Cost::Policy, create),
    each(Method::Delete, COLLECTION, &LDAP, INSTANCE),
    each(Method::Patch, COLLECTION, &LDAP, INSTANCE),
    instance(INSTANCE, &LDAP),
    sync(Method::Patch, INSTANCE, &LDAP, Cost::Policy, change),
    sync(Method::Delete, INSTANCE, &LDAP, Cost::Policy, delete),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let record = |svm: &Svm| {
        let ldap = svm.ldap.as_ref()?;
        Some(json!({
            "svm": svm::reference(state, svm.uuid),
            "servers": (!ldap.servers.is_empty()).then_some(&ldap.servers),
            "ad_domain": ldap.ad_domain,
            "schema": ldap.schema,
            "port": ldap.port,
            "base_dn": ldap.base_dn,
            "bind_dn": ldap.bind_dn,
            "use_start_tls": ldap.use_start_tls,
        }))
    };
    Ok(svm::visible(state, ask).filter_map(record).collect())
}

pub fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = svm::target(state, ask)?;
    if state.svms.get(&uuid).is_some_and(|svm| svm.ldap.is_some()) {
        return Err(Refusal::new(DUPLICATE, "LDAP is already configured for the SVM."));
    }
    let mut ldap = Ldap {
        servers: Vec::new(),
        ad_domain: None,
        schema: "RFC-2307".to_owned(),
        port: 389,
        base_dn: None,
        bind_dn: None,
        use_start_tls: false,
    };
    take(state, uuid, &mut ldap, ask)?;
    Ok(put(state, uuid, Some(ldap)))
}

fn put(state: &mut State, uuid: Uuid, ldap: Option<Ldap>) -> Made {
    state.svms.change(&uuid, |svm| svm.ldap = ldap);
    svm::made_in(uuid)
}

fn mine(state: &State, ask: &Ask) -> Result<(Uuid, Ldap), Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?;
    svm.ldap.clone().map(|ldap| (svm.uuid, ldap)).ok_or_else(|| Refusal::absent("svm.uuid"))
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (uuid, mut ldap) = mine(state, ask)?;
    take(state, uuid, &mut ldap, ask)?;
    Ok(put(state, uuid, Some(ldap)))
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let (uuid, _) = mine(state, ask)?;
    Ok(put(state, uuid, None))
}

fn take(state: &State, svm: Uuid, ldap: &mut Ldap, ask: &Ask) -> Result<(), Refusal> {
    let (servers, domain) = (ask.texts("servers").filter(|servers| !servers.is_empty()), ask.text("ad_domain"));
    match (servers, domain) {
        (Some(_), Some(_)) => {
            let message = "Fields \"servers\" and \"ad_domain\" are mutually exclusive.";
            return Err(Refusal::new(EXCLUSIVE, message).at("servers"));
        }
        (Some(servers), None) => (ldap.servers, ldap.ad_domain) = (servers, None),
        (None, Some(domain)) => (ldap.servers, ldap.ad_domain) = (Vec::new(), Some(domain.to_owned())),
        (None, None) if ldap.servers.is_empty() && ldap.ad_domain.is_none() => {
            return Err(Refusal::missing("servers"));
        }
        (None, None) => {}
    }
    if let Some(schema) = ask.text("schema") {
        if !SCHEMAS.contains(&schema) {
            return Err(Refusal::value(schema, "schema", &SCHEMAS.join("|")));
        }
        schema.clone_into(&mut ldap.schema);
    }
    for (field, place) in [("base_dn", &mut ldap.base_dn), ("bind_dn", &mut ldap.bind_dn)] {
        *place = ask.text(field).map(str::to_owned).or(place.take());
    }
    ldap.port = ask.whole("port").unwrap_or(ldap.port);
    ldap.use_start_tls = ask.flag("use_start_tls").unwrap_or(ldap.use_start_tls);
    if ask.flag("skip_config_validation") == Some(true) {
        return Ok(());
    }
    validate(state, svm, ldap, ask)
}

/// Tries the servers: they must be there, and take the credentials if some are given.
fn validate(state: &State, svm: Uuid, ldap: &Ldap, ask: &Ask) -> Result<(), Refusal> {
    let found: Vec<_> = match &ldap.ad_domain {
        Some(domain) => {
            let resolved = directory::resolved(state, svm, domain).ok_or_else(|| {
                let message = format!("DNS resolution failed for the Active Directory domain \"{domain}\".");
                Refusal::new(LDAP_UNRESOLVED, message).at("ad_domain")
            })?;
            vec![resolved]
        }
        None => ldap.servers.iter().filter_map(|server| directory::served_by(state, server)).collect(),
    };
    if found.is_empty() || found.iter().all(|directory| directory.controllers.is_empty()) {
        let message = "The LDAP configuration is not valid. Verify that the servers are reachable and that the network \
                       configuration is correct.";
        return Err(Refusal::new(LDAP_UNREACHABLE, message).at("servers"));
    }
    let Some((user, password)) = ldap.bind_dn.as_deref().zip(ask.text("bind_password")) else { return Ok(()) };
    match found.iter().any(|directory| directory::admits(directory, user, password)) {
        true => Ok(()),
        false => {
            let message = "The LDAP configuration is not valid: could not authenticate with the bind DN and password.";
            Err(Refusal::new(LDAP_INVALID, message).at("bind_dn"))
        }
    }
}
