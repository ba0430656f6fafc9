//! A back end, its store, and shares that wait for it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use manilad_decisions::Rules;
use manilad_domain::access::{AccessLevel, AccessType};
use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::share::{Abilities, Protocol};
use manilad_domain::status::{RuleState, RulesStatus, Status};
use manilad_domain::verb::Pauses;
use manilad_domain::{AccessRule, Instance, Intent, PoolName, Share, Stamp};
use manilad_kit::lab::Lab;
use manilad_kit::{Life, Port, Watch, raise};
use manilad_messages::Look;
use manilad_messages::presence::Presence;
use manilad_store::{Engine, Memory, Options, Store, consistency};

use crate::{BackendActor, BackendContext};
use manilad_played::Played;

pub const SERVICE: &str = "node1@alpha";

pub struct Stage {
    pub lab: Lab,
    pub store: Store,
    pub context: BackendContext,
    pub life: Option<Life>,
}

pub fn pool(name: &str) -> PoolName {
    name.parse().unwrap()
}

impl Stage {
    pub fn new(lab: &Lab, driver: Played) -> Self {
        Stage::on(lab, driver, Box::new(Memory::default()), Options::here())
    }

    /// On a disk, with a store that is run in a way of its own.
    pub fn on(lab: &Lab, driver: Played, disk: Box<dyn Engine>, options: Options) -> Self {
        let store = Store::open(disk, options, lab.clock.clone()).unwrap();
        let port = |name: &str| name.to_owned();
        let patience = Duration::from_secs(30);
        let looks = Port::new(port("looks"), 4, patience, lab.clock.clone());
        let context = BackendContext {
            service: SERVICE.into(),
            availability_zone: "nova".into(),
            clock: lab.clock.clone(),
            store: store.clone(),
            presence: Presence::new(lab.clock.clone()),
            registry: lab.vitals.clone(),
            driver: Arc::new(driver),
            networks: None,
            rules: Rules::default(),
            looks: looks.clone(),
            report_now: Port::new(port("report"), 4, patience, lab.clock.clone()),
            reports: Port::new(port("reports"), 4, patience, lab.clock.clone()),
            no_reports: Port::new(port("no reports"), 4, patience, lab.clock.clone()),
            scheduler: Port::new(port("scheduler"), 4, patience, lab.clock.clone()),
            peers: Arc::new(BTreeMap::from([(SERVICE.to_owned(), looks)])),
            report_every: Duration::from_secs(60),
            down_after: Duration::from_secs(60),
            look_every: Duration::from_secs(5),
            beat_every: Duration::from_secs(10),
            sweep_every: None,
            sweep_page: 16,
            ensuring_is_shown: true,
            unmanaging_takes_rules: false,
            removal_pause: Pauses::PATIENT.longest,
            most_tasks: usize::MAX,
            message_ttl: 1000,
        };
        Stage { lab: lab.clone(), store, context, life: None }
    }

    /// Raises an incarnation on this thread.
    pub async fn raise(&mut self) {
        let context = self.context.clone();
        let vitals = self.lab.vitals.vitals(SERVICE);
        self.life = Some(raise(&vitals, Watch::default(), move |raising| BackendActor::new(context, raising)));
        self.lab.settle().await;
    }

    pub fn look(&self) {
        self.context.looks.nudge(Look).unwrap();
    }

    /// A share of one instance that is owed to the back end.
    pub async fn share(&self, verb: Verb, status: Status, candidates: &[&str]) -> Share {
        let now: Stamp = self.lab.clock.now().into();
        let mut instance = Instance::creating(self.lab.clock.id().into(), Some("nova".into()), now);
        instance.status = status;
        instance.pool = Some(pool("node1@alpha#one"));
        let share = Share {
            id: self.lab.clock.id().into(),
            project_id: "p".into(),
            user_id: "u".into(),
            name: None,
            description: None,
            protocol: Protocol::Nfs,
            size: 1,
            is_public: false,
            metadata: BTreeMap::new(),
            type_id: None,
            qos_type_id: None,
            abilities: Abilities::default(),
            mount_point_name: None,
            snapshot_id: None,
            task_state: None,
            encryption_key: None,
            scheduled_to_be_deleted_at: None,
            created_at: now,
            updated_at: None,
            instances: vec![instance],
        };
        self.put(share.clone()).await;
        self.owe(&share, verb, candidates).await;
        share
    }

    pub async fn put<R: manilad_domain::Record>(&self, record: R) {
        self.store.commit("test", move |draft| draft.put(&record)).await.unwrap();
    }

    pub async fn owe(&self, share: &Share, verb: Verb, candidates: &[&str]) {
        let (share, candidates) = (share.clone(), candidates.iter().map(|name| pool(name)).collect::<Vec<_>>());
        let owing = self.store.commit("test", move |draft| {
            let cause = Cause { request_id: "req-1".into(), now: share.created_at };
            let serial = draft.next_serial()?;
            let owed = Intent::new(&share, &share.instances[0], verb, serial, &cause);
            let intent = Intent { service: Some(SERVICE.into()), candidates, attempt: 1, ..owed };
            draft.put(&intent)
        });
        owing.await.unwrap();
    }

    pub async fn rule(&self, share: &Share, to: &str, state: RuleState) -> AccessRule {
        let rule = AccessRule {
            id: self.lab.clock.id().into(),
            share_id: share.id,
            kind: AccessType::Ip,
            to: to.into(),
            level: AccessLevel::Rw,
            key: None,
            state,
            metadata: BTreeMap::new(),
            created_at: share.created_at,
            updated_at: None,
        };
        self.put(rule.clone()).await;
        rule
    }

    pub fn stored(&self, share: &Share) -> Option<Share> {
        self.store.get(&share.id.to_string()).unwrap()
    }

    pub fn intent(&self, share: &Share, lane: Lane) -> Option<Intent> {
        self.store.get(&Intent::key_of(share.instances[0].id, lane)).unwrap()
    }

    /// Moves time on by a small step.
    pub async fn step(&self) {
        self.lab.step(Duration::from_millis(100)).await;
    }

    /// Moves time on until `look` is satisfied.
    pub async fn in_time(&self, what: &str, look: impl Fn() -> bool) {
        for _ in 0..8000 {
            if look() {
                return;
            }
            self.step().await;
        }
        panic!("never: {what}; {:#?}", self.lab.vitals.look());
    }

    pub fn check(&self) {
        assert_eq!(consistency(&self.store), Vec::<String>::new());
    }
}

impl Stage {
    pub fn is_settled(&self, share: &Share) -> bool {
        let shared = self.stored(share);
        shared.is_none_or(|share| !share.status().is_transitional() && share.rules_status() != RulesStatus::Syncing)
    }
}
