//! The floor under free disk space: below it writes are refused before they begin, because a database that runs into
//! a full disk can't promise anything. How to get it wrong: asking the operating system at every commit.

use std::time::Duration;

use crate::engine::Engine;
use crate::error::Error;
use crate::metrics::METRICS;

/// Running time for which an answer is good.
const FRESH: Duration = Duration::from_secs(1);

pub(crate) struct Floor {
    floor: u64,
    known: Option<(Duration, Result<(), Error>)>,
}

impl Floor {
    pub(crate) fn new(floor: u64) -> Self {
        Floor { floor, known: None }
    }

    /// Whether there is room to write at `now` (running time).
    pub(crate) fn check(&mut self, engine: &dyn Engine, now: Duration) -> Result<(), Error> {
        match &self.known {
            Some((asked, answer)) if now.saturating_sub(*asked) < FRESH => answer.clone(),
            _ => {
                let answer = self.ask(engine);
                // What could not be asked is asked again at once: it says nothing of the disk.
                let is_told = matches!(answer, Ok(()) | Err(Error::NoSpace { .. }));
                self.known = is_told.then(|| (now, answer.clone()));
                answer
            }
        }
    }

    fn ask(&self, engine: &dyn Engine) -> Result<(), Error> {
        let space = engine.space()?;
        METRICS.size.set(i64::try_from(space.size).unwrap_or(i64::MAX));
        match space.free {
            Some(free) if free < self.floor => Err(Error::NoSpace { free, floor: self.floor }),
            _ => Ok(()),
        }
    }
}
