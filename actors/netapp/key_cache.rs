//! What this incarnation remembers of instances, so that the usual case needs no look-up.
//!
//! Only a short cut: whatever is here was seen with our mark, and is forgotten when a call finds it gone. How to get it
//! wrong: remembering names, which others can change; uuids and policy ids they can't.

use std::cell::RefCell;
use std::collections::HashMap;

use manilad_clock::Uuid;
use manilad_domain::InstanceId;

/// More than an array can have volumes (12 000); beyond, all is forgotten, which costs a look-up each.
const MOST: usize = 20_000;

/// The keys of an instance on the array, as far as they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keys {
    pub volume: Option<Uuid>,
    pub policy: Option<u64>,
    /// Whether the volume names a QoS policy of its own.
    pub has_qos: bool,
    /// Whether its root directory was given to nobody.
    pub is_nobodys: bool,
}

/// Keys by instance.
#[derive(Default)]
pub struct KeyCache(RefCell<HashMap<InstanceId, Keys>>);

impl KeyCache {
    pub fn keys(&self, instance: InstanceId) -> Keys {
        self.0.borrow().get(&instance).copied().unwrap_or_default()
    }

    pub fn note(&self, instance: InstanceId, change: impl FnOnce(&mut Keys)) {
        let mut all = self.0.borrow_mut();
        if all.len() >= MOST && !all.contains_key(&instance) {
            all.clear();
        }
        change(all.entry(instance).or_default());
    }

    pub fn forget(&self, instance: InstanceId) {
        self.0.borrow_mut().remove(&instance);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_a_bound() {
        let kept = KeyCache::default();
        let id = |number: usize| InstanceId(Uuid::from_u128(number as u128));
        for number in 0..=MOST {
            kept.note(id(number), |keys| keys.policy = Some(number as u64));
        }
        assert_eq!(kept.keys(id(MOST)).policy, Some(MOST as u64));
        assert_eq!(kept.keys(id(0)), Keys::default());
        kept.forget(id(MOST));
        assert_eq!(kept.keys(id(MOST)), Keys::default());
    }
}
