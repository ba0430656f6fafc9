//! What the back ends of a process have in common.
//!
//! How to get it wrong: a set of these per back end, though several back ends may be on one array.

use manilad_ontap::Limiters;

use crate::server::Segments;

/// What the back ends of a process share, so that those of one array spare it and do not get in each other's way.
#[derive(Clone)]
pub struct Shared {
    pub(crate) limiters: Limiters,
    pub(crate) segments: Segments,
}

impl Shared {
    pub fn new(limiters: Limiters) -> Self {
        Shared { limiters, segments: Segments::default() }
    }
}
