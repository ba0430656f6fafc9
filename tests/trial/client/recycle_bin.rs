//! What a tenant does with the recycle bin: puts shares there, looks after them, and takes some of them out in time.
//!
//! How to get it wrong: to go on counting what left the bin for good; the tenant would make no more shares.

use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::json;

use super::{Answer, Tenant, status_of};
use crate::bin_book::Place;
use crate::ledger::Promise;

impl Tenant {
    pub(super) async fn act_on_bin(&mut self) {
        match self.lots.random_range(0..10) {
            0..=4 => self.soft_delete().await,
            5..=7 => self.restore().await,
            _ => self.look_after_bin().await,
        }
    }

    /// Whether the answers say that a share is in the bin.
    pub(super) fn is_in_bin(&self, share: &str) -> bool {
        matches!(self.world.bin.borrow().place(share), Some(Place::InBin { .. }))
    }

    async fn soft_delete(&mut self) {
        let Some(id) = self.some_share() else { return };
        if self.lots.random_ratio(9, 10) {
            self.clear_snapshots(&id).await;
        }
        let until = self.world.clock.running() + Duration::from_secs(self.world.plan.bin.0.into());
        let (wish, was_there) = (json!({ "soft_delete": null }), self.is_in_bin(&id));
        let was_locked = self.is_locked(&id);
        let answer = self.ask("soft delete", "POST", &format!("/shares/{id}/action"), Some(wish)).await;
        let status = status_of(&answer);
        self.heeds_lock(&id, was_locked, &answer);
        if was_there && status == Some(202) {
            self.world.breaks(format!("share {id} was soft-deleted twice"));
        }
        self.world.bin.borrow_mut().soft_deleted(&id, until, status);
        self.learns_of_end(&id, &answer);
        if status == Some(202) {
            self.shows(&id, true).await;
        }
    }

    async fn restore(&mut self) {
        let binned = self.binned();
        let Some(id) = binned.choose(&mut self.lots) else { return };
        let wish = json!({ "restore": null });
        let answer = self.ask("restore", "POST", &format!("/shares/{id}/action"), Some(wish)).await;
        let status = status_of(&answer);
        if status == Some(200) && self.is_in_bin(id) {
            self.world.breaks(format!("share {id} was soft-deleted, and is not in the recycle bin"));
        }
        self.world.bin.borrow_mut().restored(id, status);
        self.learns_of_end(id, &answer);
        if matches!(status, Some(200 | 202)) {
            self.shows(id, false).await;
        }
    }

    async fn look_after_bin(&mut self) {
        let binned = self.binned();
        for id in binned {
            let answer = self.ask("show share", "GET", &format!("/shares/{id}"), None).await;
            self.learns_of_end(&id, &answer);
        }
    }

    fn binned(&self) -> Vec<String> {
        let stays = self.shares(|share| share.promise == Promise::Stays);
        stays.into_iter().filter(|id| !self.world.bin.borrow().is_out(id)).collect()
    }

    /// A share that may be in the bin leaves it at any time; that it did is known when it is not there any more.
    fn learns_of_end(&self, id: &str, answer: &Answer) {
        let place = self.world.bin.borrow().place(id);
        let Some(place) = place.filter(|_| status_of(answer) == Some(404)) else { return };
        let now = self.world.clock.running();
        let stayed = self.shares(|share| share.promise == Promise::Stays).iter().any(|own| own == id);
        if let Place::InBin { until } = place
            && stayed
            && now < until
        {
            self.world
                .breaks(format!("share {id} was to be in the recycle bin until {until:?}, and is gone at {now:?}"));
        }
        if let Some(share) = self.world.ledger.book().shares.get_mut(id) {
            share.promise = Promise::Goes;
        }
    }

    /// The share itself and the lists tell where it is, as long as it is there at all.
    async fn shows(&self, id: &str, is_binned: bool) {
        let Some((200, body)) = self.ask("show share", "GET", &format!("/shares/{id}"), None).await else { return };
        let share = &body["share"];
        if (share["is_soft_deleted"] == json!(true), share["scheduled_to_be_deleted_at"].is_string())
            != (is_binned, is_binned)
        {
            self.world.breaks(format!("whether share {id} is in the recycle bin is told otherwise: {share}"));
        }
        let (here, there) = match is_binned {
            true => ("/shares?is_soft_deleted=true", "/shares"),
            false => ("/shares", "/shares?is_soft_deleted=true"),
        };
        let is_listed = |answer: &Answer| {
            let (_, body) = answer.as_ref().filter(|(status, _)| *status == 200)?;
            Some(body["shares"].as_array()?.iter().any(|one| one["id"] == json!(id)))
        };
        if is_listed(&self.ask("list", "GET", there, None).await) == Some(true) {
            self.world.breaks(format!("share {id} is listed where it is not"));
        }
        let listed = is_listed(&self.ask("list", "GET", here, None).await);
        let shown = self.ask("show share", "GET", &format!("/shares/{id}"), None).await;
        if listed == Some(false) && status_of(&shown) == Some(200) {
            self.world.breaks(format!("share {id} is there and not listed"));
        }
    }
}
