//! Searches of shares that take all their turns, and who does not wait for them.

use std::sync::mpsc::channel;
use std::time::Duration;

use manilad_domain::fault::Kind;
use manilad_domain::share::index::BY_CREATION;
use serde_json::Value;

use super::*;
use crate::call::Call;
use crate::{catalogue, lab};

/// Longer than any of them takes.
const AT_ONCE: Duration = Duration::from_secs(5);

/// What a row of the catalogue answers at once, to a request for things of an id that nothing has.
async fn answer(call: &Call, path: &str) -> Result<u16, Kind> {
    let row = catalogue().find(|row| row.method.name() == "GET" && row.path == path && row.serves(call.version, true));
    let call = Call { params: [("id", call.face.clock.id().to_string())].into(), ..call.clone() };
    let asked = (row.unwrap().handle)(call.clone(), Value::Null);
    let answered = call.face.clock.within(AT_ONCE, asked).await;
    let answered = answered.unwrap_or_else(|_| panic!("{path} waits for the searches"));
    answered.map(|answer| answer.status).map_err(|fault| fault.kind)
}

#[tokio::test]
async fn four_deep_searches_of_shares_keep_no_share_and_no_list_of_another_kind_waiting() {
    let call = lab::call();
    let (began, mut begun) = tokio::sync::mpsc::unbounded_channel();
    let mut gates = Vec::new();
    for _ in 0..4 {
        let (gate, held) = channel::<()>();
        let (face, began) = (call.face.clone(), began.clone());
        tokio::spawn(async move {
            let walk = face.look(move |_| {
                let _the_test_waits = began.send(());
                let _until_the_gate_opens = held.recv();
                Ok(())
            });
            walk.await
        });
        begun.recv().await.unwrap();
        gates.push(gate);
    }
    assert_eq!(answer(&call, "/shares/{id}").await, Err(Kind::Missing));
    for path in ["/types", "/share-networks", "/security-services", "/share-servers"] {
        assert_eq!(answer(&call, path).await, Ok(200));
    }
    let deep = call.face.scan::<Share>(Range::all(BY_CREATION).skip(99_900).limit(10));
    let waits = call.face.clock.within(Duration::from_millis(50), deep).await;
    assert!(waits.is_err(), "a fifth deep search has to wait for its turn");
    drop(gates);
}
