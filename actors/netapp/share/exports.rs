//! Where an instance can be mounted: one path per data LIF that serves its protocol.
//!
//! A path is preferred if the LIF lives on the node that holds the data; both are taken by their home, since what moved
//! comes back. How to get it wrong: an IPv6 address without brackets. Source: operations.md §3.

use std::net::IpAddr;

use manilad_domain::share::Protocol;
use manilad_driver::{Export, Subject, Trouble};
use manilad_ontap::facts::Facts;
use manilad_ontap::interface::{DATA_CIFS, DATA_NFS, Interface};

use crate::seat::admin_addresses;
use crate::session::Session;
use crate::trouble;

/// The service that a LIF must offer.
fn service(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Nfs => DATA_NFS,
        Protocol::Cifs => DATA_CIFS,
    }
}

/// The exports of what is mounted as `mount` on `aggregates`, through the LIFs that serve, the preferred ones first.
pub fn exports(
    facts: &Facts,
    interfaces: &[Interface],
    subject: &Subject,
    mount: &str,
    aggregates: &[String],
) -> Vec<Export> {
    let (protocol, admin) = (subject.protocol, admin_addresses(subject));
    let home = |name: &String| facts.aggregates.get(name)?.home_node.as_deref();
    let nodes: Vec<&str> = aggregates.iter().filter_map(home).collect();
    let serving = interfaces.iter().filter(|lif| lif.serves(service(protocol)));
    let mut exports: Vec<Export> = serving
        .map(|lif| Export {
            path: path(protocol, lif.address, mount),
            is_admin_only: admin.contains(&lif.address),
            preferred: lif.home_node.as_deref().is_some_and(|node| nodes.contains(&node)),
        })
        .collect();
    exports.sort_by_key(|export| !export.preferred);
    exports
}

/// The same, for who is about to record them.
///
/// # Errors
/// No LIF serves at the moment.
pub fn serving(
    session: &Session,
    interfaces: &[Interface],
    subject: &Subject,
    mount: &str,
    aggregates: &[String],
) -> Result<Vec<Export>, Trouble> {
    let exports = exports(&session.facts, interfaces, subject, mount, aggregates);
    if exports.is_empty() {
        let protocol = subject.protocol.name();
        return Err(trouble::again(format!("no data LIF of SVM {} that serves {protocol} is up", session.svm)));
    }
    Ok(exports)
}

fn path(protocol: Protocol, address: IpAddr, mount: &str) -> String {
    match (protocol, address) {
        (Protocol::Nfs, IpAddr::V4(address)) => format!("{address}:/{mount}"),
        (Protocol::Nfs, IpAddr::V6(address)) => format!("[{address}]:/{mount}"),
        (Protocol::Cifs, address) => format!(r"\\{address}\{mount}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::samples::{facts, lif, seat, subject};

    fn over(protocol: Protocol) -> Subject {
        Subject { protocol, ..subject(1) }
    }

    fn paths(exports: &[Export]) -> Vec<(&str, bool)> {
        exports.iter().map(|export| (export.path.as_str(), export.preferred)).collect()
    }

    #[test]
    fn the_lif_on_the_node_of_the_data_is_preferred_and_comes_first() {
        let mut facts = facts();
        facts.interfaces = vec![
            lif("10.0.0.1", "node1", &["data_nfs"]),
            lif("10.0.0.2", "node2", &["data_nfs", "data_cifs"]),
            lif("fd00::1", "node2", &["data_nfs"]),
            lif("10.0.0.9", "node2", &["management"]),
        ];
        let exports = exports(&facts, &facts.interfaces, &over(Protocol::Nfs), "share_1", &["aggr2".to_owned()]);
        let expected = [("10.0.0.2:/share_1", true), ("[fd00::1]:/share_1", true), ("10.0.0.1:/share_1", false)];
        assert_eq!(paths(&exports), expected);
        assert!(exports.iter().all(|export| !export.is_admin_only));
    }

    #[test]
    fn a_share_over_smb_is_named_as_windows_names_it() {
        let mut facts = facts();
        facts.interfaces = vec![lif("10.0.0.2", "node2", &["data_cifs"])];
        let exports = exports(&facts, &facts.interfaces, &over(Protocol::Cifs), "share_1", &["aggr1".to_owned()]);
        assert_eq!(paths(&exports), [(r"\\10.0.0.2\share_1", false)]);
    }

    #[test]
    fn nothing_is_preferred_where_the_account_sees_no_aggregates() {
        let mut facts = facts();
        facts.aggregates.clear();
        facts.interfaces = vec![lif("10.0.0.1", "node1", &["data_nfs"])];
        assert_eq!(
            paths(&exports(&facts, &facts.interfaces, &over(Protocol::Nfs), "s", &["aggr1".to_owned()])),
            [("10.0.0.1:/s", false)]
        );
    }

    #[test]
    fn addresses_in_the_administrative_network_are_for_administrators() {
        let mut facts = facts();
        facts.interfaces = vec![lif("10.0.0.1", "node1", &["data_nfs"]), lif("10.9.0.1", "node1", &["data_nfs"])];
        let subject = Subject { server: Some(seat("os_1", &["10.9.0.1"])), ..subject(1) };
        let exports = exports(&facts, &facts.interfaces, &subject, "s", &["aggr1".to_owned()]);
        let paths: Vec<_> = exports.iter().map(|export| (export.path.as_str(), export.is_admin_only)).collect();
        assert_eq!(paths, [("10.0.0.1:/s", false), ("10.9.0.1:/s", true)]);
    }
}
