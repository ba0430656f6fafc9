//! Plays an operation: what it needs, how it is asked for, and when it is done.
//!
//! How to get it wrong: to wait for the status of success alone, where the array may have refused.

use std::rc::Rc;
use std::time::Duration;

use manilad_domain::intent::Verb;
use manilad_domain::share::Protocol;
use manilad_domain::share_server::ServerVerb;
use manilad_domain::snapshot::SnapshotVerb;
use serde_json::{Value, json};

use super::Work;
use crate::audit;
use crate::client::{Released, TYPES};
use crate::ledger::{Network, Promise, Rule, Share};
use crate::strangers::Strangers;
use crate::world::World;

const PROJECT: &str = "tenant00";
/// Two who are let in over NFS, and two over SMB.
const CLIENTS: [&str; 2] = ["10.0.0.1", "10.0.0.2"];
const USERS: [&str; 2] = ["alice", "robert"];
/// After how long the array was swept once more, where that had failed.
const SWEPT_AGAIN: Duration = Duration::from_secs(400);
/// How long an operation may take, whatever befalls it.
const PATIENCE: Duration = Duration::from_secs(900);
/// How long it takes at least to see to what is available from the start.
const LOOKED_FOR: Duration = Duration::from_secs(5);
/// Between two looks at whether it is done.
const LOOK: Duration = Duration::from_millis(500);

/// What there is when the operation begins.
#[derive(Debug, Default)]
pub struct Things {
    share: String,
    snapshot: String,
    network: String,
    server: String,
    /// The SVM of a share server.
    svm: String,
    /// The rule that is taken away.
    rule: String,
}

/// One who plays an operation.
pub struct Player<'w> {
    world: &'w Rc<World>,
    work: Work,
}

impl<'w> Player<'w> {
    pub fn new(world: &'w Rc<World>, work: Work) -> Self {
        Player { world, work }
    }

    /// Over what shares are mounted.
    fn protocol(&self) -> &'static str {
        if matches!(self.work, Work::Share(_, Protocol::Cifs) | Work::Denial(Protocol::Cifs)) { "CIFS" } else { "NFS" }
    }

    /// A share that is wished for, in these words and more.
    fn wish(&self, more: Value) -> Value {
        let mut share = json!({ "name": "s", "share_proto": self.protocol(), "size": 2 });
        share.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({ "share": share })
    }

    async fn ask(&self, role: &str, method: &str, path: &str, body: Value) -> Value {
        let body = Some(body).filter(|body| !body.is_null());
        match self.world.ask(PROJECT, role, method, path, body.as_ref()).await {
            Some((200..=299, told)) => told,
            answer => panic!("{method} {path} {body:?}: {answer:?}"),
        }
    }

    async fn member(&self, method: &str, path: &str, body: Value) -> Value {
        self.ask("member", method, path, body).await
    }

    async fn admin(&self, method: &str, path: &str, body: Value) -> Value {
        self.ask("admin", method, path, body).await
    }

    /// A field of what is at a path; none where there is nothing, and nobody knows while the daemon is away.
    async fn field(&self, path: &str, at: &str) -> Option<Option<String>> {
        match self.world.ask(PROJECT, "admin", "GET", path, None).await {
            Some((200, body)) => Some(body.pointer(at).and_then(Value::as_str).map(str::to_owned)),
            Some((404, _)) => Some(None),
            _ => None,
        }
    }

    /// Waits until a field has one of these values, of which none stands for there being nothing.
    async fn until(&self, path: &str, at: &str, wanted: &[Option<&str>]) {
        let deadline = self.world.clock.running() + PATIENCE;
        loop {
            let found = self.field(path, at).await;
            if found.as_ref().is_some_and(|found| wanted.contains(&found.as_deref())) {
                return;
            }
            if self.world.clock.running() > deadline {
                return self
                    .world
                    .breaks(format!("{at} of {path} is {found:?} and none of {wanted:?} after {PATIENCE:?}"));
            }
            self.world.clock.sleep(LOOK).await;
        }
    }

    async fn until_share(&self, share: &str, wanted: Option<&str>) {
        self.until(&format!("/shares/{share}"), "/share/status", &[wanted]).await;
    }

    async fn until_snapshot(&self, snapshot: &str, wanted: Option<&str>) {
        self.until(&format!("/snapshots/{snapshot}"), "/snapshot/status", &[wanted]).await;
    }

    async fn make_share(&self, wish: Value) -> String {
        let made = self.member("POST", "/shares", self.wish(wish)).await;
        self.accepted(&made)
    }

    /// The id of the share that was accepted, which is to stay.
    fn accepted(&self, made: &Value) -> String {
        let id = made["share"]["id"].as_str().unwrap().to_owned();
        let stays = Share { project: PROJECT.to_owned(), promise: Promise::Stays, forced: false };
        self.world.ledger.book().shares.insert(id.clone(), stays);
        self.world.notes_protocol(&made["share"]);
        id
    }

    fn ends(&self, share: &str, promise: Promise) {
        self.world.ledger.book().shares.get_mut(share).unwrap().promise = promise;
    }

    /// An administrator says what it is.
    async fn say(&self, kind: &str, id: &str, status: &str) {
        let wish = json!({ "reset_status": { "status": status } });
        self.admin("POST", &format!("/{kind}/{id}/action"), wish).await;
        self.world.forced.borrow_mut().insert(id.to_owned());
    }

    async fn take_snapshot(&self, share: &str) -> String {
        let asked = self.member("POST", "/snapshots", json!({ "snapshot": { "share_id": share, "name": "v" } })).await;
        let id = asked["snapshot"]["id"].as_str().unwrap().to_owned();
        self.world.snapshots.borrow_mut().accept(&id, PROJECT, share);
        id
    }

    async fn act(&self, share: &str, action: Value) -> Value {
        self.admin("POST", &format!("/shares/{share}/action"), action).await
    }

    /// Lets one of the two in; the id of the rule.
    async fn allow(&self, share: &str, which: usize) -> String {
        let (kind, to) = if self.protocol() == "CIFS" { ("user", USERS[which]) } else { ("ip", CLIENTS[which]) };
        let wish = json!({ "access_type": kind, "access_to": to, "access_level": "rw" });
        let made = self.act(share, json!({ "allow_access": wish })).await;
        let rule = Rule { share: share.to_owned(), to: to.to_owned(), level: Some("rw"), promise: Promise::Stays };
        let id = made["access"]["id"].as_str().unwrap().to_owned();
        self.world.ledger.book().rules.insert(id.clone(), rule);
        id
    }

    async fn until_rules(&self, share: &str, wanted: &str) {
        self.until(&format!("/shares/{share}"), "/share/access_rules_status", &[Some(wanted)]).await;
    }

    async fn unmanage(&self, share: &str) {
        self.act(share, json!({ "unmanage": null })).await;
        self.ends(share, Promise::Unsure);
        self.world.unmanaged.borrow_mut().insert(share.to_owned());
    }

    /// Brings about what the operation needs.
    pub async fn prepare(&self) -> Things {
        let work = self.work;
        let mut things = Things::default();
        let is_of_server = matches!(work, Work::Server(_));
        let mut wish = json!({ "share_type": TYPES[0], "scheduler_hints": { "only_host": "node1@alpha#aggr1" } });
        if is_of_server {
            let made = self.member("POST", "/share-networks", json!({ "share_network": { "name": "n" } })).await;
            things.network = made["share_network"]["id"].as_str().unwrap().to_owned();
            let network = Network { project: PROJECT.to_owned(), promise: Promise::Stays };
            self.world.ledger.book().networks.insert(things.network.clone(), network);
            wish = json!({ "share_type": TYPES[2], "share_network_id": things.network });
        }
        if matches!(work, Work::Share(Verb::Create, _) | Work::Server(ServerVerb::SetUp)) {
            return things;
        }
        // Only administrators may say which pool.
        let made = self.admin("POST", "/shares", self.wish(wish)).await;
        things.share = self.accepted(&made);
        self.until_share(&things.share, Some("available")).await;
        match work {
            Work::Share(Verb::Revert | Verb::Relocate, _)
            | Work::Snapshot(SnapshotVerb::DeleteSnapshot | SnapshotVerb::FindSnapshot) => {
                things.snapshot = self.take_snapshot(&things.share).await;
                self.until_snapshot(&things.snapshot, Some("available")).await;
            }
            Work::Share(Verb::Manage, _) => {
                let shown = self.admin("GET", &format!("/shares/{}", things.share), Value::Null).await;
                let exports =
                    self.admin("GET", &format!("/shares/{}/export_locations", things.share), Value::Null).await;
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                self.world.released.borrow_mut().push(Released {
                    pool: text(&shown["share"]["host"]),
                    path: text(&exports["export_locations"][0]["path"]),
                    protocol: self.protocol().to_owned(),
                });
                self.unmanage(&things.share).await;
                self.until_share(&things.share, None).await;
            }
            Work::Share(Verb::Access, _) | Work::Denial(_) => {
                self.allow(&things.share, 0).await;
                if matches!(work, Work::Denial(_)) {
                    things.rule = self.allow(&things.share, 1).await;
                }
                self.until_rules(&things.share, "active").await;
            }
            Work::Share(Verb::Rescue, _) => self.say("shares", &things.share, "error").await,
            Work::Snapshot(SnapshotVerb::ManageSnapshot) => self.make_snapshot_by_hand(&things.share).await,
            Work::Server(_) => {
                let shown = self.admin("GET", &format!("/shares/{}", things.share), Value::Null).await;
                things.server = shown["share"]["share_server_id"].as_str().unwrap().to_owned();
            }
            _ => {}
        }
        if self.is_about_managing() {
            self.empty_server(&mut things).await;
        }
        if work == Work::Server(ServerVerb::ManageServer) {
            self.unmanage_server(&things).await;
            self.until_server(&things, None).await;
        }
        if work == Work::Snapshot(SnapshotVerb::FindSnapshot) {
            self.say("snapshots", &things.snapshot, "error").await;
        }
        if work == Work::Server(ServerVerb::Alter) {
            self.until_another_subnet_may_come(&things.network).await;
        }
        if work == Work::Server(ServerVerb::TearDown) {
            self.member("DELETE", &format!("/shares/{}", things.share), Value::Null).await;
            self.ends(&things.share, Promise::Goes);
            self.until_share(&things.share, None).await;
        }
        things
    }

    fn is_about_managing(&self) -> bool {
        matches!(self.work, Work::Server(ServerVerb::ManageServer | ServerVerb::UnmanageServer))
    }

    /// Takes the share from its server.
    async fn empty_server(&self, things: &mut Things) {
        let shown = self.admin("GET", &format!("/share-servers/{}", things.server), Value::Null).await;
        things.svm = shown["share_server"]["backend_details"]["vserver_name"].as_str().unwrap().to_owned();
        self.member("DELETE", &format!("/shares/{}", things.share), Value::Null).await;
        self.ends(&things.share, Promise::Goes);
        self.until_share(&things.share, None).await;
    }

    async fn unmanage_server(&self, things: &Things) {
        self.admin("POST", &format!("/share-servers/{}/action", things.server), json!({ "unmanage": null })).await;
    }

    async fn manage_server(&self, things: &mut Things) {
        let wish = json!({ "host": "node1@gamma", "share_network_id": things.network, "identifier": things.svm });
        let asked = self.admin("POST", "/share-servers/manage", json!({ "share_server": wish })).await;
        things.server = asked["share_server"]["id"].as_str().unwrap().to_owned();
    }

    async fn until_server(&self, things: &Things, wanted: Option<&str>) {
        self.until(&format!("/share-servers/{}", things.server), "/share_server/status", &[wanted]).await;
    }

    /// What was let go of, or could not be managed, becomes a share server again, and is removed.
    pub async fn manage_and_remove(&self, things: &mut Things) {
        if !self.is_about_managing() {
            return;
        }
        let path = format!("/share-servers/{}", things.server);
        let status = loop {
            match self.field(&path, "/share_server/status").await {
                Some(status) => break status,
                None => self.world.clock.sleep(LOOK).await,
            }
        };
        let has_failed = matches!(status.as_deref(), Some("manage_error" | "unmanage_error"));
        if has_failed {
            self.unmanage_server(things).await;
            self.until_server(things, None).await;
        }
        if has_failed || status.is_none() {
            self.manage_server(things).await;
            self.until_server(things, Some("active")).await;
        }
        // One that was managed does not go with its network.
        self.remove_server(things).await;
    }

    async fn remove_server(&self, things: &Things) {
        self.admin("DELETE", &format!("/share-servers/{}", things.server), Value::Null).await;
        self.until_server(things, None).await;
    }

    /// Where there are servers, what they are to be given is asked for first.
    async fn until_another_subnet_may_come(&self, network: &str) {
        let check = json!({ "share_network_subnet_create_check": {} });
        loop {
            let told = self.member("POST", &format!("/share-networks/{network}/action"), check.clone()).await;
            if told["compatible"] == json!(true) {
                return;
            }
            self.world.clock.sleep(LOOK).await;
        }
    }

    async fn make_snapshot_by_hand(&self, share: &str) {
        let instances = self.admin("GET", &format!("/shares/{share}/instances"), Value::Null).await;
        let volume = audit::named("share_", instances["share_instances"][0]["id"].as_str().unwrap());
        let array = &self.world.arrays[0];
        let found = array.read(&format!("/api/storage/volumes?name={volume}&fields=uuid")).await;
        let path = format!("/api/storage/volumes/{}/snapshots?return_timeout=15", found[0]["uuid"].as_str().unwrap());
        array.write(&path, &json!({ "name": "daily" })).await;
    }

    /// Asks for the operation.
    pub async fn begin(&self, things: &mut Things) {
        let share = things.share.clone();
        match self.work {
            Work::Share(Verb::Place, _) => unreachable!("it is not played"),
            // Owed by the daemon itself, when it sees it.
            Work::Share(Verb::Export, _) => Strangers::add_lif(&self.world.arrays[0]).await,
            Work::Server(ServerVerb::ManageServer) => self.manage_server(things).await,
            Work::Server(ServerVerb::UnmanageServer) => self.unmanage_server(things).await,
            Work::Share(Verb::Create, _) => things.share = self.make_share(json!({ "share_type": TYPES[0] })).await,
            Work::Share(Verb::Relocate, _) => {
                let hints = json!({ "different_host": share });
                let wish = json!({ "snapshot_id": things.snapshot, "scheduler_hints": hints });
                things.share = self.make_share(wish).await;
            }
            Work::Share(Verb::Delete, _) => {
                self.member("DELETE", &format!("/shares/{share}"), Value::Null).await;
                self.ends(&share, Promise::Goes);
            }
            Work::Share(Verb::Rescue, _) => self.say("shares", &share, "available").await,
            Work::Share(Verb::Ensure, _) => {
                let wish = json!({ "ensure_shares": { "host": "node1@alpha" } });
                self.admin("POST", "/services/ensure-shares", wish).await;
            }
            Work::Share(Verb::Extend, _) => drop(self.act(&share, json!({ "extend": { "new_size": 3 } })).await),
            Work::Share(Verb::Shrink, _) => drop(self.act(&share, json!({ "shrink": { "new_size": 1 } })).await),
            Work::Share(Verb::Revert, _) => {
                self.act(&share, json!({ "revert": { "snapshot_id": things.snapshot } })).await;
            }
            Work::Share(Verb::Manage, _) => {
                let Released { pool, path, protocol } = self.world.released.borrow()[0].clone();
                let wish = json!({ "service_host": pool, "protocol": protocol, "export_path": path,
                                   "share_type": TYPES[0], "name": "m" });
                let asked = self.admin("POST", "/shares/manage", json!({ "share": wish })).await;
                things.share = self.accepted(&asked);
            }
            Work::Share(Verb::Unmanage, _) => self.unmanage(&share).await,
            Work::Share(Verb::Access, _) => {
                self.allow(&share, 1).await;
            }
            Work::Denial(_) => {
                self.act(&share, json!({ "deny_access": { "access_id": things.rule } })).await;
                self.world.ledger.book().rules.get_mut(&things.rule).unwrap().promise = Promise::Goes;
            }
            Work::Snapshot(SnapshotVerb::CreateSnapshot) => things.snapshot = self.take_snapshot(&share).await,
            Work::Snapshot(SnapshotVerb::DeleteSnapshot) => {
                self.member("DELETE", &format!("/snapshots/{}", things.snapshot), Value::Null).await;
                self.world.snapshots.borrow_mut().end(&things.snapshot, Some(202));
            }
            Work::Snapshot(SnapshotVerb::FindSnapshot) => self.say("snapshots", &things.snapshot, "available").await,
            Work::Snapshot(SnapshotVerb::ManageSnapshot) => {
                let wish = json!({ "share_id": share, "provider_location": "daily", "name": "v" });
                let asked = self.admin("POST", "/snapshots/manage", json!({ "snapshot": wish })).await;
                things.snapshot = asked["snapshot"]["id"].as_str().unwrap().to_owned();
                self.world.snapshots.borrow_mut().accept(&things.snapshot, PROJECT, &share);
            }
            Work::Server(ServerVerb::SetUp) => {
                let wish = json!({ "share_type": TYPES[2], "share_network_id": things.network });
                things.share = self.make_share(wish).await;
            }
            Work::Server(ServerVerb::Alter) => {
                let path = format!("/share-networks/{}/subnets", things.network);
                self.member("POST", &path, json!({ "share-network-subnet": {} })).await;
            }
            Work::Server(ServerVerb::TearDown) => {
                self.admin("DELETE", &format!("/share-servers/{}", things.server), Value::Null).await;
            }
        }
    }

    /// Waits until the operation is done, or has come to what follows a refusal.
    pub async fn until_done(&self, things: &Things, is_refused: bool) {
        let or = |done: Option<&'static str>, failed: &[&'static str]| -> Vec<Option<&'static str>> {
            let failed = failed.iter().copied().filter(|_| is_refused).map(Some);
            [done].into_iter().chain(failed).collect()
        };
        let share = (format!("/shares/{}", things.share), "/share/status");
        let snapshot = (format!("/snapshots/{}", things.snapshot), "/snapshot/status");
        let ((path, at), wanted) = match self.work {
            Work::Share(Verb::Delete, _) => (share, or(None, &[])),
            // Where the array does not let it be looked up, the next sweep sees to it, in an hour.
            Work::Share(Verb::Export, _) if is_refused => return self.world.clock.sleep(SWEPT_AGAIN).await,
            Work::Share(Verb::Export, _) => return self.until_it_has_a_path_more(&share.0).await,
            Work::Share(Verb::Unmanage, _) => (share, or(None, &["unmanage_error"])),
            Work::Share(Verb::Access, _) | Work::Denial(_) => {
                ((share.0, "/share/access_rules_status"), or(Some("active"), &["error"]))
            }
            Work::Share(verb, _) => {
                if matches!(verb, Verb::Rescue | Verb::Ensure) {
                    self.world.clock.sleep(LOOKED_FOR).await;
                }
                let failed = verb.status_change().map_or("error", |change| change.failed.name());
                (share, or(Some("available"), &["error", failed]))
            }
            Work::Snapshot(SnapshotVerb::DeleteSnapshot) => (snapshot, or(None, &[])),
            Work::Snapshot(verb) => {
                if verb == SnapshotVerb::FindSnapshot {
                    self.world.clock.sleep(LOOKED_FOR).await;
                }
                (snapshot, or(Some("available"), &["error", "manage_error"]))
            }
            Work::Server(ServerVerb::SetUp) => (share, or(Some("available"), &["error"])),
            Work::Server(ServerVerb::Alter) => {
                let network = format!("/share-networks/{}", things.network);
                ((network, "/share_network/status"), or(Some("active"), &["error"]))
            }
            Work::Server(verb) => {
                let server = (format!("/share-servers/{}", things.server), "/share_server/status");
                match verb {
                    ServerVerb::ManageServer => (server, or(Some("active"), &["manage_error"])),
                    _ => (server, or(None, &["unmanage_error"])),
                }
            }
        };
        self.until(&path, at, &wanted).await;
    }

    /// By two LIFs it can be mounted from the first, and by a third from now on.
    async fn until_it_has_a_path_more(&self, share: &str) {
        let path = format!("{share}/export_locations");
        let deadline = self.world.clock.running() + PATIENCE;
        while self.field(&path, "/export_locations/2/path").await.flatten().is_none() {
            if self.world.clock.running() > deadline {
                return self.world.breaks(format!("{share} can't be mounted by another path after {PATIENCE:?}"));
            }
            self.world.clock.sleep(LOOK).await;
        }
    }
}
