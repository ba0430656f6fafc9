//! What a driver says of its work: where a share is exported, which rules were refused, and why something was not done.

use std::net::IpAddr;
use std::time::Duration;

use crate::ids::AccessRuleId;
use crate::message::Detail;

/// A path under which the instance can be mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    pub path: String,
    pub is_admin_only: bool,
    pub preferred: bool,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    pub exports: Vec<Export>,
    /// Whether it is in the pool of the snapshot that it began with, and still to be brought to its own.
    pub is_elsewhere: bool,
}

/// What was taken over as an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Managed {
    /// GiB, rounded up.
    pub size: u64,
    pub exports: Vec<Export>,
}

/// What came of seeing to it that an instance is as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ensured {
    pub exports: Vec<Export>,
    /// Whether what its rules are enforced by was made anew, so that it lets nobody in.
    pub owes_rules: bool,
}

/// A rule that the array does not take, and why. All others are enforced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRule {
    pub id: AccessRuleId,
    pub detail: Detail,
    /// For operators.
    pub reason: String,
}

/// What came of rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Applied {
    /// These are not taken, and all others are enforced.
    AllBut(Vec<RefusedRule>),
    /// These are not taken; whether all others are is still to be found out, so the task is to be given again without them.
    NotYet(Vec<RefusedRule>),
}

/// What to do about a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Remedy {
    /// Busy, throttled, or the outcome is unknown: look and try again, here.
    Again,
    /// Nothing failed, but a call that had no answer may still be carried out for so long: look again then, here.
    Wait(Duration),
    /// Nothing failed: the array is at it, and so far along. Look again, here. What is only begun now costs of the time that there is,
    /// until it is seen to go on.
    UnderWay { percent: u8, begins: bool },
    /// This pool can't, another might.
    Elsewhere,
    /// As [`Remedy::Elsewhere`]: this address of a share server is somebody else's on the array, so a server with another
    /// one may do.
    AddressTaken(IpAddr),
    /// Nobody can: the request itself is at fault.
    Never,
    /// What the task was to be done on is not on the array. Of work on rules: the instance is not, nor can it still appear, so
    /// nobody gets in. Of a creation, or of a look for exports: its share server is not.
    Absent,
}

impl Remedy {
    /// Whether the same back end looks again: the array, or the network, has not said no.
    pub const fn goes_on(self) -> bool {
        match self {
            Remedy::Again | Remedy::Wait(_) | Remedy::UnderWay { .. } => true,
            Remedy::Elsewhere | Remedy::AddressTaken(_) | Remedy::Never | Remedy::Absent => false,
        }
    }
}

/// Why a task was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    pub remedy: Remedy,
    /// What the tenant is told.
    pub detail: Detail,
    /// For operators; never a secret.
    pub reason: String,
}
