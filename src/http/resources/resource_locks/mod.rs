//! Resource locks: what keeps shares and access rules from being deleted, and rules from being shown. Source: resources.md
//! §16.
//!
//! The resource and its effects on access rules, [`of_rules`]. How to get it wrong: to show a rule, or to deny one, without
//! having asked there.

pub mod body;
mod change;
mod find;
mod list;
pub mod of_rules;
mod view;

use body::{NewLock, UpdateLock};
use change::{create, delete, update};
use list::{LISTED, list, show};
use view::RESOURCE_LOCK;

crate::routes! {
    GET    "/resource-locks"      [2.81..] "resource_lock:get_all" => list ? LISTED      -> 200 many RESOURCE_LOCK;
    POST   "/resource-locks"      [2.81..] "resource_lock:create"  => create(NewLock)    -> 200 one RESOURCE_LOCK;
    GET    "/resource-locks/{id}" [2.81..] "resource_lock:get"     => show               -> 200 one RESOURCE_LOCK;
    PUT    "/resource-locks/{id}" [2.81..] "resource_lock:update"  => update(UpdateLock) -> 200 one RESOURCE_LOCK;
    DELETE "/resource-locks/{id}" [2.81..] "resource_lock:delete"  => delete             -> 204;
}
