//! The limits as they are: `[quota]`, class `default`, the project, and below it a user or a share type, each over the
//! one before. Reads and decisions go the same way, one on the store, the other on the draft.
//!
//! What may be set depends on what is in use, handed out and allowed above: all of it is read in the draft. All keys are
//! set, or none.

use manilad_domain::quota::{
    BY_PROJECT, BY_TYPE, DEFAULT_CLASS, Key, Limits, Quota, QuotaClass, QuotaScope, QuotaSet, Settable, Values,
    handed_out,
};
use manilad_domain::{Fault, ShareType, ShareTypeId};
use manilad_store::{Draft, Range, Source};

use crate::Decided;

/// What a class was given, and nothing else.
///
/// # Errors
/// Internal when the store can't be read; so for all below.
pub fn class(source: &impl Source, name: &str) -> Result<Values, Fault> {
    let class: Option<QuotaClass> = source.read(name)?;
    Ok(class.map(|class| class.values).unwrap_or_default())
}

/// What a scope of a project was given, and nothing else.
pub fn given(source: &impl Source, project: &str, scope: &QuotaScope) -> Result<Values, Fault> {
    let set: Option<QuotaSet> = source.read(&QuotaSet::key_of(project, scope))?;
    Ok(set.map(|set| set.values).unwrap_or_default())
}

/// The limits of every project that was given none.
pub fn defaults(source: &impl Source, configured: &Limits) -> Result<Limits, Fault> {
    Ok(configured.under(&class(source, DEFAULT_CLASS)?))
}

/// The limits of a project.
pub fn of_project(source: &impl Source, configured: &Limits, project: &str) -> Result<Limits, Fault> {
    Ok(defaults(source, configured)?.under(&given(source, project, &QuotaScope::Project)?))
}

/// The limits of a scope of a project.
pub fn limits(source: &impl Source, configured: &Limits, project: &str, scope: &QuotaScope) -> Result<Limits, Fault> {
    let of_project = of_project(source, configured, project)?;
    match scope {
        QuotaScope::Project => Ok(of_project),
        within => Ok(of_project.under(&given(source, project, within)?)),
    }
}

/// All limits that bind a user's wish, of a share type if there is one.
pub fn of(
    source: &impl Source,
    configured: &Limits,
    project: &str,
    user: &str,
    share_type: Option<ShareTypeId>,
) -> Result<Quota, Fault> {
    let of_project = of_project(source, configured, project)?;
    let within = |scope| Ok::<_, Fault>(of_project.under(&given(source, project, &scope)?));
    Ok(Quota {
        project: of_project,
        user: within(QuotaScope::User(user.to_owned()))?,
        share_type: share_type.map(|id| within(QuotaScope::ShareType(id))).transpose()?,
    })
}

/// Drops the limits of a share type that goes away, in all projects.
pub fn forget_type(draft: &mut Draft<'_>, share_type: ShareTypeId) -> Result<(), Fault> {
    let sets: Vec<QuotaSet> = draft.scan(Range::of(BY_TYPE, [share_type.to_string()]))?;
    sets.iter().try_for_each(|set| draft.remove(set)).map_err(Fault::from)
}

/// Sets limits of a scope of a project; answers those that it has then. `force` spares the check against what is in use,
/// handed out and allowed above.
pub fn set(
    draft: &mut Draft<'_>,
    configured: &Limits,
    project: &str,
    scope: &QuotaScope,
    values: Values,
    force: bool,
) -> Decided<Limits> {
    refuse_gone(draft, scope)?;
    if !force {
        let range = settable(draft, configured, project, scope)?;
        values.iter().try_for_each(|(key, value)| range(*key).check(*key, *value))?;
    }
    let mut set = QuotaSet::empty(project, scope);
    set.values = given(draft, project, scope)?;
    set.values.extend(values);
    if !set.values.is_empty() {
        draft.put(&set)?;
    }
    Ok((limits(draft, configured, project, scope)?, Vec::new()))
}

/// A share type may have gone since it was looked up.
fn refuse_gone(draft: &Draft<'_>, scope: &QuotaScope) -> Result<(), Fault> {
    let QuotaScope::ShareType(id) = scope else { return Ok(()) };
    let found: Option<ShareType> = draft.get(&id.to_string())?;
    found.map(drop).ok_or_else(|| Fault::no_such("share type", id))
}

/// The range in which each key can be set.
fn settable(
    draft: &Draft<'_>,
    configured: &Limits,
    project: &str,
    scope: &QuotaScope,
) -> Result<impl Fn(Key) -> Settable, Fault> {
    let usage = draft.usage(project)?;
    let above = of_project(draft, configured, project)?;
    let below: Vec<QuotaSet> = match scope {
        QuotaScope::Project => draft.scan(Range::of(BY_PROJECT, [project]))?,
        _ => Vec::new(),
    };
    Ok(move |key| match scope {
        QuotaScope::Project => Settable::of_project(usage.in_use(scope, key), handed_out(&below, key)),
        _ => Settable::within(above.of(key), usage.in_use(scope, key)),
    })
}

/// Drops what was set, so that what lies below applies again. Where nothing was set, nothing happens.
pub fn unset(draft: &mut Draft<'_>, project: &str, scope: &QuotaScope) -> Decided<()> {
    draft.remove(&QuotaSet::empty(project, scope))?;
    Ok(((), Vec::new()))
}

/// Sets limits of a class; answers those that it has then.
pub fn set_class(draft: &mut Draft<'_>, configured: &Limits, name: &str, values: Values) -> Decided<Limits> {
    let mut set = class(draft, name)?;
    set.extend(values);
    let limits = configured.under(&set);
    if !set.is_empty() {
        draft.put(&QuotaClass { name: name.to_owned(), values: set })?;
    }
    Ok((limits, Vec::new()))
}
