//! Bringing an instance to another size: one change of its volume, and the QoS policy where its limits go by the GiB.
//!
//! The volume is taken as it is: the call says what is wanted, and to repeat it changes nothing. How to get it wrong: to begin while
//! a call with another size may still be carried out, or to take ONTAP's refusal to cut off data for a failure of its own.
//! Source: operations.md §6, §15.

use manilad_clock::Uuid;
use manilad_domain::message::Detail;
use manilad_driver::{Subject, Trouble};
use manilad_ontap::volume::{self, Change};
use manilad_ontap::{Class, Error, qos};

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
    let known = array.at(subject).await?.ok_or_else(|| seat::none(subject))?;
    let asked = specs::read(&subject.extra_specs)?;
    let change = Change { size: Some(size), files_maximum: asked.files_that_follow(subject.size), ..Change::default() };
    let resizing = Resizing { array, known: &known, names: &names, subject, change, size };
    let remembered = array.key_cache.keys(subject.instance);
    let has_qos = match remembered.volume {
        Some(uuid) => match resizing.change(uuid).await? {
            true => remembered.has_qos,
            false => {
                array.key_cache.forget(subject.instance);
                resizing.look_and_change().await?
            }
        },
        None => resizing.look_and_change().await?,
    };
    if has_qos && asked.throughput.follows_size() {
        let (client, name) = (&known.client, &names.qos);
        let policy = qos::find(client, &known.svm, name).await.map_err(|error| trouble::of(&error))?;
        let policy = policy.ok_or_else(|| trouble::again(format!("QoS policy {name} is not there")))?;
        let terms = asked.throughput.terms(subject.size);
        let changing = qos::change(client, policy.uuid, &terms);
        let changed = array.late_sizes.during(subject.instance, size, changing).await;
        changed.map_err(|error| trouble::of(&error))?;
    }
    Ok(())
}

/// Refuses to begin while a call that asks for another size may still be carried out.
fn wait_for_others(array: &Array, subject: &Subject, names: &Names, size: u64) -> Result<(), Trouble> {
    let own = array.late_sizes.of(subject.instance).into_iter();
    let other_sizes = own.filter(|(_, other)| *other != size).map(|(left, _)| left).max();
    let left = other_sizes.max(array.late_sizes.left_of_others().filter(|_| subject.in_flight));
    match left {
        Some(left) => {
            Err(trouble::wait(left, &format!("a call that resizes {} may still be carried out", names.volume)))
        }
        None => Ok(()),
    }
}

struct Resizing<'a> {
    array: &'a Array,
    known: &'a Session,
    names: &'a Names,
    subject: &'a Subject,
    change: Change,
    /// Bytes.
    size: u64,
}

impl Resizing<'_> {
    /// Changes the volume that bears the name of the instance; whether it names a QoS policy of its own.
    async fn look_and_change(&self) -> Result<bool, Trouble> {
        let (array, names) = (self.array, self.names);
        let gone = || Trouble { detail: Detail::VolumeAbsent, ..trouble::never(format!("no volume {}", names.volume)) };
        let found = found::find(array, self.known, names, self.subject.instance).await?.ok_or_else(gone)?;
        if !found.is_ours {
            return Err(found::stranger(names));
        }
        match self.change(found.uuid).await? {
            true => Ok(found.qos.as_deref() == Some(&names.qos)),
            false => Err(gone()),
        }
    }

    /// Changes a volume; false when it is gone.
    async fn change(&self, uuid: Uuid) -> Result<bool, Trouble> {
        let changing = volume::change(&self.known.client, uuid, &self.change);
        match self.array.late_sizes.during(self.subject.instance, self.size, changing).await {
            Ok(()) => Ok(true),
            Err(error) if error.class() == Class::Absent => Ok(false),
            Err(error) if error.class() == Class::Refused => Err(self.refused(&error).await?),
            Err(error) => Err(trouble::of(&error)),
        }
    }

    /// Whatever the code of a refusal, data that does not fit is the reason.
    async fn refused(&self, error: &Error) -> Result<Trouble, Trouble> {
        let does_not_fit = error.code() == TOO_SMALL || {
            let found = volume::find(&self.known.client, &self.known.svm, &self.names.volume).await;
            let found = found.map_err(|error| trouble::of(&error))?;
            found.and_then(|volume| volume.used).is_some_and(|used| used > self.size)
        };
        Ok(match does_not_fit {
            true => Trouble { detail: Detail::DriverRefusedShrink, ..trouble::never(error.told()) },
            false => trouble::of(error),
        })
    }
}
