//! The disk of the host: what was synced stays; of what was only applied, a crash keeps a part.

use std::cell::RefCell;
use std::time::Duration;

use manilad_clock::Clock;
use manilad_store::{Engine, Lossy, Options};

pub struct Disk {
    disk: RefCell<Lossy>,
    slowest: Duration,
}

impl Disk {
    /// An empty one, which draws from `clock`. A sync takes `slowest` at most.
    pub fn new(clock: Clock, slowest: Duration) -> Self {
        let disk = Disk { disk: RefCell::new(Lossy::new(clock)), slowest };
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
}
