//! Service policies: which services an interface lets through. Every SVM has the built-in ones, and may change what is
//! in them.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::service_policy::{DATA_FILES, named};
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{Refusal, SERVICE_UNKNOWN};
use crate::rest::field::text;
use crate::rest::made::{Made, made};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rows::service_policy::ServicePolicy;
use crate::state::State;

/// The built-in policies of a data SVM.
const BUILT_IN: &[(&str, &[&str])] = &[
    (
        DATA_FILES,
        &[
            "data_core",
            "data_nfs",
            "data_cifs",
            "data_flexcache",
            "data_fpolicy_client",
            "management_dns_client",
            "management_ad_client",
            "management_ldap_client",
            "management_nis_client",
        ],
    ),
    ("default-data-blocks", &["data_core", "data_iscsi"]),
    ("default-management", &["management_core", "management_ssh", "management_https", "management_dns_client"]),
];

/// Services that may be put into a policy besides those that are built in.
const OTHERS: &[&str] =
    &["data_s3_server", "data_nvme_tcp", "data_dns_server", "backup_ndmp_control", "management_http"];

pub static SERVICE_POLICY: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("svm.name"),
        text("svm.uuid"),
        text("scope"),
        text("services").patch(),
    ],
    order: &["svm.name", "name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/network/ip/service-policies";
const INSTANCE: &str = "/api/network/ip/service-policies/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &SERVICE_POLICY),
    each(Method::Patch, COLLECTION, &SERVICE_POLICY, INSTANCE),
    instance(INSTANCE, &SERVICE_POLICY),
    sync(Method::Patch, INSTANCE, &SERVICE_POLICY, Cost::Network, change),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let policies = state.service_policies.iter().filter(|policy| ask.svm.is_none_or(|svm| svm == policy.svm));
    let record = |policy: &ServicePolicy| {
        json!({
            "uuid": policy.uuid,
            "name": policy.name,
            "svm": svm::reference(state, policy.svm),
            "scope": "svm",
            "services": policy.services,
        })
    };
    Ok(policies.map(record).collect())
}

/// Gives an SVM the built-in policies that it lacks.
pub fn establish(state: &mut State, svm: Uuid) {
    for (name, services) in BUILT_IN {
        if named(state, svm, name).is_none() {
            let services = services.iter().map(|service| (*service).to_owned()).collect();
            let uuid = state.clock.id();
            state.service_policies.put(ServicePolicy { uuid, svm, name: (*name).to_owned(), services });
        }
    }
}

fn is_known(service: &str) -> bool {
    BUILT_IN.iter().flat_map(|(_, services)| *services).chain(OTHERS).any(|one| *one == service)
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let found = ask.key().and_then(|uuid| state.service_policies.get(&uuid));
    let policy = found.filter(|policy| ask.svm.is_none_or(|svm| svm == policy.svm));
    let uuid = policy.ok_or_else(|| Refusal::absent("uuid"))?.uuid;
    if let Some(services) = ask.texts("services") {
        if let Some(stranger) = services.iter().find(|service| !is_known(service)) {
            let message = format!("The service \"{stranger}\" does not exist.");
            return Err(Refusal::new(SERVICE_UNKNOWN, message).at("services"));
        }
        state.service_policies.change(&uuid, |policy| policy.services = services);
    }
    Ok(made(uuid))
}
