//! Share servers: found or made once, filled by rule, given back whole.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::LocalBoxFuture;
use manilad_domain::address::{Offer, Source, Wish};
use manilad_domain::intent::Verb;
use manilad_domain::message::UserMessage;
use manilad_domain::status::{NetworkStatus, ServerStatus, Status};
use manilad_domain::subnet::Segment;
use manilad_domain::{Allocation, ServerIntent, Share, ShareNetwork, ShareNetworkId, ShareNetworkSubnet, ShareServer};
use manilad_kit::lab::{self, Lab};
use manilad_messages::driver::{Remedy, Task};
use manilad_network::{Error, Networks, Plugin};

use super::played::{Played, Turn};
use super::stage::Stage;
use crate::Rules;

/// A network with so many addresses, which notes whose are given back.
#[derive(Clone)]
struct Range {
    addresses: u8,
    released: Arc<Mutex<Vec<String>>>,
}

impl Plugin for Range {
    fn allocate(&self, wish: Wish) -> LocalBoxFuture<'_, Result<Offer, Error>> {
        let address = |last: u8| IpAddr::from([127, 0, 9, last]);
        let segment = Segment { cidr: Some("127.0.9.0/24".into()), ..Segment::default() };
        let source = Source::Free { ranges: vec![(address(1), address(self.addresses))], count: wish.count };
        async move { Ok(Offer { segment, scope: "test".into(), prefix: 24, source }) }.boxed_local()
    }

    fn release(&self, server: ShareServer, allocations: Vec<Allocation>) -> LocalBoxFuture<'_, Result<(), Error>> {
        let mut released = self.released.lock().unwrap();
        released.extend(allocations.iter().map(|one| one.address.to_string()));
        assert!(server.is_off_array, "the array lets go first");
        async { Ok(()) }.boxed_local()
    }
}

struct Scene {
    stage: Stage,
    network: ShareNetworkId,
    plugin: Range,
}

impl Scene {
    async fn new(lab: &Lab, driver: Played, addresses: u8, rules: Rules) -> Self {
        let plugin = Range { addresses, released: Arc::default() };
        let mut stage = Stage::new(lab, driver);
        let laid = plugin.clone();
        stage.duties.networks = Some(Arc::new(move |_| Networks { tenants: Rc::new(laid.clone()), admin: None }));
        stage.duties.rules = rules;
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

    fn servers(&self) -> Vec<ShareServer> {
        self.stage.store.all().unwrap()
    }

    fn addresses(&self) -> Vec<String> {
        let all: Vec<Allocation> = self.stage.store.all().unwrap();
        all.iter().map(|one| one.address.to_string()).collect()
    }

    async fn settled(&self, shares: &[Share]) {
        let owed = || !self.stage.store.all::<ServerIntent>().unwrap().is_empty();
        let is_settled = || !owed() && shares.iter().all(|share| self.stage.is_settled(share));
        self.stage.in_time("settled", is_settled).await;
        self.stage.check();
    }

    async fn delete(&self, share: &Share) {
        let share = self.stage.seen(share).unwrap();
        self.stage.owe(&share, Verb::Delete, &[]).await;
        self.stage.look();
        self.stage.in_time("gone", || self.stage.seen(&share).is_none()).await;
    }

    fn statuses(&self, shares: &[Share]) -> Vec<Status> {
        shares.iter().map(|share| self.stage.seen(share).unwrap().status()).collect()
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
            assert_eq!(scene.stage.seen(share).unwrap().instances[0].server, Some(server.id));
        }
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
        let torn_down = driver.seen.lock().unwrap().iter().filter(|task| matches!(task, Task::TearDown(_))).count();
        assert_eq!(torn_down, 1);
        let messages: Vec<UserMessage> = scene.stage.store.all().unwrap();
        assert!(messages.len() == 2 && messages.iter().all(|one| one.detail.id() == "004"), "{messages:?}");
        scene.delete(&shares[0]).await;
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
        assert_eq!(scene.servers()[0].id, scene.stage.seen(&shares[1]).unwrap().instances[0].server.unwrap());
    });
}
