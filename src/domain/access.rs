//! Access rules: who may reach a share, and how far each rule is on its way to the array.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::client::Client;
pub use crate::client::{AccessType, network};
use crate::fault::Fault;
use crate::ids::{AccessRuleId, ShareId};
use crate::microversion::Microversion;
use crate::record::{Index, Record, Row};
use crate::share::Share;
use crate::stamp::Stamp;
use crate::status::{RuleState, RulesStatus};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessLevel {
    Rw,
    Ro,
}

impl AccessLevel {
    pub const fn name(self) -> &'static str {
        match self {
            AccessLevel::Rw => "rw",
            AccessLevel::Ro => "ro",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        [AccessLevel::Rw, AccessLevel::Ro].into_iter().find(|level| level.name() == text)
    }
}

/// One rule of one share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessRule {
    pub id: AccessRuleId,
    pub share_id: ShareId,
    pub kind: AccessType,
    /// As the client wrote it.
    pub to: String,
    pub level: AccessLevel,
    pub key: Option<String>,
    pub state: RuleState,
    pub metadata: BTreeMap<String, String>,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
}

/// share: the rules of a share, oldest first.
pub const BY_SHARE: Index = Index("share");

impl Record for AccessRule {
    const KIND: &'static str = "access_rule";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        vec![BY_SHARE.row([self.share_id.to_string(), self.created_at.text()])]
    }
}

impl AccessRule {
    /// The state as a client of `version` sees it: before 2.28 rules had none of their own.
    pub fn state_at(&self, version: Microversion, share: &Share) -> &'static str {
        if version >= Microversion::written("2.28") {
            return self.state.name();
        }
        match share.rules_status() {
            RulesStatus::Syncing => "new",
            status => status.name(),
        }
    }

    /// Whether the rule speaks of the same client as `kind` and `to`, however they are written.
    pub fn is_for(&self, kind: AccessType, to: &str) -> bool {
        let own = Client::of(self.kind, &self.to);
        own.is_some() && own == Client::of(kind, to)
    }
}

/// Whether a text names a user or a group: `user`, `user@domain` or `DOMAIN\user`, 4 to 255 characters in all. The
/// first character may be anything, as in Manila; the domain is more than Manila takes.
fn is_account(to: &str) -> bool {
    let forbidden = |c: char| "\"/\\[]:;|=,+*?<>".contains(c) || c.is_control();
    let is_name = |name: &str| !name.chars().all(|c| c == '.' || c == ' ') && !name.contains(forbidden);
    let mut rest = to.chars();
    rest.next();
    let is_well_formed = match rest.as_str().split_once('\\') {
        Some((domain, name)) if !to.starts_with('\\') => !domain.contains(forbidden) && is_name(name),
        _ => !rest.as_str().contains(forbidden) && !to.chars().all(|c| c == '.' || c == ' '),
    };
    is_well_formed && (4..=255).contains(&to.chars().count())
}

/// Checks whom a rule is for. Sources: resources.md §2, decision 0010.
///
/// # Errors
/// Invalid, telling what was expected.
pub fn check_target(kind: AccessType, to: &str, version: Microversion) -> Result<(), Fault> {
    match kind {
        AccessType::Ip => match network(to) {
            None => Err(Fault::invalid(format!(
                "{to:?} is neither an IP address nor a network without host bits, as 10.0.0.0/8 or 10.0.0.0/255.0.0.0."
            ))),
            Some(_) if to.contains(':') && version < Microversion::written("2.38") => {
                Err(Fault::invalid("IPv6 addresses can be given from microversion 2.38 on."))
            }
            Some(_) => Ok(()),
        },
        AccessType::User => {
            if !is_account(to) {
                return Err(Fault::invalid(format!(
                    "{to:?} is not a user or group name: 4 to 255 characters, none of \"/\\[]:;|=,+*?<> except one \
                     backslash between a domain and a name."
                )));
            }
            Ok(())
        }
        AccessType::Cert => match to.trim().chars().count() {
            1..=64 => Ok(()),
            _ => Err(Fault::invalid("A certificate's common name has 1 to 64 characters.")),
        },
        AccessType::Cephx if version < Microversion::written("2.13") => {
            Err(Fault::invalid("Access type cephx can be given from microversion 2.13 on."))
        }
        AccessType::Cephx => {
            if to.is_empty() || to.contains('.') || !to.chars().all(|c| (' '..='~').contains(&c)) {
                return Err(Fault::invalid(format!("{to:?} is not a Ceph id: printable ASCII without dots.")));
            }
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Microversion {
        Microversion::written(text)
    }

    #[test]
    fn targets_are_judged_by_kind_and_microversion() {
        let good = [
            (AccessType::Ip, "10.0.0.0/8", "2.0"),
            (AccessType::Ip, "10.0.0.0/255.255.255.0", "2.0"),
            (AccessType::Ip, "fd00::/64", "2.38"),
            (AccessType::Ip, "::ffff:10.0.0.1", "2.38"),
            (AccessType::User, "alice", "2.0"),
            (AccessType::User, "/alice", "2.0"),
            (AccessType::User, "\\alice", "2.0"),
            (AccessType::User, "DOMAIN\\alice", "2.0"),
            (AccessType::User, "D\\al", "2.0"),
            (AccessType::User, "alice@example.com", "2.0"),
            (AccessType::User, "DOMAIN\\Domain Users", "2.0"),
            (AccessType::Cert, " me ", "2.0"),
            (AccessType::Cephx, "alice", "2.13"),
        ];
        for (kind, to, version) in good {
            assert!(check_target(kind, to, at(version)).is_ok(), "{to}");
        }
        let bad = [
            (AccessType::Ip, "10.0.0.1/8", "2.0"),
            (AccessType::Ip, "10.0.0.256", "2.0"),
            (AccessType::Ip, "10.0.0.1/255.255.255.0", "2.0"),
            (AccessType::Ip, "fd00::/64", "2.37"),
            (AccessType::Ip, "::ffff:10.0.0.1", "2.37"),
            (AccessType::User, "bob", "2.0"),
            (AccessType::User, "a/lice", "2.0"),
            (AccessType::User, "....", "2.0"),
            (AccessType::User, "DOMAIN\\", "2.0"),
            (AccessType::User, "DOMAIN\\..", "2.0"),
            (AccessType::User, "DOMAIN\\a\\b", "2.0"),
            (AccessType::User, "\\\\alice", "2.0"),
            (AccessType::User, "DOM/AIN\\alice", "2.0"),
            (AccessType::User, "DOMAIN\\/alice", "2.0"),
            (AccessType::User, "\u{7}\u{7}lice", "2.0"),
            (AccessType::Cert, "  ", "2.0"),
            (AccessType::Cephx, "alice", "2.12"),
            (AccessType::Cephx, "a.b", "2.13"),
        ];
        for (kind, to, version) in bad {
            assert!(check_target(kind, to, at(version)).is_err(), "{to}");
        }
    }

    fn rule(kind: AccessType, to: &str) -> AccessRule {
        AccessRule {
            id: uuid::Uuid::from_u128(1).into(),
            share_id: uuid::Uuid::from_u128(2).into(),
            kind,
            to: to.to_owned(),
            level: AccessLevel::Rw,
            key: None,
            state: RuleState::Denying,
            metadata: BTreeMap::new(),
            created_at: Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
        }
    }

    #[test]
    fn a_client_is_the_same_however_it_is_written_and_of_one_kind_only() {
        let of_net = rule(AccessType::Ip, "10.0.0.0/24");
        for (kind, to, is_same) in [
            (AccessType::Ip, "10.0.0.0/255.255.255.0", true),
            (AccessType::Ip, "10.0.0.0/25", false),
            (AccessType::User, "10.0.0.0/24", false),
            (AccessType::Ip, "nonsense", false),
        ] {
            assert_eq!(of_net.is_for(kind, to), is_same, "{to}");
        }
        assert!(!rule(AccessType::Ip, "nonsense").is_for(AccessType::Ip, "rubbish"), "what is no client is nobody's");
    }

    #[test]
    fn a_rule_is_found_by_its_id_and_by_its_share_and_levels_by_their_names() {
        let one = rule(AccessType::User, "alice");
        let share = uuid::Uuid::from_u128(2).to_string();
        assert_eq!(
            (one.key(), one.rows()),
            (uuid::Uuid::from_u128(1).to_string(), vec![BY_SHARE.row([share, one.created_at.text()])])
        );
        for (level, name) in [(AccessLevel::Rw, "rw"), (AccessLevel::Ro, "ro")] {
            assert_eq!((level.name(), AccessLevel::named(name)), (name, Some(level)));
        }
    }
}
