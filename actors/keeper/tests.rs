//! The keeper on a stage: a store in memory and stepped time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use manilad_domain::message::{Action, Detail, MessageSubject, UserMessage};
use manilad_domain::share::{Abilities, Protocol};
use manilad_domain::share_transfer::KeyDigest;
use manilad_domain::status::{Deletion, Status};
use manilad_domain::{Instance, Secret, Share, ShareId, ShareTransfer};
use manilad_kit::lab::{self, Lab};
use manilad_kit::{End, Life, Unanswered, Watch, raise};
use manilad_store::{Error, Memory, Options};

use super::*;

const EVERY: Duration = Duration::from_secs(3600);
const BIN: Duration = Duration::from_secs(600);

fn store(lab: &Lab) -> Store {
    Store::open(Box::new(Memory::default()), Options::here(), lab.clock.clone()).unwrap()
}

fn keep(lab: &Lab, store: &Store) -> (Port<Look>, Life) {
    let looks = Port::new("keeper", 2, Duration::from_secs(30), lab.clock.clone());
    let context = KeeperContext {
        clock: lab.clock.clone(),
        store: store.clone(),
        looks: looks.clone(),
        api: Port::new("api", 2, Duration::from_secs(30), lab.clock.clone()),
        reap_every: EVERY,
        bin_every: BIN,
        deletion: Deletion::Usual,
    };
    let life = raise(&lab.vitals.vitals("keeper"), Watch::default(), move |raising| KeeperActor::new(context, raising));
    (looks, life)
}

/// Messages that live for so many seconds.
async fn tell(lab: &Lab, store: &Store, count: usize, seconds: i64) {
    let now = lab.clock.now();
    let ids: Vec<_> = (0..count).map(|_| lab.clock.id()).collect();
    let telling = store.commit("test", move |draft| {
        for id in ids {
            draft.put(&UserMessage {
                id: id.into(),
                project_id: "p".into(),
                request_id: "req-1".into(),
                subject: MessageSubject::Share,
                resource_id: "s".into(),
                action: Action::Create,
                detail: Detail::UnknownError,
                created_at: now.into(),
                expires_at: Stamp(now + Duration::from_secs(seconds.unsigned_abs())),
            })?;
        }
        Ok::<_, Error>(())
    });
    telling.await.unwrap();
}

fn left(store: &Store) -> usize {
    store.all::<UserMessage>().unwrap().len()
}

#[test]
fn expired_messages_go_and_others_stay() {
    lab::run(async |lab| {
        let store = store(&lab);
        tell(&lab, &store, 3, 10).await;
        tell(&lab, &store, 2, 1_000_000).await;
        let _keeper = keep(&lab, &store);
        lab.settle().await;
        assert_eq!(left(&store), 5, "nothing has expired yet");
        lab.step(EVERY).await;
        assert_eq!(left(&store), 2);
    });
}

#[test]
fn a_backlog_is_worked_off_batch_by_batch() {
    lab::run(async |lab| {
        let store = store(&lab);
        tell(&lab, &store, 3 * BATCH + 1, 1).await;
        lab.step(Duration::from_secs(5)).await;
        let _keeper = keep(&lab, &store);
        lab.settle().await;
        assert_eq!(left(&store), 0);
    });
}

/// Shares that are offered to other projects for so many seconds.
async fn offer(lab: &Lab, store: &Store, count: usize, seconds: i64) {
    let (now, clock) = (lab.clock.now(), lab.clock.clone());
    let offering = store.commit("test", move |draft| {
        for _ in 0..count {
            draft.put(&ShareTransfer {
                id: clock.id().into(),
                share_id: clock.id().into(),
                name: None,
                source_project_id: "p".into(),
                destination_project_id: None,
                key: KeyDigest::of(&Secret::new("k"), clock.id()),
                created_at: now.into(),
                expires_at: Stamp(now + Duration::from_secs(seconds.unsigned_abs())),
            })?;
        }
        Ok::<_, Error>(())
    });
    offering.await.unwrap();
}

#[test]
fn transfers_end_when_their_time_is_over_and_others_go_on() {
    lab::run(async |lab| {
        let store = store(&lab);
        offer(&lab, &store, BATCH + 1, 10).await;
        offer(&lab, &store, 2, 1_000_000).await;
        let _keeper = keep(&lab, &store);
        lab.settle().await;
        let left = || store.all::<ShareTransfer>().unwrap().len();
        assert_eq!(left(), BATCH + 3);
        lab.step(LOOK).await;
        assert_eq!(left(), 3, "so many at a time");
        lab.step(LOOK).await;
        assert_eq!(left(), 2);
    });
}

#[test]
fn a_closed_store_is_an_error_in_the_log_and_nothing_worse() {
    lab::run(async |lab| {
        let store = store(&lab);
        let (looks, _life) = keep(&lab, &store);
        lab.settle().await;
        store.clone().close();
        looks.ask(Look).await.unwrap();
        lab.settle().await;
        assert_eq!(looks.ask(Look).await, Ok(()), "the keeper lives on");
    });
}

#[test]
fn a_flood_is_refused_and_a_stop_is_orderly() {
    lab::run(async |lab| {
        let store = store(&lab);
        let (looks, life) = keep(&lab, &store);
        lab.settle().await;
        let refused = (0..10).filter(|_| looks.nudge(Look) == Err(Unanswered::Full)).count();
        assert_eq!(refused, 8);
        assert_eq!(life.stop(Duration::from_secs(30)).await, End::Stopped);
        assert_eq!(looks.nudge(Look), Err(Unanswered::Vacant));
    });
}

#[test]
fn the_disk_is_looked_at_though_nothing_is_written() {
    lab::run(async |lab| {
        let free = Arc::new(AtomicU64::new(u64::MAX));
        let engine = Memory::with_free(free.clone());
        let store = Store::open(Box::new(engine), Options::here(), lab.clock.clone()).unwrap();
        let (_looks, _life) = keep(&lab, &store);
        lab.settle().await;
        for (left, is_short) in [(1 << 20, true), (u64::MAX, false)] {
            free.store(left, Ordering::SeqCst);
            lab.step(LOOK).await;
            assert_eq!(store.shortage().is_some(), is_short);
        }
    });
}

/// Shares in the recycle bin, from which they go at this second, in this status.
async fn bin(lab: &Lab, store: &Store, count: usize, seconds: u64, status: Status) -> Vec<ShareId> {
    let (at, clock) = (Stamp(lab.clock.now() + Duration::from_secs(seconds)), lab.clock.clone());
    let binning = store.commit("test", move |draft| {
        let mut ids = Vec::new();
        for _ in 0..count {
            let now = clock.now().into();
            let pool = "node1@alpha#one".parse().ok();
            let instance = Instance { status, pool, ..Instance::creating(clock.id().into(), None, now) };
            let share = Share {
                id: clock.id().into(),
                project_id: "p".into(),
                user_id: "u".into(),
                name: None,
                description: None,
                protocol: Protocol::Nfs,
                size: 1,
                is_public: false,
                metadata: BTreeMap::new(),
                type_id: None,
                abilities: Abilities::default(),
                mount_point_name: None,
                snapshot_id: None,
                task_state: None,
                encryption_key: None,
                qos_type_id: None,
                scheduled_to_be_deleted_at: Some(at),
                created_at: now,
                updated_at: None,
                instances: vec![instance],
            };
            draft.put(&share)?;
            ids.push(share.id);
        }
        Ok::<_, Error>(ids)
    });
    binning.await.unwrap()
}

fn going(store: &Store) -> usize {
    store.all::<Share>().unwrap().iter().filter(|share| share.status() == Status::Deleting).count()
}

#[test]
fn shares_leave_the_recycle_bin_when_their_time_is_over_however_many_they_are() {
    lab::run(async |lab| {
        let store = store(&lab);
        bin(&lab, &store, 100, 10, Status::Available).await;
        bin(&lab, &store, 2, 2 * BIN.as_secs() + 1, Status::Available).await;
        let _keeper = keep(&lab, &store);
        lab.settle().await;
        assert_eq!(going(&store), 0, "nothing is over yet");
        lab.step(BIN).await;
        assert_eq!(going(&store), 100);
        lab.step(BIN).await;
        assert_eq!(going(&store), 100);
        lab.step(BIN).await;
        assert_eq!(going(&store), 102);
    });
}

#[test]
fn why_a_share_can_t_leave_the_recycle_bin_is_said_once_and_again_when_it_changes() {
    lab::run(async |lab| {
        let store = store(&lab);
        let (log, _listening) = Warnings::listen();
        let stuck = bin(&lab, &store, 20, 10, Status::Migrating).await;
        bin(&lab, &store, 20, 10, Status::Available).await;
        lab.step(Duration::from_secs(11)).await;
        let _keeper = keep(&lab, &store);
        lab.settle().await;
        assert_eq!((going(&store), log.take()), (20, 20), "what can't go holds nothing else up");
        lab.step(BIN).await;
        assert_eq!(log.take(), 0);
        say(&store, stuck[0], Status::Extending).await;
        say(&store, stuck[1], Status::Error).await;
        lab.step(BIN).await;
        assert_eq!((going(&store), log.take()), (21, 1));
        lab.step(BIN).await;
        assert_eq!(log.take(), 0);
    });
}

/// Has the status of a share be this.
async fn say(store: &Store, id: ShareId, status: Status) {
    let saying = store.commit("test", move |draft| {
        let mut share: Share = draft.get(&id.to_string())?.unwrap();
        share.instances[0].status = status;
        draft.put(&share)
    });
    saying.await.unwrap();
}

/// Counts the warnings of this thread.
#[derive(Clone, Default)]
struct Warnings(Arc<AtomicU64>);

impl Warnings {
    fn listen() -> (Self, tracing::subscriber::DefaultGuard) {
        let warnings = Warnings::default();
        (warnings.clone(), tracing::subscriber::set_default(warnings))
    }

    fn take(&self) -> u64 {
        self.0.swap(0, Ordering::SeqCst)
    }
}

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() == tracing::Level::WARN && metadata.target().contains("keeper")
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
