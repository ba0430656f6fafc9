//! What an administrator does for a tenant with shares that are to stay on their array, and with volumes that were shares.
//!
//! How to get it wrong: to go on working with a share that is to be unmanaged; its volume may have lost its mark, so no removal touches
//! it any more.

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::json;

use super::{TYPES, Tenant, status_of};
use crate::ledger::{Promise, Share};

/// So many volumes may there be that were shares, as they fill the arrays.
const MOST: usize = 4;

/// A volume that was a share.
#[derive(Debug, Clone)]
pub struct Released {
    pub pool: String,
    pub path: String,
    /// Over what it was mounted.
    pub protocol: String,
}

impl Tenant {
    pub(super) async fn act_on_volumes(&mut self) {
        match self.lots.random_range(0..3) {
            0 => self.unmanage_share().await,
            _ => self.manage_share().await,
        }
    }

    /// One on an SVM of all shares, without limits of throughput; what it has of snapshots is mostly given back before.
    async fn unmanage_share(&mut self) {
        let Some(id) = self.some_share() else { return };
        if self.world.released.borrow().len() >= MOST {
            return;
        }
        if self.lots.random_ratio(7, 8) {
            self.clear_snapshots(&id).await;
        }
        let path = format!("/shares/{id}");
        let Some((200, body)) = self.admin("show share", "GET", &path, None).await else { return };
        let shown = &body["share"];
        let Some(pool) = shown["host"].as_str().filter(|host| host.contains('#')).map(str::to_owned) else { return };
        if ![TYPES[0], TYPES[3]].iter().any(|kind| shown["share_type_name"] == json!(kind)) {
            return;
        }
        let exports = self.admin("list exports", "GET", &format!("{path}/export_locations"), None).await;
        let Some((200, body)) = exports else { return };
        let Some(export) = body["export_locations"][0]["path"].as_str() else { return };
        let protocol = shown["share_proto"].as_str().unwrap().to_owned();
        let (wish, was_locked) = (json!({ "unmanage": null }), self.is_locked(&id));
        let answer = self.admin("unmanage share", "POST", &format!("{path}/action"), Some(wish)).await;
        self.heeds_lock(&id, was_locked, &answer);
        if matches!(status_of(&answer), Some(400..=499)) {
            return;
        }
        self.world.unmanaged.borrow_mut().insert(id.clone());
        self.world.released.borrow_mut().push(Released { pool, path: export.to_owned(), protocol });
        if let Some(share) = self.world.ledger.book().shares.get_mut(&id) {
            share.promise = Promise::Unsure;
        }
    }

    /// One of the volumes that were shares, or what is nowhere.
    async fn manage_share(&mut self) {
        let released = self.world.released.borrow().choose(&mut self.lots).cloned();
        let Some(mut volume) = released else { return };
        let is_nowhere = self.lots.random_ratio(1, 6);
        if is_nowhere {
            let nowhere = self.lots.random_range(0..1_000_000);
            volume.path = match volume.protocol.as_str() {
                "CIFS" => format!("\\\\10.0.0.1\\nowhere-{nowhere}"),
                _ => format!("10.0.0.1:/nowhere-{nowhere}"),
            };
        }
        let name = self.called("m");
        let wish = json!({ "share": {
            "service_host": volume.pool, "protocol": volume.protocol, "export_path": volume.path, "share_type": TYPES[0], "name": name,
        }});
        match self.ask_as("admin", "manage share", "POST", "/shares/manage", Some(wish)).await {
            Some((200, body)) => {
                let id = body["share"]["id"].as_str().unwrap().to_owned();
                let share = Share { project: self.project.clone(), promise: Promise::Stays, forced: false };
                self.world.ledger.book().shares.insert(id.clone(), share);
                self.world.notes_protocol(&body["share"]);
                self.world.released.borrow_mut().retain(|one| one.path != volume.path);
                self.reads(&id).await;
            }
            None | Some((500..=599, _)) => self.world.ledger.book().unsure.push(name),
            Some(_) => {}
        }
    }
}
