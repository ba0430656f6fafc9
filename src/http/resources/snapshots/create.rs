//! Asking for a snapshot, and taking over one that is on the array.

use manilad_decisions::snapshot;
use manilad_domain::snapshot::{SnapshotIds, SnapshotLabels, SnapshotOwner};
use manilad_domain::{Fault, ShareId, ShareSnapshot};
use manilad_store::Shared;

use super::body::{ManagedSnapshot, Named, NewSnapshot};
use crate::body::{Label, Metadata};
use crate::call::Call;
use crate::resources::metadata::{Reserved, initial};

pub async fn create(call: Call, wish: NewSnapshot) -> Result<Shared<ShareSnapshot>, Fault> {
    let share = call.share_for("share:create_snapshot", &wish.share_id)?.id;
    let names = (wish.name.or(wish.display_name), wish.description.or(wish.display_description));
    let asked = asked(&call, share, names, wish.metadata)?;
    let (limits, version, cause) = (call.app.settings.limits, call.version, call.cause());
    let snapshot =
        call.decide("create snapshot", move |draft| snapshot::create(draft, asked, &limits, version, &cause)).await?;
    Ok(snapshot.into())
}

pub async fn manage(call: Call, wish: ManagedSnapshot) -> Result<Shared<ShareSnapshot>, Fault> {
    let named = |name: Option<Named>, member| {
        let missing =
            || Fault::unprocessable(format!("Member {member:?} must be {}.", <Named as crate::body::Wish>::EXPECTED));
        name.and_then(|name| name.0).ok_or_else(missing)
    };
    let (share, location) = (named(wish.share_id, "share_id")?, named(wish.provider_location, "provider_location")?);
    if wish.driver_options.is_some_and(|options| !options.is_empty()) {
        return Err(Fault::invalid("Member \"driver_options\" must be empty: no driver takes options for a snapshot."));
    }
    let share = call.share(&share)?.id;
    let names = (wish.name.or(wish.display_name), wish.description.or(wish.display_description));
    let asked = asked(&call, share, names, wish.metadata)?;
    let (version, cause) = (call.version, call.cause());
    let snapshot =
        call.decide("manage snapshot", move |draft| snapshot::manage(draft, asked, location, version, &cause)).await?;
    Ok(snapshot.into())
}

/// What the wish comes to, with fresh ids.
fn asked(
    call: &Call,
    share: ShareId,
    (name, description): (Option<Label>, Option<Label>),
    metadata: Option<Metadata>,
) -> Result<snapshot::NewSnapshot, Fault> {
    let owner = SnapshotOwner { project_id: call.project().to_owned(), user_id: call.caller.user().to_owned() };
    let labels = SnapshotLabels {
        name: name.map(|label| label.0),
        description: description.map(|label| label.0),
        metadata: initial(call, &Reserved::none(), metadata)?,
    };
    let ids = SnapshotIds { snapshot: call.app.clock.id().into(), instance: call.app.clock.id().into() };
    Ok(snapshot::NewSnapshot { ids, share, owner, labels })
}
