//! Bringing an instance to another size: one change of its volume, and the QoS policy where its limits go by the GiB.
//!
//! The volume is taken as it is: the call says what is wanted, and to repeat it changes nothing. How to get it wrong: to begin while
//! a call with another size may still be carried out, to take ONTAP's refusal to cut off data for a failure of its own, or to fail
//! for what is no part of the size: limits and the number of files that can't follow stay as they are, and a warning says so.
//! Source: operations.md §6, §15.

use std::time::Duration;

use manilad_clock::Uuid;
use manilad_domain::message::Detail;
use manilad_driver::{Subject, Trouble};
use manilad_ontap::volume::{self, Change};
use manilad_ontap::{Class, Endpoint, Error, Scope, qos};

use super::specs::Requested;
use super::{found, specs};
use crate::array::Array;
use crate::naming::Names;
use crate::session::Session;
use crate::{seat, trouble};

/// The size is below what the volume may have.
const TOO_SMALL: &str = "917534";

/// The instance is as large as its subject says.
pub async fn resize(array: &Array, subject: &Subject) -> Result<(), Trouble> {
    let names = Names::of(&array.templates, subject);
    let size = subject.size.checked_mul(1 << 30);
    let size = size.ok_or_else(|| trouble::never(format!("{} GiB is more than can be said", subject.size)))?;
    wait_for_others(array, subject, &names, size)?;
    let session = array.at(subject).await?.ok_or_else(|| seat::none(subject))?;
    let resizing = Resizing::new(array, &session, &names, subject, size);
    let remembered = array.key_cache.keys(subject.instance);
    let has_qos = match remembered.volume {
        Some(uuid) => match resizing.change_if_there(uuid).await? {
            true => remembered.has_qos,
            false => {
                array.key_cache.forget(subject.instance);
                resizing.look_and_change().await?
            }
        },
        None => resizing.look_and_change().await?,
    };
    if has_qos {
        resizing.adjust_limits().await?;
    }
    Ok(())
}

/// Refuses to begin while a call that asks for another size may still be carried out.
fn wait_for_others(array: &Array, subject: &Subject, names: &Names, size: u64) -> Result<(), Trouble> {
    let own = array.late_changes.of(subject.instance).into_iter();
    let is_other_size = |change: &Change| change.size.is_some_and(|other| other != size);
    let other_sizes = own.filter(|(_, change)| is_other_size(change)).map(|(left, _)| left).max();
    let left = other_sizes.max(array.late_changes.left_of_others().filter(|_| subject.in_flight));
    match left {
        Some(left) => {
            Err(trouble::wait(left, &format!("a call that resizes {} may still be carried out", names.volume)))
        }
        None => Ok(()),
    }
}

/// An instance, and what goes by the size that it is brought to.
pub(super) struct Resizing<'a> {
    array: &'a Array,
    session: &'a Session,
    names: &'a Names,
    subject: &'a Subject,
    /// None where its type can't be read.
    asked: Option<Requested>,
    /// Bytes.
    size: u64,
}

impl<'a> Resizing<'a> {
    pub(super) fn new(
        array: &'a Array,
        session: &'a Session,
        names: &'a Names,
        subject: &'a Subject,
        size: u64,
    ) -> Self {
        let (service, volume) = (&array.service, &names.volume);
        let asked = specs::read(&subject.extra_specs).inspect_err(|trouble| {
            let why = &trouble.reason;
            tracing::warn!(
                service,
                volume,
                why,
                "the type of a resized share can't be read: limits of throughput and number of files do not follow the size"
            );
        });
        Resizing { array, session, names, subject, asked: asked.ok(), size }
    }

    /// Changes a volume, and the number of its files unless ONTAP refuses that.
    pub(super) async fn change(&self, uuid: Uuid) -> Result<(), Error> {
        let files = self.asked.as_ref().and_then(|asked| asked.files_that_follow(self.subject.size));
        let change = Change { files_maximum: files, ..Change::to_size(self.size) };
        let refusal = match self.send(uuid, &change).await {
            Err(error) if files.is_some() && error.class() == Class::Refused && error.code() != TOO_SMALL => error,
            result => return result,
        };
        self.send(uuid, &Change { files_maximum: None, ..change }).await?;
        let (service, volume) = (&self.array.service, &self.names.volume);
        tracing::warn!(service, volume, files, %refusal, "the number of files that a share may hold does not follow its size");
        Ok(())
    }

    async fn send(&self, uuid: Uuid, change: &Change) -> Result<(), Error> {
        let changing = volume::change(&self.session.client, uuid, change);
        self.array.late_changes.during(self.subject.instance, change.clone(), changing).await
    }

    /// Gives the QoS policy of the instance the limits that go by the size. Where the array surely did not, they stay as they are: they
    /// are no part of the size.
    pub(super) async fn adjust_limits(&self) -> Result<(), Trouble> {
        match self.change_limits().await {
            Err(error) if error.is_refusal() => {
                let (service, volume) = (&self.array.service, &self.names.volume);
                tracing::warn!(service, volume, %error, "limits of throughput can't be brought to those of the share");
                Ok(())
            }
            result => result.map_err(|error| trouble::of(&error)),
        }
    }

    async fn change_limits(&self) -> Result<(), Error> {
        let Some(asked) = &self.asked else { return Ok(()) };
        let (client, name) = (&self.session.client, &self.names.qos);
        if asked.throughput.is_none() {
            let service = &self.array.service;
            tracing::warn!(
                service,
                policy = name,
                "the type of a resized share has no limits any more: its QoS policy stays as it is"
            );
        }
        if !asked.throughput.follows_size() {
            return Ok(());
        }
        if self.session.facts.scope != Scope::Cluster {
            let service = &self.array.service;
            tracing::warn!(
                service,
                policy = name,
                "the account is one of an SVM, which changes no QoS policies: the limits of a resized share stay as they are"
            );
            return Ok(());
        }
        let policy = qos::find(client, &self.session.svm, name).await?;
        let gone = || Error::absent(Endpoint::QosPolicies, &format!("there is no QoS policy {name}"));
        let terms = asked.throughput.terms(self.subject.size);
        let changing = qos::change(client, policy.ok_or_else(gone)?.uuid, &terms);
        self.array.late_changes.during(self.subject.instance, Change::to_size(self.size), changing).await
    }

    /// Changes the volume that bears the name of the instance; whether it names a QoS policy of its own.
    async fn look_and_change(&self) -> Result<bool, Trouble> {
        let (array, names) = (self.array, self.names);
        let gone = || Trouble { detail: Detail::VolumeAbsent, ..trouble::never(format!("no volume {}", names.volume)) };
        let found = found::find(array, self.session, names, self.subject.instance).await?.ok_or_else(gone)?;
        if !found.is_ours {
            return Err(found::stranger(names));
        }
        match self.change_if_there(found.uuid).await? {
            true => Ok(found.qos.as_deref() == Some(&names.qos)),
            false => Err(gone()),
        }
    }

    /// Changes a volume; false when it is gone.
    async fn change_if_there(&self, uuid: Uuid) -> Result<bool, Trouble> {
        // Before the call: what lands between it and its answer is not in what the array judged by.
        let left = self.array.late_changes.left(self.subject.instance, self.subject.in_flight);
        match self.change(uuid).await {
            Ok(()) => Ok(true),
            Err(error) if error.class() == Class::Absent => Ok(false),
            Err(error) if matches!(error.class(), Class::Refused | Class::Full) => {
                Err(self.refused(&error, left).await?)
            }
            Err(error) => Err(trouble::of(&error)),
        }
    }

    /// Whatever the code of a refusal, data that does not fit is the reason. That, or that there is no room, says that the volume is as
    /// it was, so calls that may still be carried out, for as long as there is `left`, are waited for.
    async fn refused(&self, error: &Error, left: Option<Duration>) -> Result<Trouble, Trouble> {
        let is_full = error.class() == Class::Full;
        let does_not_fit = error.code() == TOO_SMALL
            || !is_full && {
                let found = volume::find(&self.session.client, &self.session.svm, &self.names.volume).await;
                let found = found.map_err(|error| trouble::of(&error))?;
                found.and_then(|volume| volume.used).is_some_and(|used| used > self.size)
            };
        if let Some(left) = left.filter(|_| does_not_fit || is_full) {
            let volume = &self.names.volume;
            return Ok(trouble::wait(left, &format!("a call that resizes {volume} may still be carried out")));
        }
        Ok(match does_not_fit {
            true => Trouble { detail: Detail::DriverRefusedShrink, ..trouble::never(error.message()) },
            false => trouble::of(error),
        })
    }
}
