//! The states of shares, rules and share networks, as the API names them, and the rules over them.

use serde::{Deserialize, Serialize};

use crate::microversion::Microversion;

macro_rules! statuses {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            pub fn named(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|status| status.name() == text)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

statuses! {
    /// The status of a share or a share instance.
    Status {
        Creating = "creating",
        CreatingFromSnapshot = "creating_from_snapshot",
        Available = "available",
        Error = "error",
        Deleting = "deleting",
        DeferredDeleting = "deferred_deleting",
        ErrorDeleting = "error_deleting",
        ErrorDeferredDeleting = "error_deferred_deleting",
        Deleted = "deleted",
        Inactive = "inactive",
        ManageStarting = "manage_starting",
        ManageError = "manage_error",
        UnmanageStarting = "unmanage_starting",
        ManageErrorUnmanageStarting = "manage_error_unmanage_starting",
        UnmanageError = "unmanage_error",
        Unmanaged = "unmanaged",
        Extending = "extending",
        ExtendingError = "extending_error",
        Shrinking = "shrinking",
        ShrinkingError = "shrinking_error",
        ShrinkingPossibleDataLossError = "shrinking_possible_data_loss_error",
        Migrating = "migrating",
        MigratingTo = "migrating_to",
        ServerMigrating = "server_migrating",
        ServerMigratingTo = "server_migrating_to",
        ReplicationChange = "replication_change",
        Restoring = "restoring",
        Reverting = "reverting",
        RevertingError = "reverting_error",
        AwaitingTransfer = "awaiting_transfer",
        BackupCreating = "backup_creating",
        BackupRestoring = "backup_restoring",
        BackupRestoringError = "backup_restoring_error",
        Ensuring = "ensuring",
    }
}

statuses! {
    /// How far a migration of a share or a share server has come. Until migration is built, only what an administrator
    /// says.
    TaskState {
        MigrationStarting = "migration_starting",
        MigrationInProgress = "migration_in_progress",
        MigrationCompleting = "migration_completing",
        MigrationSuccess = "migration_success",
        MigrationError = "migration_error",
        MigrationCancelInProgress = "migration_cancel_in_progress",
        MigrationCancelled = "migration_cancelled",
        MigrationDriverInProgress = "migration_driver_in_progress",
        MigrationDriverPhase1Done = "migration_driver_phase1_done",
        DataCopyingStarting = "data_copying_starting",
        DataCopyingInProgress = "data_copying_in_progress",
        DataCopyingCompleting = "data_copying_completing",
        DataCopyingCompleted = "data_copying_completed",
        DataCopyingCancelled = "data_copying_cancelled",
        DataCopyingError = "data_copying_error",
    }
}

statuses! {
    /// Whether the array enforces the rules of an instance. Ordered from best to worst.
    RulesStatus {
        Active = "active",
        Syncing = "syncing",
        Error = "error",
    }
}

statuses! {
    /// Where an access rule is on its way to the array or from it.
    RuleState {
        QueuedToApply = "queued_to_apply",
        QueuedToDeny = "queued_to_deny",
        QueuedToUpdate = "queued_to_update",
        Applying = "applying",
        Denying = "denying",
        Updating = "updating",
        Active = "active",
        Error = "error",
    }
}

statuses! {
    /// Whether a share network can be worked with.
    NetworkStatus {
        Active = "active",
        Error = "error",
        NetworkChange = "network_change",
    }
}

statuses! {
    /// The state of a share server. Source: resources.md §9.
    ServerStatus {
        Active = "active",
        Error = "error",
        Deleting = "deleting",
        Creating = "creating",
        Inactive = "inactive",
        ManageStarting = "manage_starting",
        ManageError = "manage_error",
        UnmanageStarting = "unmanage_starting",
        UnmanageError = "unmanage_error",
        ServerMigrating = "server_migrating",
        ServerMigratingTo = "server_migrating_to",
        NetworkChange = "network_change",
    }
}

statuses! {
    /// The state of a snapshot. Source: resources.md §5.
    SnapshotStatus {
        Creating = "creating",
        Available = "available",
        Error = "error",
        Deleting = "deleting",
        ErrorDeleting = "error_deleting",
        DeferredDeleting = "deferred_deleting",
        ErrorDeferredDeleting = "error_deferred_deleting",
        ManageStarting = "manage_starting",
        ManageError = "manage_error",
        UnmanageStarting = "unmanage_starting",
        UnmanageError = "unmanage_error",
        Migrating = "migrating",
        MigratingTo = "migrating_to",
        Restoring = "restoring",
        ServerMigrating = "server_migrating",
    }
}

/// What people read of something that is allowed by status. The page of statuses is made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionDoc {
    pub what: &'static str,
    /// The policy rules of the requests that ask for it; none: nobody asks, it happens.
    pub policies: &'static [&'static str],
    pub follows: &'static str,
}

impl TaskState {
    /// Whether a share can be in it.
    pub const fn is_of_shares(self) -> bool {
        !matches!(self, TaskState::MigrationCancelInProgress)
    }

    /// The names of those that are so.
    pub fn names(is_so: impl Fn(Self) -> bool) -> Vec<&'static str> {
        Self::ALL.iter().filter(|state| is_so(**state)).map(|state| state.name()).collect()
    }

    /// Whether a share server can be in it: no data is copied for one.
    pub const fn is_of_servers(self) -> bool {
        !matches!(
            self,
            TaskState::DataCopyingStarting
                | TaskState::DataCopyingInProgress
                | TaskState::DataCopyingCompleting
                | TaskState::DataCopyingCompleted
                | TaskState::DataCopyingCancelled
                | TaskState::DataCopyingError
        )
    }
}

/// What is said of shares and snapshots that are being deleted. Option `is_deferred_deletion_enabled`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Deletion {
    /// They are their owner's, and count against the quota, until the array has let go of them.
    #[default]
    Usual,
    /// For their owner they are gone at once, and only administrators see that the array has still to let go of them.
    Deferred,
}

impl Deletion {
    pub const fn of_share(self) -> Status {
        match self {
            Deletion::Usual => Status::Deleting,
            Deletion::Deferred => Status::DeferredDeleting,
        }
    }

    pub const fn of_snapshot(self) -> SnapshotStatus {
        match self {
            Deletion::Usual => SnapshotStatus::Deleting,
            Deletion::Deferred => SnapshotStatus::DeferredDeleting,
        }
    }
}

impl Status {
    /// What an administrator may set with reset_status, besides the schema's own list.
    pub const RESETTABLE: &'static [Self] = &[
        Status::Creating,
        Status::Available,
        Status::Deleting,
        Status::Error,
        Status::ErrorDeleting,
        Status::Migrating,
        Status::MigratingTo,
        Status::ServerMigrating,
    ];

    /// Which instance stands for a share: lower comes first. Source: `resources.md` §1, "Values come from one
    /// representative instance".
    pub const fn preference(self) -> u8 {
        match self {
            Status::Reverting => 0,
            Status::ReplicationChange => 1,
            Status::Migrating => 2,
            Status::ServerMigrating => 3,
            Status::Available => 4,
            Status::Error => 5,
            status if !status.is_transitional() => 6,
            _ => 7,
        }
    }

    /// Under way to another status: blocks unmanage and access changes.
    pub const fn is_transitional(self) -> bool {
        matches!(
            self,
            Status::Creating
                | Status::CreatingFromSnapshot
                | Status::Deleting
                | Status::DeferredDeleting
                | Status::ManageStarting
                | Status::UnmanageStarting
                | Status::Extending
                | Status::Shrinking
                | Status::Migrating
                | Status::MigratingTo
                | Status::Restoring
                | Status::Reverting
                | Status::ServerMigrating
                | Status::ServerMigratingTo
                | Status::BackupRestoring
                | Status::BackupCreating
                | Status::Ensuring
        )
    }

    /// Served to clients, with no work that its status tells of: what its back end holds against the array now and then.
    pub const fn is_swept(self) -> bool {
        matches!(self, Status::Available | Status::AwaitingTransfer | Status::ExtendingError | Status::ShrinkingError)
    }

    /// The status as a client of `version` may see it.
    pub fn at(self, version: Microversion) -> Self {
        match self {
            Status::CreatingFromSnapshot if version < Microversion::written("2.54") => Status::Creating,
            status => status,
        }
    }
}

impl SnapshotStatus {
    /// What an administrator may say that a snapshot is.
    pub const RESETTABLE: &'static [Self] = &[
        SnapshotStatus::Available,
        SnapshotStatus::Error,
        SnapshotStatus::ErrorDeleting,
        SnapshotStatus::Deleting,
        SnapshotStatus::Creating,
        SnapshotStatus::ManageStarting,
        SnapshotStatus::UnmanageStarting,
        SnapshotStatus::UnmanageError,
        SnapshotStatus::ManageError,
        SnapshotStatus::Migrating,
        SnapshotStatus::MigratingTo,
        SnapshotStatus::Restoring,
    ];
    /// The same of its instance.
    pub const RESETTABLE_OF_INSTANCES: &'static [Self] = &[
        SnapshotStatus::Creating,
        SnapshotStatus::Available,
        SnapshotStatus::Deleting,
        SnapshotStatus::Error,
        SnapshotStatus::ErrorDeleting,
        SnapshotStatus::Migrating,
        SnapshotStatus::MigratingTo,
        SnapshotStatus::ServerMigrating,
    ];

    /// Whether something is under way.
    pub const fn is_transitional(self) -> bool {
        matches!(
            self,
            SnapshotStatus::Creating
                | SnapshotStatus::Deleting
                | SnapshotStatus::DeferredDeleting
                | SnapshotStatus::ManageStarting
                | SnapshotStatus::UnmanageStarting
                | SnapshotStatus::Migrating
                | SnapshotStatus::MigratingTo
                | SnapshotStatus::Restoring
                | SnapshotStatus::ServerMigrating
        )
    }
}

/// How the statuses of a share and those of a snapshot tell of a removal.
macro_rules! removals {
    ($($name:ident),+) => {$(
        impl $name {
            /// Gone for its owner, while the array has still to let go of it.
            pub const fn is_deferred_deletion(self) -> bool {
                matches!(self, Self::DeferredDeleting | Self::ErrorDeferredDeleting)
            }

            /// Its removal is under way, or goes on after it was told as failed.
            pub const fn is_removal(self) -> bool {
                matches!(self, Self::Deleting | Self::ErrorDeleting) || self.is_deferred_deletion()
            }

            /// What it is once its removal has failed.
            pub const fn removal_failed(self) -> Self {
                if self.is_deferred_deletion() { Self::ErrorDeferredDeleting } else { Self::ErrorDeleting }
            }
        }
    )+};
}

removals!(Status, SnapshotStatus);

impl RulesStatus {
    /// The name as a client of `version` knows it.
    pub fn name_at(self, version: Microversion) -> &'static str {
        match self {
            RulesStatus::Syncing if version < Microversion::written("2.28") => "out_of_sync",
            status => status.name(),
        }
    }
}

impl RuleState {
    /// The rule is to be on the array (or stay there) once work is done.
    pub const fn is_wanted(self) -> bool {
        !matches!(self, RuleState::QueuedToDeny | RuleState::Denying | RuleState::Error)
    }

    /// Work on the array is owed for the rule.
    pub const fn is_owed(self) -> bool {
        !matches!(self, RuleState::Active | RuleState::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_is_found_by_its_name() {
        for status in Status::ALL {
            assert_eq!(Status::named(status.name()), Some(*status));
        }
        assert_eq!(Status::named("happy"), None);
    }

    #[test]
    fn rules_status_sorts_from_best_to_worst() {
        assert!(RulesStatus::Active < RulesStatus::Syncing && RulesStatus::Syncing < RulesStatus::Error);
    }

    #[test]
    fn what_a_client_is_too_old_to_know_is_told_in_words_that_it_knows() {
        let at = |status: Status, version| status.at(Microversion::written(version));
        assert_eq!(at(Status::CreatingFromSnapshot, "2.53"), Status::Creating);
        for version in ["2.54", "2.99"] {
            assert_eq!(at(Status::CreatingFromSnapshot, version), Status::CreatingFromSnapshot);
        }
        assert_eq!(at(Status::Extending, "2.0"), Status::Extending);
        let rules = |status: RulesStatus, version| status.name_at(Microversion::written(version));
        assert_eq!(
            ["2.27", "2.28", "2.29"].map(|version| rules(RulesStatus::Syncing, version)),
            ["out_of_sync", "syncing", "syncing"]
        );
        assert_eq!(rules(RulesStatus::Active, "2.10"), "active");
    }

    #[test]
    fn an_instance_that_is_busy_for_all_stands_for_its_share_and_one_that_comes_or_goes_last() {
        use Status::{Available, Creating, Deleting, Error, Migrating, ReplicationChange, Reverting, ServerMigrating};
        let mut all = [
            Deleting,
            Status::ExtendingError,
            Error,
            Available,
            ServerMigrating,
            Migrating,
            ReplicationChange,
            Reverting,
        ];
        all.sort_by_key(|status| status.preference());
        let rest = [Status::ExtendingError, Deleting];
        let first = [Reverting, ReplicationChange, Migrating, ServerMigrating, Available, Error];
        assert_eq!(all, [&first[..], &rest].concat()[..]);
        assert_eq!(Creating.preference(), Deleting.preference());
    }

    #[test]
    fn what_is_under_way_is_not_swept_and_what_is_swept_is_served() {
        for status in Status::ALL.iter().filter(|status| status.is_swept()) {
            assert!(!status.is_transitional(), "{status}");
        }
        let swept: Vec<_> = Status::ALL.iter().filter(|status| status.is_swept()).collect();
        assert_eq!(swept.len(), 4, "{swept:?}");
        for status in
            [Status::Creating, Status::Deleting, Status::Extending, Status::Reverting, Status::AwaitingTransfer]
        {
            assert_eq!(status.is_transitional(), status != Status::AwaitingTransfer, "{status}");
        }
    }

    #[test]
    fn a_rule_is_wanted_until_it_is_denied_and_owed_until_it_is_as_it_is_to_be() {
        let so = |is: fn(RuleState) -> bool| RuleState::ALL.iter().filter(move |state| is(**state)).count();
        assert!(
            RuleState::Active.is_wanted() && RuleState::QueuedToApply.is_wanted() && RuleState::Applying.is_wanted()
        );
        assert!(RuleState::QueuedToDeny.is_owed() && RuleState::Applying.is_owed() && !RuleState::Active.is_owed());
        assert_eq!(
            (so(RuleState::is_wanted), so(RuleState::is_owed)),
            (RuleState::ALL.len() - 3, RuleState::ALL.len() - 2)
        );
    }

    #[test]
    fn no_data_is_copied_for_a_server_and_a_share_is_never_in_the_midst_of_being_cancelled() {
        let (of_shares, of_servers) =
            (TaskState::names(TaskState::is_of_shares), TaskState::names(TaskState::is_of_servers));
        let missing = |of: &[&str]| -> Vec<&str> {
            TaskState::ALL.iter().map(|state| state.name()).filter(|name| !of.contains(name)).collect()
        };
        assert_eq!(missing(&of_shares), ["migration_cancel_in_progress"]);
        let of_data = missing(&of_servers);
        assert!(of_data.len() == 6 && of_data.iter().all(|name| name.starts_with("data_copying")), "{of_data:?}");
    }
}
