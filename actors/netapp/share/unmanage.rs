//! Letting go of an instance: its mark goes, and the names by which its export policy and its QoS policy are known for ours. All else
//! stays, so clients notice nothing, unless its rules are to go.
//!
//! How to get it wrong: to call it done while an earlier call may still be carried out. One that marks the volume again makes it a
//! stray, one that takes a mark away takes that of another instance, and the removal of a share that was given up takes its data. Source: operations.md §9.

use std::time::Duration;

use manilad_domain::share::Protocol;
use manilad_driver::{Remedy, Subject, Trouble};
use manilad_ontap::release::Feature;
use manilad_ontap::volume::{self, Change, Volume};
use manilad_ontap::{Class, Error, Scope, export_policy, qos};

use super::found::{refuse_moved, see_svm};
use super::{own_qos, smb_share, specs};
use crate::access;
use crate::array::Array;
use crate::naming::{self, Names};
use crate::session::Session;
use crate::{fpolicy, trouble};

/// Nothing on the array is marked as of the instance.
pub async fn unmanage(array: &Array, subject: &Subject) -> Result<(), Trouble> {
    let names = Names::of(&array.templates, subject);
    let left = left(array, subject);
    match array.at(subject).await? {
        Some(session) => {
            let released = release(array, &session, subject, &names).await;
            array.key_cache.forget(subject.instance);
            released?;
        }
        None => refuse_moved(&array.session().await?.client, &names, None).await?,
    }
    match left {
        None => Ok(()),
        Some(left) => Err(trouble::wait(left, &format!("a call for {} may still be carried out", names.volume))),
    }
}

/// How long a call may still land that marks the volume, takes it away, or changes whom it lets in.
fn left(array: &Array, subject: &Subject) -> Option<Duration> {
    let (instance, in_flight) = (subject.instance, subject.in_flight);
    let of_volume = [
        array.late_creations.left(instance, in_flight),
        array.late_changes.left(instance, in_flight),
        array.late_removals.left(instance, in_flight),
    ];
    let of_access = [array.late_rules.left(instance, in_flight), array.late_aces.left(instance, in_flight)];
    of_volume.into_iter().chain(of_access).flatten().max()
}

async fn release(array: &Array, session: &Session, subject: &Subject, names: &Names) -> Result<(), Trouble> {
    let found = volume::find(&session.client, &session.svm, &names.volume).await.map_err(trouble_of)?;
    if found.is_none() {
        see_svm(session).await?;
        refuse_moved(&session.client, names, Some(&session.svm)).await?;
    }
    let is_ours = found.as_ref().is_some_and(|volume| naming::owner_of(volume) == Some(subject.instance));
    let has_lost_rules = subject.loses_rules && is_ours;
    if has_lost_rules && is_shared(session, subject, names, found.as_ref()).await? {
        // Before the mark goes: without it nobody could tell any more whose rules these are. What is remembered of its policy may
        // be another one than it is under.
        array.key_cache.forget(subject.instance);
        access::apply(array, subject, &[]).await?;
    }
    let policy = found.as_ref().and_then(|volume| volume.export_policy.as_ref()?.name.as_deref());
    let is_used = has_lost_rules || policy == Some(names.policy.as_str());
    let is_limited = found.as_ref().is_some_and(|volume| volume.qos_policy.as_ref() == Some(&names.qos));
    if let Some(volume) = found.filter(|volume| naming::owner_of(volume) == Some(subject.instance)) {
        let change = without_mark(&volume, names, session.client.release().has(Feature::Tags));
        let changing = volume::change(&session.client, volume.uuid, &change);
        let changed = array.late_changes.during(subject.instance, change.clone(), changing).await;
        gone_is_well(changed)?;
    }
    if specs::asks_for_screening(&subject.extra_specs) {
        // Its policy is shared with others, and goes with the last of them.
        fpolicy::apply(array, session, subject, &names.volume, None).await?;
    }
    if subject.protocol == Protocol::Nfs {
        release_policy(array, session, subject, names, is_used).await?;
    }
    if session.facts.scope == Scope::Cluster && (is_limited || specs::limits_throughput(&subject.extra_specs)) {
        release_limits(array, session, subject, names, is_limited).await?;
    }
    Ok(())
}

/// Whether anybody could get in: over SMB there may be no share, or that of another volume.
async fn is_shared(
    session: &Session,
    subject: &Subject,
    names: &Names,
    volume: Option<&Volume>,
) -> Result<bool, Trouble> {
    if subject.protocol == Protocol::Nfs {
        return Ok(true);
    }
    let path = volume.and_then(|volume| volume.path.as_deref()).unwrap_or_default();
    match smb_share::is_there(session, names, path).await {
        Err(trouble) if trouble.remedy == Remedy::Elsewhere => Ok(false),
        other => other,
    }
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

/// The same of the QoS policy of the instance alone.
async fn release_limits(
    array: &Array,
    session: &Session,
    subject: &Subject,
    names: &Names,
    is_used: bool,
) -> Result<(), Trouble> {
    let client = &session.client;
    if !is_used {
        return own_qos::remove(array, client, (&session.svm, &names.qos), subject.instance).await;
    }
    let Some(policy) = qos::find(client, &session.svm, &names.qos).await.map_err(trouble_of)? else { return Ok(()) };
    let name = naming::released_limits(&names.qos);
    let releasing = qos::rename(client, policy.uuid, &name);
    let change = Change { qos_policy: Some(names.qos.clone()), ..Change::default() };
    gone_is_well(array.late_changes.during(subject.instance, change, releasing).await)
}

/// What takes our mark off a volume, wherever it stands. Pure.
fn without_mark(volume: &Volume, names: &Names, has_tags: bool) -> Change {
    Change {
        tags: has_tags.then(|| naming::words_of_others(volume, names, has_tags)),
        comment: naming::comment_of_others(volume, names),
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
