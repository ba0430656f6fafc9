//! Share servers, for administrators. Source: resources.md §9.
//!
//! None is made here: a back end makes one when a share needs it. Here they are looked at, taken over, sent away, and let go of.

pub mod body;
mod change;
mod filter;
mod list;
mod manage;
pub mod view;

use body::{ResetServerStatus, ResetServerTaskState, UnmanageServer};
use change::{delete, reset_status, reset_task_state, unmanage};
use filter::LISTED;
use list::{details, list, schema_of_details, show};
use manage::{ManageServer, manage};
use view::SHARE_SERVER;

crate::routes! {
    GET    "/share-servers"              [..] "share_server:index"   => list ? LISTED -> 200 many SHARE_SERVER;
    POST   "/share-servers/manage"       [2.49..] "share_server:manage_share_server" => manage(ManageServer) -> 202 one SHARE_SERVER;
    GET    "/share-servers/{id}"         [..] "share_server:show"    => show          -> 200 one SHARE_SERVER;
    GET    "/share-servers/{id}/details" [..] "share_server:details" => details       -> 200 json schema_of_details;
    DELETE "/share-servers/{id}"         [..] "share_server:delete"  => delete        -> 202;
    ACTION "/share-servers/{id}" "reset_status" [2.49..] "share_server:reset_status"          => reset_status(ResetServerStatus) -> 202;
    ACTION "/share-servers/{id}" "unmanage"     [2.49..] "share_server:unmanage_share_server" => unmanage(UnmanageServer)        -> 202;
    ACTION "/share-servers/{id}" "reset_task_state" [2.57.. experimental] "share_server:share_server_reset_task_state"
        => reset_task_state(ResetServerTaskState) -> 202;
}
