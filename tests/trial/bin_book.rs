//! What tenants were told of the recycle bin: which of their shares are in it, as far as the answers tell.
//!
//! How to get it wrong: to hold a share to what was promised of it once it may be in the bin; its time there ends without anybody
//! asking for it.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::ledger::Promise;

/// Where a share is that was soft-deleted once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    InBin {
        /// Before which it does not go by itself.
        until: Duration,
    },
    /// It was asked for to go there or to come from there, and no answer came.
    Unsure,
}

/// Of shares that were soft-deleted and not restored since.
#[derive(Debug, Default)]
pub struct BinBook {
    places: BTreeMap<String, Place>,
}

impl BinBook {
    pub fn place(&self, share: &str) -> Option<Place> {
        self.places.get(share).copied()
    }

    pub fn is_out(&self, share: &str) -> bool {
        self.place(share).is_none()
    }

    /// What was answered to a soft delete, after which the share stays until then at least.
    pub fn soft_deleted(&mut self, share: &str, until: Duration, status: Option<u16>) {
        match status {
            Some(202) => {
                self.places.insert(share.to_owned(), Place::InBin { until });
            }
            None | Some(500..=599) => self.is_unsure(share),
            Some(_) => {}
        }
    }

    /// What was answered to a restore.
    pub fn restored(&mut self, share: &str, status: Option<u16>) {
        match status {
            Some(200 | 202) => {
                self.places.remove(share);
            }
            None | Some(500..=599) => self.is_unsure(share),
            Some(_) => {}
        }
    }

    fn is_unsure(&mut self, share: &str) {
        self.places.insert(share.to_owned(), Place::Unsure);
    }

    /// What holds of a share at the end, when all times in the bin are over.
    pub fn at_the_end(&self, share: &str, promise: Promise) -> Promise {
        match (promise, self.place(share)) {
            (Promise::Stays, Some(Place::InBin { .. })) => Promise::Goes,
            (Promise::Stays, Some(Place::Unsure)) => Promise::Unsure,
            (promise, _) => promise,
        }
    }
}
