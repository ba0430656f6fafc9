//! The volume of an instance as it is found on the array.
//!
//! How to get it wrong: calling a volume ours by its name; or taking one that is not there for one that lets nobody in, while a call may
//! still make it.

use std::time::Duration;

use manilad_clock::Uuid;
use manilad_domain::InstanceId;
use manilad_domain::message::Detail;
use manilad_driver::{Remedy, Subject, Trouble};
use manilad_ontap::volume::{self, Volume};
use manilad_ontap::{Client, svm};

use crate::array::Array;
use crate::naming::{Names, PUT_AWAY};
use crate::session::Session;
use crate::trouble;

/// What matters of a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub uuid: Uuid,
    /// Whether it carries the mark of the instance.
    pub is_ours: bool,
    pub state: Option<String>,
    /// Bytes.
    pub size: Option<u64>,
    /// Junction path.
    pub path: Option<String>,
    /// Name and id of its export policy.
    pub policy: (Option<String>, Option<u64>),
    /// Name of its QoS policy.
    pub qos: Option<String>,
    pub aggregates: Vec<String>,
    /// As ONTAP writes it.
    pub created: Option<String>,
}

impl Found {
    pub fn of(volume: Volume, names: &Names) -> Self {
        Found {
            is_ours: volume.is_marked(&names.tag),
            uuid: volume.uuid,
            state: volume.state,
            size: volume.size,
            path: volume.path,
            policy: volume.export_policy.map_or((None, None), |policy| (policy.name, policy.id)),
            qos: volume.qos_policy,
            aggregates: volume.aggregates,
            created: volume.created,
        }
    }

    pub fn is_offline(&self) -> bool {
        self.state.as_deref() == Some("offline")
    }
}

/// The volume that bears the name of the instance; one call. What carries its mark is remembered.
pub async fn find(array: &Array, session: &Session, names: &Names, of: InstanceId) -> Result<Option<Found>, Trouble> {
    let volume = volume::find(&session.client, &session.svm, &names.volume).await;
    let found = volume.map_err(|error| trouble::of(&error))?.map(|volume| Found::of(volume, names));
    if let Some(found) = found.as_ref().filter(|found| found.is_ours) {
        array.key_cache.note(of, |keys| {
            keys.volume = Some(found.uuid);
            keys.has_qos = found.qos.as_deref() == Some(&names.qos);
            if found.policy.0.as_deref() == Some(&names.policy) {
                keys.policy = found.policy.1;
            }
        });
    }
    Ok(found)
}

/// What is told of a volume that has the name but not the mark.
pub fn stranger(names: &Names) -> Trouble {
    trouble::never(format!(
        "volume {} is there without the mark {}: it is not touched; rename it, or give it the mark",
        names.volume, names.tag
    ))
}

/// That the array says that the volume is not there, so that nobody gets in. `late` is how long older calls without an
/// answer may still let somebody in, were it made again.
pub fn absent(array: &Array, subject: &Subject, names: &Names, late: Option<Duration>) -> Trouble {
    let reason = format!("there is no volume {}", names.volume);
    match late.max(array.late_creations.left(subject.instance, subject.in_flight)) {
        Some(left) => trouble::wait(left, &format!("{reason}, but an older call without an answer may still make it")),
        None => Trouble { remedy: Remedy::Absent, detail: Detail::VolumeAbsent, reason },
    }
}

/// The key of the SVM on the array.
pub fn uuid_of_svm(session: &Session) -> Result<Uuid, Trouble> {
    let svm = session.facts.svm.as_ref().map(|svm| svm.uuid);
    svm.ok_or_else(|| trouble::again("the SVM is not there"))
}

/// Refuses to take for gone what has another name, or is in another SVM, than the configuration says today; and what has
/// come to where it was looked for, in `svm`, since.
pub async fn refuse_moved(client: &Client, names: &Names, svm: Option<&str>) -> Result<(), Trouble> {
    let marked = volume::marked(client, &names.tag).await.map_err(|error| trouble::of(&error))?;
    match marked.iter().find(|volume| !volume.name.starts_with(PUT_AWAY)) {
        None => Ok(()),
        Some(volume) if svm.is_some() && volume.svm.as_deref() == svm && volume.name == names.volume => {
            Err(trouble::again(format!("volume {} came while it was looked for", names.volume)))
        }
        Some(volume) => {
            let (name, svm, tag) = (&volume.name, volume.svm.as_deref().unwrap_or("?"), &names.tag);
            Err(trouble::never(format!(
                "volume {name} in SVM {svm} carries the mark {tag}, but should be called {} in the SVM of the share: rename it, put \
                 the configuration back, or take the mark off it",
                names.volume
            )))
        }
    }
}

/// An SVM that has another name now, or is not there, has no volumes to find; that says nothing of them.
pub async fn see_svm(session: &Session) -> Result<(), Trouble> {
    let name = &session.svm;
    match svm::find(&session.client, name).await.map_err(|error| trouble::of(&error))? {
        Some(_) => Ok(()),
        None => Err(trouble::again(format!("SVM {name} is not to be seen, so neither are its volumes"))),
    }
}
