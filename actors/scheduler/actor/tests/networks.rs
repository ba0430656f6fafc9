use manilad_domain::message::{Action, Detail, UserMessage};
use manilad_domain::share_server::ServerSubnet;
use manilad_domain::status::ServerStatus;
use manilad_domain::{ShareNetworkId, ShareNetworkSubnet, ShareServer, ShareType};

use super::*;
use crate::samples::in_network;

const NETWORK: ShareNetworkId = ShareNetworkId(uuid::Uuid::nil());

fn asks_for_it(share: &mut Share) {
    share.instances[0].network = Some(NETWORK);
}

/// Subnets of these zones are there, and a pool with share servers on each back end.
async fn prepare(rig: &Rig, zones: &[Option<&str>]) -> Vec<ShareNetworkSubnet> {
    let serving = |name: &str| with(pool(name), "driver_handles_share_servers", true);
    rig.report(report("node@alpha", "nova", vec![serving("node@alpha#a")])).await;
    rig.report(report("node@beta", "az2", vec![serving("node@beta#b")])).await;
    let subnets = in_network(zones).network.unwrap().subnets;
    let records = subnets.clone();
    rig.commit(move |draft| records.iter().try_for_each(|subnet| draft.put(subnet))).await;
    subnets
}

async fn with_servers(rig: &Rig) {
    let mut kind = rig.all::<ShareType>().pop().unwrap();
    kind.extra_specs.insert("driver_handles_share_servers".to_owned(), "True".to_owned());
    rig.commit(move |draft| draft.put(&kind)).await;
}

fn server(number: u128, service: &str, status: ServerStatus, subnets: &[ShareNetworkSubnet]) -> ShareServer {
    ShareServer {
        id: uuid::Uuid::from_u128(number).into(),
        project_id: "p".to_owned(),
        share_network_id: NETWORK,
        service: service.to_owned(),
        status,
        identifier: number.to_string(),
        is_auto_deletable: true,
        task_state: None,
        encryption: None,
        abilities: manilad_domain::ServerAbilities::ALL,
        details: [("vserver_name".to_owned(), format!("svm{number}"))].into(),
        subnets: subnets.iter().map(ServerSubnet::from).collect(),
        directories: Vec::new(),
        failure: None,
        is_off_array: false,
        used_at: stamp(0),
        created_at: stamp(0),
        updated_at: None,
    }
}

#[test]
fn a_share_goes_where_its_network_is_and_best_where_it_has_a_server() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let subnets = prepare(&rig, &[None]).await;
        let [(first, _)] = rig.owe(1, asks_for_it).await[..] else { panic!() };
        with_servers(&rig).await;
        let of_beta = server(1, "node@beta", ServerStatus::NetworkChange, &subnets);
        rig.commit(move |draft| draft.put(&of_beta)).await;
        rig.look().await;
        assert_eq!(rig.pool(first).unwrap(), "node@beta#b", "both are as roomy, and alpha comes first by name");
        let gone = server(1, "node@beta", ServerStatus::Deleting, &subnets);
        let of_alpha = server(2, "node@alpha", ServerStatus::Active, &subnets);
        rig.commit(move |draft| draft.put(&gone).and_then(|()| draft.put(&of_alpha))).await;
        let [(fourth, _)] = rig.owe(1, asks_for_it).await[..] else { panic!() };
        with_servers(&rig).await;
        rig.look().await;
        assert_eq!(rig.pool(fourth).unwrap(), "node@alpha#a");
    });
}

#[test]
fn a_network_confines_its_shares_to_the_zones_that_it_serves() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        prepare(&rig, &[Some("az2")]).await;
        let [(one, _), (other, _)] = rig.owe(2, asks_for_it).await[..] else { panic!() };
        with_servers(&rig).await;
        rig.look().await;
        assert_eq!([one, other].map(|id| rig.pool(id).unwrap()), ["node@beta#b"; 2]);
        let subnets = in_network(&[Some("az2")]).network.unwrap().subnets;
        rig.commit(move |draft| subnets.iter().try_for_each(|subnet| draft.remove(subnet))).await;
        let [(late, _)] = rig.owe(1, asks_for_it).await[..] else { panic!() };
        with_servers(&rig).await;
        rig.look().await;
        let [message] = &rig.all::<UserMessage>()[..] else { panic!() };
        assert_eq!((message.action, message.detail), (Action::AllocateHost, Detail::FilterAvailability));
        assert_eq!(rig.share(late).status(), Status::Error);
    });
}

#[test]
fn a_network_for_a_type_without_share_servers_comes_to_nothing() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        prepare(&rig, &[None]).await;
        let [(share, instance)] = rig.owe(1, asks_for_it).await[..] else { panic!() };
        rig.look().await;
        assert_eq!((rig.share(share).status(), rig.intent(instance)), (Status::Error, None));
        let [message] = &rig.all::<UserMessage>()[..] else { panic!() };
        assert_eq!((message.action, message.detail), (Action::Create, Detail::UnexpectedNetwork));
    });
}
