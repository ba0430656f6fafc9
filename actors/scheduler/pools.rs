//! What the scheduler knows of the back ends: who is there, and what their pools hold. In memory only, rebuilt from
//! reports.
//!
//! A report replaces all pools of its back end: one that is missing is gone, and local bookings end: what was not made when
//! the array was asked for it was taken off its free space ([`crate::unmade_shares`]), and what was promised since then or is being committed is
//! booked again. Whatever else is promised between two reports shows in the sum that the store keeps ([`Pools::count`]). Names are kept
//! in order, so that whoever walks the pools meets them in the same order whatever order they came in. How to get it wrong:
//! letting a report that was overtaken bring back old figures. Source: scheduler.md §2.

mod backend_state;
mod entry;
mod report_reading;

use std::collections::BTreeMap;
use std::time::Duration;

use manilad_domain::PoolName;
use manilad_domain::pool::{Capacity, Pool, PoolReport};

pub use backend_state::{BackendState, Candidate, ReportState, Taken, Unusable};
pub use entry::{BOOKED, Entry};

use crate::error::Error;
use crate::pools::report_reading::Reading;
use crate::statistics::Keys;

/// Room that is held for a share until its back end reports again.
#[derive(Debug, Clone, PartialEq)]
pub struct Booking {
    pool: PoolName,
    size: u64,
    /// When the report was taken that did not know of it.
    taken: Option<Taken>,
}

impl Booking {
    pub fn pool(&self) -> &PoolName {
        &self.pool
    }

    pub fn size(&self) -> f64 {
        self.size as f64
    }
}

/// All back ends, by the name of their service.
#[derive(Debug, Clone)]
pub struct Pools {
    keys: Keys,
    services: BTreeMap<String, BackendState>,
}

impl Default for Pools {
    fn default() -> Self {
        Pools { keys: entry::keys(), services: BTreeMap::new() }
    }
}

impl Pools {
    /// Expects a back end to report, and to be worth waiting for until that running time.
    pub fn expect(&mut self, service: &str, until: Duration) {
        self.services.entry(service.to_owned()).or_insert_with(|| BackendState::awaited(until));
    }

    /// Takes note of what is known of each back end besides its reports: whether it is disabled, and whether it gave a
    /// sign of life.
    pub fn review(&mut self, look: impl Fn(&str) -> (bool, bool)) {
        for (name, service) in &mut self.services {
            let (disabled, lives) = look(name);
            service.disabled = disabled;
            service.silent = !lives;
        }
    }

    /// Takes a report; `false` if a newer one was there already. `promised` gives what was promised on a pool, in GiB, when the
    /// array was asked for it.
    ///
    /// # Errors
    /// The report can't be reckoned with; what was known before stays.
    pub fn report(
        &mut self,
        report: PoolReport,
        taken: Taken,
        promised: impl Fn(&PoolName) -> f64,
    ) -> Result<bool, Error> {
        let former = self.services.get(&report.service);
        if former.and_then(|service| service.taken).is_some_and(|last| last.running > taken.running) {
            return Ok(false);
        }
        let (disabled, silent) = former.map_or((false, false), |service| (service.disabled, service.silent));
        let PoolReport { service, availability_zone, mut pools } = report;
        pools.sort_by(|a, b| a.name.cmp(&b.name));
        check(&service, &pools)?;
        let mut reading = Reading::new(&mut self.keys);
        let entries = pools.into_iter().map(|pool| Entry::new(pool, &mut reading, &promised)).collect();
        let (standing, taken, values) = (ReportState::Up, Some(taken), reading.values);
        let mut reported =
            BackendState { standing, disabled, silent, zone: availability_zone, taken, values, pools: entries };
        reported.consult();
        self.services.insert(service, reported);
        Ok(true)
    }

    /// A report of the back end failed. What it reported before stays true until it is down; its next report ends both.
    pub fn missed(&mut self, service: &str, is_down: bool) {
        let Some(service) = self.services.get_mut(service) else { return };
        service.standing = match service.standing {
            _ if is_down => ReportState::Down,
            ReportState::Awaited { until } => ReportState::Late { until },
            standing => standing,
        };
    }

    /// Whether, at `now` (running time), an enabled back end may still report for the first time: placing now could
    /// refuse what it would take.
    pub fn is_waiting(&self, now: Duration) -> bool {
        let awaited = |standing| matches!(standing, ReportState::Awaited { until } if until > now);
        self.services.values().any(|service| awaited(service.standing) && !service.disabled)
    }

    /// Whether, at `now` (running time), the back end of a pool may still report for the first time.
    pub fn is_unreported(&self, pool: &PoolName, now: Duration) -> bool {
        let standing = self.services.get(&pool.service()).map(|service| service.standing);
        matches!(standing, Some(ReportState::Awaited { until } | ReportState::Late { until }) if until > now)
    }

    /// Whether, at `now` (running time), an enabled back end whose first report failed may still report in time:
    /// refusing a share now could refuse what it would take.
    pub fn is_hopeful(&self, now: Duration) -> bool {
        let late = |standing| matches!(standing, ReportState::Late { until } if until > now);
        self.services.values().any(|service| late(service.standing) && !service.disabled)
    }

    /// Books a placement of `size` GiB until the next report; `None` if the pool is gone.
    pub fn book(&mut self, pool: &PoolName, size: u64) -> Option<Booking> {
        let service = self.services.get_mut(&pool.service())?;
        let booked = service.book(pool, size as f64, &self.keys);
        booked.then(|| Booking { pool: pool.clone(), size, taken: service.taken })
    }

    /// Books again what a report has ended; `None` if the pool is gone.
    pub fn book_anew(&mut self, ended: &Booking) -> Option<Booking> {
        self.book(&ended.pool, ended.size)
    }

    /// Takes off a pool whatever is promised on it by now: the sum in the store, and what is held for commits under way.
    pub fn count(&mut self, pool: &PoolName, promised: f64, held: f64) {
        let Some(service) = self.services.get_mut(&pool.service()) else { return };
        let unbooked = service.entry(pool).map_or(0.0, |entry| entry.unbooked(promised, held));
        if unbooked != 0.0 {
            service.book(pool, unbooked, &self.keys);
        }
    }

    /// Takes a booking back, unless a report has ended it.
    pub fn cancel(&mut self, booking: &Booking) {
        let service = self.services.get_mut(&booking.pool.service());
        if let Some(service) = service.filter(|service| service.taken == booking.taken) {
            service.book(&booking.pool, -(booking.size as f64), &self.keys);
        }
    }

    /// The pool of this name, if its back end can be sent to.
    pub fn candidate(&self, pool: &PoolName) -> Option<Candidate<'_>> {
        self.services.get(&pool.service()).filter(|service| service.unusable().is_none())?.candidate(pool)
    }

    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    pub fn service(&self, name: &str) -> Option<&BackendState> {
        self.services.get(name)
    }

    /// All back ends with their names, in order.
    pub fn services(&self) -> impl Iterator<Item = (&str, &BackendState)> {
        self.services.iter().map(|(name, service)| (name.as_str(), service))
    }

    /// The pools of all back ends that can be sent to, in the order of their names.
    pub fn candidates(&self) -> impl Iterator<Item = Candidate<'_>> {
        self.services.values().filter(|service| service.unusable().is_none()).flat_map(BackendState::pools)
    }
}

/// Refuses reports that can't be reckoned with. `pools` are in the order of their names.
fn check(service: &str, pools: &[Pool]) -> Result<(), Error> {
    for pool in pools {
        if pool.name.service() != service {
            return Err(Error::ForeignPool { service: service.to_owned(), pool: pool.name.clone() });
        }
        for (field, value) in figures(pool) {
            if !value.is_finite() {
                return Err(Error::NotFinite { pool: pool.name.clone(), field, value });
            }
        }
    }
    match pools.windows(2).find(|pair| pair[0].name == pair[1].name) {
        Some(pair) => Err(Error::TwicePool { service: service.to_owned(), pool: pair[0].name.clone() }),
        None => Ok(()),
    }
}

fn figures(pool: &Pool) -> [(&'static str, f64); 8] {
    let gib = |capacity: Capacity| capacity.gib().unwrap_or(0.0);
    [
        ("total_capacity_gb", gib(pool.total)),
        ("free_capacity_gb", gib(pool.free)),
        ("allocated_capacity_gb", pool.allocated),
        ("provisioned_capacity_gb", pool.provisioned.unwrap_or(0.0)),
        ("reserved_percentage", pool.reserved_percentage),
        ("reserved_snapshot_percentage", pool.reserved_snapshot_percentage),
        ("reserved_share_extend_percentage", pool.reserved_share_extend_percentage),
        ("max_over_subscription_ratio", pool.max_over_subscription_ratio),
    ]
}

#[cfg(test)]
mod tests;
