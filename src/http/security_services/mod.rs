//! Security services: directories that a tenant's file servers are to join. Source: resources.md §8.
//!
//! Another project's service is forbidden here, not missing: the reference tells them apart.

pub mod body;
mod change;
mod list;
mod view;

use manilad_domain::{Fault, SecurityService, SecurityServiceId};
use manilad_store::Shared;

use crate::call::{Call, Owner};
use body::{NewSecurityService, UpdateSecurityService};
use change::{create, delete, update};
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

fn owner(service: &SecurityService) -> Owner<'_> {
    Owner::Of { project: &service.project_id, user: "" }
}

/// The service with this id, whosever it is.
fn known(call: &Call, id: &str) -> Result<Option<Shared<SecurityService>>, Fault> {
    match id.parse::<SecurityServiceId>() {
        Ok(id) => call.face.get(&id.to_string()),
        Err(_) => Ok(None),
    }
}

/// Whether the caller may use a service in a network of theirs.
pub fn may_use(call: &Call, service: &SecurityService) -> bool {
    call.allows("security_service:show", owner(service))
}

/// A service that the caller may use in a network of theirs; `None` if there is none, or none they may see.
///
/// # Errors
/// Internal when the store can't be read.
pub fn usable(call: &Call, id: &str) -> Result<Option<Shared<SecurityService>>, Fault> {
    Ok(known(call, id)?.filter(|service| may_use(call, service)))
}

/// The service that the path names, if the caller may do `rule` to it.
fn find(call: &Call, rule: &str) -> Result<Shared<SecurityService>, Fault> {
    let id = call.param("id");
    let service = known(call, id)?.ok_or_else(|| Fault::no_such("security service", id))?;
    call.require(rule, owner(&service))?;
    Ok(service)
}
