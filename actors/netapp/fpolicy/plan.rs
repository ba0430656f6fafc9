//! From the FPolicy policies of an SVM to those that a volume is to be under: pure.
//!
//! Shares with the same extensions and operations share a policy, since an SVM has ten at most. It is named after the first of them, and
//! goes with the last. An enabled policy can't be changed, so it is out of force while its volumes are said anew. A volume comes under the
//! one policy before it leaves the other, so that a refusal on the way leaves it where it was. How to get it wrong: to touch a policy of
//! others, who may have named theirs as we do: ours are about volumes alone; or to leave one out of force that was only to be changed;
//! whoever looks next finds it disabled, and enables it. Source: operations.md §18.

use std::collections::{BTreeMap, BTreeSet};

use manilad_clock::Uuid;
use manilad_domain::InstanceId;
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

/// The SVM has as many policies as it can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooMany;

/// Whose volume is to be under what.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    pub instance: InstanceId,
    pub volume: &'a str,
    /// None: under nothing.
    pub screening: Option<&'a Screening>,
}

/// The changes after which a volume is under one policy that says what is wanted, and under no other of ours, and all of ours are in
/// force.
///
/// # Errors
/// There can't be such a policy; what the volume is to leave, it leaves all the same on another day.
pub fn plan(seen: &Seen, templates: &FpolicyTemplates, wish: Wish<'_>) -> Result<Vec<Act>, TooMany> {
    let ours = || seen.policies.iter().filter(|policy| is_ours(policy, templates));
    let matching = wish.screening.and_then(|wanted| ours().find(|policy| says(policy, &seen.events, wanted)));
    let is_matching = |policy: &Policy| matching.is_some_and(|same| same.name == policy.name);
    let is_left = |policy: &&Policy| !is_matching(policy) && policy.volumes.iter().all(|one| one == wish.volume);
    let gone: BTreeSet<&str> = ours().filter(is_left).map(|policy| policy.name.as_str()).collect();
    let mut priorities = Priorities::of(&seen.policies);
    let (mut arrival, mut departure) = (Vec::new(), Vec::new());
    for policy in ours().filter(|policy| is_matching(policy)) {
        let mut volumes = policy.volumes.clone();
        volumes.extend((!volumes.iter().any(|one| one == wish.volume)).then(|| wish.volume.to_owned()));
        arrival.extend(change(policy, volumes, &mut priorities));
    }
    let is_new = matching.is_none();
    // The place of one that goes is needed first.
    let is_full = seen.policies.len() >= MOST_POLICIES;
    if is_new && is_full {
        priorities.free(ours().filter(|policy| gone.contains(policy.name.as_str())));
    }
    if let Some(wanted) = wish.screening.filter(|_| is_new) {
        if seen.policies.len() - gone.len() >= MOST_POLICIES {
            return Err(TooMany);
        }
        arrival.extend(make(seen, templates, wish, wanted, &mut priorities));
    }
    for policy in ours().filter(|policy| !is_matching(policy)) {
        let volumes = policy.volumes.iter().filter(|one| *one != wish.volume).cloned().collect();
        departure.extend(change(policy, volumes, &mut priorities));
    }
    let mut acts = if is_new && is_full { [departure, arrival] } else { [arrival, departure] }.concat();
    let is_used = |event: &Event| {
        let stay = seen.policies.iter().filter(|policy| !gone.contains(policy.name.as_str()));
        let to_come = acts.iter().filter_map(|act| match act {
            Act::Make(policy) => Some(policy),
            _ => None,
        });
        stay.chain(to_come).any(|policy| policy.events.contains(&event.name))
    };
    // Of a policy that goes, or of a try that came no further, whichever share it was for.
    let is_over = |event: &&Event| templates.made_event(&event.name) && !is_used(event);
    let over: Vec<Act> = seen.events.iter().filter(is_over).map(|event| Act::RemoveEvent(event.name.clone())).collect();
    acts.extend(over);
    Ok(acts)
}

/// What puts ours in force that were left out of it, by whomever.
pub fn reinstatement(policies: &[Policy], templates: &FpolicyTemplates) -> Vec<Act> {
    let mut priorities = Priorities::of(policies);
    let is_out = |policy: &&Policy| is_ours(policy, templates) && policy.priority.is_none();
    policies.iter().filter(is_out).map(|policy| Act::Enable(policy.name.clone(), priorities.next())).collect()
}

/// Whether a policy was made here: what it is called, and all that it is about.
fn is_ours(policy: &Policy, templates: &FpolicyTemplates) -> bool {
    templates.policy.made(&policy.name) && policy.is_of_volumes && !policy.volumes.is_empty()
}

/// Whether a policy refuses what is wanted.
fn says(policy: &Policy, events: &[Event], wanted: &Screening) -> bool {
    let own = events.iter().filter(|event| policy.events.contains(&event.name));
    let operations: BTreeMap<&str, &BTreeSet<String>> =
        own.map(|event| (event.protocol.as_str(), &event.operations)).collect();
    let is_watched = operations.len() == policy.events.len()
        && operations.len() == wanted.operations.len()
        && wanted.operations.iter().all(|(over, watched)| operations.get(over) == Some(&watched));
    is_watched && policy.is_native && policy.include == wanted.include && policy.exclude == wanted.exclude
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
    fn of(policies: &[Policy]) -> Self {
        Priorities { taken: policies.iter().filter_map(|one| one.priority).collect() }
    }

    /// Those of policies that go are to be had.
    fn free<'a>(&mut self, gone: impl Iterator<Item = &'a Policy>) {
        self.taken = &self.taken - &gone.filter_map(|policy| policy.priority).collect();
    }

    /// The first of them. Where there is none, the last of all: the array refuses it in its own words.
    fn next(&mut self) -> u8 {
        let last = u8::try_from(MOST_POLICIES).unwrap_or(u8::MAX);
        let next = (1..=last).find(|one| !self.taken.contains(one)).unwrap_or(last);
        self.taken.insert(next);
        next
    }
}

/// Makes a policy, with events of its own. Where something is called so, the names come from the next id.
fn make(
    seen: &Seen,
    templates: &FpolicyTemplates,
    wish: Wish<'_>,
    wanted: &Screening,
    priorities: &mut Priorities,
) -> Vec<Act> {
    let event = |names: &FpolicyNames, over: &'static str, operations: &BTreeSet<String>| Event {
        name: names.events[over].clone(),
        protocol: over.to_owned(),
        operations: operations.clone(),
    };
    let all = |names: &FpolicyNames| -> Vec<Event> {
        wanted.operations.iter().map(|(over, operations)| event(names, over, operations)).collect()
    };
    // One that is as it is to be was made by a try that came no further.
    let is_free = |names: &FpolicyNames| {
        seen.policies.iter().all(|policy| policy.name != names.policy)
            && all(names).iter().all(|own| seen.events.iter().all(|one| one.name != own.name || one == own))
    };
    let ids = (0..).map(|number| InstanceId(Uuid::from_u128(wish.instance.0.as_u128().wrapping_add(number))));
    let mut candidates = ids.map(|id| FpolicyNames::of(templates, id)).filter(is_free);
    let Some(names) = candidates.next() else { return Vec::new() };
    let events = all(&names);
    let is_there = |event: &&Event| seen.events.contains(event);
    let mut acts: Vec<Act> =
        events.iter().filter(|event| !is_there(event)).map(|event| Act::MakeEvent(event.clone())).collect();
    acts.push(Act::Make(Policy {
        name: names.policy,
        events: events.into_iter().map(|event| event.name).collect(),
        priority: Some(priorities.next()),
        volumes: vec![wish.volume.to_owned()],
        include: wanted.include.clone(),
        exclude: wanted.exclude.clone(),
        is_of_volumes: true,
        is_native: true,
    }));
    acts
}

#[cfg(test)]
mod tests;
