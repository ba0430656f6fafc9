//! Making, changing and removing share types: their names, their extra specs, and who may use a private one.
//!
//! How to get it wrong: to look for a name that is taken before the decision runs; two types would share it.

use std::collections::BTreeMap;

use manilad_domain::share::index::BY_TYPE;
use manilad_domain::share_type::BY_NAME;
use manilad_domain::{Fault, Record, Share, ShareType, ShareTypeId, Stamp};
use manilad_store::{Draft, Range};

use crate::{Decided, quota};

/// What is to be different about a type; none: it stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    pub name: Option<String>,
    /// An empty one takes the description away.
    pub description: Option<String>,
    pub is_public: Option<bool>,
}

pub fn create(draft: &mut Draft<'_>, share_type: ShareType) -> Decided<ShareType> {
    refuse_taken(draft, &share_type.name, None)?;
    draft.put(&share_type)?;
    Ok((share_type, Vec::new()))
}

pub fn update(draft: &mut Draft<'_>, id: ShareTypeId, update: Update, now: Stamp) -> Decided<ShareType> {
    let mut share_type = find(draft, id)?;
    if let Some(name) = update.name {
        refuse_taken(draft, &name, Some(id))?;
        share_type.name = name;
    }
    if let Some(description) = update.description {
        share_type.description = Some(description).filter(|text| !text.is_empty());
    }
    if let Some(is_public) = update.is_public {
        share_type.is_public = is_public;
    }
    keep(draft, share_type, now)
}

/// Only a type that no share is of can go; the limits that were set for it go along.
pub fn delete(draft: &mut Draft<'_>, id: ShareTypeId) -> Decided<()> {
    let share_type = find(draft, id)?;
    let users: Vec<Share> = draft.scan(Range::of(BY_TYPE, [share_type.key()]).limit(1))?;
    if !users.is_empty() {
        return Err(Fault::invalid(format!("ShareTypeInUse: shares of type {} exist.", share_type.name)));
    }
    quota::forget_type(draft, id)?;
    draft.remove(&share_type)?;
    Ok(((), Vec::new()))
}

/// Sets extra specs; those that are not named stay.
pub fn set_extra_specs(
    draft: &mut Draft<'_>,
    id: ShareTypeId,
    specs: BTreeMap<String, String>,
    now: Stamp,
) -> Decided<ShareType> {
    let mut share_type = find(draft, id)?;
    share_type.extra_specs.extend(specs);
    keep(draft, share_type, now)
}

/// Takes an extra spec away. The `required` ones can't go, whether they are there or not.
pub fn remove_extra_spec(
    draft: &mut Draft<'_>,
    id: ShareTypeId,
    key: &str,
    required: &[&str],
    now: Stamp,
) -> Decided<ShareType> {
    let mut share_type = find(draft, id)?;
    if required.contains(&key) {
        return Err(Fault::forbidden(format!("Extra spec {key} is required and can't be removed.")));
    }
    share_type.extra_specs.remove(key).ok_or_else(|| no_extra_spec(key))?;
    keep(draft, share_type, now)
}

pub fn no_extra_spec(key: &str) -> Fault {
    Fault::missing(format!("ShareTypeExtraSpecsNotFound: the share type has no extra spec {key:?}."))
}

/// Lets a project use a private type.
pub fn add_project(draft: &mut Draft<'_>, id: ShareTypeId, project: String, now: Stamp) -> Decided<ShareType> {
    let mut share_type = find_private(draft, id)?;
    if !share_type.projects.insert(project.clone()) {
        return Err(Fault::conflict(format!("ShareTypeAccessExists: project {project} has access.")));
    }
    keep(draft, share_type, now)
}

/// Takes a private type away from a project.
pub fn remove_project(draft: &mut Draft<'_>, id: ShareTypeId, project: &str, now: Stamp) -> Decided<ShareType> {
    let mut share_type = find_private(draft, id)?;
    if !share_type.projects.remove(project) {
        return Err(Fault::missing(format!("ShareTypeAccessNotFound: project {project} has none.")));
    }
    keep(draft, share_type, now)
}

fn find(draft: &Draft<'_>, id: ShareTypeId) -> Result<ShareType, Fault> {
    draft.get(&id.to_string())?.ok_or_else(|| Fault::no_such("share type", id))
}

fn find_private(draft: &Draft<'_>, id: ShareTypeId) -> Result<ShareType, Fault> {
    let share_type = find(draft, id)?;
    match share_type.is_public {
        true => Err(Fault::conflict(format!("Share type {} is public: its access can't be changed.", share_type.name))),
        false => Ok(share_type),
    }
}

fn keep(draft: &mut Draft<'_>, share_type: ShareType, now: Stamp) -> Decided<ShareType> {
    let share_type = ShareType { updated_at: Some(now), ..share_type };
    draft.put(&share_type)?;
    Ok((share_type, Vec::new()))
}

fn refuse_taken(draft: &Draft<'_>, name: &str, except: Option<ShareTypeId>) -> Result<(), Fault> {
    let range = Range::of(BY_NAME, [name.to_owned()]).limit(2);
    let taken: Vec<ShareType> = draft.scan(range)?;
    match taken.iter().any(|other| Some(other.id) != except) {
        true => Err(Fault::conflict(format!("ShareTypeExists: a share type {name} exists already."))),
        false => Ok(()),
    }
}
