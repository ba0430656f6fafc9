//! Letting go of an instance: its mark goes, and the name by which its export policy is known for ours. All else stays, so clients
//! notice nothing.
//!
//! How to get it wrong: to call it done while an earlier call may still mark the volume again, or take a mark away that another
//! instance has put there by then. Source: operations.md §9.

use manilad_domain::share::Protocol;
use manilad_driver::{Subject, Trouble};
use manilad_ontap::release::Feature;
use manilad_ontap::volume::{self, Change, Volume};
use manilad_ontap::{Class, Error, export_policy};

use super::delete::see_svm;
use crate::array::Array;
use crate::naming::{self, Names};
use crate::session::Session;
use crate::trouble;

/// Nothing on the array is marked as of the instance.
pub async fn unmanage(array: &Array, subject: &Subject) -> Result<(), Trouble> {
    let names = Names::of(&array.templates, subject);
    let creations = array.late_creations.left(subject.instance, subject.in_flight);
    let left = creations.max(array.late_changes.left(subject.instance, subject.in_flight));
    if let Some(session) = array.at(subject).await? {
        let released = release(array, &session, subject, &names).await;
        array.key_cache.forget(subject.instance);
        released?;
    }
    match left {
        None => Ok(()),
        Some(left) => {
            Err(trouble::wait(left, &format!("a call that marks {} as ours may still be carried out", names.volume)))
        }
    }
}

async fn release(array: &Array, session: &Session, subject: &Subject, names: &Names) -> Result<(), Trouble> {
    let found = volume::find(&session.client, &session.svm, &names.volume).await.map_err(trouble_of)?;
    if found.is_none() {
        see_svm(session).await?;
    }
    let policy = found.as_ref().and_then(|volume| volume.export_policy.as_ref()?.name.as_deref());
    let is_used = policy == Some(names.policy.as_str());
    if let Some(volume) = found.filter(|volume| naming::owner_of(volume) == Some(subject.instance)) {
        let change = without_mark(&volume, session.client.release().has(Feature::Tags));
        let changing = volume::change(&session.client, volume.uuid, &change);
        let changed = array.late_changes.during(subject.instance, change.clone(), changing).await;
        gone_is_well(changed)?;
    }
    if subject.protocol == Protocol::Nfs {
        release_policy(array, session, subject, names, is_used).await?;
    }
    Ok(())
}

/// The policy that the volume is under keeps its rules and loses its name. One that it is not under goes: an older call may have made it
/// once more.
async fn release_policy(
    array: &Array,
    session: &Session,
    subject: &Subject,
    names: &Names,
    is_used: bool,
) -> Result<(), Trouble> {
    let (client, svm) = (&session.client, &session.svm);
    let Some(policy) = export_policy::find(client, svm, &names.policy).await.map_err(trouble_of)? else {
        return Ok(());
    };
    let releasing = async {
        if is_used {
            export_policy::rename(client, policy.id, &naming::released(&names.policy)).await
        } else {
            export_policy::delete(client, policy.id).await
        }
    };
    let change = Change { export_policy: Some(names.policy.clone()), ..Change::default() };
    gone_is_well(array.late_changes.during(subject.instance, change, releasing).await)
}

/// What takes our mark off a volume, wherever it stands. Pure.
fn without_mark(volume: &Volume, has_tags: bool) -> Change {
    Change {
        tags: has_tags.then(|| naming::words_of_others(volume, has_tags)),
        comment: naming::comment_of_others(volume),
        ..Change::default()
    }
}

fn trouble_of(error: Error) -> Trouble {
    trouble::of(&error)
}

fn gone_is_well(outcome: Result<(), Error>) -> Result<(), Trouble> {
    match outcome {
        Err(error) if error.class() == Class::Absent => Ok(()),
        other => other.map_err(trouble_of),
    }
}
