//! A Keystone played in process: it issues service tokens, knows some user tokens, and can be away, slow or strange.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use manilad_clock::{Clock, Hand, Timestamp};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{AuthOptions, Credential, Lost, Options, Reply, Request, Transport, Validator};

pub const PASSWORD: &str = "pass-of-manila";

/// What the next request meets instead of the usual answer.
pub enum Mishap {
    /// None: the usual answer.
    No,
    Lost,
    Status(u16),
    Body(&'static str),
    /// The page of a gateway that could not find Keystone, or would not ask it.
    Gateway(u16),
    Silence,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    Authenticate,
    Validate { subject: String, query: String },
}

#[derive(Default)]
struct State {
    issued: usize,
    accepted: HashSet<String>,
    users: HashMap<String, Value>,
    mishaps: VecDeque<Mishap>,
    away: bool,
    wrong_password: bool,
    service_life: Duration,
    calls: Vec<Call>,
}

#[derive(Clone)]
pub struct Played {
    clock: Clock,
    state: Arc<Mutex<State>>,
    /// Each request takes a permit before it is answered.
    pub gate: Arc<Semaphore>,
}

/// A validator on stepped time whose Keystone the test plays.
pub fn stage() -> (Validator, Played, Hand) {
    stage_with(|_| {})
}

pub fn stage_with(adjust: impl FnOnce(&mut Options)) -> (Validator, Played, Hand) {
    let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    let played = Played::new(clock.clone());
    let mut options = Options::new("http://id.example:5000/v3", credential());
    adjust(&mut options);
    (Validator::new(options, Arc::new(played.clone()), clock).unwrap(), played, hand)
}

pub fn credential() -> Credential {
    let options = AuthOptions {
        auth_type: Some("password".into()),
        username: Some("manila".into()),
        user_domain_name: Some("Default".into()),
        password: Some(PASSWORD.into()),
        project_name: Some("service".into()),
        project_domain_name: Some("Default".into()),
        ..AuthOptions::default()
    };
    options.try_into().unwrap()
}

impl Played {
    pub fn new(clock: Clock) -> Self {
        let state = State { service_life: Duration::from_secs(3600), ..State::default() };
        Played { clock, state: Arc::new(Mutex::new(state)), gate: Arc::new(Semaphore::new(Semaphore::MAX_PERMITS)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// Makes `token` one of a member of project `p1` that ends after `life`.
    pub fn knows(&self, token: &str, life: Duration) {
        self.knows_as(
            token,
            json!({"token": {
                "user": {"id": "u1", "name": "ann", "domain": {"id": "default", "name": "Default"}},
                "project": {"id": "p1", "name": "alpha", "domain": {"id": "default", "name": "Default"}},
                "roles": [{"id": "r1", "name": "member"}],
                "expires_at": (self.clock.now() + life).to_string(),
            }}),
        );
    }

    pub fn knows_as(&self, token: &str, body: Value) {
        self.state().users.insert(token.to_owned(), body);
    }

    pub fn forgets(&self, token: &str) {
        self.state().users.remove(token);
    }

    pub fn revokes_service_tokens(&self) {
        self.state().accepted.clear();
    }

    pub fn is_away(&self, away: bool) {
        self.state().away = away;
    }

    pub fn rejects_the_password(&self, wrong: bool) {
        self.state().wrong_password = wrong;
    }

    pub fn service_tokens_live(&self, life: Duration) {
        self.state().service_life = life;
    }

    pub fn meets(&self, mishaps: impl IntoIterator<Item = Mishap>) {
        self.state().mishaps.extend(mishaps);
    }

    pub fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    pub fn authentications(&self) -> usize {
        self.calls().iter().filter(|call| **call == Call::Authenticate).count()
    }

    pub fn validations(&self) -> usize {
        self.calls().len() - self.authentications()
    }

    fn answer(&self, request: &Request) -> Reply {
        assert_eq!(request.url.path(), "/v3/auth/tokens");
        match request.method {
            Method::POST => self.authenticate(request),
            Method::GET => self.validate(request),
            _ => reply(405, &Value::Null),
        }
    }

    fn authenticate(&self, request: &Request) -> Reply {
        let body: Value = serde_json::from_str(request.body.as_ref().unwrap().expose_secret()).unwrap();
        let mut state = self.state();
        let right = body["auth"]["identity"]["password"]["user"]["password"] == PASSWORD;
        if state.wrong_password || !right {
            return refusal(401);
        }
        state.issued += 1;
        let value = format!("service-{}", state.issued);
        state.accepted.insert(value.clone());
        let end = self.clock.now() + state.service_life;
        let mut reply = reply(201, &json!({"token": {"expires_at": end.to_string()}}));
        reply.headers.insert("x-subject-token", HeaderValue::from_str(&value).unwrap());
        reply
    }

    fn validate(&self, request: &Request) -> Reply {
        let state = self.state();
        let header = |name| request.headers[name].to_str().unwrap();
        if !state.accepted.contains(header("x-auth-token")) {
            return refusal(401);
        }
        let allow_expired = request.url.query().unwrap_or_default().contains("allow_expired=1");
        match state.users.get(header("x-subject-token")) {
            Some(body) if allow_expired || self.is_alive(body) => reply(200, body),
            _ => refusal(404),
        }
    }

    fn is_alive(&self, body: &Value) -> bool {
        let end = body["token"]["expires_at"].as_str().and_then(|end| end.parse::<Timestamp>().ok());
        end.is_none_or(|end| self.clock.now() < end)
    }

    fn note(&self, request: &Request) {
        let call = match request.headers.get("x-subject-token") {
            None => Call::Authenticate,
            Some(subject) => Call::Validate {
                subject: subject.to_str().unwrap().to_owned(),
                query: request.url.query().unwrap_or_default().to_owned(),
            },
        };
        self.state().calls.push(call);
    }
}

impl Transport for Played {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Lost>> {
        async move {
            self.note(&request);
            self.gate.acquire().await.unwrap().forget();
            let mishap = self.state().mishaps.pop_front();
            match mishap {
                _ if self.state().away => Err(Lost("connection refused".into())),
                Some(Mishap::Lost) => Err(Lost("connection reset".into())),
                Some(Mishap::Status(status)) => Ok(reply(status, &Value::Null)),
                Some(Mishap::Body(text)) => Ok(Reply { body: text.into(), ..reply(200, &Value::Null) }),
                Some(Mishap::Gateway(status)) => {
                    Ok(Reply { body: "<html>no</html>".into(), ..reply(status, &Value::Null) })
                }
                Some(Mishap::Silence) => std::future::pending().await,
                None | Some(Mishap::No) => Ok(self.answer(&request)),
            }
        }
        .boxed()
    }
}

fn reply(status: u16, body: &Value) -> Reply {
    let status = StatusCode::from_u16(status).unwrap();
    Reply { status, headers: HeaderMap::new(), body: body.to_string().into_bytes() }
}

/// How Keystone says no.
fn refusal(status: u16) -> Reply {
    reply(status, &json!({"error": {"code": status, "title": "No", "message": "no"}}))
}
