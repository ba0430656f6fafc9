//! What hangs in the air: objects whose owner, port or address space is gone. A cluster has none at any time; tests ask.

use std::collections::BTreeSet;

use uuid::Uuid;

use crate::lookup::port;
use crate::state::State;

/// Each stray in a line.
pub fn strays(state: &State) -> Vec<String> {
    let mut strays = Vec::new();
    let mut need = |there: bool, what: &str, name: &str, lacks: &str| {
        if !there {
            strays.push(format!("{what} {name} lacks its {lacks}"));
        }
    };
    let svm = |uuid: &Uuid| state.svms.get(uuid);
    for lif in state.interfaces.iter() {
        let port = state.ports.get(&lif.port);
        need(svm(&lif.svm).is_some(), "LIF", &lif.name, "SVM");
        need(state.nodes.get(&lif.node).is_some(), "LIF", &lif.name, "node");
        need(port.is_some_and(|port| port.node == lif.node), "LIF", &lif.name, "port");
        let there = port.and_then(|port| port::ipspace(state, port));
        need(there.is_some() && there == svm(&lif.svm).map(|svm| svm.ipspace), "LIF", &lif.name, "IPspace");
        let policy = state.service_policies.get(&lif.policy);
        need(policy.is_some_and(|policy| policy.svm == lif.svm), "LIF", &lif.name, "service policy");
    }
    let addresses: BTreeSet<_> =
        state.interfaces.iter().map(|lif| (svm(&lif.svm).map(|svm| svm.ipspace), lif.address)).collect();
    need(addresses.len() == state.interfaces.len(), "some LIF", "", "own address in its IPspace");
    for route in state.routes.iter() {
        need(svm(&route.svm).is_some(), "route", &route.destination.to_string(), "SVM");
    }
    for port in state.ports.iter() {
        need(state.nodes.get(&port.node).is_some(), "port", &port.name, "node");
        let base = port.vlan.as_ref().is_none_or(|vlan| state.ports.get(&vlan.base).is_some());
        need(base, "port", &port.name, "base port");
        let domain = port.domain.is_none_or(|domain| state.domains.get(&domain).is_some());
        need(domain, "port", &port.name, "broadcast domain");
    }
    for domain in state.domains.iter() {
        need(state.ipspaces.get(&domain.ipspace).is_some(), "broadcast domain", &domain.name, "IPspace");
    }
    for one in state.svms.iter() {
        need(state.ipspaces.get(&one.ipspace).is_some(), "SVM", &one.name, "IPspace");
    }
    for policy in state.service_policies.iter() {
        need(svm(&policy.svm).is_some(), "service policy", &policy.name, "SVM");
    }
    for one in state.certificates.iter() {
        need(svm(&one.svm).is_some(), "certificate", &one.common_name, "SVM");
    }
    for policy in state.policies.iter() {
        need(svm(&policy.svm).is_some(), "export policy", &policy.name, "SVM");
    }
    for volume in state.volumes.iter() {
        need(svm(&volume.svm).is_some(), "volume", &volume.name, "SVM");
        // In the recovery queue a volume holds no policy.
        let policy = volume.deleted.is_some() || state.policies.get(&volume.policy).is_some();
        need(policy, "volume", &volume.name, "export policy");
    }
    for snapshot in state.snapshots.iter() {
        need(state.volumes.get(&snapshot.volume).is_some(), "snapshot", &snapshot.name, "volume");
    }
    for volume in state.volumes.iter() {
        let parent = volume.clone.as_ref().is_none_or(|clone| state.snapshots.get(&clone.snapshot).is_some());
        need(parent, "volume", &volume.name, "parent snapshot");
    }
    for share in state.shares.iter() {
        need(svm(&share.svm).is_some(), "SMB share", &share.name, "SVM");
    }
    strays
}
