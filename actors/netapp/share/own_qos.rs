//! The QoS policy of an instance alone: made, or given the terms that hold now where an earlier try made it.
//!
//! How to get it wrong: to take a policy that is there for one with the right terms; a try with another size may have made it.

use manilad_domain::InstanceId;
use manilad_driver::Trouble;
use manilad_ontap::qos::{self, Fixed, Terms, TypeTerms};
use manilad_ontap::volume::Change;
use manilad_ontap::{Class, Client};

use crate::array::Array;
use crate::trouble;

/// As [`ensure`], of a policy that is most often there already, with these terms.
pub async fn renew(
    array: &Array,
    client: &Client,
    (svm, name): (&str, &str),
    instance: InstanceId,
    terms: &Terms,
    size: u64,
) -> Result<(), Trouble> {
    let wanted = TypeTerms::Fixed(Fixed { limits: *terms, is_shared: false });
    let found = qos::find_of_type(client, svm, name).await.map_err(|error| trouble::of(&error))?;
    match found {
        Some(found) if found.unlike(&wanted).is_none() => Ok(()),
        _ => ensure(array, client, (svm, name), instance, terms, size).await,
    }
}

/// The policy is there, with these terms, which are those of a volume of so many bytes.
pub async fn ensure(
    array: &Array,
    client: &Client,
    (svm, name): (&str, &str),
    instance: InstanceId,
    terms: &Terms,
    size: u64,
) -> Result<(), Trouble> {
    let making = qos::create(client, svm, name, terms);
    match array.late_creations.during(instance, (), making).await {
        Err(error) if error.class() == Class::Exists => {}
        outcome => return outcome.map_err(|error| trouble::of(&error)),
    }
    let found = qos::find(client, svm, name).await.map_err(|error| trouble::of(&error))?;
    let policy = found.ok_or_else(|| trouble::again(format!("QoS policy {name} comes and goes")))?;
    let changing = qos::change(client, policy.uuid, terms);
    let changed = array.late_changes.during(instance, Change::to_size(size), changing).await;
    changed.map_err(|error| trouble::of(&error))
}

/// The policy is gone.
pub async fn remove(
    array: &Array,
    client: &Client,
    (svm, name): (&str, &str),
    instance: InstanceId,
) -> Result<(), Trouble> {
    let Some(policy) = qos::find(client, svm, name).await.map_err(|error| trouble::of(&error))? else { return Ok(()) };
    let removing = qos::delete(client, policy.uuid);
    let change = Change { qos_policy: Some(name.to_owned()), ..Change::default() };
    match array.late_changes.during(instance, change, removing).await {
        Err(error) if error.class() != Class::Absent => Err(trouble::of(&error)),
        _ => Ok(()),
    }
}
