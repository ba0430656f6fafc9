//! A back end as it reported, and each of its pools with it.
//!
//! How to get it wrong: to change the room of a pool without asking its functions again; they may go by it.

use std::fmt;
use std::time::Duration;

use manilad_domain::placement::Placement;
use manilad_domain::pool::Pool;
use manilad_domain::{PoolName, Stamp};

use crate::expression::Flaw;
use crate::pools::entry::{Entry, OWN};
use crate::statistics::{Keys, Slot, Stat};

/// When the report was taken.
const TIMESTAMP: &str = "timestamp";

/// What a back end has told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportState {
    /// Nothing yet. Until this running time it is worth waiting for.
    Awaited {
        until: Duration,
    },
    /// Only that its first report failed. Until this running time a share that finds no place waits for the next.
    Late {
        until: Duration,
    },
    Up,
    /// That it could not report for too long.
    Down,
}

/// Why a back end can't be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    Disabled,
    NeverReported,
    Down,
    Silent,
}

impl fmt::Display for Unusable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unusable::Disabled => "disabled",
            Unusable::NeverReported => "not heard of yet",
            Unusable::Down => "down",
            Unusable::Silent => "without a sign of life",
        })
    }
}

/// When a report was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Running time: tells which of two reports is newer.
    pub running: Duration,
    /// Wall time, for people.
    pub at: Stamp,
}

/// One back end.
#[derive(Debug, Clone)]
pub struct BackendState {
    pub standing: ReportState,
    /// By the administrator.
    pub disabled: bool,
    /// It has reported, and given no sign of life for too long since.
    pub silent: bool,
    /// Empty until the first report.
    pub zone: String,
    pub taken: Option<Taken>,
    /// What the pools report, each value once.
    pub(super) values: Vec<Stat>,
    /// In the order of their names.
    pub(super) pools: Vec<Entry>,
}

impl BackendState {
    pub(super) fn awaited(until: Duration) -> Self {
        BackendState {
            standing: ReportState::Awaited { until },
            disabled: false,
            silent: false,
            zone: String::new(),
            taken: None,
            values: Vec::new(),
            pools: Vec::new(),
        }
    }

    /// Its pools, in the order of their names.
    pub fn pools(&self) -> impl Iterator<Item = Candidate<'_>> {
        self.pools.iter().map(move |entry| Candidate { service: self, entry })
    }

    /// Why its pools are no candidates, if they are not.
    pub fn unusable(&self) -> Option<Unusable> {
        if self.disabled { Some(Unusable::Disabled) } else { self.unready() }
    }

    /// Why it can't be sent to, be it disabled or not.
    pub fn unready(&self) -> Option<Unusable> {
        match self.standing {
            ReportState::Awaited { .. } | ReportState::Late { .. } => Some(Unusable::NeverReported),
            ReportState::Down => Some(Unusable::Down),
            ReportState::Up if self.silent => Some(Unusable::Silent),
            ReportState::Up => None,
        }
    }

    /// Asks the functions of all pools what they say of every request.
    pub(super) fn consult(&mut self) {
        (0..self.pools.len()).for_each(|position| self.consult_one(position));
    }

    fn consult_one(&mut self, position: usize) {
        let entry = &self.pools[position];
        let (admitting, rating) = (&entry.filter_function, &entry.goodness_function);
        let candidate = Candidate { service: self, entry };
        let stat = |slot| candidate.stat(slot);
        let admits = admitting.as_ref().map_or(Some(true), |function| function.admits(stat, None).ok());
        let goodness = rating.as_ref().map_or(Some(0.0), |function| function.goodness(stat, None).ok());
        let entry = &mut self.pools[position];
        (entry.admits, entry.goodness) = (admits, goodness);
    }

    /// Its pool of this name.
    pub fn candidate(&self, pool: &PoolName) -> Option<Candidate<'_>> {
        Some(Candidate { service: self, entry: self.entry(pool)? })
    }

    pub(super) fn entry(&self, pool: &PoolName) -> Option<&Entry> {
        self.pools.get(self.pools.binary_search_by(|entry| entry.name.cmp(pool)).ok()?)
    }

    /// Books `size` GiB on a pool; `false` if the pool is gone.
    pub(super) fn book(&mut self, pool: &PoolName, size: f64, keys: &Keys) -> bool {
        let Ok(position) = self.pools.binary_search_by(|entry| entry.name.cmp(pool)) else {
            return false;
        };
        self.pools[position].book(size, keys, &mut self.values);
        self.consult_one(position);
        true
    }
}

/// A pool with its back end.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub service: &'a BackendState,
    pub entry: &'a Entry,
}

impl<'a> Candidate<'a> {
    /// What the pool reports in this slot; null counts as nothing.
    pub fn stat(&self, slot: Slot) -> Option<&'a Stat> {
        self.entry.reported(slot, &self.service.values).filter(|stat| !stat.is_null())
    }

    /// Whether the pool takes the request, by its own judgement; it takes any if it reports none.
    ///
    /// # Errors
    /// As [`Function::admits`].
    pub fn admits(&self, placement: &Placement) -> Result<bool, Flaw> {
        match (self.entry.admits, &self.entry.filter_function) {
            (Some(cached), _) => Ok(cached),
            (None, Some(function)) => function.admits(|slot| self.stat(slot), Some(placement)),
            (None, None) => Ok(true),
        }
    }

    /// Whether its own judgement of a request reads one of these statistics.
    pub fn is_admitted_by(&self, is_one: impl Fn(Slot) -> bool) -> bool {
        self.entry.filter_function.as_ref().is_some_and(|function| function.reads(is_one))
    }

    /// How well the pool suits the request, by its own judgement, from 0 to 100; 0 if it has none.
    pub fn goodness(&self, placement: &Placement) -> f64 {
        match (self.entry.goodness, &self.entry.goodness_function) {
            (Some(cached), _) => cached,
            (None, Some(function)) => function.goodness(|slot| self.stat(slot), Some(placement)).unwrap_or(0.0),
            (None, None) => 0.0,
        }
    }

    /// The pool as it was reported, with what was booked since, and the defaults of what it did not report.
    pub fn pool(&self, keys: &Keys) -> Pool {
        let Entry { name, room, .. } = self.entry;
        let reported = |slot| self.entry.reported(Slot(slot), &self.service.values);
        let named = keys.names().iter().enumerate().filter(|(_, name)| !OWN.contains(&name.as_str()));
        let stats = named.filter_map(|(slot, name)| Some((name.clone(), reported(slot)?.raw().clone())));
        let timestamp = self.service.taken.map(|taken| (TIMESTAMP.to_owned(), taken.at.text().into()));
        Pool {
            name: name.clone(),
            total: room.total,
            free: room.free,
            allocated: room.allocated,
            provisioned: Some(room.provisioned),
            reserved_percentage: room.reserved_percentage,
            reserved_snapshot_percentage: room.reserved_snapshot_percentage,
            reserved_share_extend_percentage: room.reserved_share_extend_percentage,
            max_over_subscription_ratio: room.ratio,
            thin: room.thin,
            thick: room.thick,
            takes_clones: room.takes_clones,
            capabilities: stats.chain(timestamp).collect(),
        }
    }
}
