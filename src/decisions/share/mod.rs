//! Shares: what may be asked of them, in which status, and what came of it. One table of what may be asked, which decisions read.
//!
//! Access rules and what is done to an instance go by the status of the instance, everything else by the status of the
//! share. What may be done to a share in the recycle bin is a column of the same table, and a row that says nothing of it is
//! refused there. How to get it wrong: to look at a status in a decision instead, where nobody sees what it allows; or to find
//! the share of an action other than by [`current`], which asks that column.

mod asked;
mod basis;
mod begin;
mod change;
mod create;
mod delete;
mod exports;
mod in_bin;
mod manage;
mod neighbours;
mod parent;
mod recycle_bin;
mod resize;
mod resized;
mod revert;
#[cfg(test)]
pub(crate) mod samples;
mod status_rule;

pub use asked::{Context, NewShare};
pub use basis::{Basis, find_type};
pub(crate) use begin::changeable;
pub use change::{Update, change_metadata, reset_status, reset_task_state, update};
pub use create::create;
pub(crate) use delete::remove_instances;
pub use delete::{delete, force_delete};
pub use exports::change_export_metadata;
pub use in_bin::InBin;
pub use manage::{ManagedShare, manage, mounted_at, of_pool, taken, to_manage, unmanage};
pub(crate) use neighbours::leave_neighbours;
pub use recycle_bin::{Expiry, Restored, expire, restore, soft_delete};
pub use resize::{Extended, Extension, Judged, Judgement, NoRoom, extend, shrink};
pub use revert::revert;
pub use status_rule::{StatusRule, Statuses};

use manilad_domain::share_network::NetworkAction;
use manilad_domain::status::{ActionDoc, Status};
use manilad_domain::{Fault, Microversion, Share, ShareId, ShareNetwork, span};
use manilad_store::Draft;

const ACCESS: &[StatusRule] = &[
    StatusRule {
        span: span!([..=2.73]),
        statuses: Statuses::SettledExcept(&[Status::Error]),
        refusal: access_is_fixed,
    },
    StatusRule { span: span!([2.74..]), statuses: Statuses::SettledExcept(&[]), refusal: access_is_fixed },
];

const EXTEND: &[StatusRule] = &[StatusRule {
    span: span!([..]),
    statuses: Statuses::Only(&[Status::Available]),
    refusal: |status| Fault::invalid(format!("A share can be extended when it is available; this one is {status}.")),
}];

const SHRINK: &[StatusRule] = &[StatusRule {
    span: span!([..]),
    statuses: Statuses::Only(&[Status::Available, Status::ShrinkingPossibleDataLossError]),
    refusal: |status| {
        Fault::invalid(format!(
            "A share can be shrunk when it is available or shrinking_possible_data_loss_error; this one is {status}."
        ))
    },
}];

const DELETE: &[StatusRule] = &[StatusRule {
    span: span!([..]),
    statuses: Statuses::Only(&[Status::Available, Status::Inactive, Status::Error]),
    refusal: |status| {
        Fault::forbidden(match status {
            Status::ManageError => "The share could not be managed: unmanage it instead.".to_owned(),
            _ => format!("A share can be deleted when it is available, inactive or in error; this one is {status}."),
        })
    },
}];

const RESTORE: &[StatusRule] = &[StatusRule {
    span: span!([..]),
    statuses: Statuses::AllBut(&[
        Status::Deleting,
        Status::ErrorDeleting,
        Status::DeferredDeleting,
        Status::ErrorDeferredDeleting,
    ]),
    refusal: |status| Fault::forbidden(format!("A share that is {status} can't be restored: it is going.")),
}];

const REVERT: &[StatusRule] = &[StatusRule {
    span: span!([..]),
    statuses: Statuses::Only(&[Status::Available]),
    refusal: |status| {
        Fault::conflict(format!("A share is reverted to a snapshot when it is available; this one is {status}."))
    },
}];

const CREATE_SNAPSHOT: &[StatusRule] = &[StatusRule {
    span: span!([..]),
    statuses: Statuses::Only(&[Status::Available]),
    refusal: |status| {
        Fault::invalid(format!("A snapshot is taken of a share that is available; this one is {status}."))
    },
}];

const MANAGE_SNAPSHOT: &[StatusRule] = &[StatusRule {
    span: span!([..]),
    statuses: Statuses::SettledExcept(&[Status::ManageErrorUnmanageStarting]),
    refusal: |status| Fault::invalid(format!("Snapshots can't be managed while their share is {status}.")),
}];

const UNMANAGE: &[StatusRule] = &[StatusRule {
    span: span!([..]),
    statuses: Statuses::SettledExcept(&[Status::ManageErrorUnmanageStarting]),
    refusal: |status| Fault::forbidden(format!("A share can't be unmanaged while it is {status}.")),
}];

const LOCK: &[StatusRule] = &[StatusRule {
    span: span!([..]),
    statuses: Statuses::AllBut(&[
        Status::Deleting,
        Status::ErrorDeleting,
        Status::DeferredDeleting,
        Status::ErrorDeferredDeleting,
        Status::UnmanageStarting,
        Status::ManageErrorUnmanageStarting,
        Status::UnmanageError,
    ]),
    refusal: |status| Fault::conflict(format!("A share that is {status} can't be locked: it is going.")),
}];

const TRANSFER: &[StatusRule] = &[StatusRule {
    span: span!([..]),
    statuses: Statuses::Only(&[Status::Available]),
    refusal: |status| Fault::invalid(format!("A share can be transferred when it is available; this one is {status}.")),
}];

macro_rules! actions {
    ($($action:ident $(in $rules:ident)? $(on $network:ident)? $(binned $binned:ident)?: $what:literal by [$($policy:literal),+], $follows:literal;)+) => {
        /// What a request may ask of a share, or of one of its instances.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum ShareAction { $($action),+ }

        impl ShareAction {
            pub const ALL: &'static [Self] = &[$(ShareAction::$action),+];

            pub const fn doc(self) -> ActionDoc {
                match self {
                    $(ShareAction::$action => ActionDoc { what: $what, policies: &[$($policy),+], follows: $follows }),+
                }
            }

            /// By which statuses it is limited; none: it is done in any.
            pub const fn rules(self) -> &'static [StatusRule] {
                match self { $(ShareAction::$action => actions!(@rules $($rules)?)),+ }
            }

            /// By what the status of the share's network, if it is in one, limits it too.
            pub const fn network_action(self) -> Option<NetworkAction> {
                match self { $(ShareAction::$action => actions!(@network $($network)?)),+ }
            }

            /// What becomes of it while the share is in the recycle bin.
            pub const fn in_bin(self) -> InBin {
                match self { $(ShareAction::$action => actions!(@binned $($binned)?)),+ }
            }
        }
    };
    (@rules $rules:ident) => { $rules };
    (@rules) => { &[] };
    (@network $network:ident) => { Some(NetworkAction::$network) };
    (@network) => { None };
    (@binned $binned:ident) => { InBin::$binned };
    (@binned) => { InBin::Forbidden };
}

// Each with its table of statuses, where it is limited to some; what it is in the table of its share network; what becomes of it in the recycle bin, where it is not refused as forbidden; what it does; the policies that are asked; what follows.
actions! {
    Update: "change its name, description or visibility" by ["share:update"], "its status stays";
    ChangeMetadata: "change its metadata, or that of an export location" by ["share:update_share_metadata", "share:delete_share_metadata", "share_export_location:update_metadata", "share_export_location:delete_metadata"], "its status stays; where `all_squash` changes, its access rules are applied anew";
    AllowAccess in ACCESS on ChangeAccess: "allow access" by ["share:allow_access"], "the rule is `queued_to_apply` and `access_rules_status` is `syncing`; then both are `active`, or `error` and a message";
    UpdateAccess in ACCESS on ChangeAccess: "change the level of an access rule" by ["share_access_rule:update"], "the rule is `queued_to_update` and `access_rules_status` is `syncing`; then both are `active`, or `error` and a message";
    DenyAccess in ACCESS on ChangeAccess: "deny access" by ["share:deny_access"], "the rule is `queued_to_deny` and `access_rules_status` is `syncing`; then the rule is gone, or `error` and a message";
    Extend in EXTEND on ChangeShare: "make it larger" by ["share:extend"], "`extending`; then `available`, or `extending_error` and a message. Where its pool or the array has no room it is `available` as it was, with a message";
    Shrink in SHRINK on ChangeShare: "make it smaller" by ["share:shrink"], "`shrinking`; then `available`, or `shrinking_error` and a message. Where its data does not fit it is `available` as it was, with a message";
    Revert in REVERT on ChangeShare: "revert to its newest snapshot" by ["share:revert_to_snapshot"], "`reverting`, and the snapshot is `restoring`; then both are `available`, or the share is `reverting_error` with a message";
    CreateSnapshot in CREATE_SNAPSHOT: "take a snapshot" by ["share:create_snapshot"], "its status stays; the snapshot is `creating`, then `available`, or `error` and a message";
    ManageSnapshot in MANAGE_SNAPSHOT: "manage a snapshot of it that is on the array" by ["share_snapshot:manage_snapshot"], "its status stays; the snapshot is `manage_starting`, then `available`, or `manage_error` and a message";
    Unmanage in UNMANAGE on ChangeShare: "unmanage, so that it stays on the array and is no share any more" by ["share:unmanage"], "`unmanage_starting`, or `manage_error_unmanage_starting` after `manage_error`; then it is gone, or `unmanage_error` and a message";
    Delete in DELETE binned Done: "delete" by ["share:delete"], "`deleting`; then it is gone, or `error_deleting` and a message. With deferred deletion `deferred_deleting` and `error_deferred_deleting`, of which its owner sees nothing. What has no place yet is gone at once";
    SoftDelete in DELETE: "put it into the recycle bin" by ["share:soft_delete"], "its status stays, and it shows when it is scheduled to be deleted; from then on it is deleted as by its owner";
    Restore in RESTORE binned Done: "take it out of the recycle bin" by ["share:restore"], "its status stays";
    ForceDelete binned Done: "delete by force, the share or an instance" by ["share:force_delete", "share_instance:force_delete"], "as after a delete; the share goes with its last instance";
    Lock in LOCK binned Conflict: "lock, it or one of its access rules, against deletion" by ["resource_lock:create"], "its status stays; while the lock stands, requests to delete it are refused, 400 by force and else 403";
    Transfer in TRANSFER: "offer it to another project" by ["share_transfer:create"], "`awaiting_transfer`; then `available`, of the project that accepted it, or as it was when the transfer is deleted or expires";
    ResetStatus: "reset the status of the share" by ["share:reset_status"], "the status that was asked for, and pending work on its life is given up, and a pending transfer with it. If that is `available`, the back end looks for it: it stays so, or is `error` with a message";
    ResetInstance binned Done: "reset the status of an instance" by ["share_instance:reset_status"], "as after a reset of the share";
    ResetTaskState: "reset the state of its migration" by ["share:reset_task_state"], "its status stays";
}

impl ShareAction {
    /// Whether a request of this microversion may do it to what is in this status.
    ///
    /// # Errors
    /// As the table has it.
    pub fn check(self, status: Status, version: Microversion) -> Result<(), Fault> {
        let rules = self.rules().iter().filter(|rule| rule.span.contains(version));
        match rules.into_iter().find(|rule| !rule.statuses.contain(status)) {
            Some(rule) => Err((rule.refusal)(status)),
            None => Ok(()),
        }
    }

    /// Whether it may be done to the share though that is in the recycle bin, if it is.
    ///
    /// # Errors
    /// As the table has it.
    pub(crate) fn check_bin(self, share: &Share) -> Result<(), Fault> {
        self.in_bin().refusal(share).map_or(Ok(()), Err)
    }

    /// Whether the status of the network that the share is in lets it be done.
    ///
    /// # Errors
    /// As the network's table has it.
    pub fn check_network(self, network: &ShareNetwork) -> Result<(), Fault> {
        self.network_action().map_or(Ok(()), |action| network.check(action))
    }
}

fn access_is_fixed(status: Status) -> Fault {
    Fault::invalid(format!("Access can't be changed while the share is {status}."))
}

/// The share to which something is to be done, as it is now.
///
/// # Errors
/// Missing when it has gone meanwhile; as [`ShareAction::check_bin`].
pub(crate) fn current(draft: &Draft<'_>, id: ShareId, action: ShareAction) -> Result<Share, Fault> {
    let share: Share = draft.get(&id.to_string())?.ok_or_else(|| Fault::no_such("share", id))?;
    action.check_bin(&share)?;
    Ok(share)
}

#[cfg(test)]
mod tests {
    use manilad_domain::fault::Kind;

    use super::*;

    fn refused(action: ShareAction, version: &str) -> Vec<(Status, Kind)> {
        let check = |status: &Status| action.check(*status, Microversion::written(version)).err();
        Status::ALL.iter().filter_map(|status| Some((*status, check(status)?.kind))).collect()
    }

    #[test]
    fn what_is_under_way_keeps_its_access_rules_and_from_2_74_on_what_is_in_error_does_not() {
        for action in [ShareAction::AllowAccess, ShareAction::UpdateAccess, ShareAction::DenyAccess] {
            let (before, since) = (refused(action, "2.73"), refused(action, "2.74"));
            assert!(since.iter().all(|(status, kind)| status.is_transitional() && *kind == Kind::Invalid));
            assert!(before.contains(&(Status::Error, Kind::Invalid)));
            assert_eq!(before.len(), since.len() + 1);
            let set = since.iter().map(|(status, _)| *status).filter(|status| Status::RESETTABLE.contains(status));
            use Status::{Creating, Deleting, Migrating, MigratingTo, ServerMigrating};
            assert_eq!(set.collect::<Vec<_>>(), [Creating, Deleting, Migrating, MigratingTo, ServerMigrating]);
        }
    }

    #[test]
    fn a_share_is_extended_when_it_is_available_and_shrunk_also_in_the_status_of_a_shrink_that_would_have_lost_data() {
        let allowed = |action| -> Vec<Status> {
            let refusals = refused(action, "2.99");
            assert!(refusals.iter().all(|(_, kind)| *kind == Kind::Invalid));
            let is_refused = |status: &Status| refusals.iter().any(|(refused, _)| refused == status);
            Status::ALL.iter().copied().filter(|status| !is_refused(status)).collect()
        };
        assert_eq!(allowed(ShareAction::Extend), [Status::Available]);
        assert_eq!(allowed(ShareAction::Shrink), [Status::Available, Status::ShrinkingPossibleDataLossError]);
    }

    #[test]
    fn a_share_is_deleted_in_three_statuses_and_by_force_in_all() {
        for version in ["2.0", "2.99"] {
            let refusals = refused(ShareAction::Delete, version);
            assert!(refusals.iter().all(|(_, kind)| *kind == Kind::Forbidden));
            let is_refused = |status: &Status| refusals.iter().any(|(refused, _)| refused == status);
            let allowed: Vec<Status> = Status::ALL.iter().copied().filter(|status| !is_refused(status)).collect();
            assert_eq!(allowed, [Status::Available, Status::Error, Status::Inactive]);
            assert_eq!(refused(ShareAction::ForceDelete, version), []);
        }
    }

    #[test]
    fn no_microversion_has_two_rules_for_one_action() {
        for action in ShareAction::ALL.iter().filter(|action| !action.rules().is_empty()) {
            for version in Microversion::all() {
                assert_eq!(action.rules().iter().filter(|rule| rule.span.contains(version)).count(), 1, "{action:?}");
            }
        }
    }
}
