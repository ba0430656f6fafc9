//! Finds service policies.

use uuid::Uuid;

use crate::state::State;

/// The policy of an interface that serves files.
pub const DATA_FILES: &str = "default-data-files";

pub fn named(state: &State, svm: Uuid, name: &str) -> Option<Uuid> {
    let mut policies = state.service_policies.iter();
    policies.find(|policy| policy.svm == svm && policy.name == name).map(|policy| policy.uuid)
}
