//! Making an instance: its empty export policy, then one volume with everything about it; for SMB the volume, then a
//! share.
//!
//! Nothing is looked up first. That the policy (for SMB the volume) is there already tells of an earlier try, and only
//! then we look, and adopt what carries our mark. How to get it wrong: making the volume before its policy, which
//! would let everybody in whom the default policy lets in. A clone alone is mounted nowhere at first, so it is made beside its policy.
//! Source: operations.md §3, §4.

use std::time::Duration;

use futures::join;
use manilad_clock::Uuid;
use manilad_domain::message::Detail;
use manilad_domain::observed::Observed;
use manilad_domain::share::Protocol;
use manilad_driver::{Created, Subject, Trouble};
use manilad_ontap::volume::{self, Change, New, Style};
use manilad_ontap::{Class, Client, Error, export_policy};

use super::blueprint::{self, Blueprint, Qos};
use super::exports;
use super::found::{self, Found};
use super::repair::repair;
use super::{own_qos, qos_type, relocate, smb_share, specs};
use crate::array::Array;
use crate::naming::Names;
use crate::place::{self, Place};
use crate::session::Session;
use crate::squash::NOBODY;
use crate::{fpolicy, seat, trouble};

/// How long one try waits for a FlexGroup at most: a task must end before its back end gives it up.
const LONGEST_MAKING: Duration = Duration::from_secs(200);
/// Between two calls for a FlexGroup whose aggregates are busy.
const BUSY_PAUSE: Duration = Duration::from_secs(5);
/// More steps than a creation can need unless the array changes under it.
const STEPS: usize = 12;

/// What is known of an instance while it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObservedParts {
    /// Its export policy, or there is none to be made.
    pub policy: Observed<()>,
    /// Its QoS policy, of its own or that of its QoS type, or there is none to be made.
    pub qos: Observed<()>,
    pub volume: Observed<Found>,
    /// What FPolicy is to refuse on it, or there is nothing of that.
    pub screening: Observed<()>,
    /// Its SMB share, or there is none to be made.
    pub share: Observed<()>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    MakePolicy,
    /// Both at once: a clone is mounted later, when it is under its policy.
    MakePolicyAndClone,
    MakeQos,
    LookForVolume,
    MakeVolume,
    /// An earlier try left it otherwise than it should be.
    Repair(Found, Box<Change>),
    /// Before anybody can write to it.
    Screen,
    MakeShare,
    /// The name is taken by what is not ours.
    GiveUp,
    Done(Found),
}

impl ObservedParts {
    /// Before the first call.
    pub fn at_first(protocol: Protocol, has_qos: bool, is_screened: bool) -> Self {
        let (none, unknown) = (Observed::Present(()), Observed::Unknown);
        let part = |is_there: bool| if is_there { unknown.clone() } else { none.clone() };
        let (qos, screening) = (part(has_qos), part(is_screened));
        match protocol {
            Protocol::Nfs => ObservedParts { policy: unknown, qos, volume: Observed::Unknown, screening, share: none },
            Protocol::Cifs => ObservedParts { policy: none, qos, volume: Observed::Absent, screening, share: unknown },
        }
    }
}

/// Decides by what is known. Pure.
pub fn plan(observed: &ObservedParts, desired: &New) -> Step {
    match (&observed.policy, &observed.volume) {
        (_, Observed::Present(found)) if !found.is_ours => Step::GiveUp,
        (Observed::Unknown | Observed::Absent, Observed::Unknown | Observed::Absent) if desired.clone.is_some() => {
            match observed.qos {
                Observed::Present(()) => Step::MakePolicyAndClone,
                _ => Step::MakeQos,
            }
        }
        (Observed::Unknown | Observed::Absent, _) => Step::MakePolicy,
        _ if observed.qos != Observed::Present(()) => Step::MakeQos,
        (_, Observed::Unknown) => Step::LookForVolume,
        (_, Observed::Absent) => Step::MakeVolume,
        (_, Observed::Present(found)) => match repair(found, desired) {
            change if change != Change::default() => Step::Repair(found.clone(), Box::new(change)),
            _ if observed.screening != Observed::Present(()) => Step::Screen,
            _ if observed.share != Observed::Present(()) => Step::MakeShare,
            _ => Step::Done(found.clone()),
        },
    }
}

/// Makes the instance, or what is missing of it.
pub async fn create(array: &Array, subject: &Subject) -> Result<Created, Trouble> {
    let session = array.at(subject).await?.ok_or_else(|| seat::none(subject))?;
    let names = Names::of(&array.templates, subject);
    let place = place::named(&array.settings, &session.facts, &subject.pool.pool)?;
    let Blueprint { volume: desired, qos, references, screening, splits } =
        blueprint::volume(&array.settings, &session.facts, subject, (&array.templates, &names), &place)?;
    let (references, desired) = (&references, &desired);
    // A clone is made beside what it stands on, and brought to its own pool later.
    let origin = relocate::origin(array, &session, subject, &place)?;
    let made_in = origin.as_ref().unwrap_or(&place);
    let making = Making { array, session: &session, names: &names, place: made_in, desired, references, subject };
    let mut interfaces = None;
    let mut observed = ObservedParts::at_first(subject.protocol, qos.is_some(), screening.is_some());
    for _ in 0..STEPS {
        match plan(&observed, desired) {
            Step::MakePolicy => making.policy(&mut observed).await?,
            Step::MakePolicyAndClone => {
                let mut beside = observed.clone();
                let looking = array.lifs.now(&session.client, &session.svm);
                let (policy, made, looked) = join!(making.policy(&mut beside), making.volume(), looking);
                policy?;
                (observed.policy, observed.volume, interfaces) = (beside.policy, made?, looked.ok());
            }
            Step::MakeQos => {
                match &qos {
                    Some(Qos::Own(terms)) => {
                        let (policy, size) = ((desired.svm.as_str(), names.qos.as_str()), desired.size);
                        own_qos::ensure(array, &session.client, policy, subject.instance, terms, size).await?;
                    }
                    Some(Qos::OfType(policy)) => {
                        qos_type::ensure(array, &session.client, &desired.svm, subject.instance, policy).await?;
                    }
                    None => {}
                }
                observed.qos = Observed::Present(());
            }
            Step::LookForVolume => {
                let found = found::find(array, &session, &names, subject.instance).await?;
                observed.volume = found.map_or(Observed::Absent, Observed::Present);
            }
            Step::MakeVolume => {
                // Looked at beside, so that it costs no time of its own.
                let (made, looked) = join!(making.volume(), array.lifs.now(&session.client, &session.svm));
                (observed.volume, interfaces) = (made?, looked.ok());
            }
            Step::Repair(found, change) => observed.volume = making.repair(found, &change).await?,
            Step::Screen => {
                fpolicy::apply(array, &session, subject, &names.volume, screening.as_ref()).await?;
                observed.screening = Observed::Present(());
            }
            Step::MakeShare => {
                let path = desired.path.as_deref().unwrap_or_default();
                observed.share = smb_share::make(array, &session, &names, subject.instance, path).await?;
            }
            Step::GiveUp => return Err(found::stranger(&names)),
            Step::Done(found) => {
                let is_elsewhere = origin.is_some() && found.aggregates != place.aggregates;
                if splits && desired.clone.is_some() && !is_elsewhere {
                    making.split(&found).await;
                }
                for what in specs::without_effect(&subject.extra_specs, &subject.metadata) {
                    let (service, volume) = (&array.service, &names.volume);
                    tracing::warn!(service, volume, what, "an extra spec or metadata key has no effect on the share");
                }
                let interfaces = match interfaces {
                    Some(interfaces) => interfaces,
                    None => array.lifs.now(&session.client, &session.svm).await.map_err(|error| trouble::of(&error))?,
                };
                let exports = exports::serving(&session, &interfaces, subject, &names.mount, &found.aggregates)?;
                return Ok(Created { exports, is_elsewhere });
            }
        }
    }
    Err(trouble::again(format!("volume {} changes while it is made", names.volume)))
}

struct Making<'a> {
    array: &'a Array,
    session: &'a Session,
    names: &'a Names,
    place: &'a Place,
    desired: &'a New,
    /// What it names that must be there already.
    references: &'a [String],
    subject: &'a Subject,
}

impl Making<'_> {
    /// Makes the policy, which lets nobody in. Before there is one, there is no volume but a clone.
    async fn policy(&self, observed: &mut ObservedParts) -> Result<(), Trouble> {
        let (client, svm, instance) = (&self.session.client, &self.desired.svm, self.subject.instance);
        let name = &self.names.policy;
        let making = export_policy::create(client, svm, name, &[]);
        match self.array.late_creations.during(instance, (), making).await {
            Ok(id) => {
                self.array.key_cache.note(instance, |keys| keys.policy = Some(id));
                observed.policy = Observed::Present(());
                if observed.volume == Observed::Unknown {
                    observed.volume = Observed::Absent;
                }
                return Ok(());
            }
            Err(error) if error.class() == Class::Exists => {}
            Err(error) => return Err(trouble::of(&error)),
        }
        let found = export_policy::find(client, svm, name).await.map_err(|error| trouble::of(&error))?;
        observed.policy = match found {
            None => Observed::Absent,
            Some(policy) => {
                let emptying = export_policy::replace(client, policy.id, &[]);
                let emptied = self.array.late_rules.during(instance, Vec::new(), emptying).await;
                emptied.map_err(|error| trouble::of(&error))?;
                self.array.key_cache.note(instance, |keys| keys.policy = Some(policy.id));
                Observed::Present(())
            }
        };
        Ok(())
    }

    async fn volume(&self) -> Result<Observed<Found>, Trouble> {
        let instance = self.subject.instance;
        match self.make().await {
            Ok(uuid) => {
                let has_qos = self.desired.qos_policy.as_ref() == Some(&self.names.qos);
                let is_clone = self.desired.clone.is_some();
                // Whose the root directory of a clone is was so when the snapshot was taken.
                let is_nobodys = self.desired.owner == Some(NOBODY) && !is_clone;
                self.array.key_cache.note(instance, |keys| {
                    (keys.volume, keys.has_qos, keys.is_nobodys) = (Some(uuid), has_qos, is_nobodys);
                });
                Ok(Observed::Present(Found {
                    uuid,
                    is_ours: true,
                    state: Some("online".to_owned()),
                    size: (!is_clone).then_some(self.desired.size),
                    path: self.desired.path.clone().filter(|_| !is_clone),
                    policy: (self.desired.export_policy.clone().filter(|_| !is_clone), None),
                    qos: self.desired.qos_policy.clone(),
                    aggregates: self.place.aggregates.clone(),
                    created: None,
                }))
            }
            Err(error) if error.class() == Class::Exists => Ok(Observed::Unknown),
            // The pool that was chosen may have plenty of room.
            Err(error) if error.class() == Class::Full && self.place.name != self.subject.pool.pool => {
                let trouble = trouble::of(&error);
                let reason = format!(
                    "{}; in pool {}, where the snapshot is and the clone begins",
                    trouble.reason, self.place.name
                );
                Err(Trouble { detail: Detail::DriverFailedCreatingFromSnap, reason, ..trouble })
            }
            Err(error) => Err(self.without_reference(&error)),
        }
    }

    /// Something that the volume names may not be there: whoever asked for it is told by name.
    fn without_reference(&self, error: &Error) -> Trouble {
        let trouble = trouble::of(error);
        if self.references.is_empty() || !matches!(error.class(), Class::BadReference | Class::Refused) {
            return trouble;
        }
        let reason = format!("{}; asked for were {}", trouble.reason, self.references.join(", "));
        match error.class() {
            Class::BadReference => Trouble { detail: Detail::FilterCapabilities, reason, ..trouble },
            _ => Trouble { reason, ..trouble },
        }
    }

    /// Has the array make the volume. A FlexGroup takes its time, and waits while another one, or an earlier call for this
    /// one, is laid over its aggregates. What is left of the patience when the try ends is that of the next try.
    async fn make(&self) -> Result<Uuid, Error> {
        let (clock, client) = (&self.array.clock, &self.session.client);
        let create = async |client: &Client| {
            self.array.late_creations.during(self.subject.instance, (), volume::create(client, self.desired)).await
        };
        let flexgroups = self.array.settings.flexgroups.as_ref();
        let Some(flexgroups) = flexgroups.filter(|_| self.place.style == Style::Flexgroup) else {
            return create(client).await;
        };
        let begun = clock.running();
        loop {
            let left = (begun + LONGEST_MAKING).saturating_sub(clock.running());
            match create(&client.within(flexgroups.online_timeout.min(left))).await {
                Err(error) if error.class() == Class::Busy => {
                    let waited = clock.running().saturating_sub(begun) + BUSY_PAUSE;
                    if waited >= flexgroups.not_busy_timeout.min(LONGEST_MAKING) {
                        return Err(error);
                    }
                    clock.sleep(BUSY_PAUSE).await;
                }
                other => return other,
            }
        }
    }

    /// Has the array detach a clone from what it began with, in the background. Where it does not, the share is none the worse: it
    /// stands on the snapshot, which goes when nothing does any more.
    async fn split(&self, found: &Found) {
        let change = Change { split: Some(true), ..Change::default() };
        let splitting = volume::change(&self.session.client, found.uuid, &change);
        if let Err(error) = self.array.late_changes.during(self.subject.instance, change.clone(), splitting).await {
            let (service, volume) = (&self.array.service, &self.names.volume);
            tracing::warn!(service, volume, why = error.message(), "a share is not detached from its snapshot yet");
        }
    }

    async fn repair(&self, found: Found, change: &Change) -> Result<Observed<Found>, Trouble> {
        let (volume, service) = (&self.names.volume, &self.array.service);
        // A clone is made without what is its own, and has no size until it is told.
        if found.size.is_some() {
            tracing::info!(service, volume, changes = ?change.changes(), "what an earlier try left is put right");
        }
        let changing = volume::change(&self.session.client, found.uuid, change);
        let changing = self.array.late_changes.during(self.subject.instance, change.clone(), changing);
        match self.array.late_creations.during(self.subject.instance, (), changing).await {
            Ok(()) => Ok(Observed::Present(Found {
                state: Some("online".to_owned()),
                size: Some(self.desired.size),
                path: self.desired.path.clone(),
                policy: (self.desired.export_policy.clone(), found.policy.1),
                qos: change.qos_policy.clone().or(found.qos),
                ..found
            })),
            Err(error) if error.class() == Class::Absent => Ok(Observed::Unknown),
            Err(error) => Err(self.without_reference(&error)),
        }
    }
}

#[cfg(test)]
mod tests;
