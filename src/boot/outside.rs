//! What the daemon stands on and does not make itself: time, threads, and the way to other services; and how much it takes on at once.
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

/// How much the daemon takes on at once. A test that plays a whole daemon makes them small, so that they are reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkLimits {
    /// Commands that may wait for ApiActor; more are answered 503.
    pub commands: usize,
    /// Shares that are placed in one commit.
    pub placements: usize,
    /// Tasks of a kind that a back end has in hand, where its driver would take on more.
    pub tasks: usize,
    /// Records that a sweep reads in one go.
    pub sweep_page: usize,
}

impl Default for WorkLimits {
    fn default() -> Self {
        WorkLimits { commands: 1024, placements: 64, tasks: 512, sweep_page: 64 }
    }
}

#[derive(Clone)]
pub struct Outside {
    pub clock: Clock,
    /// What back ends live on.
    pub threads: Threads,
    pub cloud: CloudTransport,
    /// What the back ends of this daemon hold in networks of Nova.
    pub ledger: Ledger,
    pub limits: WorkLimits,
}

impl Outside {
    /// System time, a thread for each back end, HTTP.
    pub fn real(clock: Clock) -> Self {
        Outside {
            clock,
            threads: RootContext::threads(),
            cloud: Arc::new(|options| Ok(Arc::new(Http::new(options)?))),
            ledger: Ledger::default(),
            limits: WorkLimits::default(),
        }
    }
}
