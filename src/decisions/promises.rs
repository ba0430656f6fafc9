//! What holds after every decision, whatever came of whatever work and whatever is asked for meanwhile: nothing goes
//! without an accepted delete, no status is under way without an intent that explains it, and usage is the sum over the
//! records.

mod bin;
mod decision;
mod ending;
mod ensuring;
mod locks;
mod managed;
mod networks;
mod picture;
mod qos_types;
mod requests;
mod sequences;
mod snapshots;
mod transfers;
mod work;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::executor::block_on;
use manilad_clock::{Clock, Timestamp};
use manilad_domain::access::{AccessLevel, AccessRule, AccessType};
use manilad_domain::address::{Offer, Source, Standing};
use manilad_domain::extra_specs::{DRIVER_HANDLES_SHARE_SERVERS, ENCRYPTION_SUPPORT};
use manilad_domain::intent::{Cause, Lane, Resize, Verb};
use manilad_domain::message::Detail;
use manilad_domain::message::UserMessage;
use manilad_domain::outcome::{Applied, Ensured, Export, Managed, RefusedRule, Remedy, Trouble};
use manilad_domain::service::{Binary, Incarnation};
use manilad_domain::share::Abilities;
use manilad_domain::share_server::{ServerSubnet, ServerVerb};
use manilad_domain::status::{Deletion, NetworkStatus, RuleState, RulesStatus, ServerStatus, Status};
use manilad_domain::subnet::Segment;
use manilad_domain::{
    AccessRuleId, Allocation, DetachedInstance, Instance, Intent, PoolName, Record, ServerAbilities, ServerIntent,
    Share, ShareNetwork, ShareNetworkSubnet, ShareNetworkSubnetId, ShareServer, ShareType, ShareTypeId, Stamp,
};
use manilad_store::{Draft, Error, Memory, Options, Store, consistency};
use proptest::prelude::*;
use uuid::Uuid;

use picture::Picture;
use work::{Past, Settle, Settlement, WorkStep, step, trouble};

use crate::settle::{Next, Settling};
use crate::share::samples;
use crate::{Rules, service};

const SERVICE: &str = "node1@alpha";
/// Another back end, where shares go that the first one refuses.
const OTHER: &str = "n@b";
const START: Timestamp = Timestamp::constant(1_800_000_000, 0);
const NETWORK: Uuid = Uuid::from_u128(0xa);
const SUBNET: Uuid = Uuid::from_u128(0xb);
const TYPE: Uuid = Uuid::from_u128(0xc);
/// The QoS type that the shares of the type are bound to, which it does not name any more.
/// Of the type whose servers can be encrypted.
const VAULT: Uuid = Uuid::from_u128(0xe);
const QOS_TYPE: Uuid = Uuid::from_u128(0xd);
/// Of each share, and what those that change it are brought to, in GiB.
const SIZE: u64 = 5;
const LARGER: u64 = 7;
const SMALLER: u64 = 2;
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
enum Phase {
    Unplaced,
    Creating,
    Relocating,
    Available,
    Exporting,
    Ensured,
    Ensuring,
    Rescued,
    Extending,
    Shrinking,
    Error,
    Deleting,
    DeferredDeleting,
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
    phase: Phase,
    seat: Seat,
    rules: Vec<RuleState>,
    has_superseded: bool,
    has_candidates: bool,
    has_type: bool,
}

fn server() -> impl Strategy<Value = Server> {
    use Server::{Altered, Failed, Made, OffArray, Serving, TornDown};
    prop::sample::select(vec![Made, Serving, Altered, Failed, TornDown, OffArray])
}

fn found() -> impl Strategy<Value = Found> {
    use Phase::*;
    let every = vec![
        Unplaced,
        Creating,
        Relocating,
        Available,
        Exporting,
        Ensured,
        Ensuring,
        Rescued,
        Extending,
        Shrinking,
        Error,
        Deleting,
        DeferredDeleting,
        ErrorDeleting,
    ];
    let phase = prop::sample::select(every);
    let seat = prop_oneof![Just(Seat::WithoutNetwork), Just(Seat::NoServer), (0usize..3).prop_map(Seat::On)];
    let states = prop::sample::select(RuleState::ALL.to_vec());
    (phase, seat, prop::collection::vec(states, 0..3), any::<[bool; 3]>()).prop_map(
        |(phase, seat, rules, [has_superseded, has_candidates, has_type])| Found {
            phase,
            seat,
            // Nothing is let in to what is still being made.
            rules: if matches!(phase, Unplaced | Creating) { Vec::new() } else { rules },
            has_superseded,
            has_candidates,
            has_type,
        },
    )
}

struct World {
    store: Store,
    now: Stamp,
    past: Past,
}

impl World {
    fn new(servers: &[Server], shares: &[Found]) -> Self {
        let (clock, _hand) = Clock::stepped(START);
        let store = Store::open(Box::new(Memory::default()), Options::default(), clock).unwrap();
        let world = World { store, now: START.into(), past: Past::default() };
        for service in [SERVICE, OTHER] {
            world.put(Incarnation { service: service.into(), epoch: 1 });
        }
        [SERVICE, OTHER].into_iter().for_each(|host| world.register(host));
        let is_changing = servers.contains(&Server::Altered);
        let status = if is_changing { NetworkStatus::NetworkChange } else { NetworkStatus::Active };
        world.put(ShareNetwork { status, ..networks::network(NETWORK, world.now) });
        world.put(subnet(world.now));
        world.put(share_type(TYPE.into(), "gold", world.now));
        let mut vault = share_type(VAULT.into(), "vault", world.now);
        vault.extra_specs.insert(ENCRYPTION_SUPPORT.into(), "share_server".into());
        world.put(vault);
        world.put(qos_types::qos_type(QOS_TYPE, 0, world.now));
        servers.iter().enumerate().for_each(|(number, server)| world.put_server(number, *server));
        shares.iter().enumerate().for_each(|(number, found)| world.put_share(number, found, servers.len()));
        world
    }

    fn register(&self, host: &str) {
        let now = self.now;
        let part = service::Part {
            binary: Binary::Share,
            host: host.to_owned(),
            availability_zone: "nova".to_owned(),
            starts_enabled: true,
            ensured_as: String::new(),
        };
        let zone = Uuid::from_u128(0x20ae).into();
        block_on(self.store.commit("test", move |draft| service::register(draft, vec![(part, zone)], "req-0", now)))
            .unwrap();
    }

    fn put<R: Record>(&self, record: R) {
        block_on(self.store.commit("test", move |draft| draft.put(&record))).unwrap();
    }

    fn put_server(&self, number: usize, found: Server) {
        let (status, verb, stands) = match found {
            Server::Made => (ServerStatus::Creating, Some(ServerVerb::SetUp), false),
            Server::Serving => (ServerStatus::Active, None, true),
            Server::Altered => (ServerStatus::NetworkChange, Some(ServerVerb::Alter), true),
            Server::Failed => (ServerStatus::Error, None, true),
            Server::TornDown | Server::OffArray => (ServerStatus::Deleting, Some(ServerVerb::TearDown), true),
        };
        let id = server_id(number).into();
        self.put(ShareServer {
            id,
            project_id: "p".into(),
            share_network_id: NETWORK.into(),
            service: SERVICE.into(),
            status,
            identifier: "x".into(),
            is_auto_deletable: true,
            task_state: None,
            encryption: None,
            abilities: ServerAbilities::ALL,
            details: if stands { [("k".to_owned(), "v".to_owned())].into() } else { BTreeMap::new() },
            subnets: vec![ServerSubnet::from(&subnet(self.now))],
            directories: Vec::new(),
            failure: None,
            is_off_array: found == Server::OffArray,
            used_at: self.now,
            created_at: self.now,
            updated_at: None,
        });
        let Some(verb) = verb else { return };
        let now = self.now;
        let owing = self.store.commit("test", move |draft| {
            let serial = draft.next_serial()?;
            draft.put(&ServerIntent {
                server: id,
                verb,
                serial,
                service: SERVICE.into(),
                spent_seconds: 0,
                request_id: "req-1".into(),
                created_at: now,
            })
        });
        block_on(owing).unwrap();
    }

    fn put_share(&self, number: usize, found: &Found, servers: usize) {
        let (status, verb) = match found.phase {
            Phase::Unplaced => (Status::Creating, Some(Verb::Place)),
            Phase::Creating => (Status::Creating, Some(Verb::Create)),
            Phase::Relocating => (Status::CreatingFromSnapshot, Some(Verb::Relocate)),
            Phase::Available => (Status::Available, None),
            Phase::Exporting => (Status::Available, Some(Verb::Export)),
            Phase::Ensured => (Status::Available, Some(Verb::Ensure)),
            Phase::Ensuring => (Status::Ensuring, Some(Verb::Ensure)),
            Phase::Rescued => (Status::Available, Some(Verb::Rescue)),
            Phase::Extending => (Status::Extending, Some(Verb::Extend)),
            Phase::Shrinking => (Status::Shrinking, Some(Verb::Shrink)),
            Phase::Error => (Status::Error, None),
            Phase::Deleting => (Status::Deleting, Some(Verb::Delete)),
            Phase::DeferredDeleting => (Status::DeferredDeleting, Some(Verb::Delete)),
            Phase::ErrorDeleting => (Status::ErrorDeleting, Some(Verb::Delete)),
        };
        let is_owed = found.rules.iter().any(|state| state.is_owed());
        let id = |part: u128| Uuid::from_u128((part << 64) | number as u128);
        let mut instance = Instance::creating(id(1).into(), Some("nova".into()), self.now);
        instance.status = status;
        let on = Some(pool("node1@alpha#one"));
        instance.pool = on.clone().filter(|_| found.phase != Phase::Unplaced);
        instance.rules_status = if is_owed { RulesStatus::Syncing } else { RulesStatus::Active };
        (instance.network, instance.server) = match found.seat {
            Seat::WithoutNetwork => (None, None),
            Seat::NoServer => (Some(NETWORK.into()), None),
            Seat::On(_) if found.phase == Phase::Unplaced => (Some(NETWORK.into()), None),
            Seat::On(server) => (Some(NETWORK.into()), Some(server_id(server % servers).into())),
        };
        let goes = matches!(found.phase, Phase::Deleting | Phase::DeferredDeleting | Phase::ErrorDeleting);
        let mut owed: Vec<_> = verb.map(|verb| (instance.id, verb)).into_iter().collect();
        owed.extend((is_owed && !goes).then_some((instance.id, Verb::Access)));
        let mut instances = vec![instance];
        if found.has_superseded {
            let other = Instance {
                id: id(2).into(),
                status: Status::Deleting,
                superseded: true,
                pool: on,
                rules_status: RulesStatus::Active,
                ..instances[0].clone()
            };
            owed.push((other.id, Verb::Delete));
            instances.push(other);
        }
        let share = Share {
            id: id(3).into(),
            size: SIZE,
            type_id: found.has_type.then(|| TYPE.into()),
            qos_type_id: found.has_type.then(|| QOS_TYPE.into()),
            abilities: Abilities {
                snapshot_support: true,
                revert_to_snapshot_support: true,
                create_share_from_snapshot_support: true,
                ..Abilities::default()
            },
            created_at: self.now,
            ..samples::share(instances)
        };
        self.put(share.clone());
        for (place, state) in found.rules.iter().enumerate() {
            self.put(AccessRule {
                id: AccessRuleId(id(10 + place as u128)),
                share_id: share.id,
                kind: AccessType::Ip,
                to: format!("10.0.0.{place}"),
                level: AccessLevel::Rw,
                key: None,
                state: *state,
                metadata: BTreeMap::new(),
                created_at: self.now,
                updated_at: None,
            });
        }
        let candidates = if found.has_candidates { vec![pool("node1@alpha#two"), pool("n@b#x")] } else { Vec::new() };
        for (instance, verb) in owed {
            let (share, candidates, owes_exports) = (share.clone(), candidates.clone(), found.has_candidates);
            let owing = self.store.commit("test", move |draft| {
                let serial = draft.next_serial()?;
                let owed = share.instance(instance).expect("it is of the share");
                let cause = Cause { request_id: "req-1".into(), now: share.created_at };
                let size = match verb {
                    Verb::Extend => Some(LARGER),
                    Verb::Shrink => Some(SMALLER),
                    _ => None,
                };
                let resize = |size: u64| Resize {
                    size,
                    more: size.saturating_sub(SIZE),
                    share_type: share.type_id,
                    pool: pool("node1@alpha#one"),
                    owes_exports,
                };
                let arguments = size.map(resize).map(Box::from).unwrap_or_default();
                draft.put(&Intent {
                    candidates,
                    attempt: 1,
                    arguments,
                    ..Intent::new(&share, owed, verb, serial, &cause)
                })
            });
            block_on(owing).unwrap();
        }
    }

    fn settle(&self, settle: Settle, service: String, seed: u128) -> Next {
        let settling = self.settling(service, 1, Uuid::from_u128(seed));
        block_on(self.store.commit("settle", move |draft| settle(settling, draft))).unwrap()
    }

    fn settling(&self, service: String, epoch: u64, seed: Uuid) -> Settling {
        Settling {
            service,
            epoch,
            now: self.now,
            message_ttl: LIFE.as_secs(),
            // In turn, so that a share server comes to each.
            rules: Rules {
                goes_with_last_instance: !seed.as_u128().is_multiple_of(3),
                max_instances: seed.as_u128().is_multiple_of(2).then_some(1),
                ..Rules::default()
            },
            in_flight: seed.as_u128().is_multiple_of(5),
            ids: seed.into(),
        }
    }
}

fn pool(name: &str) -> PoolName {
    name.parse().unwrap()
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
            let Some(Settlement { fits, service, settle }) = world.settlement(step) else { continue };
            let next = world.settle(settle, service, (u128::from(seed) << 64) | number as u128);
            let after = Picture::of(&world.store);
            prop_assert!(fits || next == Next::Stale, "{:?}", step);
            if next == Next::Stale {
                prop_assert_eq!(&after.shares, &before.shares, "{:?}", step);
                prop_assert_eq!(&after.intents, &before.intents, "{:?}", step);
            }
            after.miss_nothing(&before, &BTreeSet::new());
            prop_assert!(after.messages >= before.messages);
            after.explain();
            before = after;
        }
        prop_assert_eq!(consistency(&world.store), Vec::<String>::new());
        let ids: BTreeSet<_> = world.store.all::<UserMessage>().unwrap().iter().map(|one| one.id).collect();
        prop_assert_eq!(ids.len(), before.messages);
    }
}
