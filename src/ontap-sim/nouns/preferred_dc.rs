//! Domain controllers that an SVM asks before it looks for others.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::directory;
use crate::lanes::Cost;
use crate::lookup::svm;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{DC_EXISTS, DC_INVALID, Refusal};
use crate::rest::field::{flag, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, sync};
use crate::rest::subnet;
use crate::rows::preferred_dc::PreferredDc;
use crate::state::State;

pub static PREFERRED_DC: Noun = Noun {
    name: "server_ip",
    instance: INSTANCE,
    fields: &[
        text("svm.uuid").key(),
        text("svm.name"),
        text("fqdn").key().post(),
        text("server_ip").key().post(),
        flag("skip_config_validation").input().post(),
    ],
    order: &["fqdn", "server_ip"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/protocols/cifs/domains/{svm.uuid}/preferred-domain-controllers";
const INSTANCE: &str = "/api/protocols/cifs/domains/{svm.uuid}/preferred-domain-controllers/{fqdn}/{server_ip}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &PREFERRED_DC),
    sync(Method::Post, COLLECTION, &PREFERRED_DC, Cost::Policy, create).arguments(&["skip_config_validation"]),
    each(Method::Delete, COLLECTION, &PREFERRED_DC, INSTANCE),
    instance(INSTANCE, &PREFERRED_DC),
    // Clients repeat the name of the domain as an argument.
    sync(Method::Delete, INSTANCE, &PREFERRED_DC, Cost::Policy, delete).arguments(&["fqdn"]),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?;
    let of = svm::reference(state, svm.uuid);
    let record = |dc: &PreferredDc| json!({"svm": of, "fqdn": dc.fqdn, "server_ip": dc.server_ip});
    Ok(svm.preferred_dcs.iter().map(record).collect())
}

fn made(svm: Uuid, dc: &PreferredDc) -> Made {
    let key = |name: &str, value: String| (name.to_owned(), value);
    let address = dc.server_ip.to_string();
    vec![[key("svm.uuid", svm.to_string()), key("fqdn", dc.fqdn.clone()), key("server_ip", address)].into()]
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?;
    let fqdn = ask.text("fqdn").ok_or_else(|| Refusal::missing("fqdn"))?.to_owned();
    let server_ip = subnet::address(ask, "server_ip")?.ok_or_else(|| Refusal::missing("server_ip"))?;
    let dc = PreferredDc { fqdn, server_ip };
    if svm.preferred_dcs.contains(&dc) {
        return Err(Refusal::new(DC_EXISTS, format!("{server_ip} is a preferred domain controller already.")));
    }
    let skipped = ask.flag("skip_config_validation").or(ask.switch("skip_config_validation")?) == Some(true);
    let answers = directory::of_domain(state, &dc.fqdn).is_some_and(|one| one.controllers.contains(&server_ip));
    if !skipped && !answers {
        let message = format!("{server_ip} does not answer as a domain controller of \"{}\".", dc.fqdn);
        return Err(Refusal::new(DC_INVALID, message).at("server_ip"));
    }
    let uuid = svm.uuid;
    let keys = made(uuid, &dc);
    state.svms.change(&uuid, |svm| svm.preferred_dcs.push(dc));
    Ok(keys)
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::keyed(state, ask, "svm.uuid")?;
    let is = |dc: &PreferredDc| {
        ask.keys.get("fqdn").is_some_and(|fqdn| dc.fqdn.eq_ignore_ascii_case(fqdn))
            && ask.keys.get("server_ip").is_some_and(|address| dc.server_ip.to_string() == *address)
    };
    let dc = svm.preferred_dcs.iter().find(|dc| is(dc)).cloned().ok_or_else(|| Refusal::absent("server_ip"))?;
    let uuid = svm.uuid;
    state.svms.change(&uuid, |svm| svm.preferred_dcs.retain(|one| *one != dc));
    Ok(made(uuid, &dc))
}
