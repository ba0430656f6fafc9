//! From the FPolicy policies of an SVM to those that a volume is to be under: pure.
//!
//! Shares with the same extensions and operations share a policy, since an SVM has ten at most. It is named after the first of them, and
//! goes with the last. An enabled policy can't be changed, so it is out of force while its volumes are said anew. How to get it wrong: to
//! touch a policy of others, or to leave one out of force that was only to be changed; whoever looks next finds it disabled, and enables
//! it. Source: operations.md §18.

use std::collections::{BTreeMap, BTreeSet};

use manilad_ontap::fpolicy::{Event, MOST_POLICIES, Policy};

use super::screening::Screening;
use crate::naming::{FpolicyNames, FpolicyTemplates};

/// What there is in an SVM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub policies: Vec<Policy>,
    pub events: Vec<Event>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    MakeEvent(Event),
    Make(Policy),
    Disable(String),
    SetVolumes(String, Vec<String>),
    Enable(String, u8),
    Remove(String),
    RemoveEvent(String),
}

/// Why a volume can't come under a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The SVM has as many as it can have.
    TooMany,
    /// What is called so says something else.
    Taken(String),
}

/// The changes after which a volume is under one policy that says what is wanted, and under no other of ours, and all of ours are in
/// force.
///
/// # Errors
/// Why there can't be such a policy; what the volume is to leave, it leaves all the same on another day.
pub fn plan(
    seen: &Seen,
    templates: &FpolicyTemplates,
    names: &FpolicyNames,
    volume: &str,
    wanted: Option<&Screening>,
) -> Result<Vec<Act>, Obstacle> {
    let ours = || seen.policies.iter().filter(|policy| templates.policy.made(&policy.name));
    let matching = wanted.and_then(|wanted| ours().find(|policy| says(policy, &seen.events, wanted)));
    let mut priorities = Priorities::of(seen);
    let mut acts = Vec::new();
    let mut gone: BTreeSet<&str> = BTreeSet::new();
    for policy in ours() {
        let is_matching = matching.is_some_and(|same| same.name == policy.name);
        let mut volumes: Vec<String> =
            policy.volumes.iter().filter(|one| is_matching || *one != volume).cloned().collect();
        if is_matching && !volumes.iter().any(|one| one == volume) {
            volumes.push(volume.to_owned());
        }
        if volumes.is_empty() {
            gone.insert(&policy.name);
        }
        acts.extend(change(policy, volumes, &mut priorities));
    }
    if let Some(wanted) = wanted.filter(|_| matching.is_none()) {
        acts.extend(make(seen, names, volume, wanted, gone.len(), &mut priorities)?);
    }
    // Events of ours that no policy is about, or will be about: of a policy that goes, or of a try that came no further.
    let is_left = |event: &&Event| {
        let is_own = names.events.values().any(|name| *name == event.name);
        let was_of_gone =
            seen.policies.iter().any(|one| gone.contains(one.name.as_str()) && one.events.contains(&event.name));
        let is_used =
            seen.policies.iter().any(|one| !gone.contains(one.name.as_str()) && one.events.contains(&event.name));
        let is_wanted = acts.iter().any(|act| matches!(act, Act::Make(policy) if policy.events.contains(&event.name)));
        (is_own || was_of_gone) && templates.made_event(&event.name) && !is_used && !is_wanted
    };
    let left: Vec<Act> = seen.events.iter().filter(is_left).map(|event| Act::RemoveEvent(event.name.clone())).collect();
    acts.extend(left);
    Ok(acts)
}

/// Whether a policy refuses what is wanted.
fn says(policy: &Policy, events: &[Event], wanted: &Screening) -> bool {
    let own = events.iter().filter(|event| policy.events.contains(&event.name));
    let operations: BTreeMap<&str, &BTreeSet<String>> =
        own.map(|event| (event.protocol.as_str(), &event.operations)).collect();
    let is_watched = operations.len() == policy.events.len()
        && operations.len() == wanted.operations.len()
        && wanted.operations.iter().all(|(over, watched)| operations.get(over) == Some(&watched));
    is_watched && policy.include == wanted.include && policy.exclude == wanted.exclude
}

/// What has a policy be about these volumes, in force; without any it goes. One that is out of force was left so by somebody who came no
/// further, whichever share that was for.
fn change(policy: &Policy, volumes: Vec<String>, priorities: &mut Priorities) -> Vec<Act> {
    let (name, is_enabled) = (|| policy.name.clone(), policy.priority.is_some());
    let is_same = volumes == policy.volumes;
    if is_same && is_enabled && !volumes.is_empty() {
        return Vec::new();
    }
    let mut acts = Vec::from_iter(is_enabled.then(|| Act::Disable(name())));
    if volumes.is_empty() {
        acts.push(Act::Remove(name()));
        return acts;
    }
    if !is_same {
        acts.push(Act::SetVolumes(name(), volumes));
    }
    acts.push(Act::Enable(name(), policy.priority.unwrap_or_else(|| priorities.next())));
    acts
}

/// Those that no policy has.
struct Priorities {
    taken: BTreeSet<u8>,
}

impl Priorities {
    fn of(seen: &Seen) -> Self {
        Priorities { taken: seen.policies.iter().filter_map(|one| one.priority).collect() }
    }

    /// The first of them. Where there is none, the last of all: the array refuses it in its own words.
    fn next(&mut self) -> u8 {
        let last = u8::try_from(MOST_POLICIES).unwrap_or(u8::MAX);
        let next = (1..=last).find(|one| !self.taken.contains(one)).unwrap_or(last);
        self.taken.insert(next);
        next
    }
}

fn make(
    seen: &Seen,
    names: &FpolicyNames,
    volume: &str,
    wanted: &Screening,
    going: usize,
    priorities: &mut Priorities,
) -> Result<Vec<Act>, Obstacle> {
    if seen.policies.iter().any(|policy| policy.name == names.policy) {
        return Err(Obstacle::Taken(names.policy.clone()));
    }
    if seen.policies.len() - going >= MOST_POLICIES {
        return Err(Obstacle::TooMany);
    }
    let mut acts = Vec::new();
    let mut events = BTreeSet::new();
    for (over, operations) in &wanted.operations {
        let name = names.events[over].clone();
        let event = Event { name: name.clone(), protocol: (*over).to_owned(), operations: operations.clone() };
        match seen.events.iter().find(|one| one.name == name) {
            Some(found) if *found == event => {}
            Some(_) if seen.policies.iter().any(|policy| policy.events.contains(&name)) => {
                return Err(Obstacle::Taken(name));
            }
            // A try made it by what the type said then.
            Some(_) => acts.extend([Act::RemoveEvent(name.clone()), Act::MakeEvent(event)]),
            None => acts.push(Act::MakeEvent(event)),
        }
        events.insert(name);
    }
    acts.push(Act::Make(Policy {
        name: names.policy.clone(),
        events,
        priority: Some(priorities.next()),
        volumes: vec![volume.to_owned()],
        include: wanted.include.clone(),
        exclude: wanted.exclude.clone(),
    }));
    Ok(acts)
}

#[cfg(test)]
mod tests;
