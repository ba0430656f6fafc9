//! Looking for a snapshot that is to be there.

use manilad_driver::{SnapshotSubject, Trouble};
use manilad_ontap::snapshot;

use super::delete::late;
use super::volume;
use crate::array::Array;
use crate::in_flight::LateSnapshot;
use crate::{seat, trouble};

/// Bytes in a GiB.
const GIB: u64 = 1 << 30;

/// How large the volume of the snapshot is, in GiB, where the snapshot is there for good; none where it is not there and can't
/// come any more.
pub async fn find(array: &Array, subject: &SnapshotSubject) -> Result<Option<u64>, Trouble> {
    let (removal, taking) = (late(array, subject, LateSnapshot::Removes), late(array, subject, LateSnapshot::Takes));
    let session = array.at(&subject.share).await?.ok_or_else(|| seat::none(&subject.share))?;
    let name = volume::name(subject);
    let volume = volume::look(array, &session, subject).await?;
    let there = match &volume {
        Some(volume) => {
            snapshot::find(&session.client, volume.uuid, &name).await.map_err(|error| trouble::of(&error))?
        }
        None => None,
    };
    let (found, left, what) = match volume.filter(|_| there.is_some()) {
        Some(volume) => {
            let size = volume.size.ok_or_else(|| trouble::again("the array does not tell the size of the volume"))?;
            (Some(size.div_ceil(GIB)), removal, "remove")
        }
        None => (None, taking, "take"),
    };
    if let Some(left) = left {
        return Err(trouble::wait(left, &format!("a call to {what} snapshot {name} may still be carried out")));
    }
    if found.is_none() {
        let (service, share) = (&array.service, subject.share.instance);
        tracing::warn!(service, %share, snapshot = name, "a snapshot that is looked for is not on the array");
    }
    Ok(found)
}
