//! Quota classes. Any name will do; the one that changes everybody's defaults is `default`.

use manilad_decisions::quota;
use manilad_domain::Fault;
use manilad_domain::quota::QuotaScope;
use serde_json::{Value, json};

use super::body::NewClassLimits;
use super::view;
use crate::call::Call;
use crate::identity::check_name;

const WRAPPER: &str = "quota_class_set";

/// For administrators: nobody else belongs to a class of their own.
pub async fn show(call: Call) -> Result<Value, Fault> {
    if !call.caller.is_admin {
        return Err(Fault::denied());
    }
    let name = call.param("class_name");
    let limits = call.app.settings.limits.under(&quota::class(&call.app.store, name)?);
    Ok(view::set(WRAPPER, Some(name), &QuotaScope::Project, call.version, |key| json!(limits.of(key))))
}

pub async fn update(call: Call, wish: NewClassLimits) -> Result<Value, Fault> {
    let name = call.param("class_name").to_owned();
    check_name("class", &name)?;
    let configured = call.app.settings.limits;
    let limits =
        call.decide("set quota class", move |draft| quota::set_class(draft, &configured, &name, wish.values)).await?;
    Ok(view::set(WRAPPER, None, &QuotaScope::Project, call.version, |key| json!(limits.of(key))))
}
