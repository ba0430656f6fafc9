//! Shares that tests begin with, and a store to decide on.

use std::collections::BTreeMap;

use futures::executor::block_on;
use manilad_clock::Clock;
use manilad_domain::intent::Cause;
use manilad_domain::quota::Limits;
use manilad_domain::share::{Abilities, Protocol};
use manilad_domain::status::ServerStatus;
use manilad_domain::{Fault, Instance, InstanceId, ServerAbilities, Share, ShareServer, Stamp};
use manilad_store::{Draft, Memory, Options, Store};
use uuid::Uuid;

use crate::settle::Ids;
use crate::share::Context;
use crate::{Rules, Settling};

/// When everything was made.
pub fn now() -> Stamp {
    Stamp::parse("2026-01-01").unwrap()
}

pub fn cause() -> Cause {
    Cause { request_id: "req".to_owned(), now: now() }
}

/// An instance that waits for its place.
pub fn instance(number: u128) -> Instance {
    Instance::creating(InstanceId(Uuid::from_u128(number)), None, now())
}

/// A share of 1 GiB with these instances.
pub fn share(instances: Vec<Instance>) -> Share {
    Share {
        id: Uuid::from_u128(0x5).into(),
        project_id: "p".to_owned(),
        user_id: "u".to_owned(),
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
        created_at: now(),
        updated_at: None,
        instances,
    }
}

/// A request of an administrator, who sees everything.
pub fn of_administrator(limits: &Limits) -> Context<'_> {
    Context {
        default_type: None,
        mount_point_prefix: "",
        limits,
        is_admin: true,
        checks_clone_ability: true,
        places_clones: false,
        sees_snapshot: &|_| true,
        sees_share: &|_| true,
        sees_network: &|_| true,
    }
}

/// What the first incarnation of back end `h@b` settles, whose first try it is.
pub fn settling() -> Settling {
    Settling {
        service: "h@b".into(),
        epoch: 1,
        now: now(),
        message_ttl: 1000,
        rules: Rules::default(),
        ids: Ids::from(Uuid::nil()),
        in_flight: false,
    }
}

pub fn store() -> Store {
    Store::open(Box::new(Memory::default()), Options::default(), Clock::system()).unwrap()
}

/// Runs a decision on a store.
pub fn decide<T: Send + 'static>(
    store: &Store,
    decision: impl FnOnce(&mut Draft<'_>) -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    block_on(store.commit("test", decision)).map_err(Fault::from)
}

/// An active share server of a back end, in share network 9.
pub fn server(number: u128, service: &str) -> ShareServer {
    ShareServer {
        id: Uuid::from_u128(number).into(),
        project_id: "p".into(),
        share_network_id: Uuid::from_u128(9).into(),
        service: service.into(),
        status: ServerStatus::Active,
        identifier: "x".into(),
        is_auto_deletable: true,
        task_state: None,
        encryption: None,
        abilities: ServerAbilities::default(),
        details: BTreeMap::new(),
        subnets: Vec::new(),
        directories: Vec::new(),
        failure: None,
        is_off_array: false,
        used_at: now(),
        created_at: now(),
        updated_at: None,
    }
}
