//! Resource locks: what keeps a share or an access rule from being deleted, or a rule from being shown. Source:
//! resources.md §16.
//!
//! A lock knows its share, whether the share itself is locked or one of its rules, so that one look finds all that stands
//! in the way of the share. How to get it wrong: to leave a lock behind when what it locks goes, or to take a share for
//! unlocked because only a rule of it is locked; the rule would go with the share.

use serde::{Deserialize, Serialize};

use crate::ids::{AccessRuleId, ResourceLockId, ShareId};
use crate::record::{Index, Record, Row};
use crate::stamp::Stamp;

macro_rules! names {
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
                Self::ALL.iter().copied().find(|one| one.name() == text)
            }

            pub fn names() -> Vec<&'static str> {
                Self::ALL.iter().map(|one| one.name()).collect()
            }
        }
    };
}

names! {
    /// As what its creator acted. Ordered: who acts as less can't change a lock of who acted as more.
    LockContext {
        User = "user",
        Service = "service",
        Admin = "admin",
    }
}

names! {
    /// What is not to be done to what is locked.
    LockAction {
        Delete = "delete",
        /// To tell whom a rule lets in; rules only.
        Show = "show",
    }
}

names! {
    /// What kind of thing is locked.
    LockedKind {
        Share = "share",
        AccessRule = "access_rule",
    }
}

/// One lock on one share, or on one of its rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceLock {
    pub id: ResourceLockId,
    /// Of its creator, as `user_id` is; the share may be of another one.
    pub project_id: String,
    pub user_id: String,
    pub context: LockContext,
    pub share_id: ShareId,
    /// The rule of the share that is locked; none: the share itself is.
    pub rule_id: Option<AccessRuleId>,
    pub action: LockAction,
    pub reason: Option<String>,
    /// The lock on a rule that brought this one on its share, and takes it along.
    pub brought_by: Option<ResourceLockId>,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
}

pub mod index {
    use super::Index;

    /// project, created_at.
    pub const BY_PROJECT: Index = Index("project");
    /// created_at.
    pub const BY_CREATION: Index = Index("created");
    /// share: all locks on it and on its rules.
    pub const BY_SHARE: Index = Index("share");
    /// resource: the locks on this share, or on this rule.
    pub const BY_RESOURCE: Index = Index("resource");
}

impl Record for ResourceLock {
    const KIND: &'static str = "resource_lock";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        vec![
            index::BY_PROJECT.row([self.project_id.clone(), self.created_at.text()]),
            index::BY_CREATION.row([self.created_at.text()]),
            index::BY_SHARE.row([self.share_id.to_string()]),
            index::BY_RESOURCE.row([self.resource_id()]),
        ]
    }
}

impl ResourceLock {
    /// The longest reason, in characters.
    pub const LONGEST_REASON: usize = 1023;

    pub fn kind(&self) -> LockedKind {
        if self.rule_id.is_some() { LockedKind::AccessRule } else { LockedKind::Share }
    }

    /// The id of what is locked.
    pub fn resource_id(&self) -> String {
        self.rule_id.map_or_else(|| self.share_id.to_string(), |id| id.to_string())
    }

    /// The lock that a delete lock on a rule brings on the rule's share.
    pub fn on_share(&self, id: ResourceLockId) -> ResourceLock {
        ResourceLock {
            id,
            rule_id: None,
            reason: Some(format!("Locked by access lock: {}", self.id)),
            brought_by: Some(self.id),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_yield_to_services_and_these_to_administrators() {
        assert!(LockContext::User < LockContext::Service && LockContext::Service < LockContext::Admin);
    }

    #[test]
    fn what_is_stored_of_a_lock_is_what_clients_call_it() {
        for context in LockContext::ALL {
            assert_eq!(serde_json::to_value(context).unwrap(), context.name());
            assert_eq!(LockContext::named(context.name()), Some(*context));
        }
        assert_eq!((LockAction::names(), LockedKind::names()), (vec!["delete", "show"], vec!["share", "access_rule"]));
    }
}
