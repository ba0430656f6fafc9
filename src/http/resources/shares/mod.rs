//! Shares: what tenants ask for, see, and give back. Source: resources.md §1.

pub mod body;
mod change;
mod create;
mod delete;
mod encryption_key;
pub mod filter;
mod judgement;
mod list;
mod manage;
mod recycle_bin;
mod revert;
mod size;
pub mod view;

use body::{ForceDelete, NewShare, ResetStatus, ResetTaskState, RestoreShare, SoftDelete, UnmanageShare, UpdateShare};
use change::{reset_status, reset_task_state, update};
use create::create;
use delete::{delete, force_delete};
use filter::{DETAILED, LISTED};
use list::{list, show};
use manage::{ManageShare, manage, unmanage, unmanage_at_path};
use manilad_domain::{Fault, ShareType};
use manilad_store::Source;
use recycle_bin::{restore, soft_delete};
use revert::{RevertTo, revert};
use size::{Extend, Shrink, extend, shrink};
use view::{SHARE, SHARE_BRIEF};

use crate::call::Call;

crate::routes! {
    GET    "/shares"        [..] "share:get_all" => list ? LISTED       -> 200 many SHARE_BRIEF;
    GET    "/shares/detail" [..] "share:get_all" => list ? DETAILED     -> 200 many SHARE;
    POST   "/shares"        [..] "share:create"  => create(NewShare)    -> 200 one SHARE;
    GET    "/shares/{id}"   [..] "share:get"     => show                -> 200 one SHARE;
    PUT    "/shares/{id}"   [..] "share:update"  => update(UpdateShare) -> 200 one SHARE;
    DELETE "/shares/{id}"   [..] "share:delete"  => delete              -> 202;
    ACTION "/shares/{id}" "os-force_delete" [..=2.6] "share:force_delete" => force_delete(ForceDelete) -> 202;
    ACTION "/shares/{id}" "force_delete"    [2.7..]  "share:force_delete" => force_delete(ForceDelete) -> 202;
    ACTION "/shares/{id}" "soft_delete"     [2.69..] "share:soft_delete" => soft_delete(SoftDelete) -> 202;
    ACTION "/shares/{id}" "restore"         [2.69..] "share:restore" => restore(RestoreShare) -> 202 | 200;
    ACTION "/shares/{id}" "os-reset_status" [..=2.6] "share:reset_status" => reset_status(ResetStatus) -> 202;
    ACTION "/shares/{id}" "reset_status"    [2.7..]  "share:reset_status" => reset_status(ResetStatus) -> 202;
    ACTION "/shares/{id}" "os-extend" [..=2.6] "share:extend" => extend(Extend) -> 202;
    ACTION "/shares/{id}" "extend"    [2.7..]  "share:extend" => extend(Extend) -> 202;
    ACTION "/shares/{id}" "os-shrink" [..=2.6] "share:shrink" => shrink(Shrink) -> 202;
    ACTION "/shares/{id}" "shrink"    [2.7..]  "share:shrink" => shrink(Shrink) -> 202;
    ACTION "/shares/{id}" "revert"    [2.27..] "share:revert_to_snapshot" => revert(RevertTo) -> 202;
    POST   "/os-share-manage" [..=2.6] "share:manage" => manage(ManageShare) -> 200 one SHARE;
    POST   "/shares/manage"   [2.7..]  "share:manage" => manage(ManageShare) -> 200 one SHARE;
    POST   "/os-share-unmanage/{id}/unmanage" [..=2.6] "share:unmanage" => unmanage_at_path -> 202;
    ACTION "/shares/{id}" "unmanage"  [2.7..]  "share:unmanage" => unmanage(UnmanageShare) -> 202;
    ACTION "/shares/{id}" "reset_task_state" [2.22.. experimental ..=2.95] "share:reset_task_state" => reset_task_state(ResetTaskState) -> 202;
}

/// A type by id or name that the caller's project may use.
///
/// # Errors
/// Missing when there is none, or none the project may know of.
pub fn find_type(call: &Call, source: &impl Source, name: &str) -> Result<ShareType, Fault> {
    manilad_decisions::share::find_type(source, name, call.project(), call.caller.is_admin)
}
