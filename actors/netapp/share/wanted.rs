//! What the record, the type and the metadata of a share say of its volume that can differ while it is used, and in what a volume
//! differs. Pure.
//!
//! What they say nothing about is the administrator's of the array. How to get it wrong: to judge a volume that is offline, of which
//! ONTAP tells little; or by what it was made with, where its type says something else by now.
//! Source: operations.md §6.

use manilad_driver::{Aspect, Difference, Subject};
use manilad_ontap::facts::{Facts, Scope};
use manilad_ontap::release::Feature;
use manilad_ontap::volume::Volume;

use super::blueprint::Qos;
use super::{qos_type, specs};
use crate::config::Settings;
use crate::naming::Names;
use crate::place;

const GIB: u64 = 1 << 30;
/// Arrays round sizes by less than this.
const ROUNDING: u64 = GIB / 2;

/// The QoS policy that a volume is to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedQos {
    pub policy: String,
    /// How it is made; none of one that somebody else makes.
    pub made: Option<Qos>,
}

/// What is wanted of a volume; nothing is said about what is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Bytes.
    pub size: Option<u64>,
    /// The aggregates of its pool.
    pub aggregates: Option<Vec<String>>,
    pub snapshot_policy: Option<String>,
    pub snapshot_directory: Option<bool>,
    pub qos: Option<WantedQos>,
}

impl Wanted {
    /// What is wanted of the volume of an instance in `svm`. A type that can't be read says nothing.
    pub fn of(settings: &Settings, facts: &Facts, svm: &str, names: &Names, subject: &Subject) -> Self {
        let asked = specs::read(&subject.extra_specs).unwrap_or_default();
        let hides = facts.identity.release.has(Feature::SnapshotDirectory);
        let of_metadata = subject.metadata.get(specs::SNAPSHOT_POLICY_KEY).cloned();
        let of_type = subject.qos.as_ref().and_then(|desired| qos_type::read(settings, svm, desired).ok().flatten());
        let own = (!asked.throughput.is_none()).then(|| asked.throughput.terms(subject.size));
        let qos = match (own, of_type, asked.adaptive_qos) {
            (Some(terms), ..) => Some(WantedQos { policy: names.qos.clone(), made: Some(Qos::Own(terms)) }),
            (None, Some(policy), _) => Some(WantedQos { policy: policy.name.clone(), made: Some(Qos::OfType(policy)) }),
            (None, None, Some(policy)) => Some(WantedQos { policy, made: None }),
            (None, None, None) => None,
        };
        Wanted {
            size: subject.size.checked_mul(GIB),
            aggregates: place::named(settings, facts, &subject.pool.pool).ok().map(|place| place.aggregates),
            snapshot_policy: of_metadata.or(asked.snapshot_policy),
            snapshot_directory: settings
                .snapshot_directory
                .or(asked.hide_snapshots.map(|hidden| !hidden))
                .filter(|_| hides),
            // An account of an SVM neither makes nor names QoS policies.
            qos: qos.filter(|_| facts.scope == Scope::Cluster),
        }
    }

    /// In what a volume that is online differs. Under a snapshot policy of `kept` its snapshots are its administrator's.
    pub fn differences(&self, volume: &Volume, kept: &[String]) -> Vec<Difference> {
        if volume.state.as_deref().is_some_and(|state| state != "online") {
            return Vec::new();
        }
        let name = &volume.name;
        let policy = volume.snapshot_policy.as_deref();
        let is_kept = policy.is_some_and(|policy| kept.contains(&policy.to_lowercase()));
        let qos = volume.qos_policy.as_deref();
        let of_size = self.size.zip(volume.size).and_then(|(wanted, actual)| Self::of_size(name, wanted, actual));
        let is_elsewhere = |own: &&Vec<String>| volume.aggregates.iter().any(|one| !own.contains(one));
        let of_pool = self.aggregates.as_ref().filter(is_elsewhere);
        let of_policy = self.snapshot_policy.as_deref().zip(policy).filter(|(wanted, actual)| wanted != actual);
        let of_directory = self.snapshot_directory.zip(volume.snapshot_directory);
        let of_directory = of_directory.filter(|(wanted, actual)| wanted != actual);
        let of_qos = self.qos.as_ref().filter(|wanted| qos != Some(wanted.policy.as_str()));
        let all = [
            (Aspect::Size, of_size),
            (
                Aspect::Pool,
                of_pool.map(|own| {
                    let (here, own) = (volume.aggregates.join(", "), own.join(", "));
                    format!("volume {name} is in aggregate {here}, and its pool has {own}")
                }),
            ),
            (
                Aspect::SnapshotPolicy,
                of_policy.filter(|_| !is_kept).map(|(wanted, actual)| {
                    format!("volume {name} is under snapshot policy {actual} instead of {wanted}")
                }),
            ),
            (
                Aspect::SnapshotDirectory,
                of_directory.filter(|_| !is_kept).map(|(_, visible)| {
                    let is = if visible { "visible, and is to be hidden" } else { "hidden, and is to be visible" };
                    format!("the snapshot directory of volume {name} is {is}")
                }),
            ),
            (
                Aspect::Qos,
                of_qos.map(|wanted| {
                    let actual = qos.unwrap_or("(none)");
                    format!("volume {name} is under QoS policy {actual} instead of {}", wanted.policy)
                }),
            ),
        ];
        all.into_iter().filter_map(|(aspect, reason)| Some(Difference { aspect, reason: reason? })).collect()
    }

    /// The record of a share that was managed is rounded up to whole GiB.
    fn of_size(name: &str, wanted: u64, actual: u64) -> Option<String> {
        let told =
            |word: &str| Some(format!("volume {name} has {actual} bytes, {word} than the {wanted} of its share"));
        match (actual > wanted, actual.abs_diff(wanted)) {
            (true, beyond) if beyond >= ROUNDING => told("more"),
            (false, short) if short >= GIB => told("less"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
