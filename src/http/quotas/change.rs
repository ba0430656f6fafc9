//! Setting limits, and taking them back.
//!
//! What may be set depends on what is in use, handed out and allowed above: all of it is read in the draft. A request
//! sets all of its keys or none.

use manilad_decisions::quota;
use manilad_domain::quota::{BY_PROJECT, Key, Limits, QuotaSet, Scope, Settable, handed_out};
use manilad_domain::{Fault, ShareType};
use manilad_store::{Draft, Range};
use serde_json::{Value, json};

use super::body::NewLimits;
use super::place::Place;
use super::show::WRAPPER;
use super::view;
use crate::call::Call;

pub async fn update(call: Call, wish: NewLimits) -> Result<Value, Fault> {
    let Place { project, scope } = Place::to_set(&call)?;
    if let Some(key) = wish.values.keys().find(|key| !scope.has(**key)) {
        return Err(Fault::invalid(format!("Share types have no quota {}.", key.name())));
    }
    let (configured, seen) = (call.face.settings.limits, scope.clone());
    let limits = call
        .decide("set quota", move |draft| {
            refuse_gone(draft, &scope)?;
            if !wish.force {
                let range = settable(draft, &configured, &project, &scope)?;
                wish.values.iter().try_for_each(|(key, value)| range(*key).check(*key, *value))?;
            }
            let mut set = QuotaSet::empty(&project, &scope);
            set.values = quota::given(draft, &project, &scope)?;
            set.values.extend(wish.values);
            if !set.values.is_empty() {
                draft.put(&set)?;
            }
            Ok((quota::limits(draft, &configured, &project, &scope)?, Vec::new()))
        })
        .await?;
    Ok(view::set(WRAPPER, None, &seen, call.version, |key| json!(limits.of(key))))
}

/// A share type may have gone since it was looked up.
fn refuse_gone(draft: &Draft<'_>, scope: &Scope) -> Result<(), Fault> {
    let Scope::ShareType(id) = scope else { return Ok(()) };
    let found: Option<ShareType> = draft.get(&id.to_string())?;
    found.map(drop).ok_or_else(|| Fault::no_such("share type", id))
}

/// The range in which each key can be set.
fn settable(
    draft: &Draft<'_>,
    configured: &Limits,
    project: &str,
    scope: &Scope,
) -> Result<impl Fn(Key) -> Settable, Fault> {
    let usage = draft.usage(project)?;
    let above = quota::of_project(draft, configured, project)?;
    let below: Vec<QuotaSet> = match scope {
        Scope::Project => draft.scan(Range::of(BY_PROJECT, [project]))?,
        _ => Vec::new(),
    };
    Ok(move |key| match scope {
        Scope::Project => Settable::of_project(usage.in_use(scope, key), handed_out(&below, key)),
        _ => Settable::within(above.of(key), usage.in_use(scope, key)),
    })
}

/// Drops what was set, so that what lies below applies again. Where nothing was set, nothing happens.
pub async fn remove(call: Call) -> Result<(), Fault> {
    let Place { project, scope } = Place::of(&call)?;
    call.decide_freeing("drop quota", move |draft| {
        draft.remove(&QuotaSet::empty(&project, &scope))?;
        Ok(((), Vec::new()))
    })
    .await
}
