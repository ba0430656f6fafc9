//! The disk of the host: what was synced stays; of what was only applied, a crash keeps a part.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use manilad_clock::Clock;
use manilad_store::{Engine, Lossy, Options};

use crate::plan::DiskFault;
use crate::world::World;

/// How long a fault of a moment is felt: until somebody reads or writes, and until what waited for that has been told.
const FELT: Duration = Duration::from_secs(60);

pub struct Disk {
    disk: RefCell<Lossy>,
    slowest: Duration,
    /// Until when what befell it last may still be felt.
    felt: Cell<Duration>,
    /// Whether a call that is to fail had not come yet when that was last asked.
    was_to_fail: Cell<bool>,
}

impl Disk {
    /// An empty one, which draws from `clock`. A sync takes `slowest` at most.
    pub fn new(clock: Clock, slowest: Duration) -> Self {
        let disk = Disk {
            disk: RefCell::new(Lossy::new(clock)),
            slowest,
            felt: Cell::default(),
            was_to_fail: Cell::default(),
        };
        disk.slow_down();
        disk
    }

    fn slow_down(&self) {
        self.disk.borrow().set_sync_delay(Duration::ZERO..self.slowest);
    }

    /// As an incarnation opens it.
    pub fn engine(&self) -> Box<dyn Engine> {
        Box::new(self.disk.borrow().clone())
    }

    /// How a store is opened in one thread.
    pub fn options(&self) -> Options {
        Options::here()
    }

    /// Becomes the disk that the next incarnation finds.
    pub fn crash(&self) {
        let next = self.disk.borrow().crash().unwrap();
        *self.disk.borrow_mut() = next;
        self.slow_down();
    }

    pub fn has_failed_lately(&self, now: Duration) -> bool {
        let will_fail = self.disk.borrow().will_fail();
        // Where little happens, the call comes long after it was to fail.
        if self.was_to_fail.replace(will_fail) && !will_fail {
            self.felt.set(self.felt.get().max(now + FELT));
        }
        will_fail || now < self.felt.get()
    }

    /// What was to befall it does not.
    pub fn calm(&self) {
        self.disk.borrow().calm();
    }

    async fn befall(&self, world: &World, fault: DiskFault) {
        let lasts = match fault {
            DiskFault::Failure(_) => Duration::ZERO,
            DiskFault::Full(spell) => spell,
        };
        self.felt.set(world.clock.running() + lasts + FELT);
        self.was_to_fail.set(matches!(fault, DiskFault::Failure(_)));
        world.note(&format!("the disk: {fault:?}"));
        match fault {
            DiskFault::Failure(call) => self.disk.borrow().fail_next(call),
            DiskFault::Full(spell) => {
                self.disk.borrow().set_free(Some(0));
                world.clock.sleep(spell).await;
                self.disk.borrow().set_free(None);
            }
        }
    }
}

/// All that the plan has in store for the disk.
pub async fn strike(world: Rc<World>) {
    let mut faults = world.plan.disk.clone();
    faults.sort_by_key(|(at, _)| *at);
    for (at, fault) in faults {
        world.clock.sleep(at.saturating_sub(world.clock.running())).await;
        world.host.disk.befall(&world, fault).await;
    }
}
