//! A service of the catalogue, played in process: what is sent, what is asked again and what is not.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use manilad_clock::{Clock, Hand, Timestamp};
use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;

use super::played::credential;
use crate::{
    Ask, EndpointSelector, Error, Lost, Method, Reply, Request, Service, ServiceOptions, StatusCode, Transport,
};

/// How Keystone's middleware challenges whose token it does not take.
const CHALLENGE: &str = "Keystone uri=\"http://id.example:5000\"";

/// Keystone's part is played to the end; the service answers with these statuses, then 200. 0 is a lost answer.
#[derive(Default)]
struct Cloud {
    /// The headers `WWW-Authenticate` of what is not 200.
    challenges: &'static [&'static str],
    statuses: Mutex<VecDeque<u16>>,
    calls: Mutex<Vec<String>>,
    tokens: Mutex<usize>,
}

impl Transport for Cloud {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Lost>> {
        let answer = |status, body: String| Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.into_bytes(),
        };
        if request.url.path() == "/v3/auth/tokens" {
            let mut tokens = self.tokens.lock().unwrap();
            *tokens += 1;
            let endpoint = json!({"interface": "public", "url": "http://net.example/base/"});
            let catalog = json!([{"type": "network", "endpoints": [endpoint]}]);
            let body = json!({"token": {"expires_at": "2030-01-01T00:00:00Z", "catalog": catalog}});
            let mut reply = answer(201, body.to_string());
            let value = HeaderValue::from_str(&format!("token-{tokens}")).unwrap();
            reply.headers.insert("x-subject-token", value);
            return async move { Ok(reply) }.boxed();
        }
        assert_eq!(request.headers["x-colour"], "blue");
        let token = request.headers["x-auth-token"].to_str().unwrap();
        self.calls.lock().unwrap().push(format!("{} {} {token}", request.method, request.url));
        let status = self.statuses.lock().unwrap().pop_front().unwrap_or(200);
        let mut reply = answer(status.max(100), String::new());
        for challenge in self.challenges.iter().filter(|_| status != 200) {
            reply.headers.append("www-authenticate", HeaderValue::from_static(challenge));
        }
        let reply = if status == 0 { Err(Lost("reset".to_owned())) } else { Ok(reply) };
        async move { reply }.boxed()
    }
}

fn stage(statuses: &[u16]) -> (Service, Arc<Cloud>, Hand) {
    challenging(statuses, &[CHALLENGE])
}

fn challenging(statuses: &[u16], challenges: &'static [&'static str]) -> (Service, Arc<Cloud>, Hand) {
    let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    let cloud =
        Arc::new(Cloud { statuses: Mutex::new(statuses.iter().copied().collect()), challenges, ..Cloud::default() });
    let options = ServiceOptions {
        auth_url: "http://id.example:5000".parse().unwrap(),
        credential: credential(),
        endpoint: EndpointSelector { kind: "network", interface: "public".to_owned(), region: None },
        version: Some("v2.0"),
        header: Some(("x-colour", "blue")),
        retries: 2,
        attempt_patience: Duration::from_secs(30),
        patience: Duration::from_secs(100),
    };
    (Service::new(options, cloud.clone(), clock), cloud, hand)
}

async fn asked(service: &Service, hand: &Hand, method: Method, path: &[&str]) -> Result<u16, Error> {
    let ask = Ask { what: "asking", method: &method, path, query: &[("a", "b&c")], body: None };
    let mut asking = std::pin::pin!(service.ask(ask));
    loop {
        if let Some(reply) = asking.as_mut().now_or_never() {
            return reply.map(|reply| reply.status.as_u16());
        }
        hand.step(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn names_of_others_stay_within_their_part_of_the_path() {
    let (service, cloud, hand) = stage(&[]);
    asked(&service, &hand, Method::GET, &["networks", "../ports?x=/#"]).await.unwrap();
    let expected = "GET http://net.example/base/v2.0/networks/..%2Fports%3Fx=%2F%23?a=b%26c token-1";
    assert_eq!(*cloud.calls.lock().unwrap(), [expected]);
    for name in ["", ".", ".."] {
        let outcome = asked(&service, &hand, Method::GET, &["networks", name]).await;
        assert!(matches!(outcome, Err(Error::Malformed { .. })), "{outcome:?}");
    }
}

#[tokio::test]
async fn what_may_arrive_twice_is_asked_again_and_a_post_is_not() {
    let (service, cloud, hand) = stage(&[503, 0]);
    assert_eq!(asked(&service, &hand, Method::GET, &["networks"]).await, Ok(200));
    assert_eq!(cloud.calls.lock().unwrap().len(), 3);
    let (service, cloud, hand) = stage(&[503]);
    let outcome = asked(&service, &hand, Method::POST, &["ports"]).await;
    assert_eq!(outcome, Err(Error::Status { what: "asking", status: 503 }));
    let (service, lossy, hand) = stage(&[0]);
    let outcome = asked(&service, &hand, Method::POST, &["ports"]).await;
    assert!(matches!(outcome, Err(Error::Unreachable { .. })), "{outcome:?}");
    assert_eq!((cloud.calls.lock().unwrap().len(), lossy.calls.lock().unwrap().len()), (1, 1));
    let (service, cloud, hand) = stage(&[503, 503, 503, 503]);
    assert!(asked(&service, &hand, Method::DELETE, &["ports", "x"]).await.is_err());
    assert_eq!(cloud.calls.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_renewed_once() {
    let (service, cloud, hand) = stage(&[401]);
    assert_eq!(asked(&service, &hand, Method::POST, &["ports"]).await, Ok(200));
    let tokens: Vec<_> = cloud.calls.lock().unwrap().iter().map(|call| call[call.len() - 7..].to_owned()).collect();
    assert_eq!(tokens, ["token-1", "token-2"]);
    let (service, cloud, hand) = stage(&[401, 401, 401]);
    let outcome = asked(&service, &hand, Method::GET, &["ports"]).await;
    assert_eq!(outcome, Err(Error::Rejected { what: "asking" }));
    assert_eq!(cloud.calls.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn only_a_challenge_of_keystones_middleware_says_that_the_service_user_is_rejected() {
    let cases: [(&'static [&'static str], bool); 7] = [
        (&[CHALLENGE], true),
        (&["Keystone uri='http://id.example:5000'"], true),
        (&["Basic realm=\"gate\"", CHALLENGE], true),
        (&[], false),
        (&["Basic realm=\"gate\""], false),
        (&["Bearer"], false),
        (&["Keystoned uri=\"x\""], false),
    ];
    for (challenges, is_rejected) in cases {
        let (service, cloud, hand) = challenging(&[401, 401], challenges);
        let outcome = asked(&service, &hand, Method::GET, &["ports"]).await;
        match outcome {
            Err(Error::Rejected { .. }) => assert!(is_rejected, "{challenges:?}"),
            Err(Error::Malformed { why, .. }) => {
                assert!(
                    !is_rejected && why.contains("401 without WWW-Authenticate: Keystone"),
                    "{challenges:?}: {why}"
                );
            }
            other => panic!("{challenges:?}: {other:?}"),
        }
        assert_eq!(cloud.calls.lock().unwrap().len(), 2, "the token is renewed once: {challenges:?}");
    }
}
