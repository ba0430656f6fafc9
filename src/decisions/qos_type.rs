//! Making, changing and removing QoS types, and finding the one that the shares of a share type get.
//!
//! A share is bound to the QoS type that its share type names when it is made, and stays bound to it whatever the share type
//! says later; so neither can lose it. How to get it wrong: to look beforehand for a name that is taken, or for who uses a
//! QoS type; both are judged on the newest state, where a share may just have come.

use manilad_domain::qos_type::{self, QosSpecs, index};
use manilad_domain::share::index::BY_QOS_TYPE;
use manilad_domain::{Fault, QosType, QosTypeId, Record, Share, ShareType, Stamp, share_type};
use manilad_store::{Draft, Range, Source};

use crate::Decided;

/// # Errors
/// Conflict for a name that is taken; as [`qos_type::check`].
pub fn create(draft: &mut Draft<'_>, one: QosType) -> Decided<QosType> {
    qos_type::check(&one.specs)?;
    match named(draft, &one.name)? {
        Some(_) => Err(Fault::conflict(format!("QosTypeExists: a QoS type {} exists already.", one.name))),
        None => {
            draft.put(&one)?;
            Ok((one, Vec::new()))
        }
    }
}

/// Gives it another description, or none; without one it stays.
pub fn describe(
    draft: &mut Draft<'_>,
    id: QosTypeId,
    description: Option<Option<String>>,
    now: Stamp,
) -> Decided<QosType> {
    let mut one = find(draft, id)?;
    if let Some(description) = description {
        one.description = description;
    }
    keep(draft, one, now)
}

/// # Errors
/// Missing; invalid while a share is bound to it or a share type names it.
pub fn delete(draft: &mut Draft<'_>, id: QosTypeId) -> Decided<()> {
    let one = find(draft, id)?;
    let shares: Vec<Share> = draft.scan(Range::of(BY_QOS_TYPE, [one.key()]).limit(1))?;
    let types: Vec<ShareType> = draft.scan(Range::of(share_type::BY_QOS_TYPE, [one.name.clone()]).limit(1))?;
    let user = match (shares.first(), types.first()) {
        (None, None) => {
            draft.remove(&one)?;
            return Ok(((), Vec::new()));
        }
        (_, Some(share_type)) => format!("share type {} names it", share_type.name),
        (Some(_), None) => "there are shares of it".to_owned(),
    };
    Err(Fault::invalid(format!("QosTypeInUse: QoS type {} can't be deleted: {user}.", one.name)))
}

/// Sets specs; those that are not named stay.
pub fn set_specs(draft: &mut Draft<'_>, id: QosTypeId, specs: QosSpecs, now: Stamp) -> Decided<QosType> {
    let mut one = find(draft, id)?;
    one.specs.extend(specs);
    qos_type::check(&one.specs)?;
    keep(draft, one, now)
}

pub fn remove_spec(draft: &mut Draft<'_>, id: QosTypeId, key: &str, now: Stamp) -> Decided<QosType> {
    let mut one = find(draft, id)?;
    one.specs.remove(key).ok_or_else(|| no_spec(key))?;
    keep(draft, one, now)
}

pub fn no_spec(key: &str) -> Fault {
    Fault::missing(format!("QosTypeSpecsNotFound: the QoS type has no spec {key:?}."))
}

/// What a QoS type that is not there is to who asks for it.
pub fn missing(id: impl std::fmt::Display) -> Fault {
    Fault::no_such("QoS type", id)
}

/// The QoS type that the shares of a share type get; none where it names none.
///
/// # Errors
/// Invalid where it names one that is not there.
pub fn of_share_type(source: &impl Source, of: &ShareType) -> Result<Option<QosType>, Fault> {
    let Some(name) = of.default_qos_type() else { return Ok(None) };
    let missing =
        || Fault::invalid(format!("Share type {} names QoS type {name:?}, and there is none of that name.", of.name));
    named(source, name)?.ok_or_else(missing).map(Some)
}

fn named(source: &impl Source, name: &str) -> Result<Option<QosType>, Fault> {
    Ok(source.list(Range::of(index::BY_NAME, [name.to_owned()]).limit(1))?.into_iter().next())
}

fn find(draft: &Draft<'_>, id: QosTypeId) -> Result<QosType, Fault> {
    draft.get(&id.to_string())?.ok_or_else(|| missing(id))
}

fn keep(draft: &mut Draft<'_>, one: QosType, now: Stamp) -> Decided<QosType> {
    let one = QosType { updated_at: Some(now), ..one };
    draft.put(&one)?;
    Ok((one, Vec::new()))
}

#[cfg(test)]
mod tests;
