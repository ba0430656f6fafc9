use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::executor::block_on;
use manilad_clock::{Clock, Timestamp};
use manilad_domain::fault::Kind;
use manilad_domain::intent::Cause;
use manilad_domain::service::Incarnation;
use manilad_domain::status::{NetworkStatus, ServerStatus};
use manilad_domain::{Fault, Record, ServerIntent, ShareNetwork, ShareServer, Stamp};
use manilad_store::{Draft, Memory, Options, Store};
use uuid::Uuid;

use super::*;
use crate::Decided;

const START: Timestamp = Timestamp::constant(1_800_000_000, 0);
const SERVICE: &str = "node1@alpha";

fn store() -> Store {
    Store::open(Box::new(Memory::default()), Options::default(), Clock::stepped(START).0).unwrap()
}

fn cause() -> Cause {
    Cause { request_id: "req-1".into(), now: START.into() }
}

fn network(status: NetworkStatus) -> ShareNetwork {
    ShareNetwork {
        id: Uuid::from_u128(1).into(),
        project_id: "p".into(),
        user_id: "u".into(),
        name: None,
        description: None,
        status,
        security_services: BTreeSet::new(),
        created_at: START.into(),
        updated_at: None,
    }
}

fn server(status: ServerStatus) -> ShareServer {
    ShareServer {
        id: Uuid::from_u128(2).into(),
        project_id: "p".into(),
        share_network_id: Uuid::from_u128(1).into(),
        service: SERVICE.into(),
        status,
        identifier: "x".into(),
        is_auto_deletable: true,
        task_state: None,
        encryption: None,
        abilities: manilad_domain::ServerAbilities::ALL,
        details: [("k".to_owned(), "v".to_owned())].into(),
        subnets: Vec::new(),
        directories: Vec::new(),
        failure: None,
        is_off_array: false,
        used_at: START.into(),
        created_at: START.into(),
        updated_at: None,
    }
}

fn key() -> String {
    server(ServerStatus::Active).key()
}

fn put(store: &Store, record: impl Record) {
    block_on(store.commit("test", move |draft| draft.put(&record))).unwrap();
}

/// What a decision about a server in each of the statuses is refused with, by the kind of the refusal. Work is owed for
/// the server if it `is_busy`.
fn refusals(is_busy: bool, decide: fn(&mut Draft<'_>) -> Decided<()>) -> BTreeMap<ServerStatus, Kind> {
    let refusal = |status: &ServerStatus| {
        let (store, server) = (store(), server(*status));
        put(&store, network(NetworkStatus::Active));
        put(&store, server.clone());
        if is_busy {
            put(&store, ServerIntent::new(&server, ServerVerb::Alter, 1, &cause()));
        }
        let refused: Result<_, manilad_store::Failed<Fault>> = block_on(store.commit("test", decide));
        Some((*status, Fault::from(refused.err()?).kind))
    };
    ServerStatus::ALL.iter().filter_map(refusal).collect()
}

fn all_but(kind: Kind, allowed: &[ServerStatus]) -> BTreeMap<ServerStatus, Kind> {
    ServerStatus::ALL.iter().filter(|status| !allowed.contains(status)).map(|status| (*status, kind)).collect()
}

#[test]
fn a_server_is_deleted_when_it_is_active_or_in_error_and_in_any_status_of_work_that_nobody_owes() {
    use ServerStatus::{Active, Error, Inactive, ManageError, UnmanageError};
    let delete = |draft: &mut Draft<'_>| delete(draft, &key(), &cause());
    assert_eq!(refusals(true, delete), all_but(Kind::Forbidden, &[Active, Error]));
    let settled = [Inactive, ManageError, UnmanageError].map(|status| (status, Kind::Forbidden));
    assert_eq!(refusals(false, delete), settled.into());
}

#[test]
fn a_server_is_unmanaged_when_it_stands_still() {
    use ServerStatus::{Active, Error, ManageError, UnmanageError};
    for is_busy in [false, true] {
        let refused = refusals(is_busy, |draft| unmanage(draft, &key(), true, &cause()));
        assert_eq!(refused, all_but(Kind::Invalid, &[Active, Error, ManageError, UnmanageError]));
    }
}

#[test]
fn an_unused_server_goes_once_and_its_network_waits_for_no_change_of_it() {
    let store = store();
    put(&store, Incarnation { service: SERVICE.into(), epoch: 1 });
    put(&store, network(NetworkStatus::NetworkChange));
    put(&store, server(ServerStatus::Active));
    let now: Stamp = (START + Duration::from_secs(600)).into();
    let cleaning =
        |then: Stamp, epoch| Cleaning { service: SERVICE.into(), epoch, now, then, request_id: "req-2".into() };
    let clean = |cleaning: Cleaning| block_on(store.commit("test", |draft| cleaning.decide(draft))).unwrap();
    let earlier = (START - Duration::from_secs(1)).into();
    assert_eq!(clean(cleaning(earlier, 1)), 0, "it was used since");
    assert_eq!(clean(cleaning(START.into(), 2)), 0, "another incarnation counts");
    assert_eq!(clean(cleaning(START.into(), 1)), 1);
    assert_eq!(clean(cleaning(START.into(), 1)), 0, "it goes already");
    let gone: ShareServer = store.get(&key()).unwrap().unwrap();
    let owed: ServerIntent = store.get(&key()).unwrap().unwrap();
    assert_eq!(
        (gone.status, owed.verb, owed.request_id.as_str()),
        (ServerStatus::Deleting, ServerVerb::TearDown, "req-2")
    );
    let network: ShareNetwork = store.get(&gone.share_network_id.to_string()).unwrap().unwrap();
    assert_eq!(network.status, NetworkStatus::Active);
}

#[test]
fn a_removal_that_is_under_way_is_not_owed_twice_and_one_that_failed_is_tried_anew() {
    for (status, serials) in [(ServerStatus::Deleting, 0), (ServerStatus::Error, 1)] {
        let (store, server) = (store(), server(status));
        put(&store, server.clone());
        put(&store, ServerIntent::new(&server, ServerVerb::TearDown, 0, &cause()));
        let owed = block_on(store.commit("test", move |draft| retire(draft, server, &cause()))).unwrap();
        assert_eq!(owed.len(), serials);
        let intent: ServerIntent = store.get(&key()).unwrap().unwrap();
        assert_eq!(intent.serial > 0, serials == 1, "{status}");
    }
}
