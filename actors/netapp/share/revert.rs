//! Bringing a volume back to a snapshot: one call, where the volume is remembered.
//!
//! To do it twice does no harm while nobody uses the share, so a try that may have been carried out is followed by another. How to get
//! it wrong: to take it for done while an earlier call may still be carried out; what clients write from then on would be lost.
//! Source: operations.md §8.

use manilad_clock::Uuid;
use manilad_domain::message::Detail;
use manilad_driver::{Subject, Trouble};
use manilad_ontap::volume::{self, Change};
use manilad_ontap::{Class, Error};

use super::found;
use crate::array::Array;
use crate::naming::{Names, snapshot_of};
use crate::session::Session;
use crate::{seat, trouble};

/// The instance holds what the snapshot does that its subject names.
pub async fn revert(array: &Array, subject: &Subject) -> Result<(), Trouble> {
    let source = subject.source.as_ref().ok_or_else(|| trouble::never("no snapshot is named to revert to"))?;
    let name = source.location.clone().unwrap_or_else(|| snapshot_of(source.snapshot));
    let names = Names::of(&array.templates, subject);
    let left = array.late_removals.left(subject.instance, subject.in_flight);
    let session = array.at(subject).await?.ok_or_else(|| seat::none(subject))?;
    restore(array, &session, subject, &names, &name).await?;
    match left {
        None => Ok(()),
        Some(left) => {
            let volume = &names.volume;
            Err(trouble::wait(left, &format!("a call that brings {volume} back to {name} may still be carried out")))
        }
    }
}

async fn restore(
    array: &Array,
    session: &Session,
    subject: &Subject,
    names: &Names,
    snapshot: &str,
) -> Result<(), Trouble> {
    if let Some(uuid) = array.key_cache.keys(subject.instance).volume {
        match send(array, session, subject, uuid, snapshot).await {
            Err(error) if error.class() == Class::Absent => array.key_cache.forget(subject.instance),
            outcome => return outcome.map_err(|error| trouble::of(&error)),
        }
    }
    let found = found::find(array, session, names, subject.instance).await?;
    let gone = || Trouble { detail: Detail::VolumeAbsent, ..trouble::never(format!("no volume {}", names.volume)) };
    let found = found.ok_or_else(gone)?;
    if !found.is_ours {
        return Err(found::stranger(names));
    }
    send(array, session, subject, found.uuid, snapshot).await.map_err(|error| match error.class() {
        Class::Absent => trouble::never(format!("volume {} has no snapshot {snapshot}", names.volume)),
        _ => trouble::of(&error),
    })
}

/// Whose the root directory is comes back too, so what was remembered of that does not count any more.
async fn send(array: &Array, session: &Session, subject: &Subject, uuid: Uuid, snapshot: &str) -> Result<(), Error> {
    array.key_cache.note(subject.instance, |keys| keys.is_nobodys = false);
    let change = Change { restore_to: Some(snapshot.to_owned()), ..Change::default() };
    let restoring = volume::change(&session.client, uuid, &change);
    array.late_removals.during(subject.instance, (), restoring).await
}
