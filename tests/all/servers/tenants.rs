//! Many tenants at once.

use std::collections::{BTreeMap, BTreeSet};

use super::{Tenancy, VLAN};

const TENANTS: usize = 50;
const SHARES: usize = 4;

#[test]
fn fifty_tenants_with_four_shares_each_get_fifty_servers_and_no_address_twice() {
    let unlimited = "[quota]\nshares = -1\ngigabytes = -1\nshare_networks = -1\n";
    let tenancy = Tenancy::open(&[], &format!("{VLAN}{unlimited}"));
    let api = tenancy.api();
    let networks: Vec<String> = (0..TENANTS).map(|number| tenancy.network(&format!("tenant-{number}"))).collect();
    let mut shares = Vec::new();
    for _ in 0..SHARES {
        shares.extend(networks.iter().map(|network| (network.clone(), tenancy.share(network))));
    }
    let mut by_server = BTreeMap::<String, BTreeSet<String>>::new();
    for (network, share) in &shares {
        api.until_status(share, "available");
        let shown = api.get(&format!("/shares/{share}"))["share"].clone();
        assert_eq!(shown["share_network_id"].as_str(), Some(network.as_str()));
        by_server.entry(shown["share_server_id"].as_str().unwrap().to_owned()).or_default().insert(network.clone());
    }
    assert_eq!(by_server.len(), TENANTS);
    assert!(by_server.values().all(|networks| networks.len() == 1), "no server has two tenants");
    let mut addresses = Vec::new();
    for server in tenancy.servers() {
        let ports: BTreeMap<String, String> =
            serde_json::from_str(server["backend_details"]["ports"].as_str().unwrap()).unwrap();
        addresses.extend(ports.into_values());
    }
    let distinct: BTreeSet<_> = addresses.iter().collect();
    assert_eq!((addresses.len(), distinct.len()), (2 * TENANTS, 2 * TENANTS));
    for (_, share) in &shares {
        api.delete(&format!("/shares/{share}"));
    }
    for (_, share) in &shares {
        api.until_gone(share);
    }
    for network in &networks {
        api.delete(&format!("/share-networks/{network}"));
    }
    crate::support::until("all servers are gone", || tenancy.servers().is_empty().then_some(()));
    tenancy.close();
}
