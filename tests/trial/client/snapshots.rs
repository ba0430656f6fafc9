//! What a tenant does with snapshots of its shares, and what administrators do with them for it.
//!
//! How to get it wrong: to end shares that have snapshots; nearly all such requests are refused, and the quota is used up for good.

use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::{Answer, Tenant, status_of};
use crate::audit::named;
use crate::configuration::array_of;
use crate::ledger::Promise;
use crate::probes::SNAPSHOT_OVER_QUOTA;
use crate::snapshot_book::{Snapshot, SnapshotBook};

/// How long a tenant waits at most between giving back the snapshots of a share and the share.
const SHORT_WHILE: f64 = 6.0;

impl Tenant {
    pub(super) async fn act_on_snapshots(&mut self) {
        match self.lots.random_range(0..28) {
            0..=9 => self.take_snapshot().await,
            10..=15 => self.revert().await,
            16..=18 => self.delete_snapshot().await,
            19 => self.force_delete_snapshot().await,
            20..=22 => self.manage_snapshot().await,
            23 => self.unmanage_snapshot().await,
            24 => self.rename_snapshot().await,
            25 => self.say_status_of_snapshot().await,
            26 => self.foreign_snapshot().await,
            _ => self.list_snapshots().await,
        }
    }

    fn snapshots(&self, suits: impl Fn(&Snapshot) -> bool) -> Vec<String> {
        let book = self.world.snapshots.borrow();
        let own = book.snapshots.iter().filter(|(_, one)| one.project == self.project && suits(one));
        own.map(|(id, _)| id.clone()).collect()
    }

    /// A snapshot of its own that was accepted once, in whatever status; seldom one whose end was accepted.
    pub(super) fn some_snapshot(&mut self) -> Option<String> {
        let rare = self.lots.random_ratio(1, 8);
        self.snapshots(|one| rare || one.promise == Promise::Stays).choose(&mut self.lots).cloned()
    }

    fn note_snapshot<T>(&self, note: impl FnOnce(&mut SnapshotBook) -> T) -> T {
        note(&mut self.world.snapshots.borrow_mut())
    }

    async fn take_snapshot(&mut self) {
        let Some(share) = self.some_share() else { return };
        let name = self.called("v");
        let wish = json!({ "snapshot": { "share_id": share, "name": name } });
        let answer = self.ask("create snapshot", "POST", "/snapshots", Some(wish)).await;
        if status_of(&answer) == Some(413) {
            self.world.host.probes.note(SNAPSHOT_OVER_QUOTA);
        }
        self.accepts_snapshot(&share, name, &answer).await;
    }

    /// Notes what was answered to the wish for a snapshot. What was accepted is read at once; only its own project could have ended it
    /// meanwhile.
    async fn accepts_snapshot(&mut self, share: &str, name: String, answer: &Answer) {
        match answer {
            Some((202, body)) => {
                let id = body["snapshot"]["id"].as_str().unwrap().to_owned();
                self.note_snapshot(|book| book.accept(&id, &self.project, share));
                if let Some((404, _)) = self.ask("show snapshot", "GET", &format!("/snapshots/{id}"), None).await {
                    self.world.breaks(format!("snapshot {id} was accepted, and is not there right after"));
                }
            }
            None | Some((500..=599, _)) => self.note_snapshot(|book| book.unsure.push(name)),
            Some(_) => {}
        }
    }

    /// Mostly to the newest snapshot, as no other will do.
    async fn revert(&mut self) {
        let Some(mut id) = self.some_snapshot() else { return };
        let share = self.note_snapshot(|book| book.snapshots[&id].share.clone());
        if self.lots.random_ratio(3, 4) {
            let stays = |one: &&String| self.note_snapshot(|book| book.snapshots[*one].promise == Promise::Stays);
            let own = self.snapshots(|one| one.share == share);
            let number = |one: &&String| self.note_snapshot(|book| book.snapshots[*one].number);
            id = own.iter().filter(stays).max_by_key(number).cloned().unwrap_or(id);
        }
        self.act("revert", &share, json!({ "revert": { "snapshot_id": id } })).await;
    }

    async fn delete_snapshot(&mut self) {
        let Some(id) = self.some_snapshot() else { return };
        self.deletes_snapshot(&id).await;
        // While it is under way.
        if self.lots.random_ratio(1, 8) {
            self.says_status_of_snapshot(id).await;
        }
    }

    async fn deletes_snapshot(&self, id: &str) {
        let answer = self.ask("delete snapshot", "DELETE", &format!("/snapshots/{id}"), None).await;
        self.note_snapshot(|book| book.end(id, status_of(&answer)));
    }

    async fn force_delete_snapshot(&mut self) {
        let Some(id) = self.some_snapshot() else { return };
        self.deletes_snapshot_by_force(&id).await;
    }

    async fn deletes_snapshot_by_force(&self, id: &str) {
        let wish = json!({ "force_delete": null });
        let path = format!("/snapshots/{id}/action");
        let answer = self.admin("force delete snapshot", "POST", &path, Some(wish)).await;
        self.note_snapshot(|book| book.end(id, status_of(&answer)));
    }

    /// Gives back the snapshots of a share that is to go after them.
    pub(super) async fn clear_snapshots(&mut self, share: &str) {
        let own = self.snapshots(|one| one.share == share && one.promise == Promise::Stays);
        for id in &own {
            match self.lots.random_ratio(1, 3) {
                true => self.deletes_snapshot_by_force(id).await,
                false => self.deletes_snapshot(id).await,
            }
        }
        if !own.is_empty() {
            let pause = self.lots.random_range(0.0..SHORT_WHILE);
            self.world.clock.sleep(Duration::from_secs_f64(pause)).await;
        }
    }

    /// An administrator has one managed that was made on the array by hand, or was unmanaged, or is not there.
    async fn manage_snapshot(&mut self) {
        let Some(share) = self.some_share() else { return };
        let name = self.called("v");
        let location = match self.lots.random_range(0..6) {
            0 => "none".to_owned(),
            1 | 2 => self.make_snapshot_by_hand(&share).await.unwrap_or_else(|| "none".to_owned()),
            _ => {
                let known: Vec<String> = self.note_snapshot(|book| {
                    let own = book.unmanaged.iter().filter(|(of, _)| *of == share);
                    own.map(|(_, name)| name.clone()).collect()
                });
                let Some(location) = known.choose(&mut self.lots) else { return };
                location.clone()
            }
        };
        let wish = json!({ "snapshot": { "share_id": share, "provider_location": location, "name": name } });
        let answer = self.ask_as("admin", "manage snapshot", "POST", "/snapshots/manage", Some(wish)).await;
        self.accepts_snapshot(&share, name, &answer).await;
    }

    /// Its name, if the share is on an array.
    async fn make_snapshot_by_hand(&self, share: &str) -> Option<String> {
        let name = self.called("by-hand");
        let (200, body) = self.admin("list instances", "GET", &format!("/shares/{share}/instances"), None).await?
        else {
            return None;
        };
        let instance = body["share_instances"].as_array()?.first()?;
        let array = &self.world.arrays[array_of(instance["host"].as_str()?)?];
        let volume = named("share_", instance["id"].as_str()?);
        let found = array.read(&format!("/api/storage/volumes?name={volume}&fields=uuid")).await;
        let path = format!("/api/storage/volumes/{}/snapshots?return_timeout=15", found.first()?["uuid"].as_str()?);
        if !array.tries_to_write(&path, &json!({ "name": name })).await {
            return None;
        }
        self.note_snapshot(|book| book.unmanaged.insert((share.to_owned(), name.clone())));
        Some(name)
    }

    async fn unmanage_snapshot(&mut self) {
        let Some(id) = self.some_snapshot() else { return };
        let path = format!("/snapshot-instances/detail?snapshot_id={id}");
        let Some((200, body)) = self.admin("list snapshot instances", "GET", &path, None).await else { return };
        let Some(instance) = body["snapshot_instances"].as_array().and_then(|all| all.first()) else { return };
        let name = name_on_array(instance);
        let share = self.note_snapshot(|book| book.snapshots[&id].share.clone());
        let wish = json!({ "unmanage": null });
        let answer = self.admin("unmanage snapshot", "POST", &format!("/snapshots/{id}/action"), Some(wish)).await;
        let status = status_of(&answer);
        if !matches!(status, Some(400..=499)) {
            self.note_snapshot(|book| book.unmanaged.insert((share, name)));
        }
        self.note_snapshot(|book| book.end(&id, status));
    }

    async fn rename_snapshot(&mut self) {
        let Some(id) = self.some_snapshot() else { return };
        let wish = json!({ "snapshot": { "display_name": self.called("r") } });
        self.ask("rename snapshot", "PUT", &format!("/snapshots/{id}"), Some(wish)).await;
    }

    async fn say_status_of_snapshot(&mut self) {
        let Some(id) = self.some_snapshot() else { return };
        self.says_status_of_snapshot(id).await;
    }

    /// An administrator says what the status of a snapshot is.
    async fn says_status_of_snapshot(&mut self, id: String) {
        const STATUSES: [&str; 6] =
            ["available", "available", "error", "error_deleting", "manage_error", "unmanage_error"];
        let status = STATUSES[self.lots.random_range(0..STATUSES.len())];
        self.note_snapshot(|book| {
            if let Some(snapshot) = book.snapshots.get_mut(&id) {
                snapshot.forced = true;
            }
        });
        self.world.forced.borrow_mut().insert(id.clone());
        let wish = json!({ "reset_status": { "status": status } });
        self.admin("reset snapshot status", "POST", &format!("/snapshots/{id}/action"), Some(wish)).await;
    }

    /// What others have is not there.
    async fn foreign_snapshot(&mut self) {
        let others: Vec<String> = self.note_snapshot(|book| {
            let others = book.snapshots.iter().filter(|(_, one)| one.project != self.project);
            others.map(|(id, _)| id.clone()).collect()
        });
        let Some(id) = others.choose(&mut self.lots).cloned() else { return };
        let method = ["GET", "DELETE"][self.lots.random_range(0..2)];
        let answer = self.ask("a foreign snapshot", method, &format!("/snapshots/{id}"), None).await;
        if let Some((200..=299, body)) = answer {
            self.world.breaks(format!("{} may act on snapshot {id} of another project: {body}", self.project));
        }
    }

    async fn list_snapshots(&mut self) {
        let path = match self.some_share().filter(|_| self.lots.random_bool(0.5)) {
            Some(share) => format!("/snapshots/detail?share_id={share}"),
            None => format!("/snapshots/detail?limit={}", self.lots.random_range(1..5)),
        };
        let answer = self.ask("list snapshots", "GET", &path, None).await;
        for one in answer.iter().flat_map(|(_, body)| body["snapshots"].as_array().into_iter().flatten()) {
            if one["project_id"] != json!(self.project) {
                self.world.breaks(format!("{} is shown a snapshot of another project: {one}", self.project));
            }
        }
    }
}

/// What a snapshot is called on the array, by its instance as administrators see it.
pub fn name_on_array(instance: &Value) -> String {
    let derived = || named("share_snapshot_", instance["id"].as_str().unwrap());
    instance["provider_location"].as_str().map_or_else(derived, str::to_owned)
}
