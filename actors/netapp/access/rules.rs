//! From wanted rules to the rules of an export policy: pure.
//!
//! ONTAP takes the first rule that fits a client, so the most specific must come first: longest prefix, then `ro`
//! before `rw`. How to get it wrong: ordering by text, where 10.0.0.9 comes before 10.0.0.10/31. Source: operations.md
//! §7.1.

use ipnet::IpNet;
use manilad_domain::AccessRuleId;
use manilad_domain::access::{AccessLevel, AccessType, network};
use manilad_domain::message::Detail;
use manilad_messages::driver::{RefusedRule, WantedRule};
use manilad_ontap::export_policy::{Flavour, Rule};

/// One rule on the array. Wanted rules that say the same are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub ids: Vec<AccessRuleId>,
    pub net: IpNet,
    pub level: AccessLevel,
}

/// What is to be on the array, in the order in which it is evaluated, and what can't be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ordered {
    pub entries: Vec<Entry>,
    pub refused: Vec<RefusedRule>,
}

/// Sorts out wanted rules.
pub fn order(wanted: &[WantedRule]) -> Ordered {
    let mut ordered = Ordered { entries: Vec::new(), refused: Vec::new() };
    for rule in wanted {
        let Some(net) = Some(&rule.to).filter(|_| rule.kind == AccessType::Ip).and_then(|to| network(to)) else {
            ordered
                .refused
                .push(refuse(rule.id, format!("{} {:?} is no IP address or network", rule.kind.name(), rule.to)));
            continue;
        };
        match ordered.entries.iter_mut().find(|entry| entry.net == net && entry.level == rule.level) {
            Some(same) => same.ids.push(rule.id),
            None => ordered.entries.push(Entry { ids: vec![rule.id], net, level: rule.level }),
        }
    }
    ordered.entries.sort_by_key(|entry| {
        let writes = entry.level == AccessLevel::Rw;
        (entry.net.addr().is_ipv6(), u8::MAX - entry.net.prefix_len(), entry.net.addr(), writes)
    });
    ordered
}

/// A rule that the array can't enforce, and why.
pub fn refuse(id: AccessRuleId, told: String) -> RefusedRule {
    RefusedRule { id, detail: Detail::UnsupportedClientAccess, told }
}

impl Entry {
    /// Whom it is for, as ONTAP writes it: a single address has no prefix.
    pub fn client(&self) -> String {
        match self.net.prefix_len() == self.net.max_prefix_len() {
            true => self.net.addr().to_string(),
            false => self.net.to_string(),
        }
    }

    /// As a rule of a policy. Root stays root, as NFS clients of a share expect.
    pub fn rule(&self) -> Rule {
        Rule {
            clients: vec![self.client()],
            ro: vec![Flavour::Sys],
            rw: vec![self.writes()],
            superuser: vec![Flavour::Sys],
            anonymous_user: None,
        }
    }

    fn writes(&self) -> Flavour {
        match self.level {
            AccessLevel::Rw => Flavour::Sys,
            AccessLevel::Ro => Flavour::Never,
        }
    }

    /// Whether a rule of the array already does what this one asks for, however it writes the address.
    pub fn is_done_by(&self, rule: &Rule) -> bool {
        let same_net = |client: &String| network(client) == Some(self.net);
        rule.clients.iter().any(same_net) && rule.ro == [Flavour::Sys] && rule.rw == [self.writes()]
    }

    /// Whether a rule of the array does this and nothing else. Whom the others become is none of our rules' business:
    /// they let in nobody who does not prove who he is.
    pub fn is(&self, rule: &Rule) -> bool {
        rule.clients.len() == 1 && self.is_done_by(rule) && rule.superuser == [Flavour::Sys]
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
