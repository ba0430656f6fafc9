//! Snapshot instances: the realisations of snapshots, for administrators. Source: resources.md §5.
//!
//! A snapshot has one, since a share has one that is served.

mod list;
mod view;

use list::{LISTED, ResetInstanceStatus, list, list_exports, reset_status, schema_of_exports, show, show_export};
use view::{SNAPSHOT_INSTANCE, SNAPSHOT_INSTANCE_BRIEF};

crate::routes! {
    GET "/snapshot-instances"        [2.19..] "share_snapshot_instance:index"  => list ? LISTED -> 200 many SNAPSHOT_INSTANCE_BRIEF;
    GET "/snapshot-instances/detail" [2.19..] "share_snapshot_instance:detail" => list ? LISTED -> 200 many SNAPSHOT_INSTANCE;
    GET "/snapshot-instances/{id}"   [2.19..] "share_snapshot_instance:show"   => show          -> 200 one SNAPSHOT_INSTANCE;
    ACTION "/snapshot-instances/{id}" "reset_status" [2.19..] "share_snapshot_instance:reset_status" => reset_status(ResetInstanceStatus) -> 202;
    GET "/snapshot-instances/{id}/export-locations" [2.32..] "share_snapshot_instance_export_location:index" => list_exports -> 200 json schema_of_exports;
    GET "/snapshot-instances/{id}/export-locations/{export_location_id}" [2.32..] "share_snapshot_instance_export_location:show" => show_export -> 200 json schema_of_exports;
}
