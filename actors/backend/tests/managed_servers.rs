//! What is on the array already becomes a share server, or does not, and is let go of.

use std::collections::BTreeMap;

use manilad_decisions::{Rules, share_server};
use manilad_domain::intent::Cause;
use manilad_domain::outcome::Remedy;
use manilad_domain::share_server::{ServerSubnet, ServerVerb};
use manilad_domain::status::ServerStatus;
use manilad_domain::{ServerAbilities, ServerIntent, ShareNetworkSubnet, ShareServer, Withheld};
use manilad_kit::lab::{self, Lab};
use manilad_played::{Played, Task, Turn};

use super::servers::Scene;

fn cause(lab: &Lab) -> Cause {
    Cause { request_id: "req-1".into(), now: lab.clock.now().into() }
}

/// Owes that what is called so is taken over.
async fn named(lab: &Lab, scene: &Scene) {
    let subnet: ShareNetworkSubnet = scene.stage.store.all().unwrap().remove(0);
    let now = lab.clock.now().into();
    let server = ShareServer {
        id: lab.clock.id().into(),
        project_id: "p".into(),
        share_network_id: scene.network,
        service: "node1@alpha".into(),
        status: ServerStatus::ManageStarting,
        identifier: "payroll".into(),
        is_auto_deletable: false,
        task_state: None,
        encryption: None,
        abilities: ServerAbilities::default(),
        details: BTreeMap::new(),
        subnets: vec![ServerSubnet::from(&subnet)],
        directories: Vec::new(),
        failure: None,
        is_off_array: false,
        used_at: now,
        created_at: now,
        updated_at: None,
    };
    scene.stage.put(ServerIntent::new(&server, ServerVerb::ManageServer, 1_000, &cause(lab))).await;
    scene.stage.put(server).await;
}

#[test]
fn what_is_on_the_array_becomes_a_server_with_the_addresses_that_it_has_there_and_is_let_go_of() {
    lab::run(async |lab| {
        let driver = Played::by(|_, _| Turn::Does);
        let rules = Rules { abilities: ServerAbilities::ALL, ..Rules::default() };
        let mut scene = Scene::new(&lab, driver.clone(), 9, rules).await;
        named(&lab, &scene).await;
        scene.stage.raise().await;
        scene.settled(&[]).await;
        let server = scene.servers().remove(0);
        assert_eq!((server.status, server.abilities), (ServerStatus::Active, ServerAbilities::ALL));
        assert_eq!((server.identifier.clone(), server.details.len()), (server.id.to_string(), 1));
        assert_eq!(scene.addresses(), ["127.0.0.1"]);
        let told = driver.asked.lock().unwrap().iter().any(|task| match task {
            Task::ManageServer(subject) => subject.allocations.len() == 1 && subject.server.identifier == "payroll",
            _ => false,
        });
        assert!(told, "its addresses are on record before it is marked");

        let (id, cause) = (server.id.to_string(), cause(&lab));
        let asked =
            scene.stage.store.commit("unmanage", move |draft| share_server::unmanage(draft, &id, false, &cause));
        asked.await.unwrap();
        assert_eq!(scene.servers()[0].status, ServerStatus::UnmanageStarting);
        scene.stage.look();
        scene.settled(&[]).await;
        assert_eq!((scene.servers().len(), scene.addresses().len()), (0, 0));
        let withheld: Vec<Withheld> = scene.stage.store.all().unwrap();
        assert_eq!(withheld.len(), 1, "it answers there still");

        named(&lab, &scene).await;
        scene.stage.look();
        scene.settled(&[]).await;
        assert_eq!((scene.addresses().len(), scene.stage.store.all::<Withheld>().unwrap().len()), (1, 0));
    });
}

#[test]
fn what_can_not_be_the_server_is_in_error_and_its_addresses_are_nobodys() {
    let refusals: [fn(&Task) -> bool; 2] =
        [|task| matches!(task, Task::FindServer(_)), |task| matches!(task, Task::ManageServer(_))];
    for (refused, addresses) in [(Some(refusals[0]), 9), (Some(refusals[1]), 9), (None, 0)] {
        lab::run(async |lab| {
            let driver = Played::by(move |task, _| match refused {
                Some(refused) if refused(task) => Turn::Refuses(Remedy::Never),
                _ => Turn::Does,
            });
            let mut scene = Scene::new(&lab, driver, addresses, Rules::default()).await;
            named(&lab, &scene).await;
            scene.stage.raise().await;
            scene.settled(&[]).await;
            assert_eq!(scene.servers()[0].status, ServerStatus::ManageError);
            assert!(scene.addresses().is_empty());
        });
    }
}

#[test]
fn what_is_not_let_go_of_stays_a_server_that_does_not_go_by_itself() {
    lab::run(async |lab| {
        let driver = Played::by(|task, _| match task {
            Task::UnmanageServer => Turn::Refuses(Remedy::Never),
            _ => Turn::Does,
        });
        let mut scene = Scene::new(&lab, driver, 9, Rules::default()).await;
        named(&lab, &scene).await;
        scene.stage.raise().await;
        scene.settled(&[]).await;
        let (id, cause) = (scene.servers()[0].id.to_string(), cause(&lab));
        let asked =
            scene.stage.store.commit("unmanage", move |draft| share_server::unmanage(draft, &id, false, &cause));
        asked.await.unwrap();
        scene.stage.look();
        scene.settled(&[]).await;
        let server = scene.servers().remove(0);
        assert_eq!((server.status, server.is_auto_deletable), (ServerStatus::UnmanageError, false));
        assert_eq!(scene.addresses().len(), 1);
    });
}
