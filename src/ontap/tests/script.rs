//! An array that plays what a test writes down, and remembers what it was asked.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::BoxFuture;
use manilad_clock::{Clock, Hand, Timestamp};
use secrecy::SecretString;
use serde_json::Value;

use crate::{Broken, Client, Credentials, Limiters, Limits, Options, Reply, Request, Sent, Timeouts, Transport};

/// What the array does with one call.
pub(super) enum Play {
    Json(u16, Value),
    Headed(u16, Vec<(&'static str, &'static str)>, Value),
    Text(u16, &'static str),
    /// Carried out perhaps; no answer.
    Lost,
    /// No connection.
    Refused,
    /// Never answers.
    Silent,
}

/// Plays each call's first unplayed line that fits.
#[derive(Default)]
pub(super) struct Script {
    lines: Mutex<VecDeque<(&'static str, Play)>>,
    asked: Mutex<Vec<Request>>,
}

impl Script {
    /// `when` is the start of `METHOD /api/path?query`, percent-encoded.
    pub(super) fn add(&self, when: &'static str, play: Play) -> &Self {
        self.lines.lock().unwrap().push_back((when, play));
        self
    }

    pub(super) fn json(&self, when: &'static str, status: u16, body: Value) -> &Self {
        self.add(when, Play::Json(status, body))
    }

    pub(super) fn asked(&self) -> Vec<Request> {
        self.asked.lock().unwrap().clone()
    }

    /// `METHOD path` of each call, without queries.
    pub(super) fn paths(&self) -> Vec<String> {
        let path = |request: &Request| request.path_and_query.split('?').next().unwrap_or_default().to_owned();
        self.asked().iter().map(|request| format!("{} {}", request.method.name(), path(request))).collect()
    }

    pub(super) fn body(&self, call: usize) -> Value {
        serde_json::from_slice(self.asked()[call].body.as_deref().unwrap()).unwrap()
    }

    /// Whether everything written down was played.
    pub(super) fn is_done(&self) -> bool {
        self.lines.lock().unwrap().is_empty()
    }
}

impl Transport for Script {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Reply, Broken>> {
        let line = format!("{} {}", request.method.name(), request.path_and_query);
        self.asked.lock().unwrap().push(request);
        let mut lines = self.lines.lock().unwrap();
        let place = lines.iter().position(|(when, _)| line.starts_with(when));
        let place = place.unwrap_or_else(|| panic!("the script has no answer to {line}"));
        let (_, play) = lines.remove(place).unwrap();
        let broken = |sent| Err(Broken { sent, why: "as the script says".to_owned() });
        let outcome = match play {
            Play::Json(status, body) => Ok(Reply { status, headers: Vec::new(), body: body.to_string().into_bytes() }),
            Play::Headed(status, headers, body) => {
                let headers = headers.into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
                Ok(Reply { status, headers, body: body.to_string().into_bytes() })
            }
            Play::Text(status, text) => Ok(Reply { status, headers: Vec::new(), body: text.as_bytes().to_vec() }),
            Play::Lost => broken(Sent::Maybe),
            Play::Refused => broken(Sent::No),
            Play::Silent => return Box::pin(std::future::pending()),
        };
        Box::pin(async { outcome })
    }
}

/// A client of a scripted array, on a clock that the test moves.
pub(super) struct Lab {
    pub(super) client: Client,
    pub(super) script: Arc<Script>,
    pub(super) clock: Clock,
    pub(super) hand: Hand,
}

pub(super) fn options(clock: &Clock) -> Options {
    Options {
        clock: clock.clone(),
        backend: "alpha".to_owned(),
        array: "array.test".to_owned(),
        credentials: Credentials::Password { login: "admin".to_owned(), password: SecretString::from("s3cret") },
        svm: Some("svm1".to_owned()),
        fence: Arc::new(|_| Ok(())),
        limiters: Limiters::new(clock.clone(), Limits::default()),
        timeouts: Timeouts::default(),
        app: "manilad".to_owned(),
    }
}

impl Lab {
    pub(super) fn new() -> Self {
        Lab::with(|options| options)
    }

    pub(super) fn with(change: impl FnOnce(Options) -> Options) -> Self {
        let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
        let script = Arc::new(Script::default());
        let client = Client::new(script.clone(), change(options(&clock)));
        Lab { client, script, clock, hand }
    }

    /// Does `work`, moving the clock on whenever the work sleeps.
    pub(super) async fn run<F: Future>(&self, work: F) -> F::Output {
        let moving = async {
            loop {
                self.hand.until_sleeping(1).await;
                self.hand.step(Duration::from_millis(50));
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            biased;
            done = work => done,
            () = moving => unreachable!(),
        }
    }
}
