//! The first objects of a cluster, from its configuration; and what a changed configuration adds when it is opened
//! again.

use uuid::Uuid;

use crate::Error;
use crate::config::{AggregateConfig, LifConfig, SvmConfig};
use crate::nouns::aggregate::Aggregate;
use crate::nouns::export_policy::{self, ExportPolicy};
use crate::nouns::interface::Interface;
use crate::nouns::node::Node;
use crate::nouns::svm::Svm;
use crate::nouns::volume;
use crate::state::{Identity, State};

pub fn seed(state: &mut State) -> Result<(), Error> {
    let config = state.config.clone();
    if state.identity.len() == 0 {
        state.identity.put(Identity { uuid: state.clock.id(), next: 2 });
    }
    for name in &config.nodes {
        if node(state, name).is_none() {
            state.nodes.put(Node { uuid: state.clock.id(), name: name.clone() });
        }
    }
    config.aggregates.iter().try_for_each(|wish| aggregate(state, wish))?;
    config.svms.iter().try_for_each(|wish| svm(state, wish))
}

fn node(state: &State, name: &str) -> Option<Uuid> {
    state.nodes.iter().find(|node| node.name == name).map(|node| node.uuid)
}

fn strange(what: &str, name: &str, missing: &str) -> Error {
    Error::Configuration(format!("{what} '{name}' names '{missing}', which the cluster does not have"))
}

fn aggregate(state: &mut State, wish: &AggregateConfig) -> Result<(), Error> {
    let node = node(state, &wish.node).ok_or_else(|| strange("aggregate", &wish.name, &wish.node))?;
    let known = state.aggregates.iter().find(|aggregate| aggregate.name == wish.name).map(|aggregate| aggregate.uuid);
    state.aggregates.put(Aggregate {
        uuid: known.unwrap_or_else(|| state.clock.id()),
        name: wish.name.clone(),
        node,
        size: wish.size,
        disk_type: wish.disk_type.clone(),
        taken: 0,
    });
    Ok(())
}

fn svm(state: &mut State, wish: &SvmConfig) -> Result<(), Error> {
    let id = state.svms.iter().find(|svm| svm.name == wish.name).map(|svm| svm.uuid);
    let id = match id {
        Some(id) => id,
        None => new_svm(state, wish)?,
    };
    let server = wish.cifs_server.clone();
    let hours = wish.retention_hours;
    state.svms.change(&id, |svm| (svm.cifs_server, svm.retention_hours) = (server, hours));
    wish.lifs.iter().try_for_each(|lif| interface(state, id, lif))
}

fn new_svm(state: &mut State, wish: &SvmConfig) -> Result<Uuid, Error> {
    let mut aggregates = Vec::new();
    for name in &wish.aggregates {
        let found = state.aggregates.iter().find(|aggregate| aggregate.name == *name);
        aggregates.push(found.ok_or_else(|| strange("SVM", &wish.name, name))?.uuid);
    }
    let home = aggregates.first().copied().or_else(|| state.aggregates.iter().next().map(|aggregate| aggregate.uuid));
    let home = home.ok_or_else(|| Error::Configuration(format!("SVM '{}' needs an aggregate", wish.name)))?;
    let svm = Svm {
        uuid: state.clock.id(),
        name: wish.name.clone(),
        number: state.number(),
        next_policy: 1,
        aggregates,
        cifs_server: None,
        retention_hours: wish.retention_hours,
    };
    let id = svm.uuid;
    state.svms.put(svm);
    let policy = ExportPolicy {
        id: export_policy::next_id(state, id),
        svm: id,
        name: export_policy::DEFAULT.to_owned(),
        rules: Vec::new(),
    };
    let policy_id = policy.id;
    state.policies.put(policy);
    volume::make_root(state, id, &wish.name, home, policy_id);
    Ok(id)
}

fn interface(state: &mut State, svm: Uuid, wish: &LifConfig) -> Result<(), Error> {
    let node = node(state, &wish.node).ok_or_else(|| strange("LIF", &wish.name, &wish.node))?;
    let known = state.interfaces.iter().find(|lif| lif.svm == svm && lif.name == wish.name).map(|lif| lif.uuid);
    if let Some(other) = state.interfaces.iter().find(|lif| lif.address == wish.address && Some(lif.uuid) != known) {
        let message = format!("LIFs '{}' and '{}' have the same address {}", other.name, wish.name, wish.address);
        return Err(Error::Configuration(message));
    }
    let uuid = known.unwrap_or_else(|| state.clock.id());
    state.interfaces.put(Interface { uuid, name: wish.name.clone(), svm, node, address: wish.address });
    Ok(())
}
