//! Taking a snapshot: one call, where the volume is remembered.
//!
//! Its name derives from the id of the snapshot's instance, so a second try finds what the first one made. Source:
//! operations.md §8.

use manilad_domain::message::Detail;
use manilad_driver::{SnapshotSubject, Trouble};
use manilad_ontap::{Class, snapshot};

use super::volume;
use crate::array::Array;
use crate::in_flight::LateSnapshot;
use crate::{seat, trouble};

/// The snapshot is on the array. Answers its name.
pub async fn take(array: &Array, subject: &SnapshotSubject) -> Result<String, Trouble> {
    let session = array.at(&subject.share).await?.ok_or_else(|| seat::none(&subject.share))?;
    let name = volume::name(subject);
    // What is remembered may be gone; what is then found is not asked for twice.
    for _ in 0..2 {
        let Some(uuid) = volume::key(array, &session, subject).await? else { break };
        let taking = snapshot::create(&session.client, uuid, &name);
        match array.late_snapshots.during(subject.snapshot, LateSnapshot::Takes, taking).await {
            Err(error) if matches!(error.class(), Class::Absent | Class::BadReference) => {
                array.key_cache.forget(subject.share.instance);
            }
            Err(error) if error.class() != Class::Exists => return Err(trouble::of(&error)),
            // An earlier try has taken it: nobody else knows its name.
            Ok(()) | Err(_) => return Ok(name),
        }
    }
    let reason = format!("there is no volume of instance {}", subject.share.instance);
    Err(Trouble { detail: Detail::VolumeAbsent, ..trouble::never(reason) })
}
