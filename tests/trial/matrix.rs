//! The crash matrix: each operation of a back end, and at each call that it makes to an array each mishap; then everything comes to its
//! end, and all agree. The calls are those of a run in which nothing goes wrong.
//!
//! What is owed has a row in the tables of verbs, so a new verb has one here, or does not compile. How to get it wrong: to take an
//! operation for done because its status says so; the audit looks at the array, too.

use std::rc::Rc;
use std::time::Duration;

use manilad_domain::intent::Verb;
use manilad_domain::share_server::ServerVerb;
use manilad_domain::snapshot::SnapshotVerb;
use serde_json::{Value, json};

use crate::array::{Fate, Script};
use crate::client::TYPES;
use crate::configuration;
use crate::ledger::{Network, Promise, Rule, Share};
use crate::plan::{Plan, Size};
use crate::world::World;
use crate::{audit, end_unless_it_serves, restart};

const PROJECT: &str = "tenant00";
/// Somebody who is let in.
const CLIENT: &str = "10.0.0.1";
/// How long an operation may take, whatever befalls it.
const PATIENCE: Duration = Duration::from_secs(900);
/// After how long a daemon has asked all that it asks when it begins.
const CALM: Duration = Duration::from_secs(30);
/// How long it takes at least to see to what is available from the start.
const LOOKED_FOR: Duration = Duration::from_secs(5);
/// Between two looks at whether it is done.
const LOOK: Duration = Duration::from_millis(500);

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Share(Verb),
    Snapshot(SnapshotVerb),
    Server(ServerVerb),
}

/// What befalls a call.
#[derive(Debug, Clone, Copy)]
pub struct Mishap {
    name: &'static str,
    fate: Fate,
    /// Whether the daemon dies of it.
    kills: bool,
}

const fn mishap(name: &'static str, fate: Fate) -> Mishap {
    Mishap { name, fate, kills: false }
}

const fn kill(name: &'static str, fate: Fate) -> Mishap {
    Mishap { name, fate, kills: true }
}

const LATE: Duration = Duration::from_secs(12);
const PAGE: &str = "<html><body>no</body></html>";
const ERROR: &str = r#"{"error": {"code": 4, "message": "upstream error"}}"#;

/// As ONTAP says that something is not there, but under its own status.
const ABSENT: &str = r#"{"error": {"code": "4", "message": "entry doesn't exist"}}"#;

pub const MISHAPS: &[Mishap] = &[
    mishap("no connection", Fate::NoConnection),
    mishap("the call is lost", Fate::LostCall),
    mishap("the reply is lost", Fate::LostReply),
    mishap("the array is busy", Fate::Busy),
    mishap("it is carried out late", Fate::Late(LATE)),
    mishap("a stranger answers 404", Fate::Foreign(404, ERROR, None)),
    mishap("a stranger answers 504, and it is carried out late", Fate::Foreign(504, PAGE, Some(LATE))),
    mishap("a stranger answers 502 in the words of ONTAP", Fate::Foreign(502, ABSENT, None)),
    mishap("the array refuses it", Fate::Refused),
    mishap("who asked panics", Fate::Panics),
    mishap("it hangs", Fate::Held { is_carried_out: false }),
    kill("the daemon dies before it is carried out", Fate::Held { is_carried_out: false }),
    kill("the daemon dies before the reply", Fate::Held { is_carried_out: true }),
];

/// A run: nothing befalls the one that counts the calls.
#[derive(Debug, Clone, Copy)]
pub struct Case {
    pub work: Work,
    pub at: Option<(u64, Mishap)>,
}

impl Case {
    pub fn name(&self) -> String {
        match self.at {
            None => format!("{:?}", self.work),
            Some((call, mishap)) => format!("{:?}, at call {call} {}", self.work, mishap.name),
        }
    }
}

/// The operations that are played.
pub fn works() -> Vec<Work> {
    let shares = Verb::ALL.iter().map(|verb| Work::Share(*verb));
    let snapshots = SnapshotVerb::ALL.iter().map(|verb| Work::Snapshot(*verb));
    let servers = ServerVerb::ALL.iter().map(|verb| Work::Server(*verb));
    shares.chain(snapshots).chain(servers).filter(|work| is_played(*work)).collect()
}

fn is_played(work: Work) -> bool {
    match work {
        // No array is asked.
        Work::Share(Verb::Place) => false,
        // Owed by the daemon alone, when paths have changed; nothing is changed by it.
        Work::Share(Verb::Export) => false,
        // What is taken over is made by hand, with LIFs and all: `actors/netapp` plays that.
        Work::Server(ServerVerb::ManageServer) => false,
        // What it lets go of stays on the array for good: `tests/all/servers` plays that.
        Work::Server(ServerVerb::UnmanageServer) => false,
        Work::Share(
            Verb::Create
            | Verb::Relocate
            | Verb::Delete
            | Verb::Rescue
            | Verb::Ensure
            | Verb::Extend
            | Verb::Shrink
            | Verb::Revert
            | Verb::Manage
            | Verb::Unmanage
            | Verb::Access,
        )
        | Work::Snapshot(
            SnapshotVerb::CreateSnapshot
            | SnapshotVerb::DeleteSnapshot
            | SnapshotVerb::FindSnapshot
            | SnapshotVerb::ManageSnapshot,
        )
        | Work::Server(ServerVerb::SetUp | ServerVerb::Alter | ServerVerb::TearDown) => true,
    }
}

/// A plan in which nothing befalls anybody by chance.
pub fn plan() -> Plan {
    let drawn = Plan::draw(1, Size::Dense);
    Plan {
        tenants: vec![0],
        length: Duration::ZERO,
        kills: Vec::new(),
        weather: Vec::new(),
        cloud_away: Vec::new(),
        disk: Vec::new(),
        slow_disk: Duration::from_millis(1),
        heeds_affinity: true,
        neutron_addresses: 40,
        bin: (600, 60),
        is_deletion_deferred: false,
        places_clones: true,
        ..drawn
    }
}

/// What there is when the operation begins.
#[derive(Debug, Default)]
struct Things {
    share: String,
    snapshot: String,
    network: String,
    server: String,
    /// Where a volume is that was a share: pool and path.
    released: (String, String),
}

/// Plays a case; how many calls to arrays the operation made.
pub async fn play(world: Rc<World>, case: Case) -> u64 {
    world.host.boot();
    assert!(end_unless_it_serves(&world).await.is_none(), "the daemon does not start");
    configuration::types(&world).await;
    // What every daemon asks when it begins is none of the operation's.
    world.clock.sleep(CALM).await;
    let player = Player { world: &world };
    let mut things = player.prepare(case.work).await;
    let script = Rc::new(Script::new(case.at.map(|(call, mishap)| (call, mishap.fate))));
    world.arrays.iter().for_each(|array| *array.script.borrow_mut() = Some(script.clone()));
    player.begin(case.work, &mut things).await;
    if case.at.is_some_and(|(_, mishap)| mishap.kills) {
        while !script.has_struck() {
            world.clock.sleep(Duration::from_millis(10)).await;
        }
        restart(&world, "killed").await;
    }
    let is_refused = case.at.is_some_and(|(_, mishap)| mishap.fate == Fate::Refused);
    player.until_done(case.work, &things, is_refused).await;
    let calls = script.calls();
    if case.at.is_some() && !script.has_struck() {
        world.breaks("nothing befell the operation".to_owned());
    }
    audit::end(&world).await;
    calls
}

struct Player<'w> {
    world: &'w Rc<World>,
}

impl Player<'_> {
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
        let mut share = json!({ "name": "s", "share_proto": "NFS", "size": 2 });
        share.as_object_mut().unwrap().extend(wish.as_object().unwrap().clone());
        let made = self.member("POST", "/shares", json!({ "share": share })).await;
        let id = made["share"]["id"].as_str().unwrap().to_owned();
        self.promise(&id);
        id
    }

    fn promise(&self, share: &str) {
        let stays = Share { project: PROJECT.to_owned(), promise: Promise::Stays, forced: false };
        self.world.ledger.book().shares.insert(share.to_owned(), stays);
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

    async fn unmanage(&self, share: &str) {
        self.act(share, json!({ "unmanage": null })).await;
        self.ends(share, Promise::Unsure);
        self.world.unmanaged.borrow_mut().insert(share.to_owned());
    }

    /// Brings about what the operation needs.
    async fn prepare(&self, work: Work) -> Things {
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
        if matches!(work, Work::Share(Verb::Create) | Work::Server(ServerVerb::SetUp)) {
            return things;
        }
        // Only administrators may say which pool.
        let mut share = json!({ "name": "s", "share_proto": "NFS", "size": 2 });
        share.as_object_mut().unwrap().extend(wish.as_object().unwrap().clone());
        let made = self.admin("POST", "/shares", json!({ "share": share })).await;
        things.share = made["share"]["id"].as_str().unwrap().to_owned();
        self.promise(&things.share);
        self.until_share(&things.share, Some("available")).await;
        match work {
            Work::Share(Verb::Revert | Verb::Relocate)
            | Work::Snapshot(SnapshotVerb::DeleteSnapshot | SnapshotVerb::FindSnapshot) => {
                things.snapshot = self.take_snapshot(&things.share).await;
                self.until_snapshot(&things.snapshot, Some("available")).await;
            }
            Work::Share(Verb::Manage) => {
                let shown = self.admin("GET", &format!("/shares/{}", things.share), Value::Null).await;
                let exports =
                    self.admin("GET", &format!("/shares/{}/export_locations", things.share), Value::Null).await;
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                things.released = (text(&shown["share"]["host"]), text(&exports["export_locations"][0]["path"]));
                self.unmanage(&things.share).await;
                self.until_share(&things.share, None).await;
            }
            Work::Share(Verb::Rescue) => self.say("shares", &things.share, "error").await,
            Work::Snapshot(SnapshotVerb::ManageSnapshot) => self.make_snapshot_by_hand(&things.share).await,
            Work::Server(_) => {
                let shown = self.admin("GET", &format!("/shares/{}", things.share), Value::Null).await;
                things.server = shown["share"]["share_server_id"].as_str().unwrap().to_owned();
            }
            _ => {}
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
    async fn begin(&self, work: Work, things: &mut Things) {
        let share = things.share.clone();
        match work {
            Work::Share(Verb::Place | Verb::Export)
            | Work::Server(ServerVerb::ManageServer | ServerVerb::UnmanageServer) => {
                unreachable!("it is not played")
            }
            Work::Share(Verb::Create) => things.share = self.make_share(json!({ "share_type": TYPES[0] })).await,
            Work::Share(Verb::Relocate) => {
                let hints = json!({ "different_host": share });
                let wish = json!({ "snapshot_id": things.snapshot, "scheduler_hints": hints });
                things.share = self.make_share(wish).await;
            }
            Work::Share(Verb::Delete) => {
                self.member("DELETE", &format!("/shares/{share}"), Value::Null).await;
                self.ends(&share, Promise::Goes);
            }
            Work::Share(Verb::Rescue) => self.say("shares", &share, "available").await,
            Work::Share(Verb::Ensure) => {
                let wish = json!({ "ensure_shares": { "host": "node1@alpha" } });
                self.admin("POST", "/services/ensure-shares", wish).await;
            }
            Work::Share(Verb::Extend) => drop(self.act(&share, json!({ "extend": { "new_size": 3 } })).await),
            Work::Share(Verb::Shrink) => drop(self.act(&share, json!({ "shrink": { "new_size": 1 } })).await),
            Work::Share(Verb::Revert) => {
                self.act(&share, json!({ "revert": { "snapshot_id": things.snapshot } })).await;
            }
            Work::Share(Verb::Manage) => {
                let (pool, path) = &things.released;
                let wish = json!({ "service_host": pool, "protocol": "nfs", "export_path": path,
                                   "share_type": TYPES[0], "name": "m" });
                let asked = self.admin("POST", "/shares/manage", json!({ "share": wish })).await;
                things.share = asked["share"]["id"].as_str().unwrap().to_owned();
                self.promise(&things.share);
            }
            Work::Share(Verb::Unmanage) => self.unmanage(&share).await,
            Work::Share(Verb::Access) => {
                let wish = json!({ "access_type": "ip", "access_to": CLIENT, "access_level": "rw" });
                let made = self.act(&share, json!({ "allow_access": wish })).await;
                let rule = Rule { share, to: CLIENT.to_owned(), level: "rw", promise: Promise::Stays };
                self.world.ledger.book().rules.insert(made["access"]["id"].as_str().unwrap().to_owned(), rule);
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
    async fn until_done(&self, work: Work, things: &Things, is_refused: bool) {
        let or = |done: Option<&'static str>, failed: &[&'static str]| -> Vec<Option<&'static str>> {
            let failed = failed.iter().copied().filter(|_| is_refused).map(Some);
            [done].into_iter().chain(failed).collect()
        };
        let share = (format!("/shares/{}", things.share), "/share/status");
        let snapshot = (format!("/snapshots/{}", things.snapshot), "/snapshot/status");
        let ((path, at), wanted) = match work {
            Work::Share(Verb::Delete) => (share, or(None, &[])),
            Work::Share(Verb::Unmanage) => (share, or(None, &["unmanage_error"])),
            Work::Share(Verb::Access) => ((share.0, "/share/access_rules_status"), or(Some("active"), &["error"])),
            Work::Share(verb) => {
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
            Work::Server(_) => ((format!("/share-servers/{}", things.server), "/share_server/id"), or(None, &[])),
        };
        self.until(&path, at, &wanted).await;
    }
}
