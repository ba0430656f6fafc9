//! All decisions in random order, as whoever asks may come to ask for them, on what is found at first.
//!
//! Beside what settling keeps to: no work is owed without a reason in what it is about, and whoever owes it is told; an
//! incarnation that was replaced changes nothing, nor does what is refused; nothing is of a share type or in a network that
//! is gone; a number is given to one service only, and an address to one server. Only what an administrator says of a status
//! may be without work that explains it. In the end arrays do all that is asked of them: then no work is left, and all can
//! be removed.

use manilad_domain::fault::Kind;
use manilad_domain::message::Action;
use manilad_domain::pool::Ceiling;
use manilad_domain::quota::{Key, Limits, QuotaScope, QuotaSet};
use manilad_domain::service::{Binary, Service, Zone};
use manilad_domain::{InFlight, Microversion};
use manilad_store::Failed;

use super::bin::{BinRequest, bin_request};
use super::decision::Decision;
use super::ensuring::{EnsureAct, ensure_act};
use super::locks::{LockRequest, lock_request};
use super::managed::{ManagedRequest, managed_request};
use super::networks::{NetworkRequest, network_request};
use super::qos_types::{QosRequest, qos_request};
use super::requests::{ShareRequest, share_request};
use super::snapshots::{SnapshotRequest, snapshot_request};
use super::transfers::{TransferRequest, transfer_request};
use super::work::SAID;
use super::*;
use crate::placement::{self, End};
use crate::share_server::Cleaning;
use crate::share_type::Update;
use crate::sweep::{Drifted, Moved, Sweeping};
use crate::{epoch, in_flight, message, quota, service, share_transfer, share_type};

/// A decision on what there is; `which` counts round where there are several.
#[derive(Debug, Clone, Copy)]
enum Act {
    Settle(WorkStep),
    Place(WorkStep, Put),
    Repair { has_changed: bool },
    Follow,
    Clean,
    TakeEpoch,
    ForgetCalls,
    Share(ShareRequest),
    Managed(ManagedRequest),
    Snapshot(SnapshotRequest),
    Network(NetworkRequest),
    Lock(LockRequest),
    Transfer(TransferRequest),
    Qos(QosRequest),
    Type(TypeAct),
    SetQuota { scope: usize, key: Key, limit: i64, force: bool },
    UnsetQuota { scope: usize },
    SetClass { key: Key, limit: i64 },
    Register { host: usize, zone: usize },
    Disable { host: usize },
    Enable { host: usize },
    DeleteMessage,
    ExpireMessages,
    ExpireTransfers,
    Bin(BinRequest),
    EmptyBin { at_most: usize },
    Ensure(EnsureAct),
}

const POOLS: [&str; 3] = ["node1@alpha#one", "node1@alpha#two", "n@b#x"];

/// Where a share is to go.
#[derive(Debug, Clone, Copy)]
enum Put {
    /// On a pool, or then on another.
    On(usize, usize),
    Refused,
    Void,
}

#[derive(Debug, Clone, Copy)]
enum TypeAct {
    Create { name: usize },
    Rename { which: usize, name: usize },
    Publish { which: usize, is_public: bool },
    Delete { which: usize },
    SetSpec { which: usize },
    RemoveSpec { which: usize, is_required: bool },
    AddProject { which: usize },
    RemoveProject { which: usize },
}

/// An act, who does it, and how much later than the one before.
#[derive(Debug, Clone, Copy)]
struct Move {
    act: Act,
    /// By an incarnation of a back end that was replaced.
    is_late: bool,
    seconds: i64,
    /// Of a request.
    version: &'static str,
}

fn type_act() -> impl Strategy<Value = TypeAct> {
    let (which, name) = (|| 0usize..4, || 0usize..3);
    prop_oneof![
        name().prop_map(|name| TypeAct::Create { name }),
        (which(), name()).prop_map(|(which, name)| TypeAct::Rename { which, name }),
        (which(), any::<bool>()).prop_map(|(which, is_public)| TypeAct::Publish { which, is_public }),
        which().prop_map(|which| TypeAct::Delete { which }),
        which().prop_map(|which| TypeAct::SetSpec { which }),
        (which(), any::<bool>()).prop_map(|(which, is_required)| TypeAct::RemoveSpec { which, is_required }),
        which().prop_map(|which| TypeAct::AddProject { which }),
        which().prop_map(|which| TypeAct::RemoveProject { which }),
    ]
}

/// Shares and what comes of work on them, so that much happens to each.
fn share_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        10 => step().prop_map(Act::Settle),
        3 => placing(),
        12 => share_request().prop_map(Act::Share),
        6 => managed_request().prop_map(Act::Managed),
        6 => snapshot_request().prop_map(Act::Snapshot),
        4 => lock_request().prop_map(Act::Lock),
        6 => transfer_request().prop_map(Act::Transfer),
        1 => Just(Act::ExpireTransfers),
        8 => bin_request().prop_map(Act::Bin),
        2 => (1usize..4).prop_map(|at_most| Act::EmptyBin { at_most }),
        3 => qos_request().prop_map(Act::Qos),
        5 => ensure_act().prop_map(Act::Ensure),
        1 => any::<bool>().prop_map(|has_changed| Act::Repair { has_changed }),
        1 => Just(Act::Follow),
        1 => quota_act(),
    ]
}

/// Limits, most often of what shares use.
fn quota_act() -> impl Strategy<Value = Act> {
    let (scope, limit) = (|| prop_oneof![2 => Just(0), 1 => 0usize..6], || -1i64..4);
    let key = || prop::sample::select([&[Key::Shares, Key::Gigabytes].repeat(6)[..], &Key::ALL].concat());
    prop_oneof![
        3 => (scope(), key(), limit(), any::<bool>())
            .prop_map(|(scope, key, limit, force)| Act::SetQuota { scope, key, limit, force }),
        1 => scope().prop_map(|scope| Act::UnsetQuota { scope }),
        1 => (key(), limit()).prop_map(|(key, limit)| Act::SetClass { key, limit }),
    ]
}

/// Networks, share servers and what comes of work on them.
fn network_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => step().prop_map(Act::Settle),
        2 => placing(),
        3 => share_request().prop_map(Act::Share),
        12 => network_request().prop_map(Act::Network),
        1 => Just(Act::Clean),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => share_act(),
        8 => network_act(),
        1 => Just(Act::TakeEpoch),
        1 => Just(Act::ForgetCalls),
        3 => type_act().prop_map(Act::Type),
        3 => quota_act(),
        1 => (0usize..3, 0usize..2).prop_map(|(host, zone)| Act::Register { host, zone }),
        1 => (0usize..3).prop_map(|host| Act::Disable { host }),
        1 => (0usize..3).prop_map(|host| Act::Enable { host }),
        1 => Just(Act::DeleteMessage),
        1 => Just(Act::ExpireMessages),
    ]
}

fn placing() -> impl Strategy<Value = Act> {
    let put = prop_oneof![
        4 => (0..POOLS.len(), 0..POOLS.len()).prop_map(|(here, then)| Put::On(here, then)),
        1 => Just(Put::Refused),
        1 => Just(Put::Void),
    ];
    (step(), put).prop_map(|(step, put)| Act::Place(step, put))
}

/// What happens one after the other: of all kinds, or of one so that there is more of it.
fn moves() -> impl Strategy<Value = Vec<Move>> {
    fn moves_of(act: impl Strategy<Value = Act>) -> impl Strategy<Value = Vec<Move>> {
        let version = prop::sample::select(vec!["2.0", "2.27", "2.73", "2.99"]);
        let one = (act, prop::bool::weighted(0.1), 0i64..600, version);
        let one = one.prop_map(|(act, is_late, seconds, version)| Move { act, is_late, seconds, version });
        prop::collection::vec(one, 1..64)
    }
    prop_oneof![moves_of(act()), moves_of(share_act()), moves_of(network_act())]
}

/// The instances that a sweep may find.
fn on_the_array(share: &Share) -> impl Iterator<Item = &Instance> {
    share.live().filter(|one| one.pool.as_ref().is_some_and(|pool| pool.service() == SERVICE))
}

fn host(number: usize) -> String {
    ["node1@alpha", "node1@beta", "node2@alpha"][number].to_owned()
}

impl World {
    pub fn nth<R: Record>(&self, which: usize) -> Option<R> {
        let mut all: Vec<R> = self.store.all().unwrap();
        let which = which.checked_rem(all.len())?;
        Some(all.swap_remove(which))
    }

    /// What a step settles; what would be stale anyway counts as another end that work of the verb can have.
    fn fitting(&self, step: WorkStep) -> Option<Settlement> {
        let others = SAID.iter().cycle().skip(step.which).take(SAID.len()).copied();
        let mut all = [step.said].into_iter().chain(others).map(|said| self.settlement(WorkStep { said, ..step }));
        all.find_map(|one| one.filter(|one| one.fits))
    }

    /// The decision of an act; none where there is nothing that it could be about.
    fn decision(&self, act: Act, version: Microversion, is_late: bool, seed: Uuid) -> Option<Decision> {
        let (now, service) = (self.now, SERVICE.to_owned());
        let epoch = self.epoch(SERVICE) - u64::from(is_late);
        let sweeping = Sweeping { service: service.clone(), epoch, now };
        Some(match act {
            Act::Settle(step) => {
                let Settlement { settle, service, .. } = self.fitting(step)?;
                let epoch = self.epoch(&service) - u64::from(is_late);
                let settling = self.settling(service, epoch, seed);
                Decision::settled(move |draft| settle(settling, draft))
            }
            Act::Place(step, put) => {
                let waiting: Vec<Intent> = self.store.all().unwrap();
                let waiting: Vec<_> = waiting.into_iter().filter(|intent| intent.verb == Verb::Place).collect();
                let intent = waiting.get(step.which.checked_rem(waiting.len())?)?.clone();
                let end = match put {
                    Put::On(here, then) => {
                        let zone = "nova".to_owned();
                        End::On {
                            pool: pool(POOLS[here]),
                            zone,
                            candidates: vec![pool(POOLS[then])],
                            ceiling: Ceiling(None),
                        }
                    }
                    Put::Refused => {
                        let (action, detail) = (Action::AllocateHost, Detail::NoValidHost);
                        End::Refused(message::about_share(&intent, action, detail, seed.into(), now, LIFE))
                    }
                    Put::Void => End::Void,
                };
                let intent = Intent { serial: intent.serial + u64::from(step.is_stale), ..intent };
                Decision::done(move |draft| placement::Settlement { intent, end, now }.decide(draft))
            }
            Act::Repair { has_changed } => {
                let rules: Vec<AccessRule> = self.store.all().unwrap();
                let of = |share: &Share| {
                    let own = rules.iter().filter(|rule| rule.share_id == share.id && !has_changed);
                    own.cloned().collect::<Vec<_>>()
                };
                let shares: Vec<Share> = self.store.all().unwrap();
                let drifted: Vec<_> = shares
                    .iter()
                    .flat_map(|share| on_the_array(share).map(move |instance| (share, instance.id)))
                    .map(|(share, instance)| Drifted {
                        share: share.id,
                        instance,
                        rules: of(share),
                        request_id: "req-2".into(),
                    })
                    .collect();
                Decision::done(move |draft| sweeping.repair(draft, &drifted))
            }
            Act::Follow => {
                let shares: Vec<Share> = self.store.all().unwrap();
                let moved: Vec<_> = shares
                    .iter()
                    .flat_map(|share| on_the_array(share).map(move |instance| (share.id, instance.id)))
                    .map(|(share, instance)| Moved { share, instance, request_id: "req-3".into() })
                    .collect();
                Decision::done(move |draft| sweeping.follow(draft, &moved))
            }
            Act::Clean => {
                let cleaning = Cleaning { service, epoch, now, then: now, request_id: "req-4".into() };
                Decision::done(move |draft| cleaning.decide(draft))
            }
            Act::TakeEpoch => Decision::done(move |draft| epoch::take(draft, &service, ServerAbilities::ALL)),
            Act::ForgetCalls => {
                let notes: Vec<InFlight> = self.store.all().unwrap();
                Decision::done(move |draft| in_flight::forget(draft, &notes))
            }
            Act::Share(request) => self.share_decision(request, version, seed)?,
            Act::Managed(request) => self.managed_decision(request, version, seed)?,
            Act::Snapshot(request) => self.snapshot_decision(request, version, seed)?,
            Act::Network(request) => self.network_decision(request, seed)?,
            Act::Lock(request) => self.lock_decision(request, version, seed)?,
            Act::Transfer(request) => self.transfer_decision(request, version, seed)?,
            Act::Qos(request) => self.qos_decision(request, seed)?,
            Act::Type(act) => self.type_decision(act, seed)?,
            Act::SetQuota { scope, key, limit, force } => {
                let (scope, values) = (self.scope(scope), [(key, limit)].into());
                Decision::asked(move |draft| quota::set(draft, &Limits::default(), "p", &scope, values, force))
            }
            Act::UnsetQuota { scope } => {
                let scope = self.scope(scope);
                Decision::asked(move |draft| quota::unset(draft, "p", &scope))
            }
            Act::SetClass { key, limit } => {
                let values = [(key, limit)].into();
                Decision::asked(move |draft| quota::set_class(draft, &Limits::default(), "default", values))
            }
            Act::Register { host, zone } => {
                let part = service::Part {
                    binary: Binary::Share,
                    host: self::host(host),
                    availability_zone: ["nova", "north"][zone].to_owned(),
                    starts_enabled: true,
                    ensured_as: String::new(),
                };
                Decision::done(move |draft| service::register(draft, vec![(part, seed.into())], "req-0", now))
            }
            Act::Disable { host } => Decision::asked(move |draft| {
                service::disable(draft, Binary::Share, &self::host(host), Some("moves".into()))
            }),
            Act::Enable { host } => {
                Decision::asked(move |draft| service::enable(draft, Binary::Share, &self::host(host)))
            }
            Act::DeleteMessage => {
                let id = self.nth::<UserMessage>(0)?.id;
                Decision::asked(move |draft| message::delete(draft, id))
            }
            Act::ExpireMessages => Decision::done(move |draft| message::expire(draft, now, 2)),
            Act::ExpireTransfers => Decision::done(move |draft| share_transfer::expire(draft, now, 2)),
            Act::Bin(request) => self.bin_decision(request, version)?,
            Act::EmptyBin { at_most } => self.emptying(at_most),
            Act::Ensure(act) => self.ensure_decision(act, epoch),
        })
    }

    fn type_decision(&self, act: TypeAct, seed: Uuid) -> Option<Decision> {
        let now = self.now;
        let id = |which| self.nth::<ShareType>(which).map(|share_type| share_type.id);
        let named = |name: usize| ["gold", "silver", "bronze"][name].to_owned();
        Some(match act {
            TypeAct::Create { name } => {
                let share_type = share_type(seed.into(), &named(name), now);
                Decision::asked(move |draft| share_type::create(draft, share_type))
            }
            TypeAct::Rename { which, name } => {
                let (id, update) = (id(which)?, Update { name: Some(named(name)), ..Update::default() });
                Decision::asked(move |draft| share_type::update(draft, id, update, now))
            }
            TypeAct::Publish { which, is_public } => {
                let (id, update) = (id(which)?, Update { is_public: Some(is_public), ..Update::default() });
                Decision::asked(move |draft| share_type::update(draft, id, update, now))
            }
            TypeAct::Delete { which } => {
                let id = id(which)?;
                Decision::asked(move |draft| share_type::delete(draft, id))
            }
            TypeAct::SetSpec { which } => {
                let (id, specs) = (id(which)?, [("snapshot_support".to_owned(), "True".to_owned())].into());
                Decision::asked(move |draft| share_type::set_extra_specs(draft, id, specs, now))
            }
            TypeAct::RemoveSpec { which, is_required } => {
                let key = if is_required { DRIVER_HANDLES_SHARE_SERVERS } else { "snapshot_support" };
                let (id, required) = (id(which)?, &[DRIVER_HANDLES_SHARE_SERVERS]);
                Decision::asked(move |draft| share_type::remove_extra_spec(draft, id, key, required, now))
            }
            TypeAct::AddProject { which } => {
                let id = id(which)?;
                Decision::asked(move |draft| share_type::add_project(draft, id, "q".into(), now))
            }
            TypeAct::RemoveProject { which } => {
                let id = id(which)?;
                Decision::asked(move |draft| share_type::remove_project(draft, id, "q", now))
            }
        })
    }

    fn scope(&self, which: usize) -> QuotaScope {
        match which {
            0 => QuotaScope::Project,
            1 => QuotaScope::User("u".to_owned()),
            which => match self.nth::<ShareType>(which) {
                Some(share_type) => QuotaScope::ShareType(share_type.id),
                None => QuotaScope::ShareType(ShareTypeId(Uuid::from_u128(0xdead))),
            },
        }
    }

    pub fn epoch(&self, service: &str) -> u64 {
        self.store.get::<Incarnation>(service).unwrap().map_or(0, |incarnation| incarnation.epoch)
    }

    /// What holds of types, limits and services, whatever was decided.
    fn keep_house(&self) {
        let types: BTreeMap<_, _> =
            self.store.all::<ShareType>().unwrap().into_iter().map(|one| (one.id, one)).collect();
        let names: BTreeSet<_> = types.values().map(|one| one.name.clone()).collect();
        assert_eq!(names.len(), types.len(), "two types have one name");
        assert!(types.values().all(|one| one.extra_specs.contains_key(DRIVER_HANDLES_SHARE_SERVERS)));
        for share in self.store.all::<Share>().unwrap() {
            assert!(share.type_id.is_none_or(|id| types.contains_key(&id)), "the type of {share:?} is gone");
        }
        for set in self.store.all::<QuotaSet>().unwrap() {
            let is_of_something = !matches!(set.scope, QuotaScope::ShareType(id) if !types.contains_key(&id));
            assert!(is_of_something && !set.values.is_empty(), "{set:?}");
        }
        let services: Vec<Service> = self.store.all().unwrap();
        let numbers: BTreeSet<_> = services.iter().map(|service| service.number).collect();
        assert!(numbers.len() == services.len() && !numbers.contains(&0), "{services:?}");
        let zones: Vec<Zone> = self.store.all().unwrap();
        let names: BTreeSet<_> = zones.iter().map(|zone| zone.name.clone()).collect();
        assert_eq!(names.len(), zones.len(), "{zones:?}");
        assert!(services.iter().all(|service| names.contains(&service.availability_zone)), "{services:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_decided_in_whatever_order_all_that_is_under_way_is_owed_and_all_that_is_owed_has_its_reason(
        servers in prop::collection::vec(server(), 1..4),
        shares in prop::collection::vec(found(), 0..5),
        moves in moves(),
        seed: u64,
    ) {
        let mut world = World::new(&servers, &shares);
        let mut before = Picture::of(&world.store);
        before.explain();
        before.reason();
        let mut stated = BTreeSet::new();
        for (number, Move { act, is_late, seconds, version }) in moves.into_iter().enumerate() {
            world.now = Stamp(world.now.0 + Duration::from_secs(seconds.unsigned_abs()));
            let seed = Uuid::from_u64_pair(seed, number as u64 + 1);
            let decision = world.decision(act, Microversion::written(version), is_late, seed);
            let Some(Decision { decide, removes, then, is_statement }) = decision else { continue };
            let outcome = block_on(world.store.commit("test", decide));
            let is_answer = match &outcome {
                Err(Failed::Refused(fault)) => fault.kind != Kind::Internal,
                outcome => outcome.is_ok(),
            };
            prop_assert!(is_answer, "{:?} of {:?}", outcome, act);
            let after = Picture::of(&world.store);
            let is_of_backend = match act {
                Act::Settle(_) | Act::Repair { .. } | Act::Follow | Act::Clean => true,
                Act::Ensure(act) => act.is_of_backend(),
                _ => false,
            };
            if outcome.is_err() || (is_late && is_of_backend) {
                prop_assert_eq!(format!("{after:?}"), format!("{before:?}"), "{:?}", act);
            }
            let is_accepted = outcome.is_ok();
            after.explain_but(&mut stated, is_statement && is_accepted);
            after.reason();
            let removed = if is_accepted { removes } else { BTreeSet::new() };
            after.miss_nothing(&before, &removed);
            if let Ok(Some(owed)) = outcome {
                after.tell_everybody(&before, &owed);
            }
            if matches!(act, Act::Share(_) | Act::Managed(_) | Act::Network(_) | Act::Clean) {
                after.spare_used_servers(&before);
            }
            if matches!(act, Act::Settle(_) | Act::Place(..)) {
                after.tell_of_errors(&before);
            }
            if is_accepted {
                then(&after);
            }
            prop_assert!(after.messages >= before.messages || matches!(act, Act::DeleteMessage | Act::ExpireMessages));
            world.keep_house();
            world.keep_shares();
            world.keep_keys();
            world.keep_networks();
            world.keep_locks();
            world.keep_transfers();
            world.keep_bin();
            world.keep_managed();
            after.keep_what_is_in_the_bin(&before);
            world.keep_qos_types();
            prop_assert_eq!(consistency(&world.store), Vec::<String>::new(), "{:?}", act);
            world.remember(number.is_multiple_of(3));
            before = after;
        }
        world.finish();
        let after = Picture::of(&world.store);
        after.explain_but(&mut stated, false);
        world.remove_all();
        prop_assert_eq!(consistency(&world.store), Vec::<String>::new());
    }
}
