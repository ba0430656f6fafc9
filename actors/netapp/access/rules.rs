//! From desired rules to the rules of an export policy: pure.
//!
//! ONTAP takes the first rule that fits a client, so the most specific must come first: longest prefix, then `ro`
//! before `rw`. How to get it wrong: ordering by text, where 10.0.0.9 comes before 10.0.0.10/31. Source: operations.md
//! §7.1.

use ipnet::IpNet;
use manilad_domain::AccessRuleId;
use manilad_domain::access::{AccessLevel, AccessType, network};
use manilad_domain::message::Detail;
use manilad_driver::{DesiredRule, RefusedRule};
use manilad_ontap::export_policy::{Flavour, Rule};

use crate::squash::{EXPECTED, NOBODY, Squash};

/// One rule on the array. Wanted rules that say the same are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub ids: Vec<AccessRuleId>,
    pub net: IpNet,
    pub level: AccessLevel,
    /// Whether whoever it lets in becomes nobody.
    pub squash: bool,
}

/// What is to be on the array, in the order in which it is evaluated, and what can't be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    pub entries: Vec<Entry>,
    pub refused: Vec<RefusedRule>,
}

/// Sorts out desired rules.
pub fn order(desired: &[DesiredRule], squash: Squash) -> Ordered {
    let mut ordered = Ordered { entries: Vec::new(), refused: Vec::new() };
    for rule in desired {
        let Some(net) = Some(&rule.to).filter(|_| rule.kind == AccessType::Ip).and_then(|to| network(to)) else {
            ordered
                .refused
                .push(refuse(rule.id, format!("{} {:?} is no IP address or network", rule.kind.name(), rule.to)));
            continue;
        };
        let writes = rule.level == AccessLevel::Rw;
        if writes && squash == Squash::Unclear {
            ordered.refused.push(refuse(rule.id, EXPECTED.to_owned()));
            continue;
        }
        let squash = writes && squash == Squash::All;
        match ordered.entries.iter_mut().find(|entry| entry.net == net && entry.level == rule.level) {
            Some(same) => same.ids.push(rule.id),
            None => ordered.entries.push(Entry { ids: vec![rule.id], net, level: rule.level, squash }),
        }
    }
    ordered.entries.sort_by_key(|entry| {
        let writes = entry.level == AccessLevel::Rw;
        (entry.net.addr().is_ipv6(), u8::MAX - entry.net.prefix_len(), entry.net.addr(), writes)
    });
    ordered
}

/// A rule that the array can't enforce, and why.
pub fn refuse(id: AccessRuleId, reason: String) -> RefusedRule {
    RefusedRule { id, detail: Detail::UnsupportedClientAccess, reason }
}

impl Entry {
    /// Whom it is for, as ONTAP writes it: a single address has no prefix.
    pub fn client(&self) -> String {
        match self.net.prefix_len() == self.net.max_prefix_len() {
            true => self.net.addr().to_string(),
            false => self.net.to_string(),
        }
    }

    /// As a rule of a policy. Root stays root, as NFS clients of a share expect, unless everybody becomes nobody.
    pub fn rule(&self) -> Rule {
        Rule {
            clients: vec![self.client()],
            ro: vec![self.identity()],
            rw: vec![self.writes()],
            superuser: vec![self.identity()],
            anonymous_user: self.squash.then(|| NOBODY.to_string()),
        }
    }

    /// How users must prove who they are.
    fn identity(&self) -> Flavour {
        if self.squash { Flavour::None } else { Flavour::Sys }
    }

    fn writes(&self) -> Flavour {
        match self.level {
            AccessLevel::Rw => self.identity(),
            AccessLevel::Ro => Flavour::Never,
        }
    }

    /// Whether a rule of the array already does what this one asks for, however it writes the address.
    pub fn is_done_by(&self, rule: &Rule) -> bool {
        let same_net = |client: &String| network(client) == Some(self.net);
        rule.clients.iter().any(same_net) && rule.ro == [self.identity()] && rule.rw == [self.writes()]
    }

    /// Whether a rule of the array does this and nothing else. Whom those become who do not prove who they are counts only
    /// where they get in.
    pub fn is(&self, rule: &Rule) -> bool {
        let nobody = NOBODY.to_string();
        let becomes_nobody = rule.anonymous_user.as_ref().is_none_or(|user| *user == nobody || user == "nobody");
        rule.clients.len() == 1
            && self.is_done_by(rule)
            && rule.superuser == [self.identity()]
            && (becomes_nobody || !self.squash)
    }

    /// Whether a text speaks of this client, and not of another whose address contains its own.
    pub fn is_named_in(&self, text: &str) -> bool {
        let client = self.client();
        let part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '/');
        text.match_indices(&client).any(|(place, _)| {
            let (before, after) = (&text[..place], &text[place + client.len()..]);
            let ends_sentence = after.strip_prefix(['.', ':']).is_some_and(|rest| !rest.starts_with(part));
            !before.ends_with(part) && (ends_sentence || !after.starts_with(part))
        })
    }
}

#[cfg(test)]
mod tests;
