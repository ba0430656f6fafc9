//! Share servers: found or made once, filled by rule, given back whole.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use manilad_decisions::Rules;
use manilad_domain::access::BY_SHARE;
use manilad_domain::intent::{Cause, Lane, Verb};
use manilad_domain::message::UserMessage;
use manilad_domain::outcome::Remedy;
use manilad_domain::status::{NetworkStatus, RuleState, RulesStatus, ServerStatus, Status};
use manilad_domain::subnet::Segment;
use manilad_domain::{
    AccessRule, Allocation, InFlight, ServerIntent, Share, ShareNetwork, ShareNetworkId, ShareNetworkSubnet,
    ShareServer, Withheld,
};
use manilad_kit::lab::{self, Lab};
use manilad_network::Networks;
use tokio::sync::Semaphore;

use super::range::Range;
use super::stage::Stage;
use manilad_played::{Played, Task, Turn};

pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) network: ShareNetworkId,
    plugin: Range,
}

impl Scene {
    pub(super) async fn new(lab: &Lab, driver: Played, addresses: u8, rules: Rules) -> Self {
        let plugin = Range { addresses, released: Arc::default() };
        let mut stage = Stage::new(lab, driver);
        let laid = plugin.clone();
        stage.context.networks =
            Some(Arc::new(move |_| Networks { tenants: Rc::new(laid.clone()), admin: None, keys: None }));
        stage.context.rules = rules;
        let network = lab.clock.id().into();
        let now = lab.clock.now().into();
        stage
            .put(ShareNetwork {
                id: network,
                project_id: "p".into(),
                user_id: "u".into(),
                name: None,
                description: None,
                status: NetworkStatus::Active,
                security_services: [].into(),
                created_at: now,
                updated_at: None,
            })
            .await;
        stage
            .put(ShareNetworkSubnet {
                id: lab.clock.id().into(),
                share_network_id: network,
                availability_zone: None,
                neutron: None,
                segment: Segment::default(),
                metadata: BTreeMap::new(),
                confirmed: Default::default(),
                created_at: now,
                updated_at: None,
            })
            .await;
        Scene { stage, network, plugin }
    }

    async fn share(&self) -> Share {
        let mut share = self.stage.share(Verb::Create, Status::Creating, &["node1@alpha#two"]).await;
        share.instances[0].network = Some(self.network);
        self.stage.put(share.clone()).await;
        share
    }

    pub(super) fn servers(&self) -> Vec<ShareServer> {
        self.stage.store.all().unwrap()
    }

    pub(super) fn addresses(&self) -> Vec<String> {
        let all: Vec<Allocation> = self.stage.store.all().unwrap();
        all.iter().map(|one| one.address.to_string()).collect()
    }

    pub(super) async fn settled(&self, shares: &[Share]) {
        let owed = || !self.stage.store.all::<ServerIntent>().unwrap().is_empty();
        let is_settled = || !owed() && shares.iter().all(|share| self.stage.is_settled(share));
        self.stage.in_time("settled", is_settled).await;
        self.stage.check();
    }

    async fn delete(&self, share: &Share) {
        let share = self.stage.stored(share).unwrap();
        self.stage.owe(&share, Verb::Delete, &[]).await;
        self.stage.look();
        self.stage.in_time("gone", || self.stage.stored(&share).is_none()).await;
    }

    fn statuses(&self, shares: &[Share]) -> Vec<Status> {
        shares.iter().map(|share| self.stage.stored(share).unwrap().status()).collect()
    }
}

#[test]
fn two_shares_that_need_the_same_new_server_get_one_with_addresses_of_its_own() {
    lab::run(async |lab| {
        let mut scene = Scene::new(&lab, Played::by(|_, _| Turn::Does), 9, Rules::default()).await;
        let shares = [scene.share().await, scene.share().await];
        scene.stage.raise().await;
        scene.settled(&shares).await;
        assert_eq!(scene.statuses(&shares), [Status::Available; 2]);
        let [server] = &scene.servers()[..] else { panic!("{:?}", scene.servers()) };
        assert_eq!((server.status, server.details.len()), (ServerStatus::Active, 1));
        assert_eq!(server.subnets[0].segment.cidr.as_deref(), Some("127.0.9.0/24"));
        let mut addresses = scene.addresses();
        addresses.sort();
        assert_eq!(addresses, ["127.0.9.1", "127.0.9.2"]);
        for share in &shares {
            assert_eq!(scene.stage.stored(share).unwrap().instances[0].server, Some(server.id));
        }
    });
}

#[test]
fn a_server_is_not_made_by_metadata_that_a_tenant_could_write() {
    lab::run(async |lab| {
        let mut scene = Scene::new(&lab, Played::by(|_, _| Turn::Does), 9, Rules::default()).await;
        let mut subnet: ShareNetworkSubnet = scene.stage.store.all().unwrap().remove(0);
        subnet.metadata = ["set_vlan", "set_mtu", "k"].map(|key| (key.to_owned(), "100".to_owned())).into();
        subnet.confirmed = ["set_mtu".to_owned()].into();
        scene.stage.put(subnet).await;
        let share = scene.share().await;
        scene.stage.raise().await;
        scene.settled(&[share]).await;
        assert!(scene.servers()[0].subnets[0].metadata.keys().eq(["k", "set_mtu"]));
    });
}

#[test]
fn a_server_that_cannot_be_made_gives_everything_back_and_the_owner_is_told() {
    lab::run(async |lab| {
        let refuses = |task: &Task, _: usize| match task {
            Task::SetUp(_) => Turn::Refuses(Remedy::Elsewhere),
            _ => Turn::Does,
        };
        let driver = Played::by(refuses);
        let mut scene = Scene::new(&lab, driver.clone(), 9, Rules::default()).await;
        let shares = [scene.share().await, scene.share().await];
        scene.stage.raise().await;
        scene.settled(&shares).await;
        assert_eq!(scene.statuses(&shares), [Status::Error; 2]);
        assert_eq!((scene.servers().len(), scene.addresses().len()), (0, 0));
        assert_eq!(scene.plugin.released.lock().unwrap().len(), 2);
        let torn_down = driver.asked.lock().unwrap().iter().filter(|task| matches!(task, Task::TearDown)).count();
        assert_eq!(torn_down, 1);
        let messages: Vec<UserMessage> = scene.stage.store.all().unwrap();
        assert!(messages.len() == 2 && messages.iter().all(|one| one.detail.id() == "004"), "{messages:?}");
        scene.delete(&shares[0]).await;
    });
}

#[test]
fn an_address_that_the_array_says_is_taken_is_passed_over_until_nothing_else_is_free() {
    lab::run(async |lab| {
        let taken = IpAddr::from([127, 0, 9, 1]);
        let refuses = move |task: &Task, _: usize| match task {
            Task::SetUp(subject) if subject.allocations.iter().any(|one| one.address == taken) => {
                Turn::Refuses(Remedy::AddressTaken(taken))
            }
            _ => Turn::Does,
        };
        let rules = Rules { max_instances: Some(1), ..Rules::default() };
        let mut scene = Scene::new(&lab, Played::by(refuses), 5, rules).await;
        let first = scene.share().await;
        scene.stage.raise().await;
        scene.settled(std::slice::from_ref(&first)).await;
        let [note] = &scene.stage.store.all::<Withheld>().unwrap()[..] else { panic!("one address is withheld") };
        assert_eq!((note.address, note.scope.as_str(), note.until.is_some()), (taken, "standalone:test", true));
        let mut shares = vec![first];
        for _ in 0..3 {
            shares.push(scene.share().await);
            scene.stage.look();
            scene.settled(&shares).await;
        }
        use Status::{Available, Error};
        assert_eq!(scene.statuses(&shares), [Error, Available, Available, Error], "four are left, two for each");
        // A day later it is tried where there is no other: with a bystander gone, three are free with it.
        let server = scene.stage.stored(&shares[1]).unwrap().instances[0].server.unwrap();
        let note = Withheld { until: Some(note.created_at), ..note.clone() };
        scene.stage.put(note.clone()).await;
        let own: Vec<Allocation> = scene.stage.store.all().unwrap();
        let own = own.into_iter().find(|one| one.server == server).unwrap();
        scene.stage.store.commit("test", move |draft| draft.remove(&own)).await.unwrap();
        let last = scene.share().await;
        scene.stage.look();
        scene.settled(std::slice::from_ref(&last)).await;
        assert_eq!(scene.statuses(&[last]), [Error]);
        let [again] = &scene.stage.store.all::<Withheld>().unwrap()[..] else { panic!("it is withheld again") };
        assert!(again.address == taken && again.created_at > note.created_at, "it was asked for anew");
    });
}

#[test]
fn a_network_without_free_addresses_makes_no_server() {
    lab::run(async |lab| {
        let mut scene = Scene::new(&lab, Played::by(|_, _| Turn::Does), 1, Rules::default()).await;
        let share = scene.share().await;
        scene.stage.raise().await;
        scene.settled(std::slice::from_ref(&share)).await;
        assert_eq!(scene.statuses(&[share]), [Status::Error]);
        assert_eq!((scene.servers().len(), scene.addresses().len()), (0, 0));
    });
}

#[test]
fn a_full_server_gets_a_neighbour() {
    lab::run(async |lab| {
        let rules = Rules { max_instances: Some(2), ..Rules::default() };
        let mut scene = Scene::new(&lab, Played::by(|_, _| Turn::Does), 99, rules).await;
        let mut shares = Vec::new();
        for _ in 0..5 {
            shares.push(scene.share().await);
        }
        scene.stage.raise().await;
        scene.settled(&shares).await;
        assert_eq!((scene.servers().len(), scene.addresses().len()), (3, 6));
    });
}

#[test]
fn an_instance_keeps_its_server_while_that_stands_so_that_its_removal_looks_at_the_array() {
    lab::run(async |lab| {
        let answers_are_lost = |task: &Task, _: usize| match task {
            Task::Share("create", _) => Turn::Refuses(Remedy::Again),
            _ => Turn::Does,
        };
        let driver = Played::by(answers_are_lost);
        let mut scene = Scene::new(&lab, driver.clone(), 9, Rules::default()).await;
        let share = scene.share().await;
        scene.stage.raise().await;
        let is_tried = || driver.asked.lock().unwrap().iter().any(|task| matches!(task, Task::Share("create", _)));
        scene.stage.in_time("tried", is_tried).await;
        let server = scene.servers().remove(0);
        scene.stage.put(ShareServer { status: ServerStatus::Error, ..server.clone() }).await;
        scene.settled(std::slice::from_ref(&share)).await;
        let stored = scene.stage.stored(&share).unwrap();
        assert_eq!((stored.status(), stored.instances[0].server), (Status::Error, Some(server.id)));
        scene.delete(&share).await;
        let asked = driver.asked.lock().unwrap().iter().any(|task| match task {
            Task::Share("delete", subject) => subject.server.as_ref().is_some_and(|seat| seat.server == server.id),
            _ => false,
        });
        assert!(asked, "the array was not asked");
    });
}

#[test]
fn work_on_rules_ends_where_no_server_stands_and_nothing_but_what_was_denied_goes() {
    lab::run(async |lab| {
        let mut scene = Scene::new(&lab, Played::by(|_, _| Turn::Does), 9, Rules::default()).await;
        for server in [None, Some(scene.stage.lab.clock.id().into())] {
            let mut share = scene.stage.share(Verb::Access, Status::Error, &[]).await;
            share.instances[0].network = Some(scene.network);
            share.instances[0].server = server;
            share.instances[0].rules_status = RulesStatus::Syncing;
            scene.stage.put(share.clone()).await;
            scene.stage.rule(&share, "10.0.0.1", RuleState::QueuedToApply).await;
            scene.stage.rule(&share, "10.0.0.2", RuleState::QueuedToDeny).await;
            if scene.stage.life.is_none() {
                scene.stage.raise().await;
            }
            scene.stage.look();
            scene.stage.in_time("ended", || scene.stage.intent(&share, Lane::Access).is_none()).await;
            let stored = scene.stage.stored(&share).expect("no share goes without an accepted delete");
            assert_eq!((stored.status(), stored.instances[0].rules_status), (Status::Error, RulesStatus::Error));
            let rules: Vec<AccessRule> =
                scene.stage.store.scan(manilad_store::Range::of(BY_SHARE, [share.id.to_string()])).unwrap().records;
            let states: Vec<_> = rules.iter().map(|rule| (rule.to.as_str(), rule.state)).collect();
            assert_eq!(states, [("10.0.0.1", RuleState::Error)]);
        }
        scene.stage.check();
    });
}

#[test]
fn a_server_that_goes_while_it_is_altered_leaves_a_network_that_can_be_worked_with() {
    lab::run(async |lab| {
        let rules = Rules { goes_with_last_instance: true, ..Rules::default() };
        let alters_never = |task: &Task, _: usize| match task {
            Task::SetUp(subject) if !subject.server.details.is_empty() => Turn::Refuses(Remedy::Again),
            _ => Turn::Does,
        };
        let mut scene = Scene::new(&lab, Played::by(alters_never), 9, rules).await;
        let share = scene.share().await;
        scene.stage.raise().await;
        scene.settled(std::slice::from_ref(&share)).await;
        let (server, network) = (scene.servers().remove(0), scene.network.to_string());
        let changing = scene.stage.store.commit("test", move |draft| {
            let serial = draft.next_serial()?;
            let cause = Cause { request_id: "req-2".into(), now: server.created_at };
            let (server, intent) = server.directed(Vec::new(), serial, &cause);
            let network: ShareNetwork = draft.get(&network)?.unwrap();
            draft.put(&server)?;
            draft.put(&intent)?;
            draft.put(&ShareNetwork { status: NetworkStatus::NetworkChange, ..network })
        });
        changing.await.unwrap();
        scene.delete(&share).await;
        scene.settled(&[]).await;
        let network: ShareNetwork = scene.stage.store.get(&scene.network.to_string()).unwrap().unwrap();
        assert_eq!((network.status, scene.servers().len()), (NetworkStatus::Active, 0));
    });
}

#[test]
fn whatever_happens_to_a_set_up_there_is_one_server_in_the_end() {
    for bad in [Turn::Panics, Turn::Hangs, Turn::Refuses(Remedy::Again)] {
        lab::run(async |lab| {
            let bad = bad.clone();
            let driver = Played::by(move |_, before| if before == 0 { bad.clone() } else { Turn::Does });
            let mut scene = Scene::new(&lab, driver, 9, Rules::default()).await;
            let share = scene.share().await;
            scene.stage.raise().await;
            scene.settled(std::slice::from_ref(&share)).await;
            assert_eq!((scene.servers().len(), scene.addresses().len()), (1, 2));
        });
    }
}

#[test]
fn a_server_goes_with_its_last_share_where_that_is_asked_for() {
    lab::run(async |lab| {
        let rules = Rules { goes_with_last_instance: true, ..Rules::default() };
        let mut scene = Scene::new(&lab, Played::by(|_, _| Turn::Does), 9, rules).await;
        let shares = [scene.share().await, scene.share().await];
        scene.stage.raise().await;
        scene.settled(&shares).await;
        scene.delete(&shares[0]).await;
        assert_eq!(scene.servers().len(), 1);
        scene.delete(&shares[1]).await;
        scene.settled(&[]).await;
        assert_eq!((scene.servers().len(), scene.addresses().len()), (0, 0));
    });
}

#[test]
fn a_server_that_nobody_uses_goes_after_a_while_and_one_in_use_stays() {
    lab::run(async |lab| {
        let rules = Rules { unused_for: Some(Duration::from_secs(600)), max_instances: Some(1), ..Rules::default() };
        let mut scene = Scene::new(&lab, Played::by(|_, _| Turn::Does), 9, rules).await;
        let shares = [scene.share().await, scene.share().await];
        scene.stage.raise().await;
        scene.settled(&shares).await;
        scene.delete(&shares[0]).await;
        assert_eq!(scene.servers().len(), 2);
        scene.stage.in_time("one is left", || scene.servers().len() == 1).await;
        scene.settled(&shares[1..]).await;
        assert_eq!(scene.servers()[0].id, scene.stage.stored(&shares[1]).unwrap().instances[0].server.unwrap());
    });
}

/// Stands with nothing on it, and is being removed by a task that takes a permit as `turn` has it.
async fn going(lab: &Lab, turn: impl Fn(Arc<Semaphore>) -> Turn + Send + Sync + 'static) -> (Scene, Arc<Semaphore>) {
    let permits = Arc::new(Semaphore::new(0));
    let waits = permits.clone();
    let driver = Played::by(move |task, _| match task {
        Task::TearDown => turn(waits.clone()),
        _ => Turn::Does,
    });
    let mut scene = Scene::new(lab, driver.clone(), 9, Rules::default()).await;
    let share = scene.share().await;
    scene.stage.raise().await;
    scene.settled(std::slice::from_ref(&share)).await;
    scene.delete(&share).await;
    let now = lab.clock.now().into();
    let going = scene.stage.store.commit("remove", move |draft| {
        let server = draft.scan::<ShareServer>(by_network())?.remove(0);
        let serial = draft.next_serial()?;
        let (server, intent) = server.going(serial, &Cause { request_id: "req-1".into(), now });
        draft.put(&server)?;
        draft.put(&intent)
    });
    going.await.unwrap();
    scene.stage.look();
    let is_asked = || driver.asked.lock().unwrap().iter().any(|task| matches!(task, Task::TearDown));
    scene.stage.in_time("under way", is_asked).await;
    let resetting = scene.stage.store.commit("reset", move |draft| {
        let server = draft.scan::<ShareServer>(by_network())?.remove(0);
        let intent: ServerIntent = draft.get(&server.id.to_string())?.expect("it is owed");
        draft.remove(&intent)?;
        draft.put(&InFlight::of_server(&intent, now))?;
        draft.put(&ShareServer { status: ServerStatus::Active, ..server })
    });
    resetting.await.unwrap();
    (scene, permits)
}

fn by_network() -> manilad_store::Range {
    manilad_store::Range::all(manilad_domain::share_server::index::BY_NETWORK)
}

#[test]
fn a_server_whose_status_is_reset_is_not_removed_by_a_task_that_is_under_way_and_takes_shares() {
    lab::run(async |lab| {
        let (scene, permits) = going(&lab, Turn::WaitsToAct).await;
        permits.add_permits(1);
        scene.stage.in_time("it was asked for", || permits.available_permits() == 0).await;
        for _ in 0..20 {
            scene.stage.step().await;
        }
        let share = scene.share().await;
        scene.stage.look();
        scene.settled(std::slice::from_ref(&share)).await;
        let servers = scene.servers();
        assert_eq!((servers.len(), servers[0].status, servers[0].is_off_array), (1, ServerStatus::Active, false));
        assert_eq!(scene.stage.stored(&share).unwrap().instances[0].server, Some(servers[0].id));
    });
}

#[test]
fn a_server_that_was_removed_though_its_status_was_reset_is_in_error_and_takes_no_shares_and_can_go() {
    lab::run(async |lab| {
        let (scene, permits) = going(&lab, Turn::Waits).await;
        permits.add_permits(1);
        scene.stage.in_time("in error", || scene.servers()[0].status == ServerStatus::Error).await;
        assert!(scene.servers()[0].is_off_array);
        assert!(scene.plugin.released.lock().unwrap().is_empty(), "nobody asked for that any more");
        let share = scene.share().await;
        scene.stage.look();
        scene.settled(std::slice::from_ref(&share)).await;
        let stored = scene.stage.stored(&share).unwrap();
        assert_eq!(stored.status(), Status::Available);
        let gone = scene.servers().into_iter().find(|one| one.is_off_array).unwrap();
        assert_ne!(stored.instances[0].server, Some(gone.id));
    });
}

#[test]
fn a_server_that_the_array_does_not_have_is_in_error_and_shares_get_another() {
    lab::run(async |lab| {
        let first = Arc::new(Mutex::new(None));
        let script = first.clone();
        let driver = Played::by(move |task, _| match task {
            Task::Share("create", subject) => {
                let server = subject.server.as_ref().unwrap().server;
                let is_first = *script.lock().unwrap().get_or_insert(server) == server;
                if is_first { Turn::Refuses(Remedy::Absent) } else { Turn::Does }
            }
            _ => Turn::Does,
        });
        let mut scene = Scene::new(&lab, driver, 9, Rules::default()).await;
        let mut share = scene.stage.share(Verb::Create, Status::Creating, &[]).await;
        share.instances[0].network = Some(scene.network);
        scene.stage.put(share.clone()).await;
        scene.stage.raise().await;
        scene.settled(std::slice::from_ref(&share)).await;
        assert_eq!(scene.statuses(&[share]), [Status::Error]);
        assert_eq!(scene.servers()[0].status, ServerStatus::Error);
        let next = scene.share().await;
        scene.stage.look();
        scene.settled(std::slice::from_ref(&next)).await;
        assert_eq!(scene.statuses(std::slice::from_ref(&next)), [Status::Available]);
        assert_ne!(scene.stage.stored(&next).unwrap().instances[0].server, *first.lock().unwrap());
    });
}
