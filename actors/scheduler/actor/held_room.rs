//! Room that is held for placements which are being committed.
//!
//! Between the moment in which such a commit is durable and the one in which the scheduler hears of it, the sum that the store keeps
//! has the placement too. How to get it wrong: to count it in both.

use manilad_domain::{InstanceId, Share, ShareId};
use manilad_store::{Error, Snapshot};

use crate::pools::Booking;

/// Room that is held for one placement.
#[derive(Debug)]
pub(super) struct HeldRoom {
    pub(super) share: ShareId,
    pub(super) instance: InstanceId,
    pub(super) booking: Booking,
}

impl HeldRoom {
    /// Whether the placement is in this state of the store, and so in its sums.
    ///
    /// # Errors
    /// As [`Snapshot::get`].
    pub(super) fn is_placed_in(&self, snapshot: &Snapshot) -> Result<bool, Error> {
        let share = snapshot.get::<Share>(&self.share.to_string())?;
        let instance = share.as_ref().and_then(|share| share.instance(self.instance));
        Ok(instance.is_some_and(|instance| instance.pool.as_ref() == Some(self.booking.pool())))
    }
}
