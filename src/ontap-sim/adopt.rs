//! What earlier releases did not keep, filled in when their directory is opened; and what the configuration leaves open.
//!
//! How to get it wrong: touching what is complete; a LIF that was moved must stay where it is.

use uuid::Uuid;

use crate::lookup::{ipspace, port, service_policy};
use crate::nouns::certificate;
use crate::seed::DATA_PORT;
use crate::state::State;

/// Completes SVMs and LIFs.
pub fn adopt(state: &mut State) {
    let default = ipspace::default(state);
    let svms: Vec<Uuid> = state.svms.iter().map(|svm| svm.uuid).collect();
    for svm in svms {
        if state.svms.get(&svm).is_some_and(|svm| svm.ipspace.is_nil()) {
            state.svms.change(&svm, |svm| svm.ipspace = default);
        }
        crate::nouns::service_policy::establish(state, svm);
        if state.svms.get(&svm).is_some_and(|svm| svm.certificate.is_none()) {
            certificate::establish(state, svm);
        }
    }
    let lifs: Vec<Uuid> = state.interfaces.iter().map(|lif| lif.uuid).collect();
    lifs.into_iter().for_each(|lif| complete(state, lif));
}

fn complete(state: &mut State, uuid: Uuid) {
    let Some(mut lif) = state.interfaces.get(&uuid).cloned() else { return };
    let before = (lif.number, lif.length, lif.port, lif.policy);
    if lif.number == 0 {
        lif.number = state.number();
    }
    if lif.length == 0 {
        lif.length = if lif.address.is_ipv4() { 8 } else { 64 };
    }
    if lif.port.is_nil() {
        lif.port = port::named(state, lif.node, DATA_PORT).unwrap_or_default();
    }
    if lif.policy.is_nil() {
        lif.policy = service_policy::named(state, lif.svm, service_policy::DATA_FILES).unwrap_or_default();
    }
    if before != (lif.number, lif.length, lif.port, lif.policy) {
        state.interfaces.put(lif);
    }
}
