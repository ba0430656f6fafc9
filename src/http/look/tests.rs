//! Searches that take all their turns, or all places of a project, and who does not wait for them.

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use manilad_domain::ShareType;
use manilad_domain::fault::Kind;
use manilad_domain::message::{Action, Detail, MessageSubject};
use manilad_domain::share::index::BY_CREATION;
use manilad_domain::share_type::BY_NAME;
use manilad_policy::Credentials;
use serde_json::Value;

use super::*;
use crate::identity::Caller;
use crate::query::Query;
use crate::{catalogue, lab};

/// Longer than any of them takes.
const AT_ONCE: Duration = Duration::from_secs(5);

/// What a row of the catalogue answers at once, to a request for things of an id that nothing has.
async fn answer(call: &Call, asked: &str) -> Result<u16, Kind> {
    let (path, query) = asked.split_once('?').unwrap_or((asked, ""));
    let row = catalogue().find(|row| row.method.name() == "GET" && row.path == path && row.serves(call.version, true));
    let params = [("id", call.app.clock.id().to_string())].into();
    let call = Call { params, query: Arc::new(Query::parse(query)), ..call.clone() };
    let handled = (row.unwrap().handle)(call.clone(), Value::Null);
    let answered = call.app.clock.within(AT_ONCE, handled).await;
    let answered = answered.unwrap_or_else(|_| panic!("{asked} waits for the searches"));
    answered.map(|answer| answer.status).map_err(|fault| fault.kind)
}

/// Searches of shares that run until their gates are dropped.
async fn four_deep_searches(call: &Call) -> Vec<Sender<()>> {
    let (began, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let mut gates = Vec::new();
    for _ in 0..4 {
        let (gate, held) = channel::<()>();
        let (call, began, snapshot) = (call.clone(), began.clone(), call.app.snapshot().unwrap());
        tokio::spawn(async move {
            let walk = call.run::<Share, _>(snapshot, move |_| {
                let _the_test_waits = began.send(());
                let _until_the_gate_opens = held.recv();
                Ok(())
            });
            walk.await
        });
        begun.recv().await.unwrap();
        gates.push(gate);
    }
    gates
}

/// The same request of a member of another project.
fn of_another(call: &Call) -> Call {
    let credentials = Credentials {
        user_id: Some("v".to_owned()),
        project_id: Some("b".repeat(32)),
        roles: ["member", "reader"].map(str::to_owned).into(),
        ..Credentials::default()
    };
    Call { caller: Caller::new(credentials, None, &call.app.policy).into(), ..call.clone() }
}

const LISTS: &[&str] = &[
    "/types",
    "/share-networks",
    "/security-services",
    "/shares",
    "/shares/detail?sort_key=name",
    "/shares?name=none&with_count=true",
    "/shares?with_count=true",
    "/messages",
];

#[tokio::test]
async fn four_deep_searches_of_shares_keep_no_share_and_no_short_list_waiting() {
    let call = lab::call();
    let gates = four_deep_searches(&call).await;
    assert_eq!(answer(&call, "/shares/{id}").await, Err(Kind::Missing));
    for path in LISTS.iter().chain(&["/share-servers"]) {
        assert_eq!(answer(&call, path).await, Ok(200));
    }
    let deep = call.scan::<Share>(Range::all(BY_CREATION).skip(99_900).limit(10));
    let waits = call.app.clock.within(Duration::from_millis(50), deep).await;
    assert!(waits.is_err(), "a fifth deep search has to wait for its turn");
    let of_few = call.scan::<ShareType>(Range::all(BY_NAME).skip(1000));
    let found = call.app.clock.within(AT_ONCE, of_few).await;
    assert!(found.is_ok(), "long lists of a kind of which there are few don't wait for searches of shares");
    drop(gates);
}

#[tokio::test]
async fn a_project_that_has_all_its_places_stops_no_list_of_another_and_none_of_its_own_that_is_short() {
    let call = lab::call();
    let mut held = Vec::new();
    for _ in 0..16 {
        held.push(call.place::<Share>().await.unwrap());
        held.push(call.place::<ShareType>().await.unwrap());
    }
    let other = of_another(&call);
    for path in LISTS {
        assert_eq!((answer(&call, path).await, answer(&other, path).await), (Ok(200), Ok(200)), "{path}");
    }
    other.scan::<Share>(Range::all(BY_CREATION).skip(99_900).limit(10)).await.unwrap();
}

/// So many messages of the caller's project, each about a share of its own, named by its number.
async fn tell(call: &Call, count: usize) {
    let clock = call.app.clock.clone();
    let telling = call.app.store.commit("test", move |draft| {
        for number in 0..count {
            draft.put(&UserMessage {
                id: clock.id().into(),
                project_id: lab::PROJECT.to_owned(),
                request_id: "req-1".to_owned(),
                subject: MessageSubject::Share,
                resource_id: number.to_string(),
                action: Action::Create,
                detail: Detail::UnknownError,
                created_at: clock.now().into(),
                expires_at: clock.now().into(),
            })?;
        }
        Ok::<_, Error>(())
    });
    telling.await.unwrap();
}

#[tokio::test]
async fn a_short_page_of_many_messages_and_those_about_one_thing_are_read_without_a_place() {
    let call = lab::call();
    tell(&call, 3 * SHORT).await;
    let gates = four_deep_searches(&call).await;
    let all: Vec<UserMessage> = call.app.all().unwrap();
    let behind = format!("/messages?limit=9&marker={}", all[0].id);
    for path in ["/messages?limit=9", "/messages?limit=9&sort_dir=asc&offset=9", "/messages?resource_id=7", &behind] {
        assert_eq!(answer(&call, path).await, Ok(200), "{path}");
    }
    drop(gates);
}
