//! The limits as they are: `[quota]`, class `default`, the project, and below it a user or a share type, each over the
//! one before. Reads and decisions go the same way, one on the store, the other on the draft.

use manilad_domain::quota::{BY_TYPE, DEFAULT_CLASS, Limits, Quota, QuotaClass, QuotaSet, Scope, Values};
use manilad_domain::{Fault, ShareTypeId};
use manilad_store::{Draft, Range, Source};

/// What a class was given, and nothing else.
///
/// # Errors
/// Internal when the store can't be read; so for all below.
pub fn class(source: &impl Source, name: &str) -> Result<Values, Fault> {
    let class: Option<QuotaClass> = source.read(name)?;
    Ok(class.map(|class| class.values).unwrap_or_default())
}

/// What a scope of a project was given, and nothing else.
pub fn given(source: &impl Source, project: &str, scope: &Scope) -> Result<Values, Fault> {
    let set: Option<QuotaSet> = source.read(&QuotaSet::key_of(project, scope))?;
    Ok(set.map(|set| set.values).unwrap_or_default())
}

/// The limits of every project that was given none.
pub fn defaults(source: &impl Source, configured: &Limits) -> Result<Limits, Fault> {
    Ok(configured.under(&class(source, DEFAULT_CLASS)?))
}

/// The limits of a project.
pub fn of_project(source: &impl Source, configured: &Limits, project: &str) -> Result<Limits, Fault> {
    Ok(defaults(source, configured)?.under(&given(source, project, &Scope::Project)?))
}

/// The limits of a scope of a project.
pub fn limits(source: &impl Source, configured: &Limits, project: &str, scope: &Scope) -> Result<Limits, Fault> {
    let of_project = of_project(source, configured, project)?;
    match scope {
        Scope::Project => Ok(of_project),
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
        user: within(Scope::User(user.to_owned()))?,
        share_type: share_type.map(|id| within(Scope::ShareType(id))).transpose()?,
    })
}

/// Drops the limits of a share type that goes away, in all projects.
pub fn forget_type(draft: &mut Draft<'_>, share_type: ShareTypeId) -> Result<(), Fault> {
    let sets: Vec<QuotaSet> = draft.scan(Range::of(BY_TYPE, [share_type.to_string()]))?;
    sets.iter().try_for_each(|set| draft.remove(set)).map_err(Fault::from)
}
