//! Putting a share into the recycle bin, and taking it out again. Source: resources.md §1.
//!
//! What is asked of a share in the bin is refused by the decisions, by the table of what may be asked of shares.

use manilad_clock::Timestamp;
use manilad_decisions::share::{self, Restored};
use manilad_domain::{Fault, Stamp};

use super::body::{RestoreShare, SoftDelete};
use crate::call::Call;
use crate::route::Effect;

pub async fn soft_delete(call: Call, _: SoftDelete) -> Result<(), Fault> {
    let id = call.share_for("share:soft_delete", call.param("id"))?.id;
    let (version, now) = (call.version, call.now());
    let until = Stamp(now.0.checked_add(call.app.settings.bin_retention).unwrap_or(Timestamp::MAX));
    call.decide("put share into the recycle bin", move |draft| share::soft_delete(draft, id, until, version, now)).await
}

pub async fn restore(call: Call, _: RestoreShare) -> Result<Effect, Fault> {
    let id = call.share_for("share:restore", call.param("id"))?.id;
    let (version, now) = (call.version, call.now());
    let restored = call.decide("restore share", move |draft| share::restore(draft, id, version, now)).await?;
    Ok(match restored {
        Restored::Now => Effect::Changed,
        Restored::Before => Effect::Unchanged,
    })
}
