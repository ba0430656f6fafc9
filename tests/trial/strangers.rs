//! What is on the array before the daemon comes, and must be as it was when all is over: volumes and export policies that others
//! made, some of them called as the daemon calls its own.
//!
//! How to get it wrong: to compare what the array counts by itself, such as the space that is used.

use serde_json::{Value, json};

use crate::array::Array;

const SVM: &str = "svm1";
/// Volumes, each with the export policy of the same row.
const NAMES: [(&str, &str); 3] = [
    ("payroll", "payroll"),
    ("share_00000000_0000_4000_8000_00000000dead", "policy_00000000_0000_4000_8000_00000000dead"),
    (
        "deleted_manila_00000000_0000_4000_8000_00000000beef",
        "deleted_manila_policy_00000000_0000_4000_8000_00000000beef",
    ),
];

pub struct Strangers {
    before: Vec<Value>,
}

impl Strangers {
    /// Makes them.
    pub async fn settle_on(array: &Array) -> Self {
        for (volume, policy) in NAMES {
            let rule = json!({
                "clients": [{ "match": "192.0.2.0/24" }], "ro_rule": ["sys"], "rw_rule": ["sys"], "superuser": ["none"],
            });
            let policy_body = json!({ "name": policy, "svm": { "name": SVM }, "rules": [rule] });
            array.write("/api/protocols/nfs/export-policies", &policy_body).await;
            let volume_body = json!({
                "name": volume, "svm": { "name": SVM }, "aggregates": [{ "name": "aggr1" }], "size": 1_u64 << 30,
                "comment": "not yours", "nas": { "path": format!("/{volume}"), "export_policy": { "name": policy } },
            });
            array.write("/api/storage/volumes?return_timeout=55", &volume_body).await;
        }
        let before = look(array).await;
        assert_eq!(before.len(), 2 * NAMES.len(), "{before:?}");
        Strangers { before }
    }

    /// Gives the SVM of shares another data LIF, by which they can be mounted too.
    pub async fn add_lif(array: &Array) {
        let lif = json!({
            "name": "later", "svm": { "name": SVM }, "ip": { "address": "10.90.0.9", "netmask": "24" },
            "location": { "home_port": { "name": "e0c", "node": { "name": array.a_node().await } } },
            "service_policy": { "name": "default-data-files" },
        });
        array.write("/api/network/ip/interfaces", &lif).await;
    }

    /// What is not as it was.
    pub async fn complaints(&self, array: &Array) -> Vec<String> {
        let after = look(array).await;
        let lost = self.before.iter().filter(|one| !after.contains(one));
        lost.map(|one| format!("what others made is not there as it was: {one}, of {after:?}")).collect()
    }
}

/// Whether something on the array is theirs.
pub fn is_theirs(name: &str) -> bool {
    NAMES.iter().any(|(volume, policy)| name == *volume || name == *policy)
}

async fn look(array: &Array) -> Vec<Value> {
    let mut found = array
        .read("/api/storage/volumes?fields=name,size,state,comment,nas.path,nas.export_policy.name,_tags&max_records=10000")
        .await;
    found.extend(array.read("/api/protocols/nfs/export-policies?fields=name,rules&max_records=10000").await);
    found.retain(|one| one["name"].as_str().is_some_and(is_theirs));
    found
}
