//! An engine under test, behind a wrapper that watches it and makes it misbehave.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use manilad_clock::{Clock, Timestamp};
use tempfile::TempDir;

use super::items::ITEMS;
use crate::{Changes, Engine, Entry, Error, Kind, Lossy, Memory, Options, Order, Sled, Space, Span, Store};

/// What a test does to the engine while a store runs on it.
pub(crate) struct Controls {
    pub(crate) syncs: AtomicUsize,
    pub(crate) fail_sync: AtomicBool,
    pub(crate) fail_apply: AtomicBool,
    pub(crate) free: AtomicU64,
    pub(crate) asked_for_space: AtomicUsize,
    gate: Mutex<Gate>,
    moved: Condvar,
}

#[derive(Default)]
struct Gate {
    closed: bool,
    waiting: usize,
}

impl Controls {
    /// Syncs wait from now on.
    pub(crate) fn close_gate(&self) {
        self.gate.lock().unwrap().closed = true;
    }

    pub(crate) fn open_gate(&self) {
        self.gate.lock().unwrap().closed = false;
        self.moved.notify_all();
    }

    /// Returns once a sync waits at the gate: its group is applied and not yet durable.
    pub(crate) fn until_at_gate(&self) {
        let gate = self.gate.lock().unwrap();
        let patience = Duration::from_secs(60);
        let (gate, late) = self.moved.wait_timeout_while(gate, patience, |gate| gate.waiting == 0).unwrap();
        assert!(!late.timed_out(), "no sync came");
        drop(gate);
    }

    fn pass(&self) {
        let mut gate = self.gate.lock().unwrap();
        gate.waiting += 1;
        self.moved.notify_all();
        while gate.closed {
            gate = self.moved.wait(gate).unwrap();
        }
        gate.waiting -= 1;
    }
}

/// A fresh engine and its controls. Can be opened several times over, one after the other.
pub(crate) struct Rig {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) controls: Arc<Controls>,
    _dir: Option<TempDir>,
}

impl Rig {
    pub(crate) fn memory() -> Self {
        Rig::new(Arc::new(Memory::new()), None)
    }

    pub(crate) fn lossy() -> Self {
        let (clock, _) = Clock::stepped(Timestamp::UNIX_EPOCH);
        Rig::new(Arc::new(Lossy::new(clock)), None)
    }

    pub(crate) fn sled() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Rig::new(Arc::new(Sled::open(dir.path(), 1 << 20).unwrap()), Some(dir))
    }

    fn new(engine: Arc<dyn Engine>, dir: Option<TempDir>) -> Self {
        let controls = Controls {
            syncs: AtomicUsize::new(0),
            fail_sync: AtomicBool::new(false),
            fail_apply: AtomicBool::new(false),
            free: AtomicU64::new(u64::MAX),
            asked_for_space: AtomicUsize::new(0),
            gate: Mutex::default(),
            moved: Condvar::new(),
        };
        Rig { engine, controls: Arc::new(controls), _dir: dir }
    }

    /// A store on this engine, with [`ITEMS`] and a clock that stands still.
    pub(crate) fn open(&self) -> Store {
        self.open_with(Options::default())
    }

    pub(crate) fn open_with(&self, options: Options) -> Store {
        let (clock, _) = Clock::stepped(Timestamp::UNIX_EPOCH);
        self.try_open(Options { kinds: ITEMS, ..options }, clock).unwrap()
    }

    pub(crate) fn open_kinds(&self, kinds: &'static [Kind]) -> Result<Store, Error> {
        self.try_open(Options { kinds, ..Options::default() }, Clock::system())
    }

    pub(crate) fn try_open(&self, options: Options, clock: Clock) -> Result<Store, Error> {
        let engine = Watched { engine: self.engine.clone(), controls: self.controls.clone() };
        Store::open(Box::new(engine), options, clock)
    }
}

struct Watched {
    engine: Arc<dyn Engine>,
    controls: Arc<Controls>,
}

impl Engine for Watched {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.engine.get(key)
    }

    fn scan(&self, span: &Span, order: Order, limit: usize) -> Result<Vec<Entry>, Error> {
        self.engine.scan(span, order, limit)
    }

    fn apply(&self, batch: &Changes) -> Result<(), Error> {
        if self.controls.fail_apply.load(SeqCst) {
            panic!("the engine broke");
        }
        self.engine.apply(batch)
    }

    fn sync(&self) -> Result<(), Error> {
        self.controls.pass();
        if self.controls.fail_sync.load(SeqCst) {
            return Err(Error::io("sync", "the disk is gone"));
        }
        self.engine.sync()?;
        self.controls.syncs.fetch_add(1, SeqCst);
        Ok(())
    }

    fn space(&self) -> Result<Space, Error> {
        self.controls.asked_for_space.fetch_add(1, SeqCst);
        Ok(Space { free: Some(self.controls.free.load(SeqCst)), ..self.engine.space()? })
    }
}
