//! Whether FPolicy policies are in force, and about just the shares whose type asks for them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::array::Array;

/// What is about one volume on an array: in how many policies of ours that are in force it is.
pub struct Screening(BTreeMap<String, usize>);

impl Screening {
    pub async fn of(array: &Array) -> (Self, Vec<String>) {
        let (mut volumes, mut complaints) = (BTreeMap::new(), Vec::new());
        for svm in array.read("/api/svm/svms?fields=uuid&max_records=10000").await {
            let path = format!("/api/protocols/fpolicy/{}/policies?fields=*", svm["uuid"].as_str().unwrap());
            for policy in array.read(&path).await {
                if policy["enabled"] != json!(true) {
                    complaints.push(format!("FPolicy policy {} is out of force", policy["name"]));
                }
                let names = policy["scope"]["include_volumes"].as_array().cloned().unwrap_or_default();
                for name in names.iter().filter_map(Value::as_str) {
                    *volumes.entry(name.to_owned()).or_default() += 1;
                }
            }
        }
        (Screening(volumes), complaints)
    }

    /// What does not hold of the volume of a share, which is there.
    pub fn complaint(&self, volume: &str, is_asked: bool) -> Option<String> {
        let found = self.0.get(volume).copied().unwrap_or_default();
        let wanted = usize::from(is_asked);
        (found != wanted).then(|| format!("volume {volume} is in {found} FPolicy policies, and not in {wanted}"))
    }

    /// Volumes that are in a policy and are not among these.
    pub fn strays<'a>(&'a self, volumes: &'a [String]) -> impl Iterator<Item = &'a String> {
        self.0.keys().filter(|name| !volumes.contains(name))
    }
}
