//! What two readings of the configuration differ in, without keeping any value: of each option a hash is kept.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use config::Value;

use crate::opt::{Opt, Use};

/// Hashes of the options that were read. Not shown, since those of secrets are among them.
#[derive(Clone, Default)]
pub struct Prints(BTreeMap<(String, &'static str), Print>);

#[derive(Clone, Copy)]
struct Print {
    hash: u64,
    reload: bool,
}

/// An option that has another value than before, or is in one of the two readings only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub section: String,
    pub option: &'static str,
    /// Whether SIGHUP brings it into force.
    pub reload: bool,
}

impl fmt::Debug for Prints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prints of {} options", self.0.len())
    }
}

impl Prints {
    pub(crate) fn take(&mut self, section: &str, option: &'static Opt, value: &Value) {
        if option.used != Use::Used {
            return;
        }
        let mut hasher = DefaultHasher::new();
        format!("{:?}", value.kind).hash(&mut hasher);
        let print = Print { hash: hasher.finish(), reload: option.reload };
        self.0.insert((section.to_owned(), option.name), print);
    }

    /// What changed between an earlier reading and this one, in the order of sections and options.
    pub fn since(&self, earlier: &Prints) -> Vec<Changed> {
        let differs = |key: &&(String, &'static str)| {
            self.0.get(*key).map(|print| print.hash) != earlier.0.get(*key).map(|print| print.hash)
        };
        let only_before = earlier.0.iter().filter(|(key, _)| !self.0.contains_key(*key));
        let mut changed: Vec<Changed> = self
            .0
            .iter()
            .chain(only_before)
            .filter(|(key, _)| differs(key))
            .map(|((section, option), print)| Changed { section: section.clone(), option, reload: print.reload })
            .collect();
        changed.sort_by(|a, b| (&a.section, a.option).cmp(&(&b.section, b.option)));
        changed
    }
}
