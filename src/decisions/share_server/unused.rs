//! How share servers are filled, and when those that nobody uses go.

use std::time::Duration;

use manilad_domain::intent::Cause;
use manilad_domain::share_server::{ServerAction, index};
use manilad_domain::{ServerAbilities, ShareServer, Stamp};
use manilad_store::{Draft, Error, Range, Store};

use super::{is_in_use, retire};
use crate::epoch;

/// The options of a back end about its share servers, and what its driver makes of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rules {
    /// What a server bears while it serves.
    pub abilities: ServerAbilities,
    /// Instances that one server may have; `max_shares_per_share_server`.
    pub max_instances: Option<u64>,
    /// GiB that one server may have; `max_share_server_size`.
    pub max_gib: Option<u64>,
    /// `delete_share_server_with_last_share`
    pub goes_with_last_instance: bool,
    /// How long a server may be unused before it goes; none: for ever. `automatic_share_server_cleanup`,
    /// `unused_share_server_cleanup_interval`.
    pub unused_for: Option<Duration>,
}

/// Removes the servers that nobody has used since `then`.
#[derive(Debug, Clone)]
pub struct Cleaning {
    /// `host@backend`
    pub service: String,
    pub epoch: u64,
    pub now: Stamp,
    pub then: Stamp,
    /// Under which the removals are logged.
    pub request_id: String,
}

impl Cleaning {
    /// Whether there may be something to do; spares the writer most rounds.
    pub fn is_worth_it(&self, store: &Store) -> Result<bool, Error> {
        let snapshot = store.snapshot()?;
        let own = snapshot.scan::<ShareServer>(&self.range())?;
        Ok(own.records.iter().any(|server| self.is_old(server)))
    }

    /// Returns how many go.
    pub fn decide(self, draft: &mut Draft<'_>) -> Result<usize, Error> {
        if !epoch::holds(draft, &self.service, self.epoch)? {
            return Ok(0);
        }
        let cause = Cause { request_id: self.request_id.clone(), now: self.now };
        let mut gone = 0;
        for server in draft.scan::<ShareServer>(self.range())?.into_iter().filter(|server| self.is_old(server)) {
            if !is_in_use(draft, &server)? {
                retire(draft, server, &cause)?;
                gone += 1;
            }
        }
        Ok(gone)
    }

    fn range(&self) -> Range {
        Range::of(index::BY_SERVICE, [self.service.clone()])
    }

    fn is_old(&self, server: &ShareServer) -> bool {
        let is_allowed = ServerAction::GoUnused.is_allowed(server.status);
        is_allowed && server.is_auto_deletable && server.used_at <= self.then
    }
}
