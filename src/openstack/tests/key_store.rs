//! The key store and the identity service beside it, played in process: what is sent to them, and what their answers mean.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use manilad_clock::{Clock, Timestamp};
use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::played::credential;
use crate::{
    EndpointSelector, Error, KeyRefusal, KeyStore, Lost, Reply, Request, ServiceOptions, StatusCode, Transport,
};

const KEY: &str = "5ec4e700-0000-4000-8000-000000000001";

/// Tokens are issued to the end; everything else is answered as the test says.
#[derive(Default)]
struct Cloud {
    answers: Mutex<VecDeque<(u16, Value)>>,
    calls: Mutex<Vec<String>>,
}

impl Transport for Cloud {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Lost>> {
        let reply = |status: u16, body: &Value| Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.to_string().into_bytes(),
        };
        let mut answer = if request.url.path() == "/v3/auth/tokens" {
            let at = |kind: &str, url: &str| json!({"type": kind, "endpoints": [{"interface": "public", "url": url}]});
            let catalog =
                json!([at("key-manager", "https://keys.example/km"), at("identity", "https://id.example/v3/")]);
            let body =
                json!({"token": {"user": {"id": "manila"}, "expires_at": "2090-01-01T00:00:00Z", "catalog": catalog}});
            reply(201, &body)
        } else {
            let token = request.headers["x-auth-token"].to_str().unwrap();
            let body = request.body.as_ref().map(|body| body.expose_secret().to_owned()).unwrap_or_default();
            let call = format!("{token} {} {} {body}", request.method, request.url);
            self.calls.lock().unwrap().push(call.trim_end().to_owned());
            let (status, body) = self.answers.lock().unwrap().pop_front().expect("no such call is awaited");
            reply(status, &body)
        };
        answer.headers.insert("x-subject-token", HeaderValue::from_static("service"));
        async move { Ok(answer) }.boxed()
    }
}

fn stage(answers: &[(u16, Value)]) -> (KeyStore, Arc<Cloud>) {
    let (clock, _) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    let cloud = Arc::new(Cloud { answers: Mutex::new(answers.iter().cloned().collect()), ..Cloud::default() });
    let transport: Arc<dyn Transport> = cloud.clone();
    (KeyStore::new(&options(), &transport, &clock), cloud)
}

fn options() -> ServiceOptions {
    ServiceOptions {
        auth_url: "https://id.example".parse().unwrap(),
        credential: credential(),
        endpoint: EndpointSelector { kind: "key-manager", interface: "public".to_owned(), region: None },
        version: None,
        header: None,
        retries: 0,
        attempt_patience: Duration::from_secs(30),
        patience: Duration::from_secs(100),
    }
}

/// Nobody answers.
struct Silence;

impl Transport for Silence {
    fn send(&self, _: Request) -> BoxFuture<'_, Result<Reply, Lost>> {
        std::future::pending().boxed()
    }
}

fn silent(clock: &Clock) -> KeyStore {
    let transport: Arc<dyn Transport> = Arc::new(Silence);
    KeyStore::new(&options(), &transport, clock)
}

fn no(status: u16) -> (u16, Value) {
    (status, json!({"code": status, "title": "No", "description": "No."}))
}

async fn admitted(answers: &[(u16, Value)]) -> (Result<(), KeyRefusal>, Vec<String>) {
    let (store, cloud) = stage(answers);
    let outcome = store.admit(KEY, &SecretString::from("tenant")).await;
    assert!(cloud.answers.lock().unwrap().is_empty(), "a call was not made");
    let calls = cloud.calls.lock().unwrap().clone();
    (outcome, calls)
}

#[tokio::test]
async fn the_daemons_user_is_let_in_beside_whoever_may_read_the_key_by_the_tenants_own_token() {
    let acl = |users: Value| (200, json!({"read": {"project-access": true, "users": users}}));
    let secret = format!("https://keys.example/km/v1/secrets/{KEY}");
    let looks = [format!("tenant GET {secret}"), format!("service GET {secret}"), format!("tenant GET {secret}/acl")];
    let answers = [(200, json!({})), no(403), acl(json!(["ann"])), (200, json!({"acl_ref": "x"}))];
    let (outcome, calls) = admitted(&answers).await;
    let write = format!("tenant PATCH {secret}/acl {{\"read\":{{\"users\":[\"ann\",\"manila\"]}}}}");
    assert_eq!((outcome, calls), (Ok(()), [&looks[..], &[write]].concat()));
    let (outcome, calls) = admitted(&[(200, json!({})), (200, json!({}))]).await;
    assert_eq!(
        (outcome, calls),
        (Ok(()), looks[..2].to_vec()),
        "nothing is written anew, nor need the caller be one who may"
    );
}

#[tokio::test]
async fn a_key_store_that_says_nothing_costs_half_a_minute_and_no_more_than_so_many_wait_for_it() {
    let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    let store = silent(&clock);
    let caller = SecretString::from("tenant");
    let mut waiting: Vec<_> = (0..64).map(|_| Box::pin(store.admit(KEY, &caller))).collect();
    assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
    assert_eq!(store.admit(KEY, &caller).now_or_never(), Some(Err(KeyRefusal::Busy)));
    hand.step(Duration::from_secs(30));
    let outcomes: Vec<_> = waiting.iter_mut().map(|one| one.as_mut().now_or_never()).collect();
    let is_late = |one: &Option<_>| matches!(one, Some(Err(KeyRefusal::Unavailable(_))));
    assert!(outcomes.iter().all(is_late), "{outcomes:?}");
    drop(waiting);
    assert!(store.admit(KEY, &caller).now_or_never().is_none(), "there is room again");
}

#[tokio::test]
async fn only_the_key_store_itself_says_that_there_is_no_such_key() {
    for status in [403, 404] {
        assert_eq!(admitted(&[no(status)]).await.0, Err(KeyRefusal::Unknown));
        let of_gateway = admitted(&[(status, json!("<html>"))]).await.0;
        assert!(matches!(of_gateway, Err(KeyRefusal::Unavailable(_))), "{of_gateway:?}");
    }
    for status in [401, 500, 503] {
        let outcome = admitted(&[no(status)]).await.0;
        assert!(matches!(outcome, Err(KeyRefusal::Unavailable(_))), "{status}: {outcome:?}");
    }
    let readable = [(200, json!({})), no(403)];
    let acl = (200, json!({"read": {"project-access": true}}));
    for then in [&[no(403)][..], &[acl, no(403)]] {
        assert_eq!(admitted(&[&readable[..], then].concat()).await.0, Err(KeyRefusal::Closed));
    }
}

#[tokio::test]
async fn a_credential_is_good_for_reading_one_key_and_its_secret_is_told_once_and_never_printed() {
    let made = json!({"application_credential": {"id": "c1", "name": "n", "secret": "open sesame"}});
    let (store, cloud) = stage(&[(201, made)]);
    let access = store.credential("n", KEY).await.unwrap();
    assert_eq!((access.id.as_str(), access.secret.expose_secret()), ("c1", "open sesame"));
    assert_eq!(access.key_url, format!("https://keys.example/km/v1/secrets/{KEY}"));
    assert!(!format!("{access:?}").contains("sesame"));
    let path = format!("/km/v1/secrets/{KEY}");
    let rule = |path: String| json!({"service": "key-manager", "method": "GET", "path": path});
    let body = json!({"application_credential": {"name": "n", "access_rules": [rule(path.clone()), rule(format!("{path}/payload"))]}});
    let expected = format!("service POST https://id.example/v3/users/manila/application_credentials {body}");
    assert_eq!(*cloud.calls.lock().unwrap(), [expected]);

    let by_keystone = |status: u16| (status, json!({"error": {"code": status, "title": "No"}}));
    let refused = stage(&[by_keystone(403)]).0.credential("n", KEY).await.unwrap_err();
    assert!(matches!(refused, Error::Status { status: 403, .. }), "{refused}");
    let of_gateway = stage(&[(403, json!("<html>"))]).0.credential("n", KEY).await.unwrap_err();
    assert!(matches!(of_gateway, Error::Malformed { .. }), "{of_gateway}");
    let secretless = stage(&[(201, json!({"application_credential": {"id": "c1", "name": "n"}}))]);
    assert!(matches!(secretless.0.credential("n", KEY).await, Err(Error::Malformed { .. })));
}

#[tokio::test]
async fn what_is_taken_back_is_every_credential_of_the_name_and_no_other() {
    let one = |id: &str, name: &str| json!({"id": id, "name": name});
    let listed = (200, json!({"application_credentials": [one("c1", "n"), one("c2", "other"), one("c3", "n")]}));
    let gone = (404, json!({"error": {"code": 404, "title": "Not Found"}}));
    let (store, cloud) = stage(&[listed.clone(), (204, Value::Null), gone]);
    store.forget("n").await.unwrap();
    let all = "https://id.example/v3/users/manila/application_credentials";
    let expected =
        [format!("service GET {all}?name=n"), format!("service DELETE {all}/c1"), format!("service DELETE {all}/c3")];
    assert_eq!(*cloud.calls.lock().unwrap(), expected);
    let of_gateway = stage(&[listed, (404, json!("<html>"))]).0.forget("n").await.unwrap_err();
    assert!(matches!(of_gateway, Error::Malformed { .. }), "{of_gateway}");
}
