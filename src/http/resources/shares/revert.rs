//! Reverting a share to a snapshot. Source: resources.md §1.

use manilad_decisions::share;
use manilad_domain::{Fault, SnapshotId};

use crate::body;
use crate::call::Call;

body! {
    /// Brings a share back to what its newest snapshot holds.
    RevertTo in "revert" else invalid {
        snapshot_id [..] required String,
    }
}

pub async fn revert(call: Call, wish: RevertTo) -> Result<(), Fault> {
    let id = call.share_for("share:revert_to_snapshot", call.param("id"))?.id;
    let unknown = |_| Fault::invalid(format!("Share {id} has no snapshot {:?}.", wish.snapshot_id));
    let snapshot: SnapshotId = wish.snapshot_id.parse().map_err(unknown)?;
    let (version, cause) = (call.version, call.cause());
    call.decide("revert share", move |draft| share::revert(draft, id, snapshot, version, &cause)).await
}
