//! Export locations: where a share can be mounted. Source: resources.md §4.

pub mod view;

use manilad_domain::share::ExportLocation;
use manilad_domain::{Fault, Share};
use manilad_store::Shared;

use crate::call::Call;
use crate::listing::Listing;
use view::{EXPORT, ExportView};

crate::routes! {
    GET "/shares/{share_id}/export_locations"      [2.9..] "share_export_location:index" => list -> 200 many EXPORT;
    GET "/shares/{share_id}/export_locations/{id}" [2.9..] "share_export_location:show"  => show -> 200 one EXPORT;
}

async fn list(call: Call) -> Result<Listing<ExportView>, Fault> {
    let share = readable(&call)?;
    Ok(locations(&share).filter(|view| call.caller.is_admin || !view.export.is_admin_only).collect::<Vec<_>>().into())
}

async fn show(call: Call) -> Result<ExportView, Fault> {
    find(&call).map(|(_, view)| view)
}

/// The location that the path names, if the caller may see it, with its share.
///
/// # Errors
/// Missing, or forbidden for what only administrators or the owners may see.
pub fn find(call: &Call) -> Result<(Shared<Share>, ExportView), Fault> {
    let share = readable(call)?;
    let id = call.param("id");
    let view = locations(&share)
        .find(|view| view.export.id.to_string() == id)
        .ok_or_else(|| Fault::no_such("export location", id))?;
    if view.export.is_admin_only && !call.caller.is_admin {
        return Err(Fault::forbidden("The export location is for administrators."));
    }
    Ok((share, view))
}

/// A share whose export locations the caller may see. Here a foreign private share is forbidden, not missing: the
/// reference tells them apart.
fn readable(call: &Call) -> Result<Shared<Share>, Fault> {
    let id = call.param("share_id");
    let missing = || Fault::no_such("share", id);
    let parsed: manilad_domain::ShareId = id.parse().map_err(|_| missing())?;
    let share = call.known_share(parsed)?.ok_or_else(missing)?;
    if !share.is_public {
        call.require("share:get", crate::identity::Owner::Of { project: &share.project_id, user: &share.user_id })?;
    }
    Ok(share)
}

fn locations(share: &Share) -> impl Iterator<Item = ExportView> {
    share.live().flat_map(|instance| {
        instance
            .exports
            .iter()
            .map(|export: &ExportLocation| ExportView { export: export.clone(), instance: instance.id })
    })
}
