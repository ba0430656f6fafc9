//! What a tenant does to keep its shares from being deleted, and lets go of again.
//!
//! How to get it wrong: to hold a removal to a lock whose own end was asked for; nobody knows which came first.

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::json;

use super::{Answer, Tenant, status_of};
use crate::probes::SHARE_HELD_BY_LOCK;

impl Tenant {
    pub(super) async fn act_on_locks(&mut self) {
        match self.lots.random_range(0..3) {
            0 => self.lock_share().await,
            _ => self.lift_lock().await,
        }
    }

    async fn lock_share(&mut self) {
        let Some(share) = self.some_share() else { return };
        let wish =
            json!({ "resource_lock": { "resource_id": share, "resource_type": "share", "resource_action": "delete" } });
        let answer = self.ask("lock share", "POST", "/resource-locks", Some(wish)).await;
        if let Some((200, body)) = answer {
            self.world.locks.borrow_mut().placed(body["resource_lock"]["id"].as_str().unwrap(), &share);
        }
    }

    async fn lift_lock(&mut self) {
        let own = self.shares(|_| true);
        let locks: Vec<String> = own.iter().flat_map(|share| self.world.locks.borrow().of(share)).collect();
        let Some(id) = locks.choose(&mut self.lots) else { return };
        let answer = self.ask("lift lock", "DELETE", &format!("/resource-locks/{id}"), None).await;
        self.world.locks.borrow_mut().lifted(id, status_of(&answer));
    }

    /// What is locked is not removed.
    pub(super) fn heeds_lock(&self, share: &str, was_locked: bool, answer: &Answer) {
        match status_of(answer) {
            Some(200..=299) if was_locked => {
                self.world.breaks(format!("share {share} is locked, and its removal was accepted"));
            }
            Some(400..=499) if was_locked => self.world.host.probes.note(SHARE_HELD_BY_LOCK),
            _ => {}
        }
    }

    /// Whether a share is locked for certain.
    pub(super) fn is_locked(&self, share: &str) -> bool {
        self.world.locks.borrow().holds(share)
    }
}
