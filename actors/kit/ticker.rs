//! Periodic work, beside the mailbox: a task that nudges a port at fixed times.
//!
//! actix's own intervals starve in a busy actor, and pile up behind a slow one. A ticker has at most one tick under way:
//! the next is sent when the last is handled or lost, and those missed meanwhile are left out. How to get it wrong:
//! letting the ticker outlive its actor; keep it in the actor, it ends when dropped.

use std::time::Duration;

use actix::Message;
use manilad_clock::Clock;

use crate::{OwnedTask, Port};

/// Nudges a port until dropped.
pub struct Ticker {
    _task: OwnedTask,
}

impl Ticker {
    /// Starts on the current arbiter; the first tick comes after `every` of running time (at least a millisecond). A
    /// tick that the port refuses is left out: the next one comes anyway.
    pub fn start<M>(clock: &Clock, every: Duration, port: &Port<M>, tick: impl Fn() -> M + 'static) -> Self
    where
        M: Message + Send + 'static,
        M::Result: Send,
    {
        let (clock, port, every) = (clock.clone(), port.clone(), every.max(Duration::from_millis(1)));
        let task = OwnedTask::spawn(async move {
            let mut due = clock.running() + every;
            loop {
                clock.sleep(due.saturating_sub(clock.running())).await;
                if let Ok((_, handled)) = port.post(tick()) {
                    let _or_lost = handled.await;
                }
                due += every;
                let missed = clock.running().saturating_sub(due).as_nanos().div_ceil(every.as_nanos());
                due += every.saturating_mul(u32::try_from(missed).unwrap_or(u32::MAX));
            }
        });
        Ticker { _task: task }
    }
}

#[cfg(test)]
mod tests;
