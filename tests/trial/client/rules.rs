//! What a tenant does to say who may mount its shares.
//!
//! How to get it wrong: to hold a rule to a level whose change got no answer.

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::json;

use super::{Tenant, status_of};
use crate::ledger::{Promise, Rule, ended};

impl Tenant {
    pub(super) async fn allow(&mut self) {
        let Some(id) = self.some_share() else { return };
        let level = if self.lots.random_bool(0.5) { "rw" } else { "ro" };
        // Over NFS the array knows no users, and over SMB no addresses.
        let is_smb = self.world.smb.borrow().contains(&id) != self.lots.random_ratio(1, 12);
        let (kind, to) = if is_smb {
            let user = ["alice", "Robert", "robert", "EXAMPLE\\carol", "Everyone"][self.lots.random_range(0..5)];
            ("user", user.to_owned())
        } else {
            ("ip", format!("10.0.{}.{}", self.lots.random_range(0..2), self.lots.random_range(1..6)))
        };
        let mut wish = json!({ "allow_access": { "access_type": kind, "access_to": to, "access_level": level } });
        let is_locked = self.lots.random_ratio(1, 20);
        if is_locked {
            wish["allow_access"]["lock_deletion"] = json!(true);
        }
        match self.act("allow", &id, wish).await {
            Some((200, body)) => {
                let rule = body["access"]["id"].as_str().unwrap().to_owned();
                if is_locked {
                    self.world.locks.borrow_mut().rule_placed(&rule, &id);
                }
                let promised = Rule { share: id, to, level: Some(level), promise: Promise::Stays };
                self.world.ledger.book().rules.insert(rule, promised);
            }
            None | Some((500..=599, _)) => self.world.ledger.book().unsure.push(format!("{id} {to}")),
            Some(_) => {}
        }
    }

    pub(super) async fn deny(&mut self) {
        let Some((rule, share)) = self.some_rule() else { return };
        let (was_locked, passes_over) = (self.world.locks.borrow().holds_rule(&rule), self.lots.random_bool(0.5));
        let wish = json!({ "deny_access": { "access_id": rule, "unrestrict": passes_over } });
        let answer = self.act("deny", &share, wish).await;
        match status_of(&answer) {
            Some(200..=299) if was_locked && !passes_over => {
                self.world.breaks(format!("rule {rule} is locked, and its denial was accepted"));
            }
            Some(400..=499) => {}
            _ => self.world.locks.borrow_mut().rule_ended(&rule),
        }
        if let Some(rule) = self.world.ledger.book().rules.get_mut(&rule) {
            rule.promise = ended(rule.promise, status_of(&answer));
        }
    }

    /// All rules of a share were to be denied; what was answered.
    pub(super) fn rules_end(&self, share: &str, status: Option<u16>) {
        let mut book = self.world.ledger.book();
        for (id, rule) in book.rules.iter_mut().filter(|(_, rule)| rule.share == share) {
            rule.promise = ended(rule.promise, status);
            self.world.locks.borrow_mut().rule_ended(id);
        }
    }

    /// A rule of one of its shares whose end nobody asked for, and the share.
    fn some_rule(&mut self) -> Option<(String, String)> {
        let own = self.shares(|_| true);
        let rules: Vec<(String, String)> = {
            let book = self.world.ledger.book();
            let rules = book.rules.iter().filter(|(_, rule)| own.contains(&rule.share));
            let staying = rules.filter(|(_, rule)| rule.promise == Promise::Stays);
            staying.map(|(id, rule)| (id.clone(), rule.share.clone())).collect()
        };
        rules.choose(&mut self.lots).cloned()
    }

    /// Whoever is let in is to write, or to write no more.
    pub(super) async fn change_level(&mut self) {
        let Some((rule, _)) = self.some_rule() else { return };
        let level = if self.lots.random_bool(0.5) { "rw" } else { "ro" };
        let wish = json!({ "update_access": { "access_level": level } });
        let answer = self.ask("change rule", "PUT", &format!("/share-access-rules/{rule}"), Some(wish)).await;
        let level = match status_of(&answer) {
            Some(200..=299) => Some(level),
            Some(400..=499) => return,
            _ => None,
        };
        if let Some(rule) = self.world.ledger.book().rules.get_mut(&rule) {
            rule.level = level;
        }
    }
}
