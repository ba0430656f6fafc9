//! Finds export policies.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::rest::ask::Ask;
use crate::rows::export_policy::ExportPolicy;
use crate::state::State;

/// The policy that every SVM has and keeps.
pub const DEFAULT: &str = "default";

/// The policies that the request may see.
pub fn visible<'a>(state: &'a State, ask: &Ask) -> impl Iterator<Item = &'a ExportPolicy> {
    let only = ask.svm;
    state.policies.iter().filter(move |policy| only.is_none_or(|only| only == policy.svm))
}

/// The id of the next policy of this SVM: above 2^32, and never used twice.
pub fn next_id(state: &mut State, svm: Uuid) -> u64 {
    let mut id = 0;
    state.svms.change(&svm, |svm| {
        id = (svm.number << 32) + svm.next_policy;
        svm.next_policy += 1;
    });
    id
}

pub fn named(state: &State, svm: Uuid, name: &str) -> Option<u64> {
    state.policies.iter().find(|policy| policy.svm == svm && policy.name == name).map(|policy| policy.id)
}

/// By the name of each policy that a volume has, the clients that its rules name. A volume in the recovery queue holds no policy.
pub fn clients(state: &State) -> BTreeMap<String, BTreeSet<String>> {
    let used: BTreeSet<u64> =
        state.volumes.iter().filter(|volume| volume.deleted.is_none()).map(|volume| volume.policy).collect();
    let mut clients: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for policy in state.policies.iter().filter(|policy| used.contains(&policy.id)) {
        let named = policy.rules.iter().flat_map(|rule| rule.clients.iter().cloned());
        clients.entry(policy.name.clone()).or_default().extend(named);
    }
    clients
}
