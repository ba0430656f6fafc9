//! Removing a snapshot.
//!
//! It is gone when it is not there and no call can still take it. One that shares began with is put away under another name, and
//! those are detached from it; the housekeeping removes it then. Where its volume is not there, that has to be so beyond doubt:
//! a volume that an operator renamed has its snapshots with it. Source: operations.md §8.

use std::future::Future;
use std::time::Duration;

use manilad_driver::{SnapshotSubject, Trouble};
use manilad_ontap::volume::{self as ontap_volume, Change};
use manilad_ontap::{Class, Error, snapshot};

use super::volume;
use crate::array::Array;
use crate::in_flight::LateSnapshot;
use crate::naming::{LONGEST, Names, put_away, snapshot_of};
use crate::session::Session;
use crate::share::{refuse_moved, see_svm};
use crate::trouble;

/// Removes what there is of the snapshot.
pub async fn delete(array: &Array, subject: &SnapshotSubject) -> Result<(), Trouble> {
    let late = late(array, subject, LateSnapshot::Takes);
    let names = Names::of(&array.templates, &subject.share);
    match array.at(&subject.share).await? {
        Some(session) => remove(array, &session, subject, &names).await?,
        // It went with the share server that its share lived on, unless that has only got another name.
        None => refuse_moved(&array.session().await?.client, &names, None).await?,
    }
    match late {
        None => Ok(()),
        Some(left) => {
            let name = volume::name(subject);
            Err(trouble::wait(
                left,
                &format!("snapshot {name} is not there, but a call to take it may still be carried out"),
            ))
        }
    }
}

async fn remove(array: &Array, session: &Session, subject: &SnapshotSubject, names: &Names) -> Result<(), Trouble> {
    let name = volume::name(subject);
    let Some(found) = volume::look(array, session, subject).await? else {
        see_svm(session).await?;
        return refuse_moved(&session.client, names, Some(&session.svm)).await;
    };
    let client = &session.client;
    let there = snapshot::find(client, found.uuid, &name).await.map_err(|error| trouble::of(&error))?;
    let Some(there) = there else { return Ok(()) };
    let error = match noted(array, subject, snapshot::delete(client, found.uuid, there.uuid)).await {
        Ok(()) => return Ok(()),
        Err(error) if error.class() == Class::Busy && there.has_clones() => error,
        Err(error) if there.owners.is_empty() => return Err(trouble::of(&error)),
        Err(error) => {
            let owners = there.owners.join(", ");
            return Err(trouble::again(format!("{owners} holds snapshot {name}: {}", error.message())));
        }
    };
    let clones = ontap_volume::clones(client, &session.svm, &names.volume, &name).await;
    // Shares began with it: it goes now, and on the array when they are detached from it.
    for clone in clones.map_err(|error| trouble::of(&error))? {
        let change = Change { split: Some(true), ..Change::default() };
        noted(array, subject, ontap_volume::change(client, clone, &change)).await.map_err(|error| {
            match error.class() {
                // It has been detached since it was looked for: then one looks again.
                Class::Refused => trouble::again(error.message()),
                _ => trouble::of(&error),
            }
        })?;
    }
    // Whatever it was called: by that name the housekeeping knows it.
    let put_away = put_away(&snapshot_of(subject.snapshot), LONGEST);
    noted(array, subject, snapshot::rename(client, found.uuid, there.uuid, &put_away)).await.map_err(|refusal| {
        let why = format!("{}, and {}", error.message(), refusal.message());
        trouble::again(format!("shares that began with snapshot {name} are being detached from it: {why}"))
    })?;
    tracing::info!(service = array.service, snapshot = put_away, "clones stand on a snapshot: it is removed later");
    Ok(())
}

/// Makes a call that takes the snapshot away, or helps to; until its outcome is certain, it may still do so.
async fn noted(
    array: &Array,
    subject: &SnapshotSubject,
    call: impl Future<Output = Result<(), Error>>,
) -> Result<(), Error> {
    array.late_snapshots.during(subject.snapshot, LateSnapshot::Removes, call).await
}

/// How long a call that does this with the snapshot may still be carried out; of an earlier incarnation nobody knows what it
/// does.
pub(super) fn late(array: &Array, subject: &SnapshotSubject, what: LateSnapshot) -> Option<Duration> {
    let own = array.late_snapshots.of(subject.snapshot).into_iter().filter(|(_, other)| *other == what);
    let others = array.late_snapshots.left_of_others().filter(|_| subject.in_flight);
    own.map(|(left, _)| left).max().max(others)
}
