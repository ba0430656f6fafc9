//! An engine that plays a disk which loses what was not synced: for simulations and tests.
//!
//! A batch is visible once it is applied and durable once it is synced. A [crash](Lossy::crash) keeps what was durable and
//! a drawn number of the batches after it, in their order, each whole. A write that fails is final, as on a real disk:
//! nobody can tell what of it is there, and only the disk after a crash takes another. How to get it wrong: going on with
//! the disk of before the crash, on which an earlier incarnation still sees its own writes.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use manilad_clock::Clock;

use crate::engine::{Changes, Engine, Entry, Order, Space, Span};
use crate::error::Error;
use crate::memory::Memory;

/// A call of the engine that can be made to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskCall {
    Get,
    Scan,
    Apply,
    Sync,
}

/// A disk. Clones are the same disk.
#[derive(Clone)]
pub struct Lossy(Arc<Disk>);

struct Disk {
    /// Draws what a crash keeps, and how long a sync takes.
    clock: Clock,
    applied: Memory,
    state: Mutex<State>,
}

struct State {
    durable: Memory,
    /// What was applied since the last sync, in order.
    unsynced: Vec<Changes>,
    /// Calls that fail the next time.
    failing: BTreeSet<DiskCall>,
    /// A write has failed: none is taken any more.
    is_broken: bool,
    free: Option<u64>,
    sync_delay: Range<Duration>,
}

impl Lossy {
    /// An empty disk, which draws from `clock`.
    pub fn new(clock: Clock) -> Self {
        Lossy::with(clock, Memory::new())
    }

    fn with(clock: Clock, durable: Memory) -> Self {
        let applied = durable.copied();
        let state = State {
            durable,
            unsynced: Vec::new(),
            failing: BTreeSet::new(),
            is_broken: false,
            free: None,
            sync_delay: Duration::ZERO..Duration::ZERO,
        };
        Lossy(Arc::new(Disk { clock, applied, state: Mutex::new(state) }))
    }

    /// The disk as the next start finds it. This one stays as it is, and nothing that it takes later is on the other.
    pub fn crash(&self) -> Result<Lossy, Error> {
        let state = self.state();
        let durable = state.durable.copied();
        let kept = (self.0.clock.fraction() * (state.unsynced.len() + 1) as f64) as usize;
        for batch in &state.unsynced[..kept] {
            durable.apply(batch)?;
        }
        let next = Lossy::with(self.0.clock.clone(), durable);
        // What fills a disk is still there.
        next.set_free(state.free);
        Ok(next)
    }

    /// How many batches a crash may lose.
    pub fn unsynced(&self) -> usize {
        self.state().unsynced.len()
    }

    /// The next such call fails, and those after it only where it was a write.
    pub fn fail_next(&self, call: DiskCall) {
        self.state().failing.insert(call);
    }

    /// No call fails any more that was to, and there is room.
    pub fn calm(&self) {
        let mut state = self.state();
        state.failing.clear();
        state.free = None;
    }

    /// Whether a call that is to fail has not come yet.
    pub fn will_fail(&self) -> bool {
        !self.state().failing.is_empty()
    }

    /// How many bytes are free; none where nothing bounds them.
    pub fn set_free(&self, bytes: Option<u64>) {
        self.state().free = bytes;
    }

    /// From how long to how long a sync takes, where the writer is a task.
    pub fn set_sync_delay(&self, delay: Range<Duration>) {
        self.state().sync_delay = delay;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&mut self, call: DiskCall) -> Result<(), Error> {
        let is_write = matches!(call, DiskCall::Apply | DiskCall::Sync);
        let fails = self.failing.remove(&call);
        self.is_broken |= fails && is_write;
        if fails || (is_write && self.is_broken) {
            return Err(Error::io(format!("{call:?}").to_lowercase(), "input/output error of a played disk"));
        }
        Ok(())
    }
}

impl Engine for Lossy {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.state().check(DiskCall::Get)?;
        self.0.applied.get(key)
    }

    fn scan(&self, span: &Span, order: Order, limit: usize) -> Result<Vec<Entry>, Error> {
        self.state().check(DiskCall::Scan)?;
        self.0.applied.scan(span, order, limit)
    }

    fn apply(&self, batch: &Changes) -> Result<(), Error> {
        let mut state = self.state();
        let was_broken = state.is_broken;
        let checked = state.check(DiskCall::Apply);
        if !was_broken {
            // One that fails may be there after a crash all the same.
            state.unsynced.push(batch.clone());
        }
        checked?;
        self.0.applied.apply(batch)
    }

    fn sync(&self) -> Result<(), Error> {
        let mut state = self.state();
        state.check(DiskCall::Sync)?;
        let State { durable, unsynced, .. } = &mut *state;
        unsynced.drain(..).try_for_each(|batch| durable.apply(&batch))
    }

    fn sync_delay(&self) -> Duration {
        let Range { start, end } = self.state().sync_delay.clone();
        start + end.saturating_sub(start).mul_f64(self.0.clock.fraction())
    }

    fn space(&self) -> Result<Space, Error> {
        let free = self.state().free;
        Ok(Space { free, ..self.0.applied.space()? })
    }
}

#[cfg(test)]
mod tests;
