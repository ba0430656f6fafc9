//! Who gave a sign of life, and when. Kept in memory: after a restart everybody speaks up again within one period.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use manilad_clock::Clock;
use manilad_domain::Stamp;

/// The last sign of life of each service, by its host name. Clones share the book.
#[derive(Debug, Clone)]
pub struct Presence {
    clock: Clock,
    beats: Arc<RwLock<BTreeMap<String, Beat>>>,
}

#[derive(Debug, Clone, Copy)]
struct Beat {
    at: Stamp,
    running: Duration,
    up: bool,
}

impl Presence {
    pub fn new(clock: Clock) -> Self {
        Presence { clock, beats: Arc::default() }
    }

    /// A service is at work.
    pub fn beat(&self, service: &str) {
        self.note(service, true);
    }

    /// A service says that it can't work.
    pub fn down(&self, service: &str) {
        self.note(service, false);
    }

    fn note(&self, service: &str, up: bool) {
        let beat = Beat { at: self.clock.now().into(), running: self.clock.running(), up };
        self.beats.write().unwrap_or_else(PoisonError::into_inner).insert(service.to_owned(), beat);
    }

    /// Whether the service spoke up within `patience` and is able to work.
    pub fn is_up(&self, service: &str, patience: Duration) -> bool {
        let beats = self.beats.read().unwrap_or_else(PoisonError::into_inner);
        beats.get(service).is_some_and(|beat| beat.up && self.clock.running().saturating_sub(beat.running) <= patience)
    }

    /// When the service last spoke up.
    pub fn last(&self, service: &str) -> Option<Stamp> {
        self.beats.read().unwrap_or_else(PoisonError::into_inner).get(service).map(|beat| beat.at)
    }
}
