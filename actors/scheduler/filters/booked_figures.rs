//! The figures of a pool that change with what is promised on it, and how long a judgement by them holds.
//!
//! How to get it wrong: to let a filter that reads one of them say that its judgement holds whatever is promised. The writer would not
//! have it made again, and two shares would get the room of one.

use crate::pools::BOOKED;
use crate::statistics::{Keys, Slot};

/// Where pools keep the figures that change with what is promised on them.
#[derive(Debug, Clone, Copy)]
pub struct BookedFigures([Option<Slot>; BOOKED.len()]);

impl BookedFigures {
    pub fn of(keys: &Keys) -> Self {
        BookedFigures(BOOKED.map(|name| keys.find(name)))
    }

    pub fn contain(&self, slot: Slot) -> bool {
        self.0.contains(&Some(slot))
    }
}

/// GiB that may be promised to others before a filter judges again: none if it has read figures that change by that, else however many.
pub fn spare_after(reads_booked_figures: bool) -> Option<f64> {
    reads_booked_figures.then_some(0.0)
}
