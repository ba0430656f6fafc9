//! Share instances: the realisations of shares, for administrators. Source: resources.md §3.
//!
//! Those that were superseded are shown too: administrators must see what is on its way out.

mod change;
mod list;
pub mod view;

use change::{force_delete, reset_status};
use list::{LISTED, list, list_exports, list_of_share, show, show_export};
use view::INSTANCE;

use crate::resources::exports::view::EXPORT;
use crate::resources::shares::body::{ForceDelete, ResetStatus};

crate::routes! {
    GET    "/share_instances"       [2.3..] "share_instance:index" => list ? LISTED -> 200 many INSTANCE;
    GET    "/share_instances/{id}"  [2.3..] "share_instance:show"  => show          -> 200 one INSTANCE;
    GET    "/shares/{id}/instances" [2.3..] "share_instance:index" => list_of_share -> 200 many INSTANCE;
    ACTION "/share_instances/{id}" "os-reset_status" [2.3..=2.6] "share_instance:reset_status" => reset_status(ResetStatus) -> 202;
    ACTION "/share_instances/{id}" "reset_status"    [2.7..]     "share_instance:reset_status" => reset_status(ResetStatus) -> 202;
    ACTION "/share_instances/{id}" "os-force_delete" [2.3..=2.6] "share_instance:force_delete" => force_delete(ForceDelete) -> 202;
    ACTION "/share_instances/{id}" "force_delete"    [2.7..]     "share_instance:force_delete" => force_delete(ForceDelete) -> 202;
    GET "/share_instances/{instance_id}/export_locations"      [2.9..] "share_instance_export_location:index" => list_exports -> 200 many EXPORT;
    GET "/share_instances/{instance_id}/export_locations/{id}" [2.9..] "share_instance_export_location:show"  => show_export  -> 200 one EXPORT;
}
