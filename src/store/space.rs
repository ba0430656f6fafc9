//! The reserve of free disk space: a database that runs into a full disk can't promise anything, and the next start has to
//! read a copy of the store. Below the reserve nothing new is taken; what ends or frees something goes on into it, down to
//! its last part, below which nothing is written. How to get it wrong: asking the operating system at every commit, or
//! letting the state flicker where free space goes up and down by a little.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;

use crate::engine::{Engine, Space};
use crate::error::Error;
use crate::metrics::METRICS;

/// Running time for which an answer is good.
const FRESH: Duration = Duration::from_secs(1);
/// The part of the floor below which nothing is written, and the part of the reserve that must be free beyond it until new
/// things are taken again.
const PART: u64 = 8;

/// What a commit is for, which says how far it may go into the reserve.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is asked for, and may be refused.
    New,
    /// It ends work that is under way, or frees something.
    Ending,
}

/// Bytes that are free, and why that is not enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Short {
    free: u64,
    reserve: u64,
    /// Below this nothing is written.
    least: u64,
}

impl Short {
    fn refuses(self, purpose: Purpose) -> Option<Error> {
        let Short { free, reserve, least } = self;
        match purpose {
            Purpose::Ending if free < least => Some(Error::NoSpace { free, reserve: least }),
            Purpose::Ending => None,
            Purpose::New => Some(Error::NoSpace { free, reserve }),
        }
    }
}

/// What was found out: nothing is short, or so much is.
#[derive(Clone, Copy)]
pub(crate) struct Room(Option<Short>);

impl Room {
    /// Why a commit for `purpose` is turned away, if it is.
    pub(crate) fn refuses(self, purpose: Purpose) -> Option<Error> {
        self.0.and_then(|short| short.refuses(purpose))
    }
}

/// Why new things are refused, for who asks.
pub(crate) type Shortage = Arc<ArcSwapOption<Error>>;

pub(crate) struct Floor {
    floor: u64,
    shortage: Shortage,
    /// Whether it was short when it was last asked.
    was_short: Option<bool>,
    last: Option<(Duration, Room)>,
}

impl Floor {
    pub(crate) fn new(floor: u64, shortage: Shortage) -> Self {
        Floor { floor, shortage, was_short: None, last: None }
    }

    /// What room there is to write at `now` (running time). What could not be asked is asked again at once: it says nothing
    /// of the disk.
    pub(crate) fn check(&mut self, engine: &dyn Engine, now: Duration) -> Result<Room, Error> {
        match self.last {
            Some((asked, room)) if now.saturating_sub(asked) < FRESH => Ok(room),
            _ => {
                self.last = None;
                let room = self.judge(engine.space()?);
                self.last = Some((now, room));
                Ok(room)
            }
        }
    }

    fn judge(&mut self, Space { size, free }: Space) -> Room {
        METRICS.size.set(gauge(size));
        let Some(free) = free else { return Room(None) };
        METRICS.free.set(gauge(free));
        // A store that was not closed is copied before it is opened again.
        let reserve = if self.floor == 0 { 0 } else { self.floor.max(size) };
        METRICS.reserve.set(gauge(reserve));
        let was_short = self.was_short.unwrap_or(false);
        let required = if was_short { reserve.saturating_add(reserve / PART) } else { reserve };
        let short = (free < required).then_some(Short { free, reserve: required, least: self.floor / PART });
        match (self.was_short, short) {
            (None, Some(_)) => tracing::warn!(free, reserve, "the disk of the store is short: nothing new is taken"),
            (Some(false), Some(_)) => {
                tracing::error!(free, reserve, "the disk of the store has become short: nothing new is taken");
            }
            (Some(true), None) => tracing::info!(free, reserve, "the disk of the store has room again"),
            _ => {}
        }
        self.was_short = Some(short.is_some());
        let room = Room(short);
        self.shortage.store(room.refuses(Purpose::New).map(Arc::new));
        room
    }
}

fn gauge(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
