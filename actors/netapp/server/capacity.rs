//! Whether nodes could take over the LIFs of a new share server: pure.
//!
//! A node that takes over has its own LIFs and those of its partner. How to get it wrong: counting only what is there,
//! and not what the server adds to both. Source: operations.md §10.1.

use std::collections::BTreeMap;

use manilad_domain::message::Detail;
use manilad_driver::Trouble;
use manilad_ontap::interface::{Capacity, Interface, New};

use crate::trouble;

/// What was found of the nodes.
#[derive(Debug, Clone, Default)]
pub struct Nodes {
    pub capacities: Vec<Capacity>,
    /// Who takes over from whom.
    pub partners: BTreeMap<String, String>,
}

/// Checks `netapp_restrict_lif_creation_per_ha_pair`.
///
/// # Errors
/// `Elsewhere` where a takeover would bring a node above its limit.
pub fn check(nodes: &Nodes, lifs: &[Interface], new: &[New]) -> Result<(), Trouble> {
    let adds = |node: &str| new.iter().filter(|lif| lif.node == node).count();
    let at_home = |node: &str| lifs.iter().filter(|lif| lif.home_node.as_deref() == Some(node)).count();
    for Capacity { node, limit, count } in &nodes.capacities {
        let taken_over = nodes.partners.get(node).map_or(0, |partner| at_home(partner) + adds(partner));
        let total = count + adds(node) + taken_over;
        if adds(node) + taken_over > 0 && total > *limit {
            let reason = format!("node {node} would have {total} data LIFs after a takeover: it may have {limit}");
            return Err(trouble::elsewhere(Detail::NoShareServer, reason));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::samples::lif;

    fn new(node: &str) -> New {
        New {
            name: "l".to_owned(),
            svm: "s".to_owned(),
            address: [10, 0, 0, 1].into(),
            prefix: 24,
            node: node.to_owned(),
            port: "e0d".to_owned(),
        }
    }

    #[test]
    fn the_limit_holds_for_a_node_with_all_of_its_partner() {
        let capacity = |node: &str, count| Capacity { node: node.to_owned(), limit: 5, count };
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        let mut nodes = Nodes {
            capacities: vec![capacity("node1", 2), capacity("node2", 1)],
            partners: [pair("node1", "node2"), pair("node2", "node1")].into(),
        };
        let lifs = [lif("10.0.0.1", "node1", &[]), lif("10.0.0.2", "node1", &[]), lif("10.0.0.3", "node2", &[])];
        assert_eq!(check(&nodes, &lifs, &[new("node1"), new("node2")]), Ok(()), "2 + 1 and one each");
        let reason = check(&nodes, &lifs, &[new("node1"), new("node2"), new("node2")]).unwrap_err().reason;
        assert_eq!(reason, "node node1 would have 6 data LIFs after a takeover: it may have 5");
        assert_eq!(check(&nodes, &lifs, &[]), Ok(()));
        nodes.partners.clear();
        assert_eq!(check(&nodes, &lifs, &[new("node1"), new("node1"), new("node1")]), Ok(()));
    }
}
