//! Showing limits, with or without what is used of them.

use manilad_decisions::quota;
use manilad_domain::Fault;
use manilad_domain::quota::{QuotaScope, Usage};
use manilad_store::Shared;
use serde_json::{Value, json};

use super::place::QuotaOwner;
use super::view;
use crate::call::Call;

pub(super) const WRAPPER: &str = "quota_set";

pub async fn show(call: Call) -> Result<Value, Fault> {
    let QuotaOwner { project, scope } = QuotaOwner::to_see(&call)?;
    let limits = quota::limits(&call.app.store, &call.app.settings.limits, &project, &scope)?;
    Ok(view::set(WRAPPER, Some(&project), &scope, call.version, |key| json!(limits.of(key))))
}

/// Nothing is ever reserved: work that is under way is in use from its first moment.
pub async fn detail(call: Call) -> Result<Value, Fault> {
    let QuotaOwner { project, scope } = QuotaOwner::to_see(&call)?;
    let limits = quota::limits(&call.app.store, &call.app.settings.limits, &project, &scope)?;
    let usage = call.app.get::<Usage>(&project)?.map(Shared::into_owned).unwrap_or_default();
    Ok(view::set(
        WRAPPER,
        Some(&project),
        &scope,
        call.version,
        |key| json!({ "limit": limits.of(key), "in_use": usage.in_use(&scope, key), "reserved": 0 }),
    ))
}

/// Open to every reader, for every project: the defaults are the same for all.
pub async fn defaults(call: Call) -> Result<Value, Fault> {
    let limits = quota::defaults(&call.app.store, &call.app.settings.limits)?;
    let project = Some(call.param("project_id"));
    Ok(view::set(WRAPPER, project, &QuotaScope::Project, call.version, |key| json!(limits.of(key))))
}
