//! Records as a back end would leave them, for what no back end of a test makes: put into a store that no daemon has open.
//!
//! Ids are numbers. Times lie far ahead, so that what a test makes itself comes first in lists.

use std::path::Path;

use manilad_clock::{Clock, Uuid};
use manilad_domain::share::Protocol;
use manilad_domain::share_server::ServerSubnet;
use manilad_domain::status::{NetworkStatus, ServerStatus, Status};
use manilad_domain::subnet::Segment;
use manilad_domain::{Allocation, Instance, Record, Share, ShareNetwork, ShareNetworkSubnet, ShareServer, Stamp};
use manilad_store::{Draft, Error, Options, Sled, Store};

/// The project whose things they are.
pub const PROJECT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// A back end that the daemon does not have, so nobody works on what is owed there.
pub const ELSEWHERE: &str = "node1@elsewhere";

/// The store of a daemon's folder.
pub fn store(folder: &Path) -> Store {
    let engine = Sled::open(&folder.join("store"), Sled::CACHE).unwrap();
    Store::open(Box::new(engine), Options::default(), Clock::system()).unwrap()
}

/// Changes the store of a folder.
pub fn put(folder: &Path, stock: impl FnOnce(&mut Draft<'_>) -> Result<(), Error> + Send + 'static) {
    let store = store(folder);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(store.commit("stock", stock)).unwrap();
    store.close();
}

/// All records of a kind in the store of a folder.
pub fn all<R: Record>(folder: &Path) -> Vec<R> {
    let store = store(folder);
    let all = store.all().unwrap();
    store.close();
    all
}

fn at(number: u128) -> Stamp {
    let (hours, minutes, seconds) = (number / 3600, number / 60 % 60, number % 60);
    Stamp::parse(&format!("2999-01-01T{hours:02}:{minutes:02}:{seconds:02}")).unwrap()
}

/// The id with this number, as text.
pub fn id(number: u128) -> String {
    Uuid::from_u128(number).to_string()
}

/// A network of the project.
pub fn network(number: u128) -> ShareNetwork {
    ShareNetwork {
        id: Uuid::from_u128(number).into(),
        project_id: PROJECT.to_owned(),
        user_id: "u".to_owned(),
        name: Some(format!("network {number}")),
        description: None,
        status: NetworkStatus::Active,
        security_services: [].into(),
        created_at: at(number),
        updated_at: None,
    }
}

/// The default subnet of a network.
pub fn subnet(number: u128, network: u128) -> ShareNetworkSubnet {
    ShareNetworkSubnet {
        id: Uuid::from_u128(number).into(),
        share_network_id: Uuid::from_u128(network).into(),
        availability_zone: None,
        neutron: None,
        segment: Segment::default(),
        metadata: Default::default(),
        confirmed: Default::default(),
        created_at: at(number),
        updated_at: None,
    }
}

/// An active server that stands in these subnets.
pub fn server(number: u128, network: &ShareNetwork, subnets: &[ShareNetworkSubnet]) -> ShareServer {
    ShareServer {
        id: Uuid::from_u128(number).into(),
        project_id: network.project_id.clone(),
        share_network_id: network.id,
        service: ELSEWHERE.to_owned(),
        status: ServerStatus::Active,
        identifier: format!("svm{number}"),
        is_auto_deletable: true,
        task_state: None,
        encryption: None,
        abilities: manilad_domain::ServerAbilities::ALL,
        details: [("vserver_name".to_owned(), format!("svm{number}"))].into(),
        subnets: subnets.iter().map(ServerSubnet::from).collect(),
        directories: Vec::new(),
        failure: None,
        is_off_array: false,
        used_at: at(number),
        created_at: at(number),
        updated_at: None,
    }
}

/// An address of a server.
pub fn allocation(number: u8, server: &ShareServer) -> Allocation {
    Allocation {
        id: Uuid::from_u128(number.into()).into(),
        server: server.id,
        subnet: server.subnets.first().map(|subnet| subnet.id),
        scope: "standalone:7".to_owned(),
        address: [127, 0, 9, number].into(),
        prefix: 24,
        segment: Segment::default(),
        created_at: at(number.into()),
    }
}

/// A share that a server serves.
pub fn share(number: u128, server: &ShareServer) -> Share {
    let made = at(number);
    let instance = Instance {
        status: Status::Available,
        pool: Some(format!("{}#p", server.service).parse().unwrap()),
        network: Some(server.share_network_id),
        server: Some(server.id),
        ..Instance::creating(Uuid::from_u128(1000 + number).into(), Some("nova".to_owned()), made)
    };
    Share {
        id: Uuid::from_u128(number).into(),
        project_id: server.project_id.clone(),
        user_id: "u".to_owned(),
        name: Some(format!("share {number}")),
        description: None,
        protocol: Protocol::Nfs,
        size: 1,
        is_public: false,
        metadata: Default::default(),
        type_id: None,
        qos_type_id: None,
        abilities: Default::default(),
        mount_point_name: None,
        snapshot_id: None,
        task_state: None,
        encryption_key: None,
        scheduled_to_be_deleted_at: None,
        created_at: made,
        updated_at: None,
        instances: vec![instance],
    }
}
