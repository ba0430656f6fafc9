//! Seeing to it that an instance is as it should be: online, mounted, shared over SMB, and under the snapshot policy, with the visibility of
//! snapshots, and under the QoS policy and the FPolicy policy that its type and metadata say.
//!
//! What is refused stays as it is and does not keep the rest from being done: the next sweep tells it. Each setting is a call of its own,
//! so that one which the array does not take holds up no other. How to get it wrong: to touch a size; clients have written by it. Or to
//! name a QoS policy before it is there. Source: operations.md §6.

use manilad_domain::message::Detail;
use manilad_domain::share::Protocol;
use manilad_driver::{Aspect, Difference, Ensured, Subject, Trouble};
use manilad_ontap::volume::{self, Change, Volume};

use super::blueprint::Qos;
use super::found::{self, Found};
use super::rescue::{serve, share_again, wait_for_earlier};
use super::wanted::{Wanted, WantedQos};
use super::{exports, own_qos, qos_type, screened};
use crate::array::Array;
use crate::naming::Names;
use crate::session::Session;
use crate::{seat, trouble};

/// The instance is as it should be, as far as the array takes that.
pub async fn ensure(array: &Array, subject: &Subject) -> Result<Ensured, Trouble> {
    let names = Names::of(&array.templates, subject);
    wait_for_earlier(array, subject, &names)?;
    let session = array.at(subject).await?.ok_or_else(|| seat::none(subject))?;
    let ensuring = Ensuring { array, session: &session, names: &names, subject };
    let mut volume = ensuring.look().await?;
    let found = Found::of(volume.clone(), &names);
    if serve(array, &session, &names, subject, &found).await? {
        // Of one that was offline, little was told.
        volume = ensuring.look().await?;
    }
    // Its share and its paths come back whatever becomes of its settings.
    let brought_back = ensuring.bring_back(&volume).await;
    let owes_rules = match subject.protocol {
        Protocol::Cifs => share_again(array, &session, &names, subject.instance, &found).await?,
        Protocol::Nfs => false,
    };
    let interfaces = array.lifs.now(&session.client, &session.svm).await.map_err(|error| trouble::of(&error))?;
    let exports = exports::serving(&session, &interfaces, subject, &names.mount, &volume.aggregates)?;
    brought_back?;
    Ok(Ensured { exports, owes_rules })
}

struct Ensuring<'a> {
    array: &'a Array,
    session: &'a Session,
    names: &'a Names,
    subject: &'a Subject,
}

impl Ensuring<'_> {
    async fn look(&self) -> Result<Volume, Trouble> {
        let (session, names) = (self.session, self.names);
        let found = volume::find_with_settings(&session.client, &session.svm, &names.volume).await;
        match found.map_err(|error| trouble::of(&error))? {
            Some(volume) if volume.is_marked(&names.tag) => Ok(volume),
            Some(_) => Err(found::stranger(names)),
            None => {
                let reason = format!("there is no volume {}", names.volume);
                Err(Trouble { detail: Detail::VolumeAbsent, ..trouble::never(reason) })
            }
        }
    }

    /// Gives the volume back what it lacks.
    async fn bring_back(&self, volume: &Volume) -> Result<(), Trouble> {
        let Ensuring { array, session, names, subject } = self;
        let wanted = Wanted::of(&array.settings, &session.facts, &session.svm, names, subject);
        let differences = wanted.differences(volume, &array.settings.kept_snapshot_policies);
        let mut later = Ok(());
        for difference in differences.iter().filter(|one| one.aspect != Aspect::Qos && one.aspect.can_be_mended()) {
            later = later.and(self.mend(volume, difference, &wanted).await.map(drop));
        }
        if let Some(qos) = &wanted.qos {
            // Its limits may be others by now, though the volume names it.
            let is_limited = self.is_taken("its limits are to be what they are by now", self.limit(qos).await)?;
            if is_limited
                && let Some(other) = differences.iter().find(|one| one.aspect == Aspect::Qos)
                && self.mend(volume, other, &wanted).await?
                && volume.qos_policy.as_ref() == Some(&names.qos)
            {
                // Nobody is held to it any more.
                own_qos::remove(array, &session.client, (&session.svm, &names.qos), subject.instance).await?;
            }
        }
        let screened = screened::apply(array, session, subject, &names.volume).await;
        later.and(self.is_taken("FPolicy is to refuse what the share type says", screened).map(drop))
    }

    /// Has the volume be what it is to be in one respect; whether the array takes that.
    async fn mend(&self, volume: &Volume, difference: &Difference, wanted: &Wanted) -> Result<bool, Trouble> {
        let reason = &difference.reason;
        let is_taken = self.is_taken(reason, self.change(volume, difference.aspect, wanted).await)?;
        if is_taken {
            let (service, volume) = (&self.array.service, &self.names.volume);
            tracing::info!(service, volume, reason, "a volume has what its share is to have again");
        }
        Ok(is_taken)
    }

    /// Whether the array has taken what it was told. A refusal is logged; what may come about later is trouble.
    fn is_taken(&self, reason: &str, outcome: Result<(), Trouble>) -> Result<bool, Trouble> {
        match outcome {
            Ok(()) => Ok(true),
            Err(trouble) if trouble.remedy.goes_on() => Err(trouble),
            Err(trouble) => {
                let (service, volume, why) = (&self.array.service, &self.names.volume, &trouble.reason);
                tracing::info!(
                    service,
                    volume,
                    reason,
                    why,
                    "the array does not let a volume have what its share is to have"
                );
                Ok(false)
            }
        }
    }

    async fn change(&self, volume: &Volume, aspect: Aspect, wanted: &Wanted) -> Result<(), Trouble> {
        let change = match aspect {
            Aspect::Size | Aspect::Pool => return Ok(()),
            Aspect::SnapshotPolicy => Change { snapshot_policy: wanted.snapshot_policy.clone(), ..Change::default() },
            Aspect::SnapshotDirectory => Change { snapshot_directory: wanted.snapshot_directory, ..Change::default() },
            Aspect::Qos => {
                let Some(qos) = &wanted.qos else { return Ok(()) };
                Change { qos_policy: Some(qos.policy.clone()), ..Change::default() }
            }
        };
        let changing = volume::change(&self.session.client, volume.uuid, &change);
        let changed = self.array.late_changes.during(self.subject.instance, change.clone(), changing).await;
        changed.map_err(|error| trouble::of(&error))
    }

    /// The QoS policy is there, with the limits of today.
    async fn limit(&self, qos: &WantedQos) -> Result<(), Trouble> {
        let Ensuring { array, session, names, subject } = self;
        let (client, svm, instance) = (&session.client, session.svm.as_str(), subject.instance);
        match &qos.made {
            Some(Qos::Own(terms)) => {
                // It goes with the instance, whether the volume comes to name it or not.
                array.key_cache.note(instance, |keys| keys.has_qos = true);
                let size = subject.size.saturating_mul(1 << 30);
                own_qos::renew(array, client, (svm, &names.qos), instance, terms, size).await
            }
            Some(Qos::OfType(policy)) => qos_type::ensure(array, client, svm, instance, policy).await,
            None => Ok(()),
        }
    }
}
