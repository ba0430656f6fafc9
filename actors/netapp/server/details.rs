//! What is told of a share server, and told again with every task on it: pure.
//!
//! How to get it wrong: another name for one of these; administrators and other services know them.

use std::collections::BTreeMap;

use manilad_domain::Allocation;
use manilad_ontap::nfs::Transfers;
use serde_json::json;

use super::names::VSERVER_NAME;

/// Of NFS on a new SVM, in bytes, where ONTAP does not tell. Source: operations.md §1.
const TRANSFERS: (u32, u32) = (65_536, 32_768);

pub fn details<'a>(
    svm: &str,
    allocations: impl Iterator<Item = &'a Allocation>,
    transfers: Transfers,
) -> BTreeMap<String, String> {
    let ports: BTreeMap<String, String> =
        allocations.map(|one| (one.id.to_string(), one.address.to_string())).collect();
    let size = |bytes: Option<u32>, usual: u32| bytes.unwrap_or(usual).to_string();
    let nfs = json!({
        "tcp-max-xfer-size": size(transfers.tcp_max_transfer_size, TRANSFERS.0),
        "udp-max-xfer-size": size(transfers.udp_max_transfer_size, TRANSFERS.1),
    });
    BTreeMap::from([
        (VSERVER_NAME.to_owned(), svm.to_owned()),
        ("ports".to_owned(), json!(ports).to_string()),
        ("nfs_config".to_owned(), nfs.to_string()),
    ])
}
