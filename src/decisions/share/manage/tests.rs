use std::time::Duration;

use manilad_domain::intent::Lane;
use manilad_domain::message::UserMessage;
use manilad_domain::quota::{Limits, Resource};
use manilad_domain::service::Incarnation;
use manilad_domain::status::NetworkStatus;
use manilad_domain::{Record, ShareTypeId};
use manilad_store::Store;
use uuid::Uuid;

use super::*;
use crate::share::samples::{cause, decide, now, of_administrator, server, settling, store};

const POOL: &str = "h@b#one";

/// A type whose shares may have from 1 to 4 GiB, and where they may be.
fn begun() -> Store {
    let store = store();
    let specs = [("driver_handles_share_servers", "False"), ("provisioning:max_share_size", "4")];
    let share_type = ShareType {
        id: ShareTypeId(Uuid::from_u128(0xc)),
        name: "gold".into(),
        description: None,
        is_public: true,
        projects: Default::default(),
        extra_specs: specs.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
        created_at: now(),
        updated_at: None,
    };
    let service = Service {
        number: 1,
        binary: Binary::Share,
        host: "h@b".into(),
        availability_zone: "nova".into(),
        disabled: false,
        disabled_reason: None,
        ensured_as: String::new(),
        ensured_for: None,
        created_at: now(),
    };
    let put = move |draft: &mut Draft<'_>| {
        draft.put(&Incarnation { service: "h@b".into(), epoch: 1 })?;
        draft.put(&share_type)?;
        Ok(draft.put(&service)?)
    };
    decide(&store, put).unwrap();
    store
}

fn asked() -> ManagedShare {
    ManagedShare {
        id: Uuid::from_u128(5).into(),
        instance: Uuid::from_u128(6).into(),
        export: Uuid::from_u128(7).into(),
        project_id: "p".into(),
        user_id: "u".into(),
        name: None,
        description: None,
        protocol: Protocol::Nfs,
        is_public: false,
        share_type: Some("gold".into()),
        pool: POOL.parse().unwrap(),
        path: "10.0.0.1:/payroll".into(),
        server: None,
        mount_point_name: None,
    }
}

fn take(store: &Store, asked: ManagedShare, room: Result<(), NoRoom>) -> Result<Share, Fault> {
    let decision = move |draft: &mut Draft<'_>| {
        let limits = Limits::default();
        manage(draft, &asked, &of_administrator(&limits), room, &cause()).map(|((share, _), owed)| (share, owed))
    };
    decide(store, decision).map(|(share, _)| share)
}

fn owed(store: &Store) -> Intent {
    let key = Intent::key_of(asked().instance, Lane::Life);
    store.get(&key).unwrap().expect("it is owed")
}

fn share(store: &Store) -> Option<Share> {
    store.get(&asked().id.to_string()).unwrap()
}

/// What the array is said to have made of a share, in GiB.
fn settle(store: &Store, size: u64) {
    let intent = owed(store);
    let managed = Managed { size, exports: Vec::new() };
    decide(store, move |draft| Ok(settling().managed(draft, &intent, managed)?)).unwrap();
}

fn gigabytes(store: &Store) -> i64 {
    let charges = share(store).unwrap().charges();
    charges.iter().filter(|charge| charge.resource == Resource::Gigabytes).map(|charge| charge.amount).sum()
}

#[test]
fn a_share_counts_nothing_until_the_array_has_told_its_size_and_then_that() {
    let store = begun();
    take(&store, asked(), Ok(())).unwrap();
    assert_eq!((gigabytes(&store), owed(&store).verb), (0, Verb::Manage));
    settle(&store, 3);
    let found = share(&store).unwrap();
    assert_eq!((found.size, found.status(), gigabytes(&store)), (3, Status::Available, 3));
    assert_eq!(store.all::<Intent>().unwrap(), []);
}

#[test]
fn a_share_of_a_size_that_its_type_forbids_and_one_whose_pool_is_refused_could_not_be_managed_and_a_message_says_so() {
    let store = begun();
    take(&store, asked(), Ok(())).unwrap();
    settle(&store, 5);
    let other = ManagedShare {
        id: Uuid::from_u128(8).into(),
        instance: Uuid::from_u128(9).into(),
        path: "10.0.0.1:/other".into(),
        ..asked()
    };
    let refused = NoRoom {
        detail: Detail::FilterCapabilities,
        message: Uuid::from_u128(1).into(),
        lives: Duration::from_secs(9),
    };
    let other = take(&store, other, Err(refused)).unwrap();
    let statuses = [share(&store).unwrap().status(), other.status()];
    assert_eq!(statuses, [Status::ManageError; 2]);
    let told: Vec<UserMessage> = store.all().unwrap();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(store.all::<Intent>().unwrap(), []);
}

#[test]
fn what_is_being_managed_or_could_not_be_is_refused_at_whichever_address_it_is_asked_for() {
    let store = begun();
    take(&store, asked(), Ok(())).unwrap();
    let second = || ManagedShare {
        id: Uuid::from_u128(8).into(),
        instance: Uuid::from_u128(9).into(),
        path: "10.0.0.2:/payroll/".into(),
        ..asked()
    };
    assert_eq!(take(&store, second(), Ok(())).unwrap_err().kind, Kind::Conflict);
    settle(&store, 5);
    assert_eq!(share(&store).unwrap().status(), Status::ManageError);
    assert_eq!(take(&store, second(), Ok(())).unwrap_err().kind, Kind::Conflict);
    let reset = |draft: &mut Draft<'_>| {
        super::super::reset_status(draft, asked().id, Status::Available, Microversion::MAX, &cause())
    };
    decide(&store, reset).unwrap();
    settle(&store, 2);
    take(&store, second(), Ok(())).unwrap();
}

#[test]
fn what_could_not_be_managed_is_tried_again_when_an_administrator_calls_it_available() {
    let store = begun();
    take(&store, asked(), Ok(())).unwrap();
    let intent = owed(&store);
    let trouble = Trouble { remedy: Remedy::Never, detail: Detail::UnknownError, reason: "no".into() };
    decide(&store, move |draft| Ok(settling().failed(draft, &intent, &trouble)?)).unwrap();
    assert_eq!(share(&store).unwrap().status(), Status::ManageError);
    let reset = |draft: &mut Draft<'_>| {
        super::super::reset_status(draft, asked().id, Status::Available, Microversion::MAX, &cause())
    };
    decide(&store, reset).unwrap();
    assert_eq!(owed(&store).verb, Verb::Manage);
    settle(&store, 2);
    assert_eq!(share(&store).unwrap().size, 2);
}

#[test]
fn a_share_that_could_not_be_managed_is_let_go_of_under_a_status_of_its_own_and_goes_when_its_mark_has_gone() {
    for (room, status) in [
        (Ok(()), Status::UnmanageStarting),
        (
            Err(NoRoom {
                detail: Detail::NoValidHost,
                message: Uuid::from_u128(1).into(),
                lives: Duration::from_secs(9),
            }),
            Status::ManageErrorUnmanageStarting,
        ),
    ] {
        let store = begun();
        let is_refused = room.is_err();
        take(&store, asked(), room).unwrap();
        if !is_refused {
            settle(&store, 2);
        }
        decide(&store, |draft: &mut Draft<'_>| unmanage(draft, asked().id, Microversion::MAX, &cause())).unwrap();
        assert_eq!(share(&store).unwrap().status(), status);
        let twice = decide(&store, |draft: &mut Draft<'_>| unmanage(draft, asked().id, Microversion::MAX, &cause()));
        assert_eq!(twice.unwrap_err().kind, Kind::Forbidden);
        let intent = owed(&store);
        decide(&store, move |draft| Ok(settling().unmanaged(draft, &intent)?)).unwrap();
        assert_eq!((share(&store), store.all::<Intent>().unwrap()), (None, Vec::new()));
    }
}

#[test]
fn what_does_not_go_together_is_refused_before_anything_is_recorded() {
    let store = begun();
    let refused = |change: fn(&mut ManagedShare)| {
        let mut asked = asked();
        change(&mut asked);
        take(&store, asked, Ok(())).unwrap_err().kind
    };
    use Kind::{Invalid, Missing};
    assert_eq!(refused(|asked| asked.share_type = Some("lead".into())), Missing);
    assert_eq!(refused(|asked| asked.share_type = None), Missing);
    assert_eq!(refused(|asked| asked.pool = "h@other#one".parse().unwrap()), Missing);
    assert_eq!(refused(|asked| asked.server = Some(Uuid::from_u128(3).to_string())), Invalid);
    assert_eq!(refused(|asked| asked.mount_point_name = Some("payroll".into())), Invalid);
    assert_eq!(share(&store), None);
}

/// The kind of refusal of a share on a server that is said to be active, and whose network is there, or is not.
fn on_server(network: Option<NetworkStatus>) -> Option<Kind> {
    let store = begun();
    let server = server(1, "h@b");
    let (server_id, network_id) = (server.id, server.share_network_id);
    let put = move |draft: &mut Draft<'_>| {
        let mut of_servers: ShareType = draft.get(&Uuid::from_u128(0xc).to_string())?.expect("it is there");
        of_servers.extra_specs.insert("driver_handles_share_servers".into(), "True".into());
        draft.put(&of_servers)?;
        if let Some(status) = network {
            draft.put(&ShareNetwork {
                id: network_id,
                project_id: "p".into(),
                user_id: "u".into(),
                name: None,
                description: None,
                status,
                security_services: Default::default(),
                created_at: now(),
                updated_at: None,
            })?;
        }
        Ok(draft.put(&server)?)
    };
    decide(&store, put).unwrap();
    let asked = ManagedShare { server: Some(server_id.to_string()), ..asked() };
    let refused = take(&store, asked, Ok(())).err().map(|fault| fault.kind);
    assert_eq!(refused.is_some(), share(&store).is_none());
    refused
}

#[test]
fn a_share_is_not_managed_on_a_server_that_outlived_its_network() {
    assert_eq!(on_server(None), Some(Kind::Conflict));
    assert!(on_server(Some(NetworkStatus::Error)).is_some(), "nor where its network is in error");
    assert_eq!(on_server(Some(NetworkStatus::Active)), None);
}
