//! The crash matrix: each operation of a back end, and at each call that it makes to an array each mishap; then everything comes to its
//! end, and all agree. The calls are those of a run in which nothing goes wrong.
//!
//! What is owed has a row in the tables of verbs, so a new verb has one here, or does not compile. How to get it wrong: to take an
//! operation for done because its status says so; the audit looks at the array, too.

mod player;

use std::rc::Rc;
use std::time::Duration;

use manilad_domain::intent::Verb;
use manilad_domain::share::Protocol;
use manilad_domain::share::Protocol::{Cifs, Nfs};
use manilad_domain::share_server::ServerVerb;
use manilad_domain::snapshot::SnapshotVerb;

use crate::array::{Fate, Script};
use crate::plan::{Plan, Size};
use crate::world::World;
use crate::{audit, configuration, end_unless_it_serves, restart};

use player::Player;

/// After how long a daemon has asked all that it asks when it begins.
const CALM: Duration = Duration::from_secs(30);

/// An operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    Share(Verb, Protocol),
    /// [`Verb::Access`] is owed for it, too, but takes a rule away beside one that stays.
    Denial(Protocol),
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
    mishap("it is carried out and hangs", Fate::Held { is_carried_out: true }),
    kill("the daemon dies before it is carried out", Fate::Held { is_carried_out: false }),
    kill("the daemon dies before the reply", Fate::Held { is_carried_out: true }),
    kill("the daemon dies, and it is carried out when the next one serves", Fate::Late(LATE)),
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
    let shares =
        [Nfs, Cifs].into_iter().flat_map(|protocol| Verb::ALL.iter().map(move |verb| Work::Share(*verb, protocol)));
    let snapshots = SnapshotVerb::ALL.iter().map(|verb| Work::Snapshot(*verb));
    let servers = ServerVerb::ALL.iter().map(|verb| Work::Server(*verb));
    let denials = [Nfs, Cifs].map(Work::Denial);
    shares.chain(denials).chain(snapshots).chain(servers).filter(|work| is_played(*work)).collect()
}

fn is_played(work: Work) -> bool {
    match work {
        Work::Denial(Nfs | Cifs) => true,
        // No array is asked.
        Work::Share(Verb::Place, _) => false,
        // The array is asked the same as over NFS.
        Work::Share(Verb::Extend | Verb::Shrink | Verb::Revert | Verb::Export, Cifs) => false,
        Work::Share(
            Verb::Create
            | Verb::Relocate
            | Verb::Delete
            | Verb::Export
            | Verb::Rescue
            | Verb::Ensure
            | Verb::Extend
            | Verb::Shrink
            | Verb::Revert
            | Verb::Manage
            | Verb::Unmanage
            | Verb::Access,
            Nfs | Cifs,
        )
        | Work::Snapshot(
            SnapshotVerb::CreateSnapshot
            | SnapshotVerb::DeleteSnapshot
            | SnapshotVerb::FindSnapshot
            | SnapshotVerb::ManageSnapshot,
        )
        | Work::Server(
            ServerVerb::SetUp
            | ServerVerb::Alter
            | ServerVerb::TearDown
            | ServerVerb::ManageServer
            | ServerVerb::UnmanageServer,
        ) => true,
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
        hangs: Vec::new(),
        is_left_alone: false,
        is_roomy: false,
        sweep_interval: 3600,
        ..drawn
    }
}

/// Plays a case; how many calls to arrays the operation made.
pub async fn play(world: Rc<World>, case: Case) -> u64 {
    world.host.boot();
    assert!(end_unless_it_serves(&world).await.is_none(), "the daemon does not start");
    configuration::types(&world).await;
    // What every daemon asks when it begins is none of the operation's.
    world.clock.sleep(CALM).await;
    let player = Player::new(&world, case.work);
    let mut things = player.prepare().await;
    let script = Rc::new(Script::new(case.at.map(|(call, mishap)| (call, mishap.fate))));
    world.arrays.iter().for_each(|array| *array.script.borrow_mut() = Some(script.clone()));
    player.begin(&mut things).await;
    if case.at.is_some_and(|(_, mishap)| mishap.kills) {
        while !script.has_struck() {
            world.clock.sleep(Duration::from_millis(10)).await;
        }
        restart(&world, "killed").await;
    }
    let is_refused = case.at.is_some_and(|(_, mishap)| mishap.fate == Fate::Refused);
    player.until_done(&things, is_refused).await;
    let calls = script.calls();
    if case.at.is_some() && !script.has_struck() {
        world.breaks("nothing befell the operation".to_owned());
    }
    player.manage_and_remove(&mut things).await;
    audit::end(&world).await;
    calls
}
