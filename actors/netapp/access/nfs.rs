//! Rules over NFS: the whole list of an export policy, replaced in one call.
//!
//! The usual case is that one call. Only when it finds no policy we look at the volume, and only when the array
//! refuses the list we search for the rule at fault. How to get it wrong: being content with our own call while an
//! older one, whose answer was lost, may still put back what a tenant has denied. Source: operations.md §7.1.

use std::collections::BTreeSet;
use std::time::Duration;

use manilad_clock::Uuid;
use manilad_driver::{Applied, DesiredRule, Subject, Trouble};
use manilad_ontap::export_policy::{self, Rule};
use manilad_ontap::volume::{self, Change};
use manilad_ontap::{Class, Error};

use super::rules::{Entry, Ordered, order, refuse};
use super::search::Search;
use crate::array::Array;
use crate::naming::Names;
use crate::session::Session;
use crate::share::{Found, absent, find, own_policy};
use crate::squash::{NOBODY, Squash};
use crate::{seat, trouble};

/// Sets that are tried in one task to find rules at fault. What was found good stays, and what was found bad is told, so
/// the next task has less to try.
const TRIES: usize = 64;

/// Brings the policy of the instance to the desired rules, and tells those that the array does not take.
pub async fn apply(array: &Array, subject: &Subject, desired: &[DesiredRule]) -> Result<Applied, Trouble> {
    let session = array.at(subject).await?.ok_or_else(|| seat::gone(subject))?;
    let Ordered { entries, mut refused } = order(desired, Squash::of(subject));
    let names = Names::of(&array.templates, subject);
    let applying = Applying { array, session: &session, names: &names, subject, entries: &entries };
    let all: Vec<usize> = (0..entries.len()).collect();
    // Before the act: what lands between the two is undone by it.
    let late = Late::look(array, subject);
    let (policy, outcome) = match applying.begin(&all).await {
        Ok(begun) => begun,
        Err(Stop::NoVolume) => return Err(absent(array, subject, &names, late.than(&[]))),
        Err(Stop::Trouble(trouble)) => return Err(trouble),
    };
    let enforced = match outcome {
        Ok(()) => all,
        Err(error) if is_of_the_rules(&error) => {
            let Culprits { culprits, is_whole } = applying.search(policy, &error).await?;
            for (place, reason) in &culprits {
                refused.extend(entries[*place].ids.iter().map(|id| refuse(*id, reason.clone())));
            }
            if !is_whole {
                return Ok(Applied::NotYet(refused));
            }
            all.into_iter().filter(|place| culprits.iter().all(|(culprit, _)| culprit != place)).collect()
        }
        Err(error) => return Err(trouble::of(&error)),
    };
    match late.than(&applying.rules(&enforced)) {
        None => Ok(Applied::AllBut(refused)),
        Some(left) => {
            let reason = "the rules are in force, but an older call without an answer may still change them";
            Err(trouble::wait(left, reason))
        }
    }
}

/// Why nothing was begun.
enum Stop {
    /// The array says so.
    NoVolume,
    Trouble(Trouble),
}

impl From<Trouble> for Stop {
    fn from(trouble: Trouble) -> Self {
        Stop::Trouble(trouble)
    }
}

/// Older calls that may still set rules, each with how long it may take.
struct Late {
    own: Vec<(Duration, Vec<Rule>)>,
    /// Of earlier incarnations, with nobody knows which rules.
    others: Option<Duration>,
}

impl Late {
    fn look(array: &Array, subject: &Subject) -> Self {
        let others = array.late_rules.left_of_others().filter(|_| subject.in_flight);
        Late { own: array.late_rules.of(subject.instance), others }
    }

    /// How long one may still set other rules than these.
    fn than(self, rules: &[Rule]) -> Option<Duration> {
        let others = self.own.into_iter().filter(|(_, others)| others != rules);
        others.map(|(left, _)| left).max().max(self.others)
    }
}

/// Whether the array refused what the call said, as opposed to the call.
fn is_of_the_rules(error: &Error) -> bool {
    matches!(error.class(), Class::Refused | Class::Exists | Class::TooMany)
}

/// What a search has found.
struct Culprits {
    /// Rules by their place, each with why.
    culprits: Vec<(usize, String)>,
    /// There are no others, and what is left is enforced.
    is_whole: bool,
}

struct Applying<'a> {
    array: &'a Array,
    session: &'a Session,
    names: &'a Names,
    subject: &'a Subject,
    entries: &'a [Entry],
}

impl Applying<'_> {
    /// Gives the policy of the volume these rules. Answers its id, and what the array says of them.
    async fn begin(&self, all: &[usize]) -> Result<(u64, Result<(), Error>), Stop> {
        let policy = self.policy().await?;
        self.give_to_nobody().await?;
        match self.replace(policy, all).await {
            Err(error) if error.class() == Class::Absent => {
                self.array.key_cache.forget(self.subject.instance);
                let policy = self.policy().await?;
                Ok((policy, self.replace(policy, all).await))
            }
            outcome => Ok((policy, outcome)),
        }
    }

    /// The volume, which has to be ours; one call.
    async fn volume(&self) -> Result<Found, Stop> {
        let found = find(self.array, self.session, self.names, self.subject.instance).await?;
        let found = found.ok_or(Stop::NoVolume)?;
        let unmarked = || trouble::again(format!("volume {} is there without our mark", self.names.volume));
        if found.is_ours { Ok(found) } else { Err(unmarked().into()) }
    }

    /// The policy of the volume, by id: as remembered, as found, or made anew and put in place.
    async fn policy(&self) -> Result<u64, Stop> {
        let instance = self.subject.instance;
        if let Some(id) = self.array.key_cache.keys(instance).policy {
            return Ok(id);
        }
        let found = self.volume().await?;
        if let Some(id) = self.array.key_cache.keys(instance).policy {
            return Ok(id);
        }
        let id = own_policy::find_or_make(self.array, self.session, self.names, instance).await?;
        if found.policy.0.as_deref() != Some(&self.names.policy) {
            let (service, volume) = (&self.array.service, &self.names.volume);
            tracing::warn!(service, volume, had = ?found.policy.0, "a volume had another export policy and gets its own back");
            let change = Change { export_policy: Some(self.names.policy.clone()), ..Change::default() };
            self.change(found.uuid, &change).await.map_err(|error| trouble::of(&error))?;
        }
        self.array.key_cache.note(instance, |keys| keys.policy = Some(id));
        Ok(id)
    }

    /// Who is squashed must find a directory to write to, before anybody gets in. One call, the first time.
    async fn give_to_nobody(&self) -> Result<(), Stop> {
        let (instance, kept) = (self.subject.instance, &self.array.key_cache);
        if kept.keys(instance).is_nobodys || !self.entries.iter().any(|entry| entry.squash) {
            return Ok(());
        }
        let uuid = match kept.keys(instance).volume {
            Some(uuid) => uuid,
            None => self.volume().await?.uuid,
        };
        let change = Change { owner: Some(NOBODY), ..Change::default() };
        self.change(uuid, &change).await.map_err(|error| {
            if error.class() == Class::Absent {
                kept.forget(instance);
            }
            trouble::of(&error)
        })?;
        kept.note(instance, |keys| keys.is_nobodys = true);
        Ok(())
    }

    async fn change(&self, volume: Uuid, change: &Change) -> Result<(), Error> {
        let changing = volume::change(&self.session.client, volume, change);
        self.array.late_creations.during(self.subject.instance, (), changing).await
    }

    fn rules(&self, places: &[usize]) -> Vec<Rule> {
        places.iter().map(|place| self.entries[*place].rule()).collect()
    }

    async fn replace(&self, policy: u64, places: &[usize]) -> Result<(), Error> {
        let rules = self.rules(places);
        let replacing = export_policy::replace(&self.session.client, policy, &rules);
        self.array.late_rules.during(self.subject.instance, rules.clone(), replacing).await
    }

    /// Finds which rules the array refuses, with why, and has it enforce all others; or some of them, where there are too
    /// many for one task.
    async fn search(&self, policy: u64, first: &Error) -> Result<Culprits, Trouble> {
        let current = export_policy::rules(&self.session.client, policy).await.map_err(|error| trouble::of(&error))?;
        let done = |place: &usize| current.iter().any(|rule| self.entries[*place].is_done_by(rule));
        let accepted: BTreeSet<usize> = (0..self.entries.len()).filter(done).collect();
        let named = |place: usize, error: &Error| self.entries[place].is_named_in(error.text());
        let mut search = Search::new(self.entries.len(), accepted, |place| named(place, first));
        let mut reasons = vec![first.message(); search.culprits().len()];
        for _ in 0..TRIES {
            let Some(set) = search.next() else {
                return Ok(Culprits {
                    culprits: search.culprits().iter().copied().zip(reasons).collect(),
                    is_whole: true,
                });
            };
            match self.replace(policy, &set).await {
                Ok(()) => search.took(),
                Err(error) if is_of_the_rules(&error) => {
                    if !search.refused(|place| named(place, &error)) {
                        return Err(trouble::of(&error));
                    }
                    reasons.resize(search.culprits().len(), error.message());
                }
                Err(error) => return Err(trouble::of(&error)),
            }
        }
        match search.culprits() {
            [] => Err(trouble::again(format!("no rule at fault was found in {TRIES} tries: {}", first.message()))),
            some => Ok(Culprits { culprits: some.iter().copied().zip(reasons).collect(), is_whole: false }),
        }
    }
}
