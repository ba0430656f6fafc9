//! What a tenant does to give a share to another project: offers it, and has it accepted, withdraws the offer, or lets it expire.
//!
//! How to get it wrong: to note who has a share by now only once that was answered; whoever is given one may see it before.

use rand::Rng;
use serde_json::{Value, json};

use super::{Tenant, status_of};
use crate::ledger::Promise;
use crate::owners::NOBODY;
use crate::probes::{SHARE_ACCEPTED, SHARE_NOT_ACCEPTED};

impl Tenant {
    pub(super) async fn act_on_offers(&mut self) {
        let Some(share) = self.some_share() else { return };
        let wish = json!({ "transfer": { "share_id": share, "name": self.called("t") } });
        let answer = self.ask("offer share", "POST", "/share-transfers", Some(wish)).await;
        let Some((202, body)) = answer else { return };
        let (id, key) = (body["transfer"]["id"].as_str().unwrap(), body["transfer"]["auth_key"].as_str().unwrap());
        let others: Vec<u64> = self.world.plan.tenants.clone();
        let to = format!("tenant{:02}", others[self.lots.random_range(0..others.len())]);
        match self.lots.random_range(0..8) {
            0..=4 => self.give(&share, (id, key), &to).await,
            5 => self.tries_a_wrong_key(id, &to).await,
            6 => drop(self.ask("withdraw offer", "DELETE", &format!("/share-transfers/{id}"), None).await),
            _ => {}
        }
    }

    async fn tries_a_wrong_key(&self, id: &str, to: &str) {
        let wish = json!({ "accept": { "auth_key": "0123456789abcdef" } });
        let path = format!("/share-transfers/{id}/accept");
        if let Some((200..=299, _)) = self.world.ask(to, "member", "POST", &path, Some(&wish)).await {
            self.world.breaks(format!("{to} accepted share transfer {id} with a wrong key"));
        }
    }

    /// Has another project accept a share that was offered.
    async fn give(&mut self, share: &str, (id, key): (&str, &str), to: &str) {
        let clears = self.lots.random_ratio(1, 3);
        self.may_be_seen_by(share, to).await;
        let wish = json!({ "accept": { "auth_key": key, "clear_access_rules": clears } });
        let path = format!("/share-transfers/{id}/accept");
        let answer = self.world.ask(to, "member", "POST", &path, Some(&wish)).await;
        let status = status_of(&answer);
        self.world.ledger.note("accept share", status);
        match status {
            Some(200..=299) => {
                self.belongs_to(share, to, Promise::Stays);
                self.world.host.probes.note(SHARE_ACCEPTED);
            }
            None | Some(500..=599) => self.belongs_to(share, NOBODY, Promise::Unsure),
            Some(_) => return self.world.host.probes.note(SHARE_NOT_ACCEPTED),
        }
        if clears {
            self.rules_end(share, status);
        }
        let is_given = status == Some(202) && to != self.project;
        if is_given && let Some((200, body)) = self.ask("show share", "GET", &format!("/shares/{share}"), None).await {
            self.world.breaks(format!("{} gave share {share} to {to}, and still sees it: {body}", self.project));
        }
    }

    /// The other project may see the share and all that goes with it from now on.
    async fn may_be_seen_by(&self, share: &str, to: &str) {
        let mut ids = vec![share.to_owned()];
        // With which snapshot it began is told of a share whoever has that.
        if let Some((200, body)) = self.ask("show share", "GET", &format!("/shares/{share}"), None).await {
            ids.extend(body["share"]["snapshot_id"].as_str().map(str::to_owned));
        }
        let book = self.world.ledger.book();
        ids.extend(book.rules.iter().filter(|(_, rule)| rule.share == share).map(|(id, _)| id.clone()));
        let snapshots = self.world.snapshots.borrow();
        ids.extend(snapshots.snapshots.iter().filter(|(_, one)| one.share == share).map(|(id, _)| id.clone()));
        ids.extend(self.world.locks.borrow().of(share));
        let told: Vec<Value> = ids.into_iter().map(|id| json!({ "id": id })).collect();
        self.world.owners.borrow_mut().note(to, &json!(told));
    }

    fn belongs_to(&self, share: &str, project: &str, promise: Promise) {
        let less = |before: Promise| if before == Promise::Stays { promise } else { before };
        if let Some(share) = self.world.ledger.book().shares.get_mut(share) {
            share.project = project.to_owned();
            share.promise = less(share.promise);
        }
        let mut snapshots = self.world.snapshots.borrow_mut();
        for one in snapshots.snapshots.values_mut().filter(|one| one.share == share) {
            one.project = project.to_owned();
        }
    }
}
