//! What happens at times: many seeds together that never bring it about try too little.
//!
//! How to get it wrong: to note what was asked for; what counts is what came of it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use manilad_domain::access::AccessType;
use manilad_domain::status::{RuleState, ServerStatus, SnapshotStatus, Status};
use manilad_domain::{AccessRule, AccessRuleId, Share, ShareServer, ShareSnapshot};
use manilad_store::{Draft, Error};

pub const SNAPSHOT_TAKEN: &str = "a snapshot is taken";
pub const SNAPSHOT_FAILED: &str = "a snapshot can't be taken and is in error";
pub const SNAPSHOT_DELETED: &str = "a snapshot is deleted";
pub const SNAPSHOT_REMOVAL_GIVEN_UP: &str = "a snapshot is not deleted because its status was said";
pub const SNAPSHOT_MANAGED: &str = "a snapshot is managed";
pub const SNAPSHOT_UNMANAGED: &str = "a snapshot is unmanaged";
pub const SNAPSHOT_OVER_QUOTA: &str = "a snapshot is refused for its quota";
pub const SHARE_REVERTED: &str = "a share is reverted";
pub const SNAPSHOT_NOT_FOUND: &str = "a snapshot that was said to be available is not found";
pub const SHARE_EXPIRED: &str = "a share leaves the recycle bin for good";
pub const SHARE_RESTORED: &str = "a share is restored";
pub const SHARE_MANAGED: &str = "a share is managed";
pub const SHARE_NOT_MANAGED: &str = "a share can't be managed";
pub const SHARE_UNMANAGED: &str = "a share is unmanaged";
pub const SHARE_ENSURED: &str = "a share is ensured";
pub const RULE_OVER_SMB: &str = "a rule over SMB is in force";
pub const SHARE_ACCEPTED: &str = "a share is given to another project";
pub const SHARE_NOT_ACCEPTED: &str = "a share that is offered is refused";
pub const SHARE_HELD_BY_LOCK: &str = "a locked share is not removed";
pub const RULE_CHANGED: &str = "a rule comes to another level";
pub const SERVER_DIRECTED: &str = "a share server that serves is given other directories";
pub const SERVER_ENCRYPTED: &str = "a share server reads the key of its tenant";
pub const SHARE_CLONED: &str = "a share begins with a snapshot";
pub const SHARE_RELOCATED: &str = "a share that begins with a snapshot comes to another pool";

/// What each run of many seeds has to bring about.
const AT_TIMES: &[&str] = &[
    RULE_CHANGED,
    RULE_OVER_SMB,
    SERVER_DIRECTED,
    SERVER_ENCRYPTED,
    SHARE_ACCEPTED,
    SHARE_CLONED,
    SHARE_ENSURED,
    SHARE_EXPIRED,
    SHARE_HELD_BY_LOCK,
    SHARE_MANAGED,
    SHARE_NOT_ACCEPTED,
    SHARE_NOT_MANAGED,
    SHARE_RELOCATED,
    SHARE_RESTORED,
    SHARE_REVERTED,
    SHARE_UNMANAGED,
    SNAPSHOT_DELETED,
    SNAPSHOT_FAILED,
    SNAPSHOT_MANAGED,
    SNAPSHOT_NOT_FOUND,
    SNAPSHOT_OVER_QUOTA,
    SNAPSHOT_REMOVAL_GIVEN_UP,
    SNAPSHOT_TAKEN,
    SNAPSHOT_UNMANAGED,
];

/// Which of them are not among those that happened.
pub fn never_happened(happened: &BTreeSet<&'static str>) -> Vec<&'static str> {
    AT_TIMES.iter().copied().filter(|probe| !happened.contains(probe)).collect()
}

/// What happened in one trial.
#[derive(Debug, Clone, Default)]
pub struct Probes {
    happened: Arc<Mutex<BTreeSet<&'static str>>>,
    /// Rules that were to be denied and are in error since.
    denied_in_vain: Arc<Mutex<BTreeSet<AccessRuleId>>>,
}

impl Probes {
    pub fn note(&self, probe: &'static str) {
        self.happened.lock().unwrap().insert(probe);
    }

    /// All that happened so far.
    pub fn happened(&self) -> BTreeSet<&'static str> {
        self.happened.lock().unwrap().clone()
    }

    /// Whether the denial of a rule came to nothing, of which its owner was told.
    pub fn was_denied_in_vain(&self, rule: &str) -> bool {
        rule.parse().is_ok_and(|rule| self.denied_in_vain.lock().unwrap().contains(&rule))
    }

    /// Notes what comes to pass with a commit.
    pub fn look(&self, what: &str, draft: &Draft<'_>) -> Result<(), Error> {
        if what == "empty the recycle bin" && !draft.changed::<Share>().is_empty() {
            self.note(SHARE_EXPIRED);
        }
        for key in draft.changed::<ShareSnapshot>() {
            let before = draft.before::<ShareSnapshot>(&key)?.map(|snapshot| snapshot.status);
            let after = draft.get::<ShareSnapshot>(&key)?.map(|snapshot| snapshot.status);
            use SnapshotStatus::{Available, Creating, Deleting, Error, ManageStarting};
            // What an administrator says of a status is not what came of work.
            let is_said = what == "reset snapshot status";
            match (before, after) {
                (Some(Creating), Some(Available)) => self.note(SNAPSHOT_TAKEN),
                (Some(Creating), Some(Error)) if !is_said => self.note(SNAPSHOT_FAILED),
                (Some(ManageStarting), Some(Available)) => self.note(SNAPSHOT_MANAGED),
                (Some(Available), Some(Error)) if !is_said => self.note(SNAPSHOT_NOT_FOUND),
                (Some(Deleting), None) => self.note(SNAPSHOT_DELETED),
                (Some(Deleting), Some(_)) => self.note(SNAPSHOT_REMOVAL_GIVEN_UP),
                (Some(_), None) => self.note(SNAPSHOT_UNMANAGED),
                _ => {}
            }
        }
        for key in draft.changed::<AccessRule>() {
            let (before, rule): (Option<AccessRule>, Option<AccessRule>) = (draft.before(&key)?, draft.get(&key)?);
            if let Some((was, is)) = before.as_ref().zip(rule.as_ref())
                && matches!(was.state, RuleState::QueuedToDeny | RuleState::Denying)
                && is.state == RuleState::Error
            {
                self.denied_in_vain.lock().unwrap().insert(is.id);
            }
            if matches!(before.as_ref().map(|was| was.state), Some(RuleState::QueuedToUpdate | RuleState::Updating))
                && rule.as_ref().is_some_and(|is| is.state == RuleState::Active)
            {
                self.note(RULE_CHANGED);
            }
            if rule.is_some_and(|rule| rule.kind == AccessType::User && rule.state == RuleState::Active) {
                self.note(RULE_OVER_SMB);
            }
        }
        for key in draft.changed::<ShareServer>() {
            let (before, after) = (draft.before::<ShareServer>(&key)?, draft.get::<ShareServer>(&key)?);
            let serves = |server: &ShareServer| server.encryption.is_some() && server.status == ServerStatus::Active;
            if after.as_ref().is_some_and(serves) {
                self.note(SERVER_ENCRYPTED);
            }
            let ids = |server: &ShareServer| server.directories.iter().map(|one| one.id).collect::<Vec<_>>();
            if before.zip(after).is_some_and(|(was, is)| ids(&was) != ids(&is)) {
                self.note(SERVER_DIRECTED);
            }
        }
        for key in draft.changed::<Share>() {
            let (before, after) = (draft.before::<Share>(&key)?, draft.get::<Share>(&key)?);
            if before
                .as_ref()
                .zip(after.as_ref())
                .is_some_and(|(was, is)| was.is_soft_deleted() && !is.is_soft_deleted())
            {
                self.note(SHARE_RESTORED);
            }
            let is_clone = after.as_ref().is_some_and(|share| share.snapshot_id.is_some());
            let (before, after) = (before.map(|share| share.status()), after.map(|share| share.status()));
            use Status::{
                Available, Creating, CreatingFromSnapshot, Ensuring, ManageError, ManageStarting, Reverting,
                UnmanageStarting,
            };
            match (before, after) {
                (Some(Reverting), Some(Available)) => self.note(SHARE_REVERTED),
                (Some(Creating), Some(Available)) if is_clone => self.note(SHARE_CLONED),
                (Some(CreatingFromSnapshot), Some(Available)) => self.note(SHARE_RELOCATED),
                (Some(Ensuring), Some(Available)) => self.note(SHARE_ENSURED),
                (Some(ManageStarting), Some(Available)) => self.note(SHARE_MANAGED),
                (Some(ManageStarting), Some(ManageError)) => self.note(SHARE_NOT_MANAGED),
                (Some(UnmanageStarting), None) => self.note(SHARE_UNMANAGED),
                _ => {}
            }
        }
        Ok(())
    }
}
