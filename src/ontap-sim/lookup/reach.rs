//! Who is served at an address, and which clients can get there.
//!
//! Tenants are kept apart as VLANs would keep them: who is in the network of one tenant does not reach another's LIFs,
//! although one machine carries them all. How to get it wrong: asking only at mount.

use std::collections::BTreeSet;
use std::net::IpAddr;

use uuid::Uuid;

use crate::lookup::{ipspace, port};
use crate::rest::subnet;
use crate::rows::interface::Interface;
use crate::rows::svm::Svm;
use crate::state::State;

/// Whether traffic passes: the interface, its port and its SVM are up.
pub fn is_up(state: &State, lif: &Interface) -> bool {
    let running = state.svms.get(&lif.svm).is_some_and(|svm| svm.state == "running");
    lif.enabled && running && state.ports.get(&lif.port).is_some_and(|port| port::is_up(state, port))
}

/// Whether NFS is served there.
fn serves(state: &State, lif: &Interface) -> bool {
    let on = |svm: &Svm| svm.nfs.as_ref().is_some_and(|nfs| nfs.serves());
    let lets_through = |name: &Uuid| {
        let policy = state.service_policies.get(name);
        policy.is_some_and(|policy| policy.services.iter().any(|service| service == "data_nfs"))
    };
    is_up(state, lif) && state.svms.get(&lif.svm).is_some_and(on) && lets_through(&lif.policy)
}

/// All addresses at which NFS is served.
pub fn served(state: &State) -> BTreeSet<IpAddr> {
    state.interfaces.iter().filter(|lif| serves(state, lif)).map(|lif| lif.address).collect()
}

/// The interface that serves at this address. One machine has an address but once, whatever IPspaces say: the older
/// interface has it.
fn serving(state: &State, address: IpAddr) -> Option<&Interface> {
    let here = state.interfaces.iter().filter(|lif| lif.address == address && serves(state, lif));
    here.min_by_key(|lif| lif.number)
}

/// The SVM that serves data at this address.
pub fn served_by(state: &State, address: IpAddr) -> Option<Uuid> {
    serving(state, address).map(|lif| lif.svm)
}

/// Whether a client gets through to the interface at this address. Who is in the network of an interface in another
/// tenant's IPspace, and not in one of the own IPspace, does not. `Default` is nobody's own: it lets everybody through,
/// and its networks keep nobody out elsewhere.
pub fn reaches(state: &State, address: IpAddr, client: IpAddr) -> bool {
    let ipspace_of = |lif: &Interface| state.svms.get(&lif.svm).map(|svm| svm.ipspace);
    let Some(own) = serving(state, address).and_then(ipspace_of) else { return false };
    let open = ipspace::default(state);
    if own == open {
        return true;
    }
    let near = |lif: &&Interface| subnet::network(lif.address, lif.length).is_some_and(|net| net.contains(&client));
    let homes: BTreeSet<Uuid> = state.interfaces.iter().filter(near).filter_map(ipspace_of).collect();
    homes.contains(&own) || homes.iter().all(|ipspace| *ipspace == open)
}
