//! Snapshots of shares: what tenants ask for, see, and give back. Source: resources.md §5.
//!
//! No back end lets clients reach a snapshot by a path of its own, so none has export locations, and every wish for access
//! is refused.

mod access;
pub mod body;
mod change;
mod create;
mod filter;
mod list;
mod view;

use access::{access_list, allow, deny, list_exports, schema_of_access_list, schema_of_exports, show_export};
use body::{
    AllowSnapshotAccess, DenySnapshotAccess, ManagedSnapshot, NewSnapshot, ResetSnapshotStatus, UpdateSnapshot,
};
use change::{delete, force_delete, reset_status, unmanage, update};
use create::{create, manage};
use filter::{DETAILED, LISTED};
pub use list::{find, may_see, owner};
use list::{list, show};
use view::{SNAPSHOT, SNAPSHOT_BRIEF};

use crate::resources::shares::body::ForceDelete;
use body::UnmanageSnapshot;

crate::routes! {
    GET    "/snapshots"        [..] "share_snapshot:get_all_snapshots" => list ? LISTED   -> 200 many SNAPSHOT_BRIEF;
    GET    "/snapshots/detail" [..] "share_snapshot:get_all_snapshots" => list ? DETAILED -> 200 many SNAPSHOT;
    POST   "/snapshots"        [..] "share:create_snapshot" => create(NewSnapshot)    -> 202 one SNAPSHOT;
    GET    "/snapshots/{id}"   [..] "share_snapshot:get_snapshot" => show             -> 200 one SNAPSHOT;
    PUT    "/snapshots/{id}"   [..] "share:snapshot_update" => update(UpdateSnapshot) -> 200 one SNAPSHOT;
    DELETE "/snapshots/{id}"   [..] "share:delete_snapshot" => delete                 -> 202;
    POST   "/snapshots/manage" [2.12..] "share_snapshot:manage_snapshot" => manage(ManagedSnapshot) -> 202 one SNAPSHOT;
    ACTION "/snapshots/{id}" "unmanage"        [2.12..] "share_snapshot:unmanage_snapshot" => unmanage(UnmanageSnapshot)       -> 202;
    ACTION "/snapshots/{id}" "os-force_delete" [..=2.6] "share_snapshot:force_delete" => force_delete(ForceDelete)         -> 202;
    ACTION "/snapshots/{id}" "force_delete"    [2.7..]  "share_snapshot:force_delete" => force_delete(ForceDelete)         -> 202;
    ACTION "/snapshots/{id}" "os-reset_status" [..=2.6] "share_snapshot:reset_status" => reset_status(ResetSnapshotStatus) -> 202;
    ACTION "/snapshots/{id}" "reset_status"    [2.7..]  "share_snapshot:reset_status" => reset_status(ResetSnapshotStatus) -> 202;
    ACTION "/snapshots/{id}" "allow_access" [2.32..] "share_snapshot:allow_access" => allow(AllowSnapshotAccess) -> 202;
    ACTION "/snapshots/{id}" "deny_access"  [2.32..] "share_snapshot:deny_access"  => deny(DenySnapshotAccess)   -> 202;
    GET "/snapshots/{id}/access-list"           [2.32..] "share_snapshot:access_list" => access_list -> 200 json schema_of_access_list;
    GET "/snapshots/{id}/export-locations"      [2.32..] "share_snapshot_export_location:index" => list_exports -> 200 json schema_of_exports;
    GET "/snapshots/{id}/export-locations/{export_location_id}" [2.32..] "share_snapshot_export_location:show" => show_export -> 200 json schema_of_exports;
}
