//! Finding a security service for a caller.
//!
//! Another project's service is forbidden here, not missing: the reference tells them apart.

use manilad_domain::{Fault, SecurityService, SecurityServiceId};
use manilad_store::Shared;

use crate::call::Call;
use crate::identity::Owner;

pub fn owner(service: &SecurityService) -> Owner<'_> {
    Owner::Of { project: &service.project_id, user: "" }
}

/// The service with this id, whosever it is.
fn existing(call: &Call, id: &str) -> Result<Option<Shared<SecurityService>>, Fault> {
    match id.parse::<SecurityServiceId>() {
        Ok(id) => call.app.get(&id.to_string()),
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
    Ok(existing(call, id)?.filter(|service| may_use(call, service)))
}

/// The service that the path names, if the caller may do `rule` to it.
///
/// # Errors
/// Missing where there is none, and forbidden where the rule says so.
pub fn find(call: &Call, rule: &str) -> Result<Shared<SecurityService>, Fault> {
    let id = call.param("id");
    let service = existing(call, id)?.ok_or_else(|| Fault::no_such("security service", id))?;
    call.require(rule, owner(&service))?;
    Ok(service)
}
