//! Removing a snapshot.
//!
//! It is gone when it is not there and no call can still take it. Where its volume is not there, that has to be so beyond doubt:
//! a volume that an operator renamed has its snapshots with it. Source: operations.md §8.

use manilad_driver::{SnapshotSubject, Trouble};
use manilad_ontap::snapshot;

use super::volume;
use crate::array::Array;
use crate::in_flight::LateSnapshot;
use crate::naming::Names;
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
    let removing = snapshot::delete(client, found.uuid, there.uuid);
    let removed = array.late_snapshots.during(subject.snapshot, LateSnapshot::Removes, removing).await;
    removed.map_err(|error| match there.owners.is_empty() {
        true => trouble::of(&error),
        false => trouble::again(format!("{} holds snapshot {name}: {}", there.owners.join(", "), error.message())),
    })
}

/// How long a call that does this with the snapshot may still be carried out; of an earlier incarnation nobody knows what it
/// does.
pub(super) fn late(array: &Array, subject: &SnapshotSubject, what: LateSnapshot) -> Option<std::time::Duration> {
    let own = array.late_snapshots.of(subject.snapshot).into_iter().filter(|(_, other)| *other == what);
    let others = array.late_snapshots.left_of_others().filter(|_| subject.in_flight);
    own.map(|(left, _)| left).max().max(others)
}
