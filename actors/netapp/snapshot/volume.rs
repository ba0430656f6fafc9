//! The volume of a snapshot, and what the snapshot is called there.

use manilad_clock::Uuid;
use manilad_driver::{SnapshotSubject, Trouble};

use crate::array::Array;
use crate::naming::{Names, snapshot_of};
use crate::session::Session;
use crate::share::{self, Found};

/// What the snapshot is called on the array.
pub fn name(subject: &SnapshotSubject) -> String {
    subject.location.clone().unwrap_or_else(|| snapshot_of(subject.snapshot))
}

/// The volume of the instance, whose mark it carries; one call.
///
/// # Errors
/// Never, where the name is taken by what is not ours.
pub async fn look(array: &Array, session: &Session, subject: &SnapshotSubject) -> Result<Option<Found>, Trouble> {
    let names = Names::of(&array.templates, &subject.share);
    match share::find(array, session, &names, subject.share.instance).await? {
        Some(found) if !found.is_ours => Err(share::stranger(&names)),
        found => Ok(found),
    }
}

/// The key of the volume, as it is remembered, or looked for; none where it is not there.
///
/// # Errors
/// As [`look`].
pub async fn key(array: &Array, session: &Session, subject: &SnapshotSubject) -> Result<Option<Uuid>, Trouble> {
    match array.key_cache.keys(subject.share.instance).volume {
        Some(uuid) => Ok(Some(uuid)),
        None => Ok(look(array, session, subject).await?.map(|found| found.uuid)),
    }
}
