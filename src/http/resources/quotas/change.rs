//! Setting limits, and taking them back.

use manilad_decisions::quota;
use manilad_domain::Fault;
use serde_json::{Value, json};

use super::body::NewLimits;
use super::place::QuotaOwner;
use super::show::WRAPPER;
use super::view;
use crate::call::Call;

pub async fn update(call: Call, wish: NewLimits) -> Result<Value, Fault> {
    let QuotaOwner { project, scope } = QuotaOwner::to_set(&call)?;
    if let Some(key) = wish.values.keys().find(|key| !scope.has(**key)) {
        return Err(Fault::invalid(format!("Share types have no quota {}.", key.name())));
    }
    let (configured, shown) = (call.app.settings.limits, scope.clone());
    let limits = call
        .decide("set quota", move |draft| quota::set(draft, &configured, &project, &scope, wish.values, wish.force))
        .await?;
    Ok(view::set(WRAPPER, None, &shown, call.version, |key| json!(limits.of(key))))
}

pub async fn remove(call: Call) -> Result<(), Fault> {
    let QuotaOwner { project, scope } = QuotaOwner::of(&call)?;
    call.decide_freeing("drop quota", move |draft| quota::unset(draft, &project, &scope)).await
}
