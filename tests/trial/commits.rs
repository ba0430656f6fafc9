//! What must hold after each commit: whatever is under way is owed, whatever is owed has its reason, whoever's rule or snapshot
//! fails is told, no address is given twice, and serials rise.
//!
//! A commit is looked at when it is drafted, before it is durable; one that a kill takes away was held to the same. How to
//! get it wrong: to compare serials of two incarnations; those of commits that were lost are drawn again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use manilad_decisions::picture::Picture;
use manilad_domain::message::UserMessage;
use manilad_domain::quota::{QuotaScope, QuotaSet, Resource};
use manilad_domain::share_server::allocation;
use manilad_domain::status::{RuleState, SnapshotStatus, Status};
use manilad_domain::{
    AccessRule, Allocation, Intent, Record, ServerIntent, Share, ShareNetwork, ShareServer, ShareSnapshot,
    SnapshotIntent,
};
use manilad_store::{CommitHook, Draft, Error, Range};

use crate::configuration::QUOTA;
use crate::probes::Probes;

/// What does not hold, until somebody takes it.
#[derive(Debug, Clone, Default)]
pub struct Complaints(Arc<Mutex<Vec<String>>>);

impl Complaints {
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// The rules that became active, until somebody takes them.
#[derive(Debug, Clone, Default)]
pub struct Activated(Arc<Mutex<Vec<AccessRule>>>);

impl Activated {
    pub fn take(&self) -> Vec<AccessRule> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// The commits of one incarnation.
pub struct Commits {
    complaints: Complaints,
    activated: Activated,
    probes: Probes,
    highest: Mutex<u64>,
}

impl Commits {
    pub fn new(complaints: Complaints, activated: Activated, probes: Probes) -> Self {
        Commits { complaints, activated, probes, highest: Mutex::default() }
    }

    pub fn hook(self) -> Arc<CommitHook> {
        Arc::new(move |what, draft| {
            // Where the disk can't be read, there is nothing to compare.
            let found = self.look(what, draft).unwrap_or_default();
            let _unread = self.probes.look(what, draft);
            self.activated.0.lock().unwrap().extend(activated(draft).unwrap_or_default());
            let mut complaints = self.complaints.0.lock().unwrap();
            complaints.extend(found.into_iter().map(|complaint| format!("after \"{what}\": {complaint}")));
        })
    }

    fn look(&self, what: &str, draft: &Draft<'_>) -> Result<Vec<String>, Error> {
        let picture = Picture::around(draft)?;
        let mut complaints = picture.neglected();
        complaints.extend(picture.unexplained().into_iter().map(|what| format!("nothing explains that {what}")));
        complaints.extend(picture.unfounded());
        complaints.extend(picture.misplaced());
        complaints.extend(self.serials(draft)?);
        complaints.extend(untold(what, draft)?);
        complaints.extend(beyond_quota(what, draft)?);
        complaints.extend(given_twice(draft)?);
        Ok(complaints)
    }

    /// Work that is new is of a serial that no work had before.
    fn serials(&self, draft: &Draft<'_>) -> Result<Vec<String>, Error> {
        let mut highest = self.highest.lock().unwrap();
        let (mut drawn, mut complaints) = (*highest, Vec::new());
        let mut compare = |before: Option<u64>, now: u64, key: &str| {
            if before != Some(now) && now <= *highest {
                complaints.push(format!("work {key} is new and has serial {now}, and there was {highest}"));
            }
            drawn = drawn.max(now);
        };
        compare_serials(draft, |intent: &Intent| intent.serial, &mut compare)?;
        compare_serials(draft, |intent: &ServerIntent| intent.serial, &mut compare)?;
        compare_serials(draft, |intent: &SnapshotIntent| intent.serial, &mut compare)?;
        *highest = drawn;
        Ok(complaints)
    }
}

/// Has the serials before and now compared of each work of one kind that changed and is still owed, with its key.
fn compare_serials<R: Record>(
    draft: &Draft<'_>,
    serial: fn(&R) -> u64,
    compare: &mut impl FnMut(Option<u64>, u64, &str),
) -> Result<(), Error> {
    for key in draft.changed::<R>() {
        if let Some(now) = draft.get::<R>(&key)? {
            compare(draft.before::<R>(&key)?.as_ref().map(serial), serial(&now), &key);
        }
    }
    Ok(())
}

/// The rules that come to be active.
fn activated(draft: &Draft<'_>) -> Result<Vec<AccessRule>, Error> {
    let mut rules = Vec::new();
    for key in draft.changed::<AccessRule>() {
        let is_active = |rule: &AccessRule| rule.state == RuleState::Active;
        let was_active = draft.before::<AccessRule>(&key)?.is_some_and(|rule| is_active(&rule));
        rules.extend(draft.get::<AccessRule>(&key)?.filter(|rule| is_active(rule) && !was_active));
    }
    Ok(rules)
}

/// Each rule and each snapshot that comes to be in error, and each share that can't be managed or unmanaged, has a message of its own,
/// unless an administrator says that it is so.
fn untold(what: &str, draft: &Draft<'_>) -> Result<Option<String>, Error> {
    use SnapshotStatus::{Error as InError, ErrorDeleting, ManageError};
    let mut failed = 0;
    for key in draft.changed::<AccessRule>() {
        let is_refused = |rule: Option<AccessRule>| rule.is_some_and(|rule| rule.state == RuleState::Error);
        failed += usize::from(is_refused(draft.get(&key)?) && !is_refused(draft.before(&key)?));
    }
    for key in draft.changed::<ShareSnapshot>().into_iter().filter(|_| what != "reset snapshot status") {
        let is_failed = |one: Option<ShareSnapshot>| {
            one.is_some_and(|one| matches!(one.status, InError | ErrorDeleting | ManageError))
        };
        failed += usize::from(is_failed(draft.get(&key)?) && !is_failed(draft.before(&key)?));
    }
    for key in draft.changed::<Share>() {
        let is_failed = |one: Option<Share>| {
            one.is_some_and(|one| matches!(one.status(), Status::ManageError | Status::UnmanageError))
        };
        failed += usize::from(is_failed(draft.get(&key)?) && !is_failed(draft.before(&key)?));
    }
    let mut told = 0;
    for key in draft.changed::<UserMessage>() {
        told += usize::from(draft.get::<UserMessage>(&key)?.is_some());
    }
    Ok((told < failed).then(|| format!("{failed} rules, snapshots or shares failed, and {told} messages tell of it")))
}

/// What is made or grows at somebody's request is within the quota of its project; what was managed counts whatever that says.
fn beyond_quota(what: &str, draft: &Draft<'_>) -> Result<Vec<String>, Error> {
    let asked: &[Resource] = match what {
        "create share" => &[Resource::Shares, Resource::Gigabytes],
        "extend share" => &[Resource::Gigabytes],
        "create snapshot" => &[Resource::Snapshots, Resource::SnapshotGigabytes],
        "accept share transfer" => {
            &[Resource::Shares, Resource::Gigabytes, Resource::Snapshots, Resource::SnapshotGigabytes]
        }
        "create share network" => &[Resource::ShareNetworks],
        _ => return Ok(Vec::new()),
    };
    let mut growth = BTreeMap::new();
    grow::<Share>(draft, &mut growth)?;
    grow::<ShareSnapshot>(draft, &mut growth)?;
    grow::<ShareNetwork>(draft, &mut growth)?;
    let mut complaints = Vec::new();
    for ((project, resource), _) in growth.into_iter().filter(|(_, amount)| *amount > 0) {
        let Some((_, usual)) = QUOTA.iter().find(|(of, _)| *of == resource && asked.contains(of)) else { continue };
        let said = draft.get::<QuotaSet>(&QuotaSet::key_of(&project, &QuotaScope::Project))?;
        let most = said.and_then(|said| said.values.get(&resource.key()).copied()).unwrap_or(*usual);
        let amount = draft.usage(&project)?.total.get(&resource).copied().unwrap_or_default();
        if amount > most {
            complaints.push(format!("{project} uses more than its quota of {resource:?}, which is {most}: {amount}"));
        }
    }
    Ok(complaints)
}

/// Adds by how much what projects use grows with a commit, as far as records of one kind tell.
fn grow<R: Record>(draft: &Draft<'_>, growth: &mut BTreeMap<(String, Resource), i64>) -> Result<(), Error> {
    for key in draft.changed::<R>() {
        let (before, after) = (draft.before::<R>(&key)?, draft.get::<R>(&key)?);
        for (charges, sign) in [(before.map(|one| one.charges()), -1), (after.map(|one| one.charges()), 1)] {
            for charge in charges.into_iter().flatten() {
                *growth.entry((charge.project, charge.resource)).or_default() += sign * charge.amount;
            }
        }
    }
    Ok(())
}

/// Each address is of one server, within what it is unique in. One that is off the array may have given its own back, which another has.
fn given_twice(draft: &Draft<'_>) -> Result<Vec<String>, Error> {
    let mut complaints = Vec::new();
    for key in draft.changed::<Allocation>() {
        let Some(given) = draft.get::<Allocation>(&key)? else { continue };
        let (scope, address) = (given.scope.clone(), given.address.to_string());
        let mut servers = BTreeSet::new();
        for one in draft.scan::<Allocation>(Range::of(allocation::BY_ADDRESS, [&*scope, &*address]))? {
            let server = draft.get::<ShareServer>(&one.server.to_string())?;
            servers.extend(server.filter(|server| !server.is_off_array).map(|server| server.id));
        }
        complaints.extend((servers.len() > 1).then(|| format!("address {address} of {scope} is given to {servers:?}")));
    }
    Ok(complaints)
}
