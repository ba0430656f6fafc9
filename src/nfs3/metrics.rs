//! Plain counters. Whoever runs the server turns them into its own metrics.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What the server has done since its start, and holds now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metrics {
    /// Calls by procedure and outcome.
    pub calls: Vec<Calls>,
    /// Connections that are open now.
    pub connections: u64,
    /// Connections that were taken on.
    pub connections_accepted: u64,
    /// Connections that were closed at once because their LIF had its most.
    pub connections_refused: u64,
    /// Connections that were closed at once because the network keeps their two ends apart.
    pub connections_unreachable: u64,
    /// Connections that were closed because they said nothing for too long, or too slowly.
    pub connections_expired: u64,
    /// Connections that were closed because of bytes that are no call, or too many.
    pub connections_garbled: u64,
    /// Attempts to take a connection on that failed.
    pub accept_failures: u64,
    /// Repeated calls that were answered from memory, or not again.
    pub repeats: u64,
    /// Calls that wait for a file I/O slot now.
    pub waiting: u64,
    /// Calls that do file I/O now.
    pub working: u64,
}

/// How often a procedure came to an outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calls {
    /// Name by RFC 1813, without its prefix: `READ`, `MNT`. Calls to what is not served are `UNKNOWN`.
    pub procedure: &'static str,
    pub outcome: Outcome,
    pub count: u64,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Answered with this `nfsstat3` or `mountstat3`; 0 is OK, also for procedures without a status.
    Status(u32),
    /// The arguments could not be decoded.
    Garbled,
    /// The credentials were refused.
    Unauthenticated,
    /// No such program, version or procedure.
    Unknown,
    /// The call panicked and was answered with `SYSTEM_ERR`.
    Failed,
}

#[derive(Default)]
pub(crate) struct Counters {
    calls: Mutex<BTreeMap<(&'static str, Outcome), u64>>,
    pub open: Gauge,
    pub accepted: Count,
    pub refused: Count,
    pub unreachable: Count,
    pub expired: Count,
    pub garbled: Count,
    pub accept_failures: Count,
    pub repeats: Count,
    pub waiting: Gauge,
    pub working: Gauge,
}

#[derive(Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub fn one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn value(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[derive(Default)]
pub(crate) struct Gauge(AtomicU64);

impl Gauge {
    /// Counts one until what is returned is dropped.
    pub fn hold(&self) -> Held<'_> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Held(&self.0)
    }
}

pub(crate) struct Held<'a>(&'a AtomicU64);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Counters {
    pub fn call(&self, procedure: &'static str, outcome: Outcome) {
        *self.calls.lock().unwrap_or_else(PoisonError::into_inner).entry((procedure, outcome)).or_default() += 1;
    }

    pub fn read(&self) -> Metrics {
        let calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        Metrics {
            calls: calls
                .iter()
                .map(|((procedure, outcome), count)| Calls { procedure, outcome: *outcome, count: *count })
                .collect(),
            connections: self.open.0.load(Ordering::Relaxed),
            connections_accepted: self.accepted.value(),
            connections_refused: self.refused.value(),
            connections_unreachable: self.unreachable.value(),
            connections_expired: self.expired.value(),
            connections_garbled: self.garbled.value(),
            accept_failures: self.accept_failures.value(),
            repeats: self.repeats.value(),
            waiting: self.waiting.0.load(Ordering::Relaxed),
            working: self.working.0.load(Ordering::Relaxed),
        }
    }
}
