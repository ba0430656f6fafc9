//! A tenant: draws what to do next, does it to what it has in whatever status that is, and notes what it was told.

mod ensuring;
mod locks;
mod managed;
mod offers;
mod quotas;
mod recycle_bin;
mod rules;
mod services;
mod snapshots;

use std::rc::Rc;
use std::time::Duration;

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use crate::key_store::key_of;
use crate::ledger::{Network, Promise, Share, ended};
use crate::neutron::NETWORKS;
use crate::plan::stream;
use crate::world::World;

pub use managed::Released;
pub use services::SecurityService;
pub use snapshots::name_on_array;

/// So many shares may a tenant have before it rather removes than makes.
const MANY: usize = 5;

/// How much longer the second of a project waits between two requests.
const BESIDE: f64 = 4.0;

/// The name of the type without share servers, of the one with limits of throughput, of the one with share servers, and of the one
/// without snapshots. To a snapshot are reverted shares of the first and the third.
pub const TYPES: [&str; 4] = ["plain", "limited", "served", "bare"];

type Answer = Option<(u16, Value)>;

struct Tenant {
    world: Rc<World>,
    project: String,
    /// Whether nobody else of the project asks for anything meanwhile that contradicts this.
    is_first: bool,
    steps: u64,
    lots: StdRng,
}

/// Works until its time is up. The second of a project makes and changes things at the same time, and takes nothing away.
pub async fn work(world: Rc<World>, number: u64, is_first: bool) {
    let project = format!("tenant{number:02}");
    let lots = stream(world.plan.seed, &if is_first { project.clone() } else { format!("{project} beside") });
    // What is called by its step is called so once.
    let steps = if is_first { 0 } else { 1_000_000 };
    let mut tenant = Tenant { world: world.clone(), project, is_first, steps, lots };
    while world.clock.running() < world.plan.length {
        let mean = world.plan.pause.as_secs_f64() * if is_first { 1.0 } else { BESIDE };
        let pause = -mean * (1.0 - tenant.lots.random_range(0.0..0.999_f64)).ln();
        world.clock.sleep(Duration::from_secs_f64(pause)).await;
        match is_first {
            true => tenant.step().await,
            false => tenant.step_beside().await,
        }
    }
}

impl Tenant {
    async fn step(&mut self) {
        self.steps += 1;
        let own = self.shares(|share| share.promise == Promise::Stays);
        let own = own.iter().filter(|id| self.world.bin.borrow().is_out(id)).count();
        match self.lots.random_range(0..164) {
            0..=23 if own < MANY => self.make_share().await,
            0..=17 => self.remove_share().await,
            18..=19 => self.force_delete().await,
            20..=21 => self.state().await,
            22..=52 => self.allow().await,
            53..=73 => self.deny().await,
            74..=75 => self.make_network().await,
            76..=77 => self.remove_network().await,
            78 => self.act_on_server().await,
            79 => self.rename().await,
            80..=81 => self.annotate().await,
            82..=87 => self.resize().await,
            88..=89 => self.subnets().await,
            90..=91 => self.foreign().await,
            92..=119 => self.act_on_snapshots().await,
            120..=129 => self.act_on_bin().await,
            130..=137 => self.act_on_volumes().await,
            138..=139 => self.act_on_back_end().await,
            140..=144 => self.act_on_locks().await,
            145..=148 => self.act_on_offers().await,
            149..=151 => self.change_level().await,
            152..=156 => self.act_on_services().await,
            157 => self.act_on_quota().await,
            _ => self.look().await,
        }
    }

    /// As somebody of the project does who takes nothing away.
    async fn step_beside(&mut self) {
        self.steps += 1;
        match self.lots.random_range(0..10) {
            0..=2 if self.shares(|share| share.promise == Promise::Stays).len() < MANY => self.make_share().await,
            0..=5 => self.allow().await,
            6 => self.annotate().await,
            7 => self.resize().await,
            8 => self.make_network().await,
            _ => self.look().await,
        }
    }

    fn shares(&self, suits: impl Fn(&Share) -> bool) -> Vec<String> {
        let book = self.world.ledger.book();
        let own = book.shares.iter().filter(|(_, share)| share.project == self.project && suits(share));
        let unmanaged = self.world.unmanaged.borrow();
        own.map(|(id, _)| id.clone()).filter(|id| !unmanaged.contains(id)).collect()
    }

    /// A share of its own that was accepted once, wherever it is on its way; seldom one whose end was accepted, or that is in
    /// the recycle bin.
    fn some_share(&mut self) -> Option<String> {
        let rare = self.lots.random_ratio(1, 8);
        let mut own = self.shares(|share| rare || share.promise == Promise::Stays);
        own.retain(|id| rare || self.world.bin.borrow().is_out(id));
        own.choose(&mut self.lots).cloned()
    }

    /// A name that nothing else has, and that does not tell whose it was first.
    fn called(&self, what: &str) -> String {
        format!("{what}-{}-{}", self.project.trim_start_matches("tenant"), self.steps)
    }

    async fn ask(&self, what: &'static str, method: &str, path: &str, body: Option<Value>) -> Answer {
        self.ask_as("member", what, method, path, body).await
    }

    /// A request of somebody in its project who has this role.
    async fn ask_as(&self, role: &str, what: &'static str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let answer = self.world.ask(&self.project, role, method, path, body.as_ref()).await;
        self.world.ledger.note(what, status_of(&answer));
        self.sees_its_own(&answer);
        answer
    }

    async fn admin(&self, what: &'static str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let answer = self.world.admin(method, path, body.as_ref()).await;
        self.world.ledger.note(what, status_of(&answer));
        answer
    }

    /// No answer holds another project's id.
    fn sees_its_own(&self, answer: &Answer) {
        let Some((_, body)) = answer else { return };
        let text = body.to_string();
        for at in text.match_indices("tenant").map(|(at, _)| at) {
            let name = text.get(at..at + 8).unwrap_or_default();
            if name != self.project {
                self.world.breaks(format!("{} was told of {name}: {text}", self.project));
            }
        }
    }

    async fn act(&self, what: &'static str, share: &str, action: Value) -> Answer {
        let answer = self.ask(what, "POST", &format!("/shares/{share}/action"), Some(action)).await;
        if self.is_first && matches!(status_of(&answer), Some(200..=299)) && self.is_in_bin(share) {
            self.world.breaks(format!("share {share} is in the recycle bin, and lets itself be changed: {what}"));
        }
        answer
    }

    async fn make_share(&mut self) {
        let name = self.called("s");
        let kind = TYPES[[0, 0, 3, 1, 2, 2][self.lots.random_range(0..6)]];
        // On share servers SMB wants a directory, which no tenant has.
        let protocol = if kind != TYPES[2] && self.lots.random_ratio(1, 4) { "CIFS" } else { "NFS" };
        let mut wish = json!({ "name": name, "share_proto": protocol, "size": 1, "share_type": kind });
        if kind == TYPES[2] {
            let Some(network) = self.some_network() else { return self.make_network().await };
            wish["share_network_id"] = json!(network);
            if self.lots.random_ratio(1, 3) {
                // One of somebody else's is refused.
                let project = if self.lots.random_ratio(1, 10) { "tenant99" } else { &self.project };
                wish["encryption_key_ref"] = json!(key_of(project, self.lots.random_range(0..2)));
            }
        }
        if self.lots.random_ratio(1, 4)
            && let Some(snapshot) = self.some_snapshot()
        {
            // Its type and its network are those of the snapshot's share.
            wish = json!({ "name": name, "share_proto": protocol, "snapshot_id": snapshot });
            if self.lots.random_ratio(1, 3) {
                wish["size"] = json!(self.lots.random_range(1..4));
            }
        }
        if self.lots.random_ratio(1, 8) {
            let own = self.shares(|share| share.promise == Promise::Stays);
            let hint = ["same_host", "different_host"][self.lots.random_range(0..2)];
            if let Some(neighbour) = own.choose(&mut self.lots) {
                wish["scheduler_hints"] = json!({ hint: neighbour });
            }
        }
        match self.ask("create share", "POST", "/shares", Some(json!({ "share": wish }))).await {
            Some((200, body)) => {
                let id = body["share"]["id"].as_str().unwrap().to_owned();
                let share = Share { project: self.project.clone(), promise: Promise::Stays, forced: false };
                self.world.ledger.book().shares.insert(id.clone(), share);
                self.world.notes_protocol(&body["share"]);
                self.reads(&id).await;
            }
            None | Some((500..=599, _)) => self.world.ledger.book().unsure.push(name),
            Some(_) => {}
        }
    }

    /// What was accepted is read at once; only its own project could have ended it meanwhile.
    async fn reads(&self, id: &str) {
        let answer = self.ask("show share", "GET", &format!("/shares/{id}"), None).await;
        let stays = self.world.ledger.book().shares.get(id).is_some_and(|share| share.promise == Promise::Stays);
        if stays && status_of(&answer) == Some(404) {
            self.world.breaks(format!("share {id} was accepted, and is not there right after"));
        }
    }

    async fn remove_share(&mut self) {
        let Some(id) = self.some_share() else { return };
        if self.lots.random_ratio(9, 10) {
            self.clear_snapshots(&id).await;
        }
        let was_locked = self.is_locked(&id);
        let answer = self.ask("delete share", "DELETE", &format!("/shares/{id}"), None).await;
        self.heeds_lock(&id, was_locked, &answer);
        self.share_ends(&id, &answer);
    }

    async fn force_delete(&mut self) {
        let Some(id) = self.some_share() else { return };
        let (wish, was_locked) = (json!({ "force_delete": null }), self.is_locked(&id));
        let answer = self.admin("force delete", "POST", &format!("/shares/{id}/action"), Some(wish)).await;
        self.heeds_lock(&id, was_locked, &answer);
        self.share_ends(&id, &answer);
    }

    fn share_ends(&self, id: &str, answer: &Answer) {
        if let Some(share) = self.world.ledger.book().shares.get_mut(id) {
            share.promise = ended(share.promise, status_of(answer));
        }
    }

    /// An administrator says what the status of a share is.
    async fn state(&mut self) {
        let Some(id) = self.some_share() else { return };
        let status = ["error", "available", "error_deleting"][self.lots.random_range(0..3)];
        if let Some(share) = self.world.ledger.book().shares.get_mut(&id) {
            share.forced = true;
        }
        self.world.forced.borrow_mut().insert(id.clone());
        let wish = json!({ "reset_status": { "status": status } });
        self.admin("reset status", "POST", &format!("/shares/{id}/action"), Some(wish)).await;
    }

    fn some_network(&mut self) -> Option<String> {
        let own: Vec<String> = {
            let book = self.world.ledger.book();
            let own = book.networks.iter().filter(|(_, network)| network.project == self.project);
            own.filter(|(_, network)| network.promise == Promise::Stays).map(|(id, _)| id.clone()).collect()
        };
        own.choose(&mut self.lots).cloned()
    }

    async fn make_network(&mut self) {
        let name = self.called("n");
        let mut wish = json!({ "share_network": self.some_subnet() });
        wish["share_network"]["name"] = json!(name);
        match self.ask("create network", "POST", "/share-networks", Some(wish)).await {
            Some((200..=299, body)) => {
                let id = body["share_network"]["id"].as_str().unwrap().to_owned();
                let network = Network { project: self.project.clone(), promise: Promise::Stays };
                self.world.ledger.book().networks.insert(id, network);
            }
            None | Some((500..=599, _)) => self.world.ledger.book().unsure.push(name),
            Some(_) => {}
        }
    }

    /// What a subnet says of Neutron: mostly where it is there, at times nothing.
    fn some_subnet(&mut self) -> Value {
        match NETWORKS.get(self.lots.random_range(0..=NETWORKS.len())) {
            Some((network, subnet, ..)) => json!({ "neutron_net_id": network, "neutron_subnet_id": subnet }),
            None => json!({}),
        }
    }

    async fn remove_network(&mut self) {
        let Some(id) = self.some_network() else { return };
        let answer = self.ask("delete network", "DELETE", &format!("/share-networks/{id}"), None).await;
        if let Some(network) = self.world.ledger.book().networks.get_mut(&id) {
            network.promise = ended(network.promise, status_of(&answer));
        }
    }

    /// An administrator removes a server, or says what its status is.
    async fn act_on_server(&mut self) {
        let Some((200, body)) = self.admin("list servers", "GET", "/share-servers", None).await else { return };
        let servers = body["share_servers"].as_array().cloned().unwrap_or_default();
        let Some(server) = servers.choose(&mut self.lots) else { return };
        let id = server["id"].as_str().unwrap();
        let path = format!("/share-servers/{id}");
        if self.lots.random_bool(0.5) {
            self.admin("delete server", "DELETE", &path, None).await;
            return;
        }
        self.world.forced.borrow_mut().insert(id.to_owned());
        let status = ["error", "active"][self.lots.random_range(0..2)];
        let wish = json!({ "reset_status": { "status": status } });
        self.admin("reset server status", "POST", &format!("{path}/action"), Some(wish)).await;
    }

    /// Adds a subnet to a network, which its servers get too, or takes one away.
    async fn subnets(&mut self) {
        let Some(id) = self.some_network() else { return };
        let path = format!("/share-networks/{id}/subnets");
        if self.lots.random_bool(0.6) {
            let subnet = self.some_subnet();
            // Where there are servers, what they are to be given is asked for first.
            let check = json!({ "share_network_subnet_create_check": subnet });
            let action = format!("/share-networks/{id}/action");
            self.ask("check subnet", "POST", &action, Some(check)).await;
            let wish = json!({ "share-network-subnet": subnet });
            self.ask("create subnet", "POST", &path, Some(wish)).await;
            return;
        }
        let Some((200, body)) = self.ask("list subnets", "GET", &path, None).await else { return };
        let subnets = body["share_network_subnets"].as_array().cloned().unwrap_or_default();
        let Some(subnet) = subnets.choose(&mut self.lots) else { return };
        let path = format!("{path}/{}", subnet["id"].as_str().unwrap());
        self.ask("delete subnet", "DELETE", &path, None).await;
    }

    async fn annotate(&mut self) {
        let Some(id) = self.some_share() else { return };
        let (path, key) = (format!("/shares/{id}/metadata"), if self.is_first { "step" } else { "beside" });
        if self.lots.random_ratio(1, 4) {
            let wish = json!({ "metadata": { "all_squash": self.lots.random_bool(0.5).to_string() } });
            self.ask("metadata", "POST", &path, Some(wish)).await;
            return;
        }
        let value = self.steps.to_string();
        let answer = self.ask("metadata", "POST", &path, Some(json!({ "metadata": { key: value } }))).await;
        self.world.told.borrow_mut().note(&id, key, value, status_of(&answer));
    }

    async fn rename(&mut self) {
        let Some(id) = self.some_share() else { return };
        let name = self.called("r");
        let wish = json!({ "share": { "display_name": name } });
        let answer = self.ask("rename", "PUT", &format!("/shares/{id}"), Some(wish)).await;
        self.world.told.borrow_mut().note(&id, "name", name, status_of(&answer));
    }

    /// Most sizes are refused: they are the same, or on the wrong side of the present one.
    async fn resize(&mut self) {
        let Some(id) = self.some_share() else { return };
        let what = if self.lots.random_bool(0.6) { "extend" } else { "shrink" };
        let size = self.lots.random_range(1..6);
        self.act(what, &id, json!({ what: { "new_size": size } })).await;
    }

    /// What others have is not there.
    async fn foreign(&mut self) {
        let others: Vec<String> = {
            let book = self.world.ledger.book();
            let others = book.shares.iter().filter(|(_, share)| share.project != self.project);
            others.map(|(id, _)| id.clone()).collect()
        };
        let Some(id) = others.choose(&mut self.lots).cloned() else { return };
        let answer = match self.lots.random_range(0..3) {
            0 => self.ask("show a foreign share", "GET", &format!("/shares/{id}"), None).await,
            1 => self.ask("delete a foreign share", "DELETE", &format!("/shares/{id}"), None).await,
            _ => self.act("extend a foreign share", &id, json!({ "extend": { "new_size": 9 } })).await,
        };
        if let Some((200..=299, body)) = answer {
            self.world.breaks(format!("{} may act on share {id} of another project: {body}", self.project));
        }
    }

    async fn look(&mut self) {
        let limit = self.lots.random_range(1..5);
        let path = match self.lots.random_range(0..5) {
            0 => format!("/shares/detail?limit={limit}"),
            1 => "/shares/detail".to_owned(),
            2 => "/share-networks/detail".to_owned(),
            3 => "/messages".to_owned(),
            _ => "/limits".to_owned(),
        };
        let answer = self.ask("list", "GET", &path, None).await;
        for share in answer.iter().flat_map(|(_, body)| body["shares"].as_array().into_iter().flatten()) {
            if share["project_id"] != json!(self.project) {
                self.world.breaks(format!("{} is shown a share of another project: {share}", self.project));
            }
        }
    }
}

fn status_of(answer: &Answer) -> Option<u16> {
    answer.as_ref().map(|(status, _)| *status)
}
