//! What a server works with, the same for all its connections.
//!
//! How to get it wrong: to keep in it what is of one client; whatever is here lasts as long as the server.

use std::net::IpAddr;
use std::sync::Arc;

use manilad_clock::Clock;
use tokio::sync::Semaphore;

use crate::Exports;
use crate::limits::Limits;
use crate::metrics::Counters;
use crate::mounts::Mounts;
use crate::volume::Volumes;

pub(crate) struct Service {
    pub exports: Arc<dyn Exports>,
    pub limits: Limits,
    pub clock: Clock,
    pub volumes: Volumes,
    pub mounts: Mounts,
    pub counters: Counters,
    /// Write verifier: another one after each start tells clients to send again what they had not committed.
    pub incarnation: [u8; 8],
    /// Calls that may do file I/O at once.
    pub file_io: Arc<Semaphore>,
}

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    pub lif: IpAddr,
    pub client: IpAddr,
}

impl Service {
    pub fn new(exports: Arc<dyn Exports>, limits: Limits, clock: Clock) -> Self {
        Service {
            volumes: Volumes::new(exports.clone()),
            exports,
            mounts: Mounts::default(),
            counters: Counters::default(),
            incarnation: clock.id().as_u64_pair().0.to_be_bytes(),
            file_io: Arc::new(Semaphore::new(limits.file_io)),
            limits,
            clock,
        }
    }

    /// Resolves when no call does file I/O any more.
    pub async fn at_rest(&self) {
        // It fails only on a closed semaphore, and this one is never closed.
        drop(self.file_io.acquire_many(self.limits.file_io as u32).await);
    }
}
