//! What a round found, and what of that is told: what is new since the last one, each once.
//!
//! How to get it wrong: to tell at each round again what nobody has mended yet.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;

use manilad_domain::{InstanceId, ShareId};
use manilad_driver::{Aspect, Marked};

use crate::meter;

/// Lines of one kind that a round logs; the counts are whole.
pub const LOGGED_LINES: usize = 20;

/// In what an instance differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub reason: String,
    /// Whether somebody was told to do something about it.
    pub is_told: bool,
}

/// What a round found.
#[derive(Debug, Default)]
pub struct Findings {
    /// Instances that were held against the array.
    pub judged: HashSet<InstanceId>,
    /// The share of each instance that was looked at.
    pub shares: HashMap<InstanceId, ShareId>,
    pub drifted: usize,
    /// Instances that are not served.
    pub missing: BTreeMap<InstanceId, String>,
    pub differing: BTreeMap<(InstanceId, Aspect), Told>,
    /// Instances in error that are there and as they should be, and whether that was told.
    pub sound: BTreeMap<InstanceId, bool>,
    /// By kind and id of the object.
    pub strays: BTreeMap<(&'static str, String), Marked>,
}

pub fn key_of(marked: &Marked) -> (&'static str, String) {
    (marked.what, marked.id.clone())
}

impl Findings {
    pub fn differ(&mut self, instance: InstanceId, aspect: Aspect, reason: String) {
        self.differing.insert((instance, aspect), Told { reason, is_told: false });
    }

    /// Logs what is new since the last round, and counts what there is.
    pub fn log(&mut self, backend: &str, before: &Self, took: Duration) {
        let is_new = |stray: &&Marked| !before.strays.contains_key(&key_of(stray));
        for Marked { instance, what, name, id } in self.strays.values().filter(is_new).take(LOGGED_LINES) {
            tracing::warn!(
                backend, what, name, id, %instance,
                "a stray: it carries our mark, and there is no record of it; it is not touched"
            );
        }
        let shares = std::mem::take(&mut self.shares);
        let share = |instance: &InstanceId| shares.get(instance).map(tracing::field::display);
        let missing = self.missing.iter().filter(|(instance, reason)| before.missing.get(instance) != Some(reason));
        for (instance, reason) in missing.take(LOGGED_LINES) {
            tracing::error!(backend, share = share(instance), %instance, reason, "a share is not served by the array");
        }
        for (instance, aspect) in self.tell_differing(before) {
            let (aspect, reason) = (aspect.name(), &self.differing[&(instance, aspect)].reason);
            tracing::warn!(backend, share = share(&instance), %instance, aspect, reason, "a share differs from its record on the array; it is left so");
        }
        for instance in self.tell_sound(before) {
            tracing::warn!(backend, share = share(&instance), %instance, "a share in error is on the array as it should be; it can be reset to available");
        }
        self.count(backend);
        let (instances, strays, missing) = (self.judged.len(), self.strays.len(), self.missing.len());
        let (drifted, differing) = (self.drifted, self.differing.len());
        tracing::info!(backend, instances, strays, missing, drifted, differing, ?took, "the array is swept");
    }

    /// Which differences somebody is to be told of now.
    fn tell_differing(&mut self, before: &Self) -> Vec<(InstanceId, Aspect)> {
        let mut tell = Vec::new();
        for (key, found) in &mut self.differing {
            found.is_told = before.differing.get(key).is_some_and(|known| known.is_told);
            if !found.is_told && tell.len() < LOGGED_LINES {
                found.is_told = true;
                tell.push(*key);
            }
        }
        tell
    }

    fn tell_sound(&mut self, before: &Self) -> Vec<InstanceId> {
        let mut tell = Vec::new();
        for (instance, is_told) in &mut self.sound {
            *is_told = before.sound.get(instance).copied().unwrap_or(false);
            if !*is_told && tell.len() < LOGGED_LINES {
                *is_told = true;
                tell.push(*instance);
            }
        }
        tell
    }

    fn count(&self, backend: &str) {
        meter::found(backend, self.strays.len(), self.missing.len(), self.drifted);
        for aspect in Aspect::ALL {
            let differing = self.differing.keys().filter(|(_, other)| *other == *aspect).count();
            meter::differing(backend, aspect.name(), differing);
        }
        meter::differing(backend, "error", self.sound.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u128) -> InstanceId {
        InstanceId(uuid::Uuid::from_u128(number))
    }

    fn round(found: &[(u128, Aspect)]) -> Findings {
        let mut findings = Findings::default();
        found.iter().for_each(|(number, aspect)| findings.differ(id(*number), *aspect, "it differs".to_owned()));
        findings
    }

    #[test]
    fn each_difference_is_told_once_and_again_when_it_was_gone_in_between() {
        let found = [(1, Aspect::Size), (2, Aspect::Qos)];
        let told = found.map(|(number, aspect)| (id(number), aspect));
        let (mut first, mut second, mut later) = (round(&found), round(&found), round(&found));
        assert_eq!(first.tell_differing(&Findings::default()), told);
        assert_eq!(second.tell_differing(&first), []);
        assert_eq!(later.tell_differing(&Findings::default()), told);
    }

    #[test]
    fn what_is_too_much_for_one_round_is_told_in_the_next() {
        let many: Vec<_> = (0..LOGGED_LINES as u128 + 3).map(|number| (number, Aspect::Size)).collect();
        let (mut first, mut second) = (round(&many), round(&many));
        assert_eq!(first.tell_differing(&Findings::default()).len(), LOGGED_LINES);
        assert_eq!(second.tell_differing(&first).len(), 3);
    }

    #[test]
    fn a_share_in_error_that_is_sound_is_told_once() {
        let sound = || Findings { sound: BTreeMap::from([(id(1), false)]), ..Findings::default() };
        let (mut first, mut second) = (sound(), sound());
        assert_eq!(first.tell_sound(&Findings::default()), [id(1)]);
        assert_eq!(second.tell_sound(&first), []);
    }
}
