//! The operations of a back end: what each is called, who does it, how long it is tried, and what follows when it is given
//! up, and what its intent tells. One table, which decisions, the back end, metrics and docs read.
//!
//! Names are on disk: they are never changed. How to get it wrong: to let a removal be given up; what it was to remove would
//! stay on the array, unknown to everybody.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::ids::{ShareTypeId, SnapshotId};
use crate::message::{Action, Detail};
use crate::pool::PoolName;
use crate::status::Status;

/// Work of one lane is done one after the other; lanes of one instance are independent, except that work on the life of an
/// instance excludes work on its access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lane {
    Life,
    Access,
}

impl Lane {
    pub const fn name(self) -> &'static str {
        match self {
            Lane::Life => "life",
            Lane::Access => "access",
        }
    }
}

/// Which actor of a driver does it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DriverActor {
    Share,
    Access,
    Snapshot,
    /// Only where the driver makes share servers.
    Server,
}

impl DriverActor {
    pub const ALL: [Self; 4] = [DriverActor::Share, DriverActor::Access, DriverActor::Snapshot, DriverActor::Server];

    pub const fn name(self) -> &'static str {
        match self {
            DriverActor::Share => "share",
            DriverActor::Access => "access",
            DriverActor::Snapshot => "snapshot",
            DriverActor::Server => "server",
        }
    }
}

/// The pauses between tries: the first one doubles up to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pauses {
    pub first: Duration,
    pub longest: Duration,
}

impl Pauses {
    /// For what somebody waits for.
    pub const QUICK: Self = Pauses { first: Duration::from_millis(500), longest: Duration::from_secs(15) };
    /// For what the array is at by itself for minutes or hours.
    pub const SLOW: Self = Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(60) };
    /// For what nobody waits for, and what is never given up.
    pub const PATIENT: Self = Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(300) };
    /// Where a record, or a report, can't be read.
    pub const UNREADABLE: Self = Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(60) };

    /// The pause after `tries` failed tries, before jitter.
    pub fn after(self, tries: u32) -> Duration {
        self.first.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(self.longest)
    }
}

/// What becomes of an instance whose operation failed or was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No back end fails at it: it is the scheduler's.
    Unplaced,
    /// The next candidate is tried; after the last one it is in error.
    NextCandidate,
    /// A removal is told as failed, and goes on.
    GoesOn,
    /// It is served as before.
    AsBefore,
    /// It is in error.
    Lost,
    /// Its rules are in error.
    RulesInError,
    /// It is as before, in a status that says what failed.
    Shown(StatusChange),
}

/// How the status of an instance, and a message, tell of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatusChange {
    /// While it is owed.
    pub under_way: Status,
    /// Once it has failed.
    pub failed: Status,
    /// What the owner is told was being done, and why it failed.
    pub action: Action,
    pub detail: Detail,
    /// Where the driver says the first of its failure, the instance is available as it was, and the owner is told the second.
    pub refused: Option<(Detail, Detail)>,
}

const EXTEND: StatusChange = StatusChange {
    under_way: Status::Extending,
    failed: Status::ExtendingError,
    action: Action::Extend,
    detail: Detail::DriverFailedExtend,
    refused: Some((Detail::FilterCapacity, Detail::NoRoomToExtend)),
};

const SHRINK: StatusChange = StatusChange {
    under_way: Status::Shrinking,
    failed: Status::ShrinkingError,
    action: Action::Shrink,
    detail: Detail::DriverFailedShrink,
    refused: Some((Detail::DriverRefusedShrink, Detail::DriverRefusedShrink)),
};

const REVERT: StatusChange = StatusChange {
    under_way: Status::Reverting,
    failed: Status::RevertingError,
    action: Action::RevertToSnapshot,
    detail: Detail::UnknownError,
    refused: None,
};

const MANAGE: StatusChange = StatusChange {
    under_way: Status::ManageStarting,
    failed: Status::ManageError,
    action: Action::Update,
    detail: Detail::UnknownError,
    refused: None,
};

const RELOCATE: StatusChange = StatusChange {
    under_way: Status::CreatingFromSnapshot,
    failed: Status::Error,
    action: Action::Create,
    detail: Detail::UnknownError,
    refused: None,
};

/// What could not be managed is [`Status::ManageErrorUnmanageStarting`] meanwhile.
const UNMANAGE: StatusChange = StatusChange {
    under_way: Status::UnmanageStarting,
    failed: Status::UnmanageError,
    action: Action::Update,
    detail: Detail::UnknownError,
    refused: None,
};

/// What an intent tells of its work, for verbs that need more than the share: a member for each such verb.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arguments {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resize: Option<Resize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revert: Option<Revert>,
    /// Of a removal: whether it took the place of work that lets go of the instance and may have done so. What bears no mark any more is
    /// left where it is then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub may_be_let_go: bool,
}

/// The snapshot that a share is reverted to, which is `restoring` meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revert {
    pub snapshot: SnapshotId,
    /// As with [`Resize::owes_exports`].
    pub owes_exports: bool,
}

/// The size that a share is brought to, and what is reserved for that while the work is owed. It is charged to the intent, so
/// whatever ends the intent gives it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resize {
    /// GiB.
    pub size: u64,
    /// GiB beyond the present size; 0 where the share shrinks.
    pub more: u64,
    pub share_type: Option<ShareTypeId>,
    pub pool: PoolName,
    /// Whether a look for its export locations was owed when this began; it is owed again however this ends.
    #[serde(default)]
    pub owes_exports: bool,
}

/// What is known of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// On disk, in metrics and in logs.
    pub name: &'static str,
    /// What it does, for people: the comment at its row.
    pub purpose: &'static str,
    pub actor: DriverActor,
    /// How long it is tried, at least twice, before it counts as failed. A removal is told as failed then, and goes on.
    pub tried_for: Duration,
    pub pauses: Pauses,
    pub is_removal: bool,
    /// What follows when it has failed, for people.
    pub in_the_end: &'static str,
}

macro_rules! operations {
    ($(#[$doc:meta])* $verbs:ident as $case:literal {
        $($(#[doc = $purpose:literal])+ $verb:ident = $name:literal by $actor:ident, $seconds:literal s, $pauses:ident $($removal:ident)?, $end:literal $(=> $failure:ident $(($change:ident))?)?;)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = $case)]
        pub enum $verbs { $($(#[doc = $purpose])+ $verb),+ }

        impl $verbs {
            pub const ALL: &'static [Self] = &[$(Self::$verb),+];

            pub const fn operation(self) -> Operation {
                match self {
                    $(Self::$verb => Operation {
                        name: $name,
                        purpose: concat!($($purpose),+).trim_ascii(),
                        actor: DriverActor::$actor,
                        tried_for: Duration::from_secs($seconds),
                        pauses: Pauses::$pauses,
                        is_removal: operations!(@is $($removal)?),
                        in_the_end: $end,
                    }),+
                }
            }

            pub const fn name(self) -> &'static str {
                self.operation().name
            }

            operations!(@failures $($($verb => $failure $(($change))?;)?)+);
        }
    };
    (@failures) => {};
    (@failures $($verb:ident => $failure:ident $(($change:ident))?;)+) => {
        /// What follows when it has failed.
        pub const fn failure(self) -> Failure {
            match self { $(Self::$verb => Failure::$failure $(($change))?),+ }
        }
    };
    (@is removal) => { true };
    (@is) => { false };
}

operations! {
    /// What is owed for an instance.
    Verb as "lowercase" {
        /// Find candidates; owed by the scheduler.
        Place = "place" by Share, 180 s, QUICK, "`error` and a message" => Unplaced;
        /// Make the instance on its pool, and export it.
        Create = "create" by Share, 180 s, QUICK, "the next candidate, else `error` and a message" => NextCandidate;
        /// Bring an instance that began with a snapshot in another pool to its own, and export it: the array detaches it from the
        /// snapshot, then moves it. Its time counts only while the array is not at it, and begins anew when it has come further.
        Relocate = "relocate" by Share, 3600 s, SLOW, "`error` and a message" => Shown(RELOCATE);
        /// Remove whatever of the instance is on the array, then the instance.
        Delete = "delete" by Share, 300 s, PATIENT removal, "`error_deleting` and a message, and on it goes" => GoesOn;
        /// Look up where the instance can be mounted by now; nothing else about it changes.
        Export = "export" by Share, 180 s, QUICK, "its export locations stay as they were" => AsBefore;
        /// See whether an instance whose status was reset to `available` is on the array, and have what is there served again,
        /// in the size of its record.
        Rescue = "rescue" by Share, 600 s, QUICK, "`error` and a message" => Lost;
        /// Have the instance served again, and be again what its share type and metadata say; whom it lets in, and its size, stay as
        /// they are. Then look up where it can be mounted by now.
        Ensure = "ensure" by Share, 180 s, QUICK, "`available`, as it was on the array" => AsBefore;
        /// Make the instance as large as was asked for.
        Extend = "extend" by Share, 180 s, QUICK, "`extending_error`, or `available` as it was where the array says that it has no room, and a message; what was reserved is given back, and a look for its export locations that it replaced is owed again" => Shown(EXTEND);
        /// Make the instance as small as was asked for; no data is cut off.
        Shrink = "shrink" by Share, 180 s, QUICK, "`shrinking_error`, or `available` as it was where the array says that the data does not fit, and a message; a look for its export locations that it replaced is owed again" => Shown(SHRINK);
        /// Bring what the instance holds back to what a snapshot of it holds. Its size stays, and newer snapshots go.
        Revert = "revert" by Share, 180 s, QUICK, "`reverting_error` and a message; a look for its export locations that it replaced is owed again" => Shown(REVERT);
        /// Take over what is on the array already, at the path of its record: it gets the names and the mark of the instance, and lets
        /// nobody in until rules say so.
        Manage = "manage" by Share, 180 s, QUICK, "`manage_error` and a message" => Shown(MANAGE);
        /// Take off the array what marks the instance as ours. Its data, its path and whom it lets in stay as they are.
        Unmanage = "unmanage" by Share, 180 s, QUICK, "`unmanage_error` and a message" => Shown(UNMANAGE);
        /// Bring the access rules on the array to those of the share, all in one act.
        Access = "access" by Access, 180 s, QUICK, "rules that were owed are in `error`, and a message" => RulesInError;
    }
}

operations! {
    /// What is owed for a share server.
    ServerVerb as "snake_case" {
        /// Give a share server addresses, then make it on the array. One takes seconds, and an array makes a few at a time: a
        /// crowd of tenants waits in line.
        SetUp = "set_up" by Server, 600 s, QUICK, "it is removed; shares that wait for it go to the next candidate, else `error` and a message";
        /// Bring a share server that serves to the subnets and directories that it is to have by now; it serves meanwhile.
        Alter = "alter" by Server, 600 s, QUICK, "it and its share network are in `error`; it serves on";
        /// Take over what an administrator named on the array as a share server: its addresses go on record, then it gets the name and
        /// the mark of the server. What it holds stays as it is.
        ManageServer = "manage_server" by Server, 180 s, QUICK, "`manage_error`; the log says why";
        /// Take off the array what marks a share server as ours, then forget it. All else of it stays as it is.
        UnmanageServer = "unmanage_server" by Server, 180 s, QUICK, "`unmanage_error`; the log says why";
        /// Remove whatever of a share server is on the array, give its addresses back, then forget it.
        TearDown = "tear_down" by Server, 300 s, PATIENT removal, "it is in `error`, and on it goes";
    }
}

operations! {
    /// What is owed for a snapshot.
    SnapshotVerb as "snake_case" {
        /// Take the snapshot.
        CreateSnapshot = "create_snapshot" by Snapshot, 180 s, QUICK, "`error` and a message";
        /// Remove the snapshot from the array, then forget it.
        DeleteSnapshot = "delete_snapshot" by Snapshot, 300 s, PATIENT removal, "`error_deleting` and a message, and on it goes";
        /// See whether a snapshot whose status was reset to `available` is on the array.
        FindSnapshot = "find_snapshot" by Snapshot, 180 s, QUICK, "`error` and a message";
        /// See whether a snapshot that is to be managed is on the array, and how large its volume is.
        ManageSnapshot = "manage_snapshot" by Snapshot, 180 s, QUICK, "`manage_error` and a message";
    }
}

impl From<Resize> for Box<Arguments> {
    fn from(resize: Resize) -> Self {
        Box::new(Arguments { resize: Some(resize), ..Arguments::default() })
    }
}

impl From<Revert> for Box<Arguments> {
    fn from(revert: Revert) -> Self {
        Box::new(Arguments { revert: Some(revert), ..Arguments::default() })
    }
}

impl Arguments {
    /// Whether a look for its export locations was owed when this began.
    pub fn owe_exports(&self) -> bool {
        self.resize.as_ref().is_some_and(|resize| resize.owes_exports)
            || self.revert.as_ref().is_some_and(|revert| revert.owes_exports)
    }

    /// What is reserved for more room while the work is owed.
    pub fn growth(&self) -> Option<&Resize> {
        self.resize.as_ref().filter(|resize| resize.more > 0)
    }
}

impl Verb {
    /// How the status of the instance tells of it, where that is all that follows a failure.
    pub const fn status_change(self) -> Option<StatusChange> {
        match self.failure() {
            Failure::Shown(change) => Some(change),
            _ => None,
        }
    }

    /// The status of an instance while it is owed, which was in this one before.
    pub fn under_way(self, before: Status) -> Status {
        match (self, before) {
            (Verb::Unmanage, Status::ManageError) => Status::ManageErrorUnmanageStarting,
            _ => self.status_change().map_or(before, |change| change.under_way),
        }
    }

    /// Whether other work takes its place, because no tenant asked for it, and it can as well be done later.
    pub const fn gives_way(self) -> bool {
        matches!(self, Verb::Export | Verb::Ensure)
    }

    pub const fn lane(self) -> Lane {
        match self.operation().actor {
            DriverActor::Access => Lane::Access,
            DriverActor::Share | DriverActor::Snapshot | DriverActor::Server => Lane::Life,
        }
    }
}

/// Every operation of a back end, in the order of docs and metrics. Placing is the scheduler's.
pub fn operations() -> impl Iterator<Item = Operation> {
    let of_instances = Verb::ALL.iter().filter(|verb| **verb != Verb::Place).map(|verb| verb.operation());
    let of_snapshots = SnapshotVerb::ALL.iter().map(|verb| verb.operation());
    of_instances.chain(of_snapshots).chain(ServerVerb::ALL.iter().map(|verb| verb.operation()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn an_operation_is_called_on_disk_as_in_metrics_and_no_two_alike() {
        for verb in Verb::ALL {
            assert_eq!(json!(verb), json!(verb.name()));
        }
        for verb in ServerVerb::ALL {
            assert_eq!(json!(verb), json!(verb.name()));
        }
        for verb in SnapshotVerb::ALL {
            assert_eq!(json!(verb), json!(verb.name()));
        }
        let names: BTreeSet<_> = operations().map(|operation| operation.name).collect();
        assert_eq!(names.len(), operations().count());
    }

    #[test]
    fn pauses_double_and_end_at_the_longest() {
        assert_eq!(Pauses::QUICK.after(1), Duration::from_millis(500));
        assert_eq!(Pauses::QUICK.after(3), Duration::from_secs(2));
        assert_eq!(Pauses::QUICK.after(40), Duration::from_secs(15));
    }
}
