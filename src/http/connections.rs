//! Connections that are open, in total by worker and by peer address, so that no peer takes what all others need.
//!
//! Who is beyond its bound is turned away as it connects, before anything is read. How to get it wrong: to bound only the
//! sum, which one stranger can use up; or to count down anywhere but where the connection ends.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use prometheus::{IntGauge, register_int_gauge};

use crate::bounds;

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static OPEN: LazyLock<IntGauge> = LazyLock::new(|| {
    register_int_gauge!("manilad_http_connections", "Connections of clients that are open").expect("registered once")
});

/// The connections of all workers.
#[derive(Debug)]
pub struct Connections {
    in_all: usize,
    per_peer: usize,
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    in_all: usize,
    by_peer: HashMap<IpAddr, usize>,
}

impl Connections {
    /// So many in all, and from one address.
    pub fn new(in_all: usize, per_peer: usize) -> Arc<Self> {
        Arc::new(Connections { in_all, per_peer, open: Mutex::default() })
    }

    /// Lets a connection in, until what is returned is dropped; none where there are too many.
    pub fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Admitted> {
        let peer = peer.to_canonical();
        let mut open = self.open();
        let own = open.by_peer.get(&peer).copied().unwrap_or(0);
        if open.in_all >= self.in_all || own >= self.per_peer {
            bounds::refused("connection");
            return None;
        }
        open.in_all += 1;
        open.by_peer.insert(peer, own + 1);
        OPEN.inc();
        Some(Admitted { connections: self.clone(), peer })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that counts as long as this lives.
#[derive(Debug)]
pub struct Admitted {
    connections: Arc<Connections>,
    peer: IpAddr,
}

impl Drop for Admitted {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        open.in_all -= 1;
        match open.by_peer.get_mut(&self.peer) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(open.by_peer.remove(&self.peer)),
        }
        OPEN.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(last: u8) -> IpAddr {
        IpAddr::from([10, 0, 0, last])
    }

    #[test]
    fn one_peer_has_its_bound_and_all_together_have_theirs_until_a_connection_ends() {
        let connections = Connections::new(3, 2);
        let mapped: IpAddr = "::ffff:10.0.0.1".parse().unwrap();
        let own: Vec<_> = [peer(1), mapped].map(|peer| connections.admit(peer).unwrap()).into();
        assert!(connections.admit(peer(1)).is_none(), "two of three for one peer");
        let other = connections.admit(peer(2)).unwrap();
        assert!(connections.admit(peer(3)).is_none(), "three of three");
        drop(own);
        assert_eq!(connections.open().by_peer.len(), 1, "nobody is remembered who left");
        let again: Vec<_> = (0..2).map(|_| connections.admit(peer(1)).unwrap()).collect();
        assert!(connections.admit(peer(2)).is_none());
        drop((again, other));
        assert!(connections.open().by_peer.is_empty() && connections.open().in_all == 0);
    }
}
