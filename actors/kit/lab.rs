//! Support for tests of actors: a system on stepped time, and the trials every actor has to pass.
//!
//! Nothing here sleeps. Time stands still until a test steps it; after each step everything that can run runs
//! ([`Lab::settle`]). [`Lab::run_to`] goes from one sleeper's time to the next, so nothing happens late. In a lab with a
//! seed ([`run_seeded`]) a test goes the same way whenever it runs with that seed. How to get it wrong: expecting `settle` to wait for other threads or sockets; it only knows the
//! tasks of this thread, so wait for those by a channel.

#![allow(clippy::expect_used, reason = "a lab is only run by tests")]

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use actix_rt::System;
use manilad_clock::{Clock, Hand, Timestamp};

use crate::Registry;

mod trials;

pub use trials::{Mishap, Specimen, trials};

/// When a lab's clock begins.
pub const START: Timestamp = Timestamp::constant(1_800_000_000, 0);

thread_local! {
    /// Whom a test has told to hang.
    static TO_HANG: RefCell<BTreeSet<String>> = RefCell::default();
}

/// Makes the actor of that name on this thread wait for ever from its next pulse on, which it still answers: it handles nothing
/// more, and none of its futures goes on. Its next incarnation is well.
pub fn hang(name: &str) {
    TO_HANG.with_borrow_mut(|names| names.insert(name.to_owned()));
}

/// Whoever was told to and has not come to it does not hang.
pub fn nobody_hangs() {
    TO_HANG.with_borrow_mut(BTreeSet::clear);
}

/// Whether it is to hang now. Asked once, it is not to again.
pub(crate) fn takes_to_hang(name: &str) -> bool {
    TO_HANG.with_borrow_mut(|names| names.remove(name))
}

/// A system with a clock that stands still.
#[derive(Clone)]
pub struct Lab {
    pub clock: Clock,
    pub hand: Hand,
    pub vitals: Registry,
}

/// Runs a test on an actix system of its own.
pub fn run<T>(test: impl AsyncFnOnce(Lab) -> T) -> T {
    run_on(Clock::stepped(START), test)
}

/// As [`run`], on a clock that draws everything from `seed`.
pub fn run_seeded<T>(seed: u64, test: impl AsyncFnOnce(Lab) -> T) -> T {
    run_on(Clock::seeded(START, seed), test)
}

fn run_on<T>((clock, hand): (Clock, Hand), test: impl AsyncFnOnce(Lab) -> T) -> T {
    let system = System::with_tokio_rt(|| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime for the test")
    });
    let vitals = Registry::new(clock.clone());
    system.block_on(test(Lab { clock, hand, vitals }))
}

impl Lab {
    /// Lets all tasks of this thread run until each of them waits.
    #[allow(clippy::disallowed_methods, reason = "tokio's paused time moves on only when nothing else can run")]
    pub async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    /// Lets everything settle, moves time on, and lets everything settle again.
    pub async fn step(&self, by: Duration) {
        self.settle().await;
        self.hand.step(by);
        self.settle().await;
    }
    /// Goes from one sleeper's time to the next, and lets everything settle at each, until `running` time is reached.
    pub async fn run_to(&self, running: Duration) {
        loop {
            self.settle().await;
            match self.hand.next_due().filter(|due| *due <= running) {
                Some(due) => self.hand.step_to(due),
                None => break,
            }
        }
        self.hand.step_to(running);
    }
}

#[cfg(test)]
mod tests;
