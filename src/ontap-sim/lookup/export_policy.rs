//! Finds export policies.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::rest::ask::Ask;
use crate::rows::export_policy::ExportPolicy;
use crate::rows::volume::Volume;
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

/// Whom the export policy of a volume names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admission {
    /// Nobody gets into a volume that is mounted nowhere.
    pub is_mounted: bool,
    /// As they were written, each with whether it may write.
    pub clients: BTreeMap<String, bool>,
}

/// By the name of each volume whom its policy names, whatever that is called. A volume in the recovery queue is none.
pub fn admissions(state: &State) -> BTreeMap<String, Admission> {
    let there = state.volumes.iter().filter(|volume| volume.deleted.is_none());
    let admission = |volume: &Volume| {
        let rules = state.policies.get(&volume.policy).map(|policy| &policy.rules).into_iter().flatten();
        let mut clients = BTreeMap::new();
        for rule in rules {
            let writes = rule.rw_rule.iter().any(|flavor| flavor != "never");
            rule.clients.iter().for_each(|client| *clients.entry(client.clone()).or_default() |= writes);
        }
        Admission { is_mounted: volume.junction.is_some(), clients }
    };
    there.map(|volume| (volume.name.clone(), admission(volume))).collect()
}
