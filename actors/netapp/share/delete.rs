//! Removing an instance: offline, which unmounts, then delete, then its export policy; for SMB its share first.
//!
//! It is gone when nothing of it is there and nothing can come any more. A volume that is still being made names its
//! policy: if it has come, ONTAP does not let go of the policy, and once the policy is gone it can't come. How to get
//! it wrong: taking "not found" for "gone" while a call may still land, or while the SVM itself is not to be seen.
//! Source: operations.md §5.

use std::future::Future;
use std::time::Duration;

use manilad_clock::{Timestamp, Uuid};
use manilad_domain::observed::Observed;
use manilad_domain::share::Protocol;
use manilad_driver::{Subject, Trouble};
use manilad_ontap::volume::Change;
use manilad_ontap::{Class, Error, Scope, cifs, export_policy, qos, volume};

use super::former_share::{self, FormerShare};
use super::found::{self, Found, refuse_moved, see_svm};
use super::specs;
use super::unmanage::unmanage;
use crate::array::Array;
use crate::naming::{LONGEST, LONGEST_QOS, Names, put_away};
use crate::session::Session;
use crate::{fpolicy, trouble};

/// More steps than a removal can need unless the array changes under it.
const STEPS: usize = 16;

/// What is known of an instance while it is removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    pub share: Observed<()>,
    pub volume: Observed<Found>,
    /// By id.
    pub policy: Observed<u64>,
    /// Its QoS policy.
    pub qos: Observed<Uuid>,
    /// Whether the volume is absent because this task removed it, or has been looked for once more since the array would not let go of
    /// the policy.
    pub removed: bool,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    LookForShare,
    RemoveShare,
    LookForVolume,
    TakeOffline(Found),
    Remove(Found),
    LookForPolicy,
    RemovePolicy(u64),
    LookForQos,
    RemoveQos(Uuid),
    /// The name is taken by what is not ours.
    GiveUp,
    Gone,
}

/// Decides by what is known. Pure.
pub fn plan(left: &Left) -> Step {
    match (&left.share, &left.volume, &left.policy) {
        (_, Observed::Present(found), _) if !found.is_ours => Step::GiveUp,
        (Observed::Unknown, ..) => Step::LookForShare,
        (Observed::Present(()), ..) => Step::RemoveShare,
        (_, Observed::Unknown, _) => Step::LookForVolume,
        (_, Observed::Present(found), _) if found.is_offline() => Step::Remove(found.clone()),
        (_, Observed::Present(found), _) => Step::TakeOffline(found.clone()),
        (_, _, Observed::Unknown) => Step::LookForPolicy,
        (_, _, Observed::Present(id)) => Step::RemovePolicy(*id),
        _ => match left.qos {
            Observed::Unknown => Step::LookForQos,
            Observed::Present(uuid) => Step::RemoveQos(uuid),
            Observed::Absent => Step::Gone,
        },
    }
}

/// Removes what there is of the instance.
pub async fn delete(array: &Array, subject: &Subject) -> Result<(), Trouble> {
    let names = Names::of(&array.templates, subject);
    let late = late(array, subject, &names);
    let Some(session) = array.at(subject).await? else {
        // It went with the share server that it lived on, unless that has only got another name.
        refuse_moved(&array.session().await?.client, &names, None).await?;
        array.key_cache.forget(subject.instance);
        return gone(&names, late);
    };
    let removing = Removing { array, session: &session, names: &names, subject };
    let outcome = removing.remove_all().await;
    // What is remembered may be gone by now, and something else may have come under its name: whoever tries again looks.
    array.key_cache.forget(subject.instance);
    outcome?;
    gone(&names, late)
}

struct Removing<'a> {
    array: &'a Array,
    session: &'a Session,
    names: &'a Names,
    subject: &'a Subject,
}

/// ONTAP keeps a volume that has clones. Source: operations.md §0.5.
const HAS_CLONES: &str = "524615";

fn trouble_of(error: Error) -> Trouble {
    trouble::of(&error)
}

impl Removing<'_> {
    async fn remove_all(&self) -> Result<(), Trouble> {
        let mut left = self.at_first();
        for _ in 0..STEPS {
            left = match plan(&left) {
                Step::LookForShare => self.look_for_share(left).await?,
                Step::RemoveShare => self.remove_share(left).await?,
                Step::LookForVolume => self.look_for_volume(left).await?,
                Step::TakeOffline(found) => self.take_offline(left, found).await?,
                Step::Remove(found) => self.remove(left, &found).await?,
                Step::LookForPolicy => self.look_for_policy(left).await?,
                Step::RemovePolicy(id) => self.remove_policy(left, id).await?,
                Step::LookForQos => self.look_for_qos(left).await?,
                Step::RemoveQos(uuid) => self.remove_qos(left, uuid).await?,
                Step::GiveUp if self.subject.may_be_let_go => return unmanage(self.array, self.subject).await,
                Step::GiveUp => return Err(found::stranger(self.names)),
                Step::Gone => return self.leave_screening().await,
            };
        }
        Err(trouble::again(format!("volume {} changes while it is removed", self.names.volume)))
    }

    /// No FPolicy policy is about the volume any more.
    async fn leave_screening(&self) -> Result<(), Trouble> {
        match specs::asks_for_screening(&self.subject.extra_specs) {
            true => fpolicy::apply(self.array, self.session, self.subject, &self.names.volume, None).await,
            false => Ok(()),
        }
    }

    /// Before the first call. What is remembered was ours when it was seen.
    fn at_first(&self) -> Left {
        let keys = self.array.key_cache.keys(self.subject.instance);
        let has_age = specs::force_delete_minutes(&self.subject.extra_specs).is_some();
        let volume = keys
            .volume
            .filter(|_| !has_age && !self.subject.may_be_let_go)
            .map_or(Observed::Unknown, |uuid| Observed::Present(remembered(uuid)));
        let policy = keys.policy.map_or(Observed::Unknown, Observed::Present);
        let may_have_qos = match keys.volume {
            Some(_) => keys.has_qos || self.asks_for_qos(),
            None => true,
        };
        // Accounts of an SVM make no QoS policies.
        let qos = match may_have_qos && self.session.facts.scope == Scope::Cluster {
            true => Observed::Unknown,
            false => Observed::Absent,
        };
        let (share, policy) = match self.subject.protocol {
            Protocol::Nfs => (Observed::Absent, policy),
            Protocol::Cifs => (self.share_at_first(), Observed::Absent),
        };
        Left { share, volume, policy, qos, removed: false }
    }

    /// Makes a call that takes something away; until its outcome is certain, it may still do so.
    async fn noted<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        self.array.late_removals.during(self.subject.instance, (), call).await
    }

    fn asks_for_qos(&self) -> bool {
        specs::limits_throughput(&self.subject.extra_specs)
    }

    /// A share that is named after the instance can only be its own, unless the instance may have been let go of.
    fn share_at_first(&self) -> Observed<()> {
        match is_lent(self.names) || self.subject.may_be_let_go {
            true => Observed::Unknown,
            false => Observed::Present(()),
        }
    }

    async fn look_for_share(&self, left: Left) -> Result<Left, Trouble> {
        let (svm, mount) = (&self.session.svm, &self.names.mount);
        let found = cifs::find(&self.session.client, svm, mount).await.map_err(trouble_of)?;
        let mut ours = found.filter(|share| Some(&share.path) == self.names.junction().as_ref());
        // A name that was asked for says nothing, nor does one that others may have by now: it is ours if our volume is what is mounted
        // there.
        if ours.is_some() && (is_lent(self.names) || self.subject.may_be_let_go) {
            let volume = found::find(self.array, self.session, self.names, self.subject.instance).await?;
            ours = ours
                .filter(|share| volume.is_some_and(|found| found.is_ours && found.path == Some(share.path.clone())));
        }
        Ok(Left { share: ours.map_or(Observed::Absent, |_| Observed::Present(())), ..left })
    }

    async fn remove_share(&self, left: Left) -> Result<Left, Trouble> {
        let svm = found::uuid_of_svm(self.session)?;
        let deleting = cifs::delete(&self.session.client, svm, &self.names.mount);
        let deleting = self.noted(deleting);
        match is_lent(self.names) {
            true => self.array.late_creations.during(self.subject.instance, (), deleting).await,
            false => deleting.await,
        }
        .map_err(trouble_of)?;
        Ok(Left { share: Observed::Absent, ..left })
    }

    async fn look_for_volume(&self, left: Left) -> Result<Left, Trouble> {
        let found = found::find(self.array, self.session, self.names, self.subject.instance).await?;
        if found.is_none() && !left.removed {
            see_svm(self.session).await?;
            refuse_moved(&self.session.client, self.names, Some(&self.session.svm)).await?;
        }
        // The volume tells the id of its policy, which saves looking for that.
        let found_policy =
            found.as_ref().map(|found| &found.policy).filter(|(name, _)| name.as_ref() == Some(&self.names.policy));
        let policy = match (&left.policy, found_policy.and_then(|(_, id)| *id)) {
            (Observed::Unknown, Some(id)) => Observed::Present(id),
            _ => left.policy,
        };
        let has_none = |found: &Found| found.qos.as_ref() != Some(&self.names.qos) && !self.asks_for_qos();
        let qos = if found.as_ref().is_some_and(has_none) { Observed::Absent } else { left.qos };
        Ok(Left { volume: found.map_or(Observed::Absent, Observed::Present), policy, qos, ..left })
    }

    /// The SMB share that led to the volume before it was taken over, where managing it came no further, leads nowhere and goes, too. One that
    /// leads to any volume stays.
    async fn remove_former(&self, found: &Found) -> Result<(), Trouble> {
        let path = self.subject.managed_path.as_deref().filter(|_| self.subject.protocol == Protocol::Cifs);
        let name = path.and_then(former_share::name_in).filter(|name| !name.eq_ignore_ascii_case(&self.names.mount));
        let Some(name) = name else { return Ok(()) };
        match FormerShare::find(self.session, name).await {
            Ok(Some(former)) if found.path.as_ref() != Some(&former.path) => {
                former.remove(self.array, self.session, self.subject, found.path.as_deref()).await
            }
            Err(trouble) if trouble.remedy.goes_on() => Err(trouble),
            // It is none that a volume was reached by.
            Ok(_) | Err(_) => Ok(()),
        }
    }

    async fn take_offline(&self, left: Left, found: Found) -> Result<Left, Trouble> {
        self.remove_former(&found).await?;
        let going = volume::offline(&self.session.client, found.uuid);
        match self.noted(going).await {
            Ok(()) => {
                let found = Found { state: Some("offline".to_owned()), ..found };
                Ok(Left { volume: Observed::Present(found), ..left })
            }
            Err(error) if error.class() == Class::Absent => Ok(Left { volume: Observed::Unknown, ..left }),
            Err(error) if matches!(error.class(), Class::Busy | Class::Refused) => {
                Err(self.stop_background_work(&found, error).await)
            }
            Err(error) => Err(trouble_of(error)),
        }
    }

    /// The array does not let go of a volume that it moves, or splits from what it was cloned from. The removal goes on once it has
    /// stopped.
    async fn stop_background_work(&self, found: &Found, why: Error) -> Trouble {
        let volume = &self.names.volume;
        for (what, change) in [
            ("move", Change { movement: Some("aborted"), ..Change::default() }),
            ("split", Change { split: Some(false), ..Change::default() }),
        ] {
            if self.noted(volume::change(&self.session.client, found.uuid, &change)).await.is_ok() {
                let why = why.message();
                return trouble::again(format!("the {what} of volume {volume} was ended, so that it can go: {why}"));
            }
        }
        trouble_of(why)
    }

    async fn remove(&self, left: Left, found: &Found) -> Result<Left, Trouble> {
        self.remove_former(found).await?;
        let (client, force) = (&self.session.client, self.is_young(found));
        let delete = async |force| self.noted(volume::delete(client, found.uuid, force)).await;
        let mut outcome = delete(force).await;
        if force && outcome.as_ref().is_err_and(is_no) {
            outcome = delete(false).await;
        }
        match outcome {
            Err(error) if error.code() == HAS_CLONES => self.put_volume_away(found, &error).await?,
            outcome => outcome.map_err(trouble_of)?,
        }
        Ok(Left { volume: Observed::Absent, removed: true, ..left })
    }

    /// Somebody cloned the volume on the array: the share goes now, and the volume when its clones have gone.
    async fn put_volume_away(&self, found: &Found, why: &Error) -> Result<(), Trouble> {
        let name = put_away(&self.names.volume, LONGEST);
        tracing::info!(
            service = self.array.service,
            volume = name,
            why = why.message(),
            "the array does not let go of it yet: it is removed later"
        );
        let change = Change { name: Some(name), ..Change::default() };
        self.noted(volume::change(&self.session.client, found.uuid, &change)).await.map_err(trouble_of)
    }

    /// Whether the volume was put away, in this try or in one before.
    async fn is_put_away(&self) -> Result<bool, Trouble> {
        let (svm, name) = (&self.session.svm, put_away(&self.names.volume, LONGEST));
        let found = volume::find(&self.session.client, svm, &name).await.map_err(trouble_of)?;
        Ok(found.is_some_and(|volume| volume.is_marked(&self.names.tag)))
    }

    /// Whether the type lets a share of this age go for good.
    fn is_young(&self, found: &Found) -> bool {
        let minutes = specs::force_delete_minutes(&self.subject.extra_specs);
        let created = found.created.as_deref().and_then(|text| text.parse::<Timestamp>().ok());
        minutes.zip(created).is_some_and(|(minutes, created)| {
            let age = self.array.clock.now().duration_since(created);
            Duration::try_from(age).is_ok_and(|age| age < Duration::from_secs(minutes.saturating_mul(60)))
        })
    }

    async fn look_for_policy(&self, left: Left) -> Result<Left, Trouble> {
        let (svm, name) = (&self.session.svm, &self.names.policy);
        let found = export_policy::find(&self.session.client, svm, name).await.map_err(trouble_of)?;
        Ok(Left { policy: found.map_or(Observed::Absent, |policy| Observed::Present(policy.id)), ..left })
    }

    async fn remove_policy(&self, left: Left, id: u64) -> Result<Left, Trouble> {
        match self.noted(export_policy::delete(&self.session.client, id)).await {
            Ok(()) => Ok(Left { policy: Observed::Absent, ..left }),
            // The volume waits for its clones under it; or one that was cloned from it does, and has none of its own yet.
            Err(error) if error.class() == Class::Refused && (left.removed || self.is_put_away().await?) => {
                let name = put_away(&self.names.policy, LONGEST);
                tracing::info!(
                    service = self.array.service,
                    policy = name,
                    why = error.message(),
                    "the array does not let go of it yet: it is removed later"
                );
                self.noted(export_policy::rename(&self.session.client, id, &name)).await.map_err(trouble_of)?;
                Ok(Left { policy: Observed::Absent, ..left })
            }
            // It is in use: the volume came after we had looked.
            Err(error) if error.class() == Class::Refused => {
                let volume = found::find(self.array, self.session, self.names, self.subject.instance).await?;
                let volume = volume.map_or(Observed::Absent, Observed::Present);
                Ok(Left { removed: volume == Observed::Absent, volume, ..left })
            }
            Err(error) => Err(trouble_of(error)),
        }
    }

    /// An account that may not look has made none.
    async fn look_for_qos(&self, left: Left) -> Result<Left, Trouble> {
        let (svm, name) = (&self.session.svm, &self.names.qos);
        let found = match qos::find(&self.session.client, svm, name).await {
            Err(error) if error.class() == Class::Unauthorised => None,
            found => found.map_err(trouble_of)?,
        };
        Ok(Left { qos: found.map_or(Observed::Absent, |policy| Observed::Present(policy.uuid)), ..left })
    }

    /// What the array does not let go of yet is put away under a name that the housekeeping knows.
    async fn remove_qos(&self, left: Left, uuid: Uuid) -> Result<Left, Trouble> {
        let client = &self.session.client;
        match self.noted(qos::delete(client, uuid)).await {
            Err(error) if error.class() == Class::Refused => {
                let name = put_away(&self.names.qos, LONGEST_QOS);
                tracing::info!(
                    service = self.array.service,
                    policy = name,
                    why = error.message(),
                    "the array does not let go of it yet: it is removed later"
                );
                self.noted(qos::rename(client, uuid, &name)).await.map_err(trouble_of)?;
            }
            outcome => outcome.map_err(trouble_of)?,
        }
        Ok(Left { qos: Observed::Absent, ..left })
    }
}

/// Whether the SMB share bears a name that the next share may have: then what comes late of this one would hit that one.
fn is_lent(names: &Names) -> bool {
    names.mount != names.volume
}

/// How long something may still land.
fn late(array: &Array, subject: &Subject, names: &Names) -> Option<Duration> {
    let aces = array.late_aces.left(subject.instance, false).filter(|_| is_lent(names));
    array.late_creations.left(subject.instance, subject.in_flight).max(aces)
}

/// Nothing is there. It is gone for good unless something could still land when we began to look.
fn gone(names: &Names, late: Option<Duration>) -> Result<(), Trouble> {
    late.map_or(Ok(()), |left| {
        let reason = format!("nothing is left of {}, but a call to make it may still be carried out", names.volume);
        Err(trouble::wait(left, &reason))
    })
}

/// Whether the array will not do it, rather than not now.
fn is_no(error: &Error) -> bool {
    matches!(error.class(), Class::Refused | Class::Unsupported | Class::Unauthorised)
}

/// A volume of which only the key is remembered.
fn remembered(uuid: Uuid) -> Found {
    Found {
        uuid,
        is_ours: true,
        state: None,
        size: None,
        path: None,
        policy: (None, None),
        qos: None,
        aggregates: Vec::new(),
        created: None,
    }
}

#[cfg(test)]
mod tests;
