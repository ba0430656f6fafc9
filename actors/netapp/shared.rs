//! What the back ends of a process have in common.
//!
//! How to get it wrong: a set of these per back end, though several back ends may be on one array.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use manilad_ontap::Limiters;

use crate::server::Segments;

/// What the back ends of a process share, so that those of one array spare it and do not get in each other's way.
#[derive(Clone)]
pub struct Shared {
    pub(crate) limiters: Limiters,
    pub(crate) segments: Segments,
    pub(crate) seats: Seats,
}

/// The SVMs that back ends of this process have for their own, by array: none of them is a share server. Clones are the same set.
#[derive(Clone, Default)]
pub struct Seats(Arc<Mutex<BTreeSet<(String, String)>>>);

impl Seats {
    pub fn note(&self, array: String, svm: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((array, svm.to_owned()));
    }

    pub fn has(&self, array: String, svm: &str) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&(array, svm.to_owned()))
    }
}

impl Shared {
    pub fn new(limiters: Limiters) -> Self {
        Shared { limiters, segments: Segments::default(), seats: Seats::default() }
    }
}
