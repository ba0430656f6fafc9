//! The world of a trial: one thread, in which time goes from event to event, and everything that was drawn comes to pass.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;

use actix_web::test::TestRequest;
use manilad_clock::Clock;
use manilad_store::consistency;
use serde_json::Value;

use crate::array::Array;
use crate::bin_book::BinBook;
use crate::client::{Released, SecurityService};
use crate::host::Host;
use crate::ledger::Ledger;
use crate::lock_book::LockBook;
use crate::owners::Owners;
use crate::plan::Plan;
use crate::snapshot_book::SnapshotBook;
use crate::told::Told;

/// How long a client waits for an answer.
const CLIENT_PATIENCE: Duration = Duration::from_secs(60);
/// How long all may be down that a list needs.
pub const SERVICE_PATIENCE: Duration = Duration::from_secs(900);
/// How many lines of what happened are kept.
const TRAIL: usize = 2000;
/// After how long a daemon that ended is started again.
pub const RESTART: Duration = Duration::from_secs(1);

pub struct World {
    pub plan: Rc<Plan>,
    pub clock: Clock,
    pub host: Rc<Host>,
    pub arrays: Vec<Rc<Array>>,
    pub ledger: Ledger,
    pub snapshots: RefCell<SnapshotBook>,
    pub bin: RefCell<BinBook>,
    /// The shares, snapshots and share servers whose status an administrator has said.
    pub forced: RefCell<BTreeSet<String>>,
    /// Instances whose volume a hand was laid on.
    pub hands: RefCell<BTreeSet<String>>,
    /// Volumes that were shares and were let go of.
    pub released: RefCell<Vec<Released>>,
    /// Shares that an administrator asked to let go of.
    pub unmanaged: RefCell<BTreeSet<String>>,
    /// Shares that are mounted over SMB.
    pub smb: RefCell<BTreeSet<String>>,
    pub services: RefCell<BTreeMap<String, SecurityService>>,
    pub told: RefCell<Told>,
    pub locks: RefCell<LockBook>,
    pub owners: RefCell<Owners>,
    /// What does not hold.
    pub broken: RefCell<Vec<String>>,
    trail: RefCell<VecDeque<String>>,
    hash: RefCell<DefaultHasher>,
    pub asked: Cell<u64>,
    pub kills: Cell<u64>,
    /// Held by whoever ends the daemon, until the next one serves.
    pub restarting: tokio::sync::Mutex<()>,
}

impl World {
    pub fn new(plan: Rc<Plan>, clock: Clock, host: Rc<Host>, arrays: Vec<Rc<Array>>) -> Rc<Self> {
        Rc::new(World {
            plan,
            clock,
            host,
            arrays,
            ledger: Ledger::default(),
            snapshots: RefCell::default(),
            bin: RefCell::default(),
            forced: RefCell::default(),
            hands: RefCell::default(),
            released: RefCell::default(),
            unmanaged: RefCell::default(),
            smb: RefCell::default(),
            services: RefCell::default(),
            told: RefCell::default(),
            locks: RefCell::default(),
            owners: RefCell::default(),
            broken: RefCell::default(),
            trail: RefCell::default(),
            hash: RefCell::new(DefaultHasher::new()),
            asked: Cell::default(),
            kills: Cell::default(),
            restarting: tokio::sync::Mutex::default(),
        })
    }

    /// Notes what happened, in the trail and in the hash of the trial.
    pub fn note(&self, what: &str) {
        let line = format!("{:>10.3} {what}", self.clock.running().as_secs_f64());
        line.hash(&mut *self.hash.borrow_mut());
        let mut trail = self.trail.borrow_mut();
        trail.push_back(line);
        if trail.len() > TRAIL {
            trail.pop_front();
        }
    }

    /// Of all that was asked and answered, here, on the arrays and in Neutron.
    pub fn hash(&self) -> u64 {
        let mut hash = self.hash.borrow().clone();
        self.arrays.iter().for_each(|array| array.hash.borrow().finish().hash(&mut hash));
        self.host.neutron.hash().hash(&mut hash);
        self.host.keys.hash().hash(&mut hash);
        hash.finish()
    }

    /// What happened, as far as it is kept.
    pub fn trail(&self) -> Vec<String> {
        let trail = self.trail.borrow();
        let cut = (trail.len() == TRAIL)
            .then(|| format!("the last {TRAIL} lines of what happened; --until shows earlier ones"));
        cut.into_iter().chain(trail.iter().cloned()).collect()
    }

    /// Something that must hold does not.
    pub fn breaks(&self, what: String) {
        self.note(&format!("BROKEN {what}"));
        self.broken.borrow_mut().push(what);
    }

    /// A request of somebody in a project. None: there was no answer.
    pub async fn ask(
        &self,
        project: &str,
        role: &str,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Option<(u16, Value)> {
        let mut request = TestRequest::default()
            .method(method.parse().unwrap())
            .uri(&format!("/v2{path}"))
            .insert_header(("X-Auth-Token", format!("user-{project}:{project}:{role}")))
            .insert_header(("X-OpenStack-Manila-API-Version", "2.99"));
        if let Some(body) = body {
            request = request.set_json(body);
        }
        let answer = self.answer(request, || format!("{project} as {role}: {method} {path}")).await;
        let (status, told) = match &answer {
            Some((status, body)) => (*status, body.to_string()),
            None => (0, String::new()),
        };
        let wish = body.map(Value::to_string).unwrap_or_default();
        self.note(&format!("{project} {method} {path} {wish}: {status} {told}"));
        if project != "admin" && method == "POST" && (200..300).contains(&status) {
            answer.iter().for_each(|(_, body)| self.owners.borrow_mut().note(project, body));
        }
        if role != "admin" {
            self.tells_of_its_own(project, &format!("{path} {wish}"), &told);
        }
        answer
    }

    /// No answer to a project holds what is another's.
    pub fn tells_of_its_own(&self, project: &str, asked: &str, told: &str) {
        let owners = self.owners.borrow();
        if let Some((id, owners)) = owners.foreign(project, asked, told) {
            self.breaks(format!("{project} is told of {id}, which is of {owners:?}, by {asked}: {told}"));
        }
    }

    /// The answer to any request, if there is one: only where the daemon ends meanwhile there is none, and only while the disk fails one
    /// that says that the daemon is at fault.
    pub async fn answer(&self, request: TestRequest, what: impl Fn() -> String) -> Option<(u16, Value)> {
        self.asked.set(self.asked.get() + 1);
        let boots = self.host.boots.get();
        let answer = self.clock.within(CLIENT_PATIENCE, self.host.ask(request)).await.ok().flatten();
        match &answer {
            None if self.host.serves() && self.host.boots.get() == boots => {
                self.breaks(format!("{} has no answer", what()));
            }
            Some((500, told)) if !self.host.disk.has_failed_lately(self.clock.running()) => {
                self.breaks(format!("{} is answered 500 {told}", what()));
            }
            _ => {}
        }
        answer
    }

    /// Notes over what a share is mounted.
    pub fn notes_protocol(&self, share: &Value) {
        if share["share_proto"] == "CIFS" {
            self.smb.borrow_mut().insert(share["id"].as_str().unwrap().to_owned());
        }
    }

    pub async fn admin(&self, method: &str, path: &str, body: Option<&Value>) -> Option<(u16, Value)> {
        self.ask("admin", "admin", method, path, body).await
    }

    /// A list, once somebody answers.
    pub async fn list(&self, path: &str, key: &str) -> Vec<Value> {
        let deadline = self.clock.running() + SERVICE_PATIENCE;
        while self.clock.running() < deadline {
            if let Some((200, body)) = self.admin("GET", path, None).await {
                return body[key].as_array().cloned().unwrap_or_default();
            }
            self.clock.sleep(Duration::from_secs(1)).await;
        }
        self.breaks(format!("{path} has no answer 200 in {SERVICE_PATIENCE:?}"));
        Vec::new()
    }

    /// What must hold at any time.
    pub fn check(&self) {
        // Who looks would meet the fault in the daemon's stead.
        let can_look = !self.host.disk.has_failed_lately(self.clock.running());
        if let Some(store) = self.host.store().filter(|_| can_look) {
            consistency(&store).into_iter().for_each(|complaint| self.breaks(complaint));
        }
        self.host.crowded().into_iter().for_each(|complaint| self.breaks(complaint));
    }
}
