//! Security services: directories that a tenant's file servers are to join. Source: resources.md §8.

pub mod body;
mod change;
mod find;
mod list;
mod view;

use body::{NewSecurityService, UpdateSecurityService};
use change::{create, delete, update};
pub use find::{may_use, usable};
use list::{LISTED, list, show};
use view::{SECURITY_SERVICE, SECURITY_SERVICE_BRIEF};

crate::routes! {
    GET    "/security-services"        [..] "security_service:index"  => list ? LISTED              -> 200 many SECURITY_SERVICE_BRIEF;
    GET    "/security-services/detail" [..] "security_service:detail" => list ? LISTED              -> 200 many SECURITY_SERVICE;
    POST   "/security-services"        [..] "security_service:create" => create(NewSecurityService) -> 200 one SECURITY_SERVICE;
    GET    "/security-services/{id}"   [..] "security_service:show"   => show                       -> 200 one SECURITY_SERVICE;
    PUT    "/security-services/{id}"   [..] "security_service:update" => update(UpdateSecurityService) -> 200 one SECURITY_SERVICE;
    DELETE "/security-services/{id}"   [..] "security_service:delete" => delete                     -> 202;
}
