//! What the daemon stands on and does not make itself: time, threads, and the way to other services.
//!
//! A daemon that is served has the real ones; a test that plays a whole daemon in one thread puts its own in their place.
//! How to get it wrong: to reach for one of these past it, for instance by a `static`; what outlives a daemon in memory would
//! be there again after a restart that was to lose it.

use std::sync::Arc;

use manilad_clock::Clock;
use manilad_kit::Threads;
use manilad_network::Ledger;
use manilad_openstack::{Error, Http, HttpOptions, Transport};

use crate::root::RootContext;

/// Makes the way to a service of the cloud: Keystone, Neutron or Nova.
pub type CloudTransport = Arc<dyn Fn(&HttpOptions) -> Result<Arc<dyn Transport>, Error> + Send + Sync>;

#[derive(Clone)]
pub struct Outside {
    pub clock: Clock,
    /// What back ends live on.
    pub threads: Threads,
    pub cloud: CloudTransport,
    /// What the back ends of this daemon hold in networks of Nova.
    pub ledger: Ledger,
}

impl Outside {
    /// System time, a thread for each back end, HTTP.
    pub fn real(clock: Clock) -> Self {
        Outside {
            clock,
            threads: RootContext::threads(),
            cloud: Arc::new(|options| Ok(Arc::new(Http::new(options)?))),
            ledger: Ledger::default(),
        }
    }
}
