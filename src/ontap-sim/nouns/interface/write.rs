//! Making, changing and deleting interfaces. All changes are made to a copy, which is then checked as a whole.

use std::net::{IpAddr, Ipv4Addr};

use uuid::Uuid;

use crate::lookup::{ipspace, service_policy, svm};
use crate::nouns::interface::place;
use crate::rest::ask::Ask;
use crate::rest::code::{
    ABSENT, INVALID, IPSPACE_ABSENT, LIF_ADDRESS_TAKEN, LIF_NAME_TAKEN, LIF_NETMASK_V4, LIF_NETMASK_V6, Refusal,
};
use crate::rest::made::{Made, made};
use crate::rest::subnet;
use crate::rows::interface::Interface;
use crate::state::State;

pub fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::target(state, ask)?;
    for field in ["name", "ip.address", "ip.netmask"] {
        ask.text(field).filter(|text| !text.is_empty()).ok_or_else(|| Refusal::missing(field))?;
    }
    if let Some(scope) = ask.text("scope").filter(|scope| *scope != "svm") {
        return Err(Refusal::value(scope, "scope", "svm"));
    }
    let own = state.svms.get(&svm).map(|svm| svm.ipspace);
    if ipspace::in_body(state, ask, "ipspace", IPSPACE_ABSENT)?.is_some_and(|ipspace| Some(ipspace) != own) {
        return Err(Refusal::new(INVALID, "An SVM interface is in the IPspace of its SVM.").at("ipspace"));
    }
    let mut lif = Interface {
        uuid: ask.id,
        name: String::new(),
        svm,
        node: Uuid::nil(),
        address: Ipv4Addr::UNSPECIFIED.into(),
        number: 0,
        length: 0,
        port: Uuid::nil(),
        policy: service_policy::named(state, svm, service_policy::DATA_FILES).unwrap_or_default(),
        enabled: true,
        kerberos: None,
    };
    take(state, &mut lif, ask)?;
    lif.number = state.number();
    state.interfaces.put(lif);
    Ok(made(ask.id))
}

pub fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut lif = mine(state, ask)?.clone();
    take(state, &mut lif, ask)?;
    let uuid = lif.uuid;
    state.interfaces.put(lif);
    Ok(made(uuid))
}

pub fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let uuid = mine(state, ask)?.uuid;
    state.interfaces.remove(&uuid);
    Ok(made(uuid))
}

fn mine<'a>(state: &'a State, ask: &Ask) -> Result<&'a Interface, Refusal> {
    let lif = ask.key().and_then(|uuid| state.interfaces.get(&uuid));
    lif.filter(|lif| ask.svm.is_none_or(|svm| svm == lif.svm)).ok_or_else(|| Refusal::absent("uuid"))
}

/// Takes over what the request says.
fn take(state: &State, lif: &mut Interface, ask: &Ask) -> Result<(), Refusal> {
    if let Some(name) = ask.text("name") {
        name.clone_into(&mut lif.name);
    }
    lif.enabled = ask.flag("enabled").unwrap_or(lif.enabled);
    lif.address = subnet::address(ask, "ip.address")?.unwrap_or(lif.address);
    if let Some(netmask) = ask.text("ip.netmask") {
        lif.length = length(lif.address, netmask)?;
    }
    let named = |name: &str| service_policy::named(state, lif.svm, name);
    let is_own = |uuid: &Uuid| state.service_policies.get(uuid).is_some_and(|policy| policy.svm == lif.svm);
    lif.policy = ask.names("service_policy", ABSENT, named, is_own)?.unwrap_or(lif.policy);
    place::settle(state, lif, ask)?;
    check(state, lif)
}

fn length(address: IpAddr, netmask: &str) -> Result<u8, Refusal> {
    let (code, most) = if address.is_ipv4() { (LIF_NETMASK_V4, 32) } else { (LIF_NETMASK_V6, 127) };
    let found = subnet::length(address, netmask).filter(|length| (1..=most).contains(length));
    found.ok_or_else(|| Refusal::new(code, format!("\"{netmask}\" is no valid netmask of {address}.")).at("ip.netmask"))
}

/// Refuses a name that another interface of the SVM has, and an address that another of the IPspace has.
fn check(state: &State, lif: &Interface) -> Result<(), Refusal> {
    let others = || state.interfaces.iter().filter(|other| other.uuid != lif.uuid);
    if others().any(|other| other.svm == lif.svm && other.name == lif.name) {
        let message = format!("An interface with the name \"{}\" already exists in the SVM.", lif.name);
        return Err(Refusal::new(LIF_NAME_TAKEN, message).at("name"));
    }
    let ipspace = |svm: &Uuid| state.svms.get(svm).map(|svm| svm.ipspace);
    if others().any(|other| other.address == lif.address && ipspace(&other.svm) == ipspace(&lif.svm)) {
        let message = format!("Duplicate IP address {} in the IPspace.", lif.address);
        return Err(Refusal::new(LIF_ADDRESS_TAKEN, message).at("ip.address"));
    }
    Ok(())
}
