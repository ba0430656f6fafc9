//! What holds after every decision, whatever came of whatever work and whatever is asked for meanwhile: nothing goes
//! without an accepted delete, no status is under way without an intent that explains it, and usage is the sum over the
//! records.

mod networks;
mod picture;
mod sequences;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::executor::block_on;
use manilad_clock::{Clock, Timestamp};
use manilad_domain::access::{AccessLevel, AccessRule, AccessType};
use manilad_domain::address::{Offer, Source};
use manilad_domain::extra_specs::DRIVER_HANDLES_SHARE_SERVERS;
use manilad_domain::intent::{Cause, Lane, Resize, Verb};
use manilad_domain::message::Detail;
use manilad_domain::message::UserMessage;
use manilad_domain::outcome::{Applied, Export, RefusedRule, Remedy, Trouble};
use manilad_domain::service::Incarnation;
use manilad_domain::share_server::{ServerSubnet, ServerVerb};
use manilad_domain::status::{NetworkStatus, RuleState, RulesStatus, ServerStatus, Status};
use manilad_domain::subnet::Segment;
use manilad_domain::{
    AccessRuleId, DetachedInstance, Instance, Intent, PoolName, Record, ServerIntent, Share, ShareNetwork,
    ShareNetworkSubnet, ShareServer, ShareType, ShareTypeId, Stamp,
};
use manilad_store::{Draft, Error, Memory, Options, Store, consistency};
use proptest::prelude::*;
use uuid::Uuid;

use picture::Picture;

use crate::Rules;
use crate::settle::{Next, Settling};
use crate::share::samples;

const SERVICE: &str = "node1@alpha";
const START: Timestamp = Timestamp::constant(1_800_000_000, 0);
/// Of each share, and what those that change it are brought to.
const SIZE: u64 = 5;
const LARGER: u64 = 7;
const SMALLER: u64 = 2;
const NETWORK: Uuid = Uuid::from_u128(0xa);
const SUBNET: Uuid = Uuid::from_u128(0xb);
const TYPE: Uuid = Uuid::from_u128(0xc);
/// How long messages live.
const LIFE: Duration = Duration::from_secs(1000);

/// How a share server is found.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Server {
    Made,
    Serving,
    Altered,
    Failed,
    TornDown,
    OffArray,
}

/// How a share is found.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Kept {
    Unplaced,
    Creating,
    Available,
    Exporting,
    Rescued,
    Extending,
    Shrinking,
    Error,
    Deleting,
    ErrorDeleting,
}

/// Where its instance is served.
#[derive(Debug, Clone, Copy)]
enum Seat {
    WithoutNetwork,
    NoServer,
    On(usize),
}

#[derive(Debug, Clone)]
struct Found {
    kept: Kept,
    seat: Seat,
    rules: Vec<RuleState>,
    has_superseded: bool,
    has_candidates: bool,
    has_type: bool,
}

/// What is said to have come of a piece of work: any answer to any question.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Said {
    Created,
    Deleted,
    Exported,
    Found,
    Missing,
    Resized,
    DoesNotFit,
    Applied,
    PartlyApplied,
    Unserved,
    Failed(Remedy),
    Postponed,
    Seat,
    Moot,
    Allocated,
    SetUp,
    OffArray,
    Gone,
}

#[derive(Debug, Clone, Copy)]
struct Step {
    /// Which of the open intents, counted round.
    which: usize,
    said: Said,
    is_stale: bool,
}

fn server() -> impl Strategy<Value = Server> {
    use Server::{Altered, Failed, Made, OffArray, Serving, TornDown};
    prop::sample::select(vec![Made, Serving, Altered, Failed, TornDown, OffArray])
}

fn found() -> impl Strategy<Value = Found> {
    use Kept::{
        Available, Creating, Deleting, Error, ErrorDeleting, Exporting, Extending, Rescued, Shrinking, Unplaced,
    };
    let every =
        vec![Unplaced, Creating, Available, Exporting, Rescued, Extending, Shrinking, Error, Deleting, ErrorDeleting];
    let kept = prop::sample::select(every);
    let seat = prop_oneof![Just(Seat::WithoutNetwork), Just(Seat::NoServer), (0usize..3).prop_map(Seat::On)];
    let states = prop::sample::select(RuleState::ALL.to_vec());
    (kept, seat, prop::collection::vec(states, 0..3), any::<[bool; 3]>()).prop_map(
        |(kept, seat, rules, [has_superseded, has_candidates, has_type])| Found {
            kept,
            seat,
            // Nothing is let in to what is still being made.
            rules: if matches!(kept, Unplaced | Creating) { Vec::new() } else { rules },
            has_superseded,
            has_candidates,
            has_type,
        },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let remedies = prop::sample::select(vec![Remedy::Again, Remedy::Elsewhere, Remedy::Never]);
    let said = prop_oneof![
        3 => remedies.prop_map(Said::Failed),
        9 => prop::sample::select(vec![
            Said::Created, Said::Deleted, Said::Exported, Said::Found, Said::Missing, Said::Resized, Said::DoesNotFit, Said::Applied, Said::PartlyApplied, Said::Unserved,
            Said::Postponed, Said::Seat,
            Said::Moot, Said::Allocated, Said::SetUp, Said::OffArray, Said::Gone,
        ]),
    ];
    (0usize..64, said, prop::bool::weighted(0.1)).prop_map(|(which, said, is_stale)| Step { which, said, is_stale })
}

struct World {
    store: Store,
    now: Stamp,
}

impl World {
    /// What a step settles; none where an answer is no answer to work of that kind at all.
    fn settlement(&self, step: Step) -> Option<Settlement> {
        let shares: Vec<Intent> = self.store.all().unwrap();
        let servers: Vec<ServerIntent> = self.store.all().unwrap();
        let which = step.which.checked_rem(shares.len() + servers.len())?;
        let serial = |serial: u64| if step.is_stale { serial + 1000 } else { serial };
        if let Some(intent) = shares.get(which) {
            let rules: Vec<AccessRule> = self.store.all().unwrap();
            let rules: Vec<_> = rules.into_iter().filter(|rule| rule.share_id == intent.share).collect();
            let intent = Intent { serial: serial(intent.serial), ..intent.clone() };
            let export = || Export { path: "a:/b".into(), is_admin_only: false, preferred: true };
            let refuse =
                |rule: &AccessRule| RefusedRule { id: rule.id, detail: Detail::UnknownError, told: String::new() };
            let refused = move |count: usize| rules.iter().take(count).map(refuse).collect();
            let formed: Vec<AccessRule> = self.store.all().unwrap();
            let formed: Vec<_> = formed.into_iter().filter(|rule| rule.share_id == intent.share).collect();
            let verb = intent.verb;
            let (fits, settle): (bool, Settle) = match step.said {
                Said::Created => {
                    (verb == Verb::Create, Box::new(move |by, draft| by.created(draft, &intent, vec![export()])))
                }
                Said::Deleted => (verb == Verb::Delete, Box::new(move |by, draft| by.deleted(draft, &intent))),
                Said::Exported => {
                    (verb == Verb::Export, Box::new(move |by, draft| by.exported(draft, &intent, vec![export()])))
                }
                Said::Found => {
                    let found = Some(vec![export()]);
                    (verb == Verb::Rescue, Box::new(move |by, draft| by.rescued(draft, &intent, found)))
                }
                Said::Missing => (verb == Verb::Rescue, Box::new(move |by, draft| by.rescued(draft, &intent, None))),
                Said::Resized => {
                    (matches!(verb, Verb::Extend | Verb::Shrink), Box::new(move |by, draft| by.resized(draft, &intent)))
                }
                Said::DoesNotFit => {
                    let why = Trouble { detail: Detail::DriverRefusedShrink, ..trouble(Remedy::Never) };
                    (true, Box::new(move |by, draft| by.failed(draft, &intent, &why)))
                }
                Said::Applied => {
                    let applied = Applied::AllBut(refused(step.which % 2));
                    (verb == Verb::Access, Box::new(move |by, draft| by.applied(draft, &intent, &formed, &applied)))
                }
                Said::PartlyApplied => {
                    let applied = Applied::NotYet(refused(1));
                    (verb == Verb::Access, Box::new(move |by, draft| by.applied(draft, &intent, &formed, &applied)))
                }
                Said::Unserved => {
                    let why = trouble(Remedy::Elsewhere);
                    (verb != Verb::Delete, Box::new(move |by, draft| by.unserved(draft, &intent, &why)))
                }
                Said::Failed(remedy) => (true, Box::new(move |by, draft| by.failed(draft, &intent, &trouble(remedy)))),
                Said::Postponed => (true, Box::new(move |by, draft| by.postponed(draft, &intent, 1))),
                Said::Seat => (verb == Verb::Create, Box::new(move |by, draft| by.choose_server(draft, &intent))),
                Said::Moot => (true, Box::new(move |by, draft| by.moot(draft, &intent))),
                Said::Allocated | Said::SetUp | Said::OffArray | Said::Gone => return None,
            };
            return Some(Settlement { fits, settle });
        }
        let intent = servers[which - shares.len()].clone();
        let intent = ServerIntent { serial: serial(intent.serial), ..intent };
        let is_removal = intent.verb == ServerVerb::TearDown;
        let (fits, settle): (bool, Settle) = match step.said {
            Said::Allocated => {
                let ranges = vec![([10, 0, 0, 1].into(), [10, 0, 0, 4].into())];
                let offer = Offer {
                    segment: Segment::default(),
                    scope: "test".into(),
                    prefix: 24,
                    source: Source::Free { ranges, count: 2 },
                };
                let offers = vec![(Some(SUBNET.into()), offer)];
                (!is_removal, Box::new(move |by, draft| by.allocated(draft, &intent, offers)))
            }
            Said::SetUp => {
                let details = [("k".to_owned(), "v".to_owned())].into();
                (!is_removal, Box::new(move |by, draft| by.set_up(draft, &intent, details)))
            }
            Said::OffArray => (is_removal, Box::new(move |by, draft| by.torn_down(draft, &intent))),
            Said::Gone => (is_removal, Box::new(move |by, draft| by.released(draft, &intent))),
            Said::Failed(remedy) => {
                (true, Box::new(move |by, draft| by.server_failed(draft, &intent, &trouble(remedy))))
            }
            Said::Postponed => (true, Box::new(move |by, draft| by.server_postponed(draft, &intent, 1))),
            Said::Moot => (true, Box::new(move |by, draft| by.server_moot(draft, &intent))),
            _ => return None,
        };
        Some(Settlement { fits, settle })
    }

    fn settle(&self, settle: Settle, seed: u128) -> Next {
        let settling = self.settling(1, Uuid::from_u128(seed));
        block_on(self.store.commit("settle", move |draft| settle(settling, draft))).unwrap()
    }

    fn settling(&self, epoch: u64, seed: Uuid) -> Settling {
        Settling {
            service: SERVICE.into(),
            epoch,
            now: self.now,
            message_ttl: LIFE.as_secs(),
            rules: Rules { goes_with_last_instance: true, ..Rules::default() },
            in_flight: false,
            ids: seed.into(),
        }
    }
}

type Settle = Box<dyn FnOnce(Settling, &mut Draft<'_>) -> Result<Next, Error> + Send>;

/// A decision, and whether work of the verb that is owed can end so.
struct Settlement {
    fits: bool,
    settle: Settle,
}

fn pool(name: &str) -> PoolName {
    name.parse().unwrap()
}

fn trouble(remedy: Remedy) -> Trouble {
    Trouble { remedy, detail: Detail::UnknownError, told: "as the test has it".into() }
}

fn server_id(number: usize) -> Uuid {
    Uuid::from_u128(0x5e00 + number as u128)
}

fn share_type(id: ShareTypeId, name: &str, now: Stamp) -> ShareType {
    ShareType {
        id,
        name: name.to_owned(),
        description: None,
        is_public: true,
        projects: BTreeSet::new(),
        extra_specs: [(DRIVER_HANDLES_SHARE_SERVERS.to_owned(), "True".to_owned())].into(),
        created_at: now,
        updated_at: None,
    }
}

fn subnet(now: Stamp) -> ShareNetworkSubnet {
    ShareNetworkSubnet {
        id: SUBNET.into(),
        share_network_id: NETWORK.into(),
        availability_zone: None,
        neutron: None,
        segment: Segment::default(),
        metadata: BTreeMap::new(),
        confirmed: Default::default(),
        created_at: now,
        updated_at: None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_of_whatever_work_nothing_goes_that_was_not_to_go_and_nothing_is_stuck(
        servers in prop::collection::vec(server(), 1..4),
        shares in prop::collection::vec(found(), 1..5),
        steps in prop::collection::vec(step(), 1..24),
        seed: u64,
    ) {
        let world = World::new(&servers, &shares);
        let mut before = Picture::of(&world.store);
        before.explain();
        for (number, step) in steps.into_iter().enumerate() {
            let Some(Settlement { fits, settle }) = world.settlement(step) else { continue };
            let next = world.settle(settle, (u128::from(seed) << 64) | number as u128);
            let after = Picture::of(&world.store);
            prop_assert!(fits || next == Next::Stale, "{:?}", step);
            if next == Next::Stale {
                prop_assert_eq!(&after.shares, &before.shares, "{:?}", step);
                prop_assert_eq!(&after.intents, &before.intents, "{:?}", step);
            }
            after.miss_nothing(&before);
            prop_assert!(after.messages >= before.messages);
            after.explain();
            before = after;
        }
        prop_assert_eq!(consistency(&world.store), Vec::<String>::new());
        let ids: BTreeSet<_> = world.store.all::<UserMessage>().unwrap().iter().map(|one| one.id).collect();
        prop_assert_eq!(ids.len(), before.messages);
    }
}
