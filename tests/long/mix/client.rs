//! A client: draws what to do next, does it to things of any tenant in whatever status they are, and notes what it was told.

use std::sync::atomic::{AtomicBool, Ordering};

use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::Plan;
use crate::ledger::{Ledger, Network, Promise, Rule, Share, ended};
use crate::stage::{Stage, TYPES};

/// So many shares may be there before more are removed than made.
const MANY: usize = 60;

struct Client<'a> {
    plan: &'a Plan,
    number: u64,
    steps: u64,
    dice: StdRng,
    stage: &'a Stage,
    ledger: &'a Ledger,
}

/// Works until it is told to stop.
pub fn work(plan: &Plan, number: u64, stage: &Stage, ledger: &Ledger, stop: &AtomicBool) {
    let dice = StdRng::seed_from_u64(plan.seed.wrapping_mul(1000).wrapping_add(number));
    let mut client = Client { plan, number, steps: 0, dice, stage, ledger };
    while !stop.load(Ordering::Relaxed) {
        client.step();
    }
}

impl Client<'_> {
    fn step(&mut self) {
        self.steps += 1;
        let many = self.ledger.book().shares.values().filter(|share| share.promise == Promise::Stays).count() > MANY;
        match self.dice.random_range(0..100) {
            0..=23 if !many => self.make_share(),
            0..=15 => self.remove_share("delete share"),
            16 => self.force_delete(),
            17 => self.force_error(),
            18..=59 => self.allow(),
            60..=81 => self.deny(),
            82 => self.make_network(),
            83 => self.remove_network(),
            84 => self.remove_server(),
            85..=87 => self.annotate(),
            88..=91 => self.resize(),
            _ => self.look(),
        }
    }

    fn tenant(&mut self) -> String {
        format!("tenant{:02}", self.dice.random_range(0..self.plan.tenants))
    }

    /// A share that was accepted once, wherever it is on its way.
    fn some_share(&mut self) -> Option<(String, Share)> {
        let shares: Vec<_> = {
            let book = self.ledger.book();
            // Those whose end was accepted come up too, but seldom.
            let rare = self.dice.random_ratio(1, 8);
            let wanted = |share: &Share| rare || share.promise == Promise::Stays;
            book.shares
                .iter()
                .filter(|(_, share)| wanted(share))
                .map(|(id, share)| (id.clone(), share.clone()))
                .collect()
        };
        shares.choose(&mut self.dice).cloned()
    }

    fn ask(&self, what: &'static str, project: &str, method: &str, path: &str, body: Option<Value>) -> Answer {
        let answer = self.stage.ask(project, method, path, body);
        self.ledger.note(what, status_of(&answer));
        if answer.is_none() {
            breathe();
        }
        answer
    }

    fn act(&self, what: &'static str, project: &str, share: &str, action: Value) -> Answer {
        self.ask(what, project, "POST", &format!("/shares/{share}/action"), Some(action))
    }

    fn make_share(&mut self) {
        let project = self.tenant();
        let name = format!("s{}-{}", self.number, self.steps);
        let kind = TYPES[[0, 0, 0, 1, 2, 2][self.dice.random_range(0..6)]];
        let mut wish = json!({ "name": name, "share_proto": "NFS", "size": 1, "share_type": kind });
        if kind == TYPES[2] {
            let network = self.some_network(|network| network.project == project);
            let Some((network, _)) = network else { return self.make_network_of(&project) };
            wish["share_network_id"] = json!(network);
        }
        match self.ask("create share", &project, "POST", "/shares", Some(json!({ "share": wish }))) {
            Some((200, body)) => {
                let id = body["share"]["id"].as_str().unwrap().to_owned();
                let share = Share { project, promise: Promise::Stays, forced: false };
                self.ledger.book().shares.insert(id, share);
            }
            None | Some((500..=599, _)) => self.ledger.book().unsure.push(name),
            Some(_) => {}
        }
    }

    fn remove_share(&mut self, what: &'static str) {
        let Some((id, share)) = self.some_share() else { return };
        let answer = self.ask(what, &share.project, "DELETE", &format!("/shares/{id}"), None);
        self.share_ends(&id, &answer);
    }

    fn force_delete(&mut self) {
        let Some((id, _)) = self.some_share() else { return };
        let answer = self.act("force delete", "admin", &id, json!({ "force_delete": null }));
        self.share_ends(&id, &answer);
    }

    fn share_ends(&self, id: &str, answer: &Answer) {
        if let Some(share) = self.ledger.book().shares.get_mut(id) {
            share.promise = ended(share.promise, status_of(answer));
        }
    }

    /// Of a share that is being made this would end the making, and its rules would be tried for minutes.
    fn force_error(&mut self) {
        let Some((id, _)) = self.some_share() else { return };
        let shown = self.ask("show share", "admin", "GET", &format!("/shares/{id}"), None);
        if shown.is_none_or(|(_, body)| body["share"]["status"] != "available") {
            return;
        }
        if let Some(share) = self.ledger.book().shares.get_mut(&id) {
            share.forced = true;
        }
        self.act("reset status", "admin", &id, json!({ "reset_status": { "status": "error" } }));
    }

    fn allow(&mut self) {
        let Some((id, share)) = self.some_share() else { return };
        let to = format!("10.0.{}.{}", self.dice.random_range(0..2), self.dice.random_range(1..20));
        let level = if self.dice.random_bool(0.5) { "rw" } else { "ro" };
        let wish = json!({ "allow_access": { "access_type": "ip", "access_to": to, "access_level": level } });
        match self.act("allow", &share.project, &id, wish) {
            Some((200, body)) => {
                let rule = body["access"]["id"].as_str().unwrap().to_owned();
                self.ledger
                    .book()
                    .rules
                    .insert(rule, Rule { share: id, to, level: Some(level), promise: Promise::Stays });
            }
            None | Some((500..=599, _)) => self.ledger.book().unsure.push(format!("{id} {to}")),
            Some(_) => {}
        }
    }

    fn deny(&mut self) {
        let rules: Vec<_> = {
            let book = self.ledger.book();
            let staying = book.rules.iter().filter(|(_, rule)| rule.promise == Promise::Stays);
            staying.map(|(id, rule)| (id.clone(), rule.share.clone())).collect()
        };
        let Some((rule, share)) = rules.choose(&mut self.dice).cloned() else { return };
        let project = self.ledger.book().shares[&share].project.clone();
        let answer = self.act("deny", &project, &share, json!({ "deny_access": { "access_id": rule } }));
        if let Some(known) = self.ledger.book().rules.get_mut(&rule) {
            known.promise = ended(known.promise, status_of(&answer));
        }
    }

    fn some_network(&mut self, wanted: impl Fn(&Network) -> bool) -> Option<(String, Network)> {
        let networks: Vec<_> = {
            let book = self.ledger.book();
            let staying =
                book.networks.iter().filter(|(_, network)| network.promise == Promise::Stays && wanted(network));
            staying.map(|(id, network)| (id.clone(), network.clone())).collect()
        };
        networks.choose(&mut self.dice).cloned()
    }

    fn make_network(&mut self) {
        let project = self.tenant();
        self.make_network_of(&project);
    }

    fn make_network_of(&self, project: &str) {
        let name = format!("n{}-{}", self.number, self.steps);
        let wish = json!({ "share_network": { "name": name } });
        match self.ask("create network", project, "POST", "/share-networks", Some(wish)) {
            Some((200..=299, body)) => {
                let id = body["share_network"]["id"].as_str().unwrap().to_owned();
                let network = Network { project: project.to_owned(), promise: Promise::Stays };
                self.ledger.book().networks.insert(id, network);
            }
            None | Some((500..=599, _)) => self.ledger.book().unsure.push(name),
            Some(_) => {}
        }
    }

    fn remove_network(&mut self) {
        let Some((id, network)) = self.some_network(|_| true) else { return };
        let answer = self.ask("delete network", &network.project, "DELETE", &format!("/share-networks/{id}"), None);
        if let Some(known) = self.ledger.book().networks.get_mut(&id) {
            known.promise = ended(known.promise, status_of(&answer));
        }
    }

    fn remove_server(&mut self) {
        let Some((200, body)) = self.ask("list servers", "admin", "GET", "/share-servers", None) else { return };
        let servers = body["share_servers"].as_array().cloned().unwrap_or_default();
        let Some(server) = servers.choose(&mut self.dice) else { return };
        let path = format!("/share-servers/{}", server["id"].as_str().unwrap());
        self.ask("delete server", "admin", "DELETE", &path, None);
    }

    fn annotate(&mut self) {
        let Some((id, share)) = self.some_share() else { return };
        let wish = json!({ "metadata": { "step": format!("{}-{}", self.number, self.steps) } });
        self.ask("metadata", &share.project, "POST", &format!("/shares/{id}/metadata"), Some(wish));
    }

    /// Most sizes are refused: they are the same, or on the wrong side of the present one.
    fn resize(&mut self) {
        let Some((id, share)) = self.some_share() else { return };
        let what = if self.dice.random_bool(0.6) { "extend" } else { "shrink" };
        let size = self.dice.random_range(1..6);
        self.act(what, &share.project, &id, json!({ what: { "new_size": size } }));
    }

    /// Nobody sees what another project has.
    fn look(&mut self) {
        let project = self.tenant();
        let Some((200, body)) = self.ask("list shares", &project, "GET", "/shares/detail", None) else { return };
        for share in body["shares"].as_array().into_iter().flatten() {
            assert_eq!(share["project_id"], json!(project), "another project's share is listed");
        }
    }
}

/// Nobody answers: the daemon is just being started again.
#[allow(clippy::disallowed_methods, reason = "waits for another process")]
fn breathe() {
    std::thread::sleep(std::time::Duration::from_millis(50));
}

type Answer = Option<(u16, Value)>;

fn status_of(answer: &Answer) -> Option<u16> {
    answer.as_ref().map(|(status, _)| *status)
}
