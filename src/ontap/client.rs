//! Calls to one array: fenced, limited, timed, classified, counted. What ONTAP's nouns are is in files of their own.
//!
//! A client is a handle; clones share the connection. [`Client::within`], [`Client::bound_to`] and [`Client::speaking`] give
//! the same client with another patience, SVM or release; [`Client::renew`] changes the login of all of them. How to get it
//! wrong: repeating a write whose answer was lost. Here a write is repeated only if it was surely not begun; all else
//! surfaces, and the caller looks.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use manilad_clock::Clock;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;

use crate::answer::{Answer, Page};
use crate::body::Body;
use crate::endpoint::{Context, Endpoint};
use crate::error::Error;
use crate::limiter::{CallOutcome, Limiter, Limiters};
use crate::meter;
use crate::query::{self, Query};
use crate::release::{OLDEST, Release};
use crate::retries::Retries;
use crate::term::Term;
use crate::transport::{Request, Transport};

/// Records asked for per page, and pages followed at most.
const PAGE: (usize, usize) = (1000, 100);

/// Who we are to the array.
#[derive(Debug, Clone)]
pub enum Credentials {
    /// HTTP Basic, with every request.
    Password { login: String, password: SecretString },
    /// The transport shows a client certificate.
    Certificate,
}

/// How long calls may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// One exchange of a read.
    pub exchange: Duration,
    /// A read in all, with its repetitions and its pages.
    pub read: Duration,
    /// A write in all, with its job (`netapp_rest_operation_timeout`).
    pub operation: Duration,
    /// What a call may wait for a place besides, all its exchanges together.
    pub wait: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        let half = minute / 2;
        Timeouts { exchange: half, read: minute, operation: minute, wait: half }
    }
}

/// Asked right before every exchange; says why when it must not be made: this incarnation of the back end may no longer act,
/// or, where something would be changed, the work that it is for is not wanted any more.
pub type Fence = Arc<dyn Fn(Endpoint) -> Result<(), String> + Send + Sync>;

/// What a client needs to know besides its transport.
#[derive(Clone)]
pub struct Options {
    pub clock: Clock,
    /// Name of the back end, for metrics and logs.
    pub backend: String,
    /// What tells this array from others, its address: clients of one array share limiters.
    pub array: String,
    pub credentials: Credentials,
    /// The SVM that a cluster account's calls are made in; none for an account of an SVM.
    pub svm: Option<String>,
    pub fence: Fence,
    pub limiters: Limiters,
    pub timeouts: Timeouts,
    /// Told to the array as `X-Dot-Client-App`.
    pub app: String,
}

/// A handle on an array.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    svm: Option<Arc<str>>,
    limiter: Limiter,
    deadline: Option<Duration>,
    release: Release,
}

struct Shared {
    login: ArcSwap<Login>,
    options: Options,
}

/// The transport and the login of an exchange; one that is under way keeps those that it began with.
struct Login {
    transport: Arc<dyn Transport>,
    authorization: Option<SecretString>,
}

impl Login {
    fn new(transport: Arc<dyn Transport>, credentials: &Credentials) -> Arc<Self> {
        let authorization = match credentials {
            Credentials::Password { login, password } => {
                let pair = SecretString::from(format!("{login}:{}", password.expose_secret()));
                Some(SecretString::from(format!("Basic {}", STANDARD.encode(pair.expose_secret()))))
            }
            Credentials::Certificate => None,
        };
        Arc::new(Login { transport, authorization })
    }
}

/// One call in the making.
#[derive(Debug)]
pub struct Call {
    pub(crate) endpoint: Endpoint,
    path: String,
    query: Query,
    body: Option<Vec<u8>>,
    untunnelled: bool,
}

impl Call {
    /// A call to `endpoint`, whose path takes `keys`.
    pub(crate) fn to(endpoint: Endpoint, keys: &[&str]) -> Result<Self, Error> {
        let path = query::path(endpoint.row().path, keys)?;
        let untunnelled = endpoint.row().context == Context::Cluster;
        Ok(Call { endpoint, path, query: Query::new(), body: None, untunnelled })
    }

    /// Made for the cluster, whichever SVM the client is bound to.
    pub(crate) fn of_cluster(self) -> Self {
        Call { untunnelled: true, ..self }
    }

    pub(crate) fn query(mut self, query: Query) -> Self {
        self.query = query;
        self
    }

    pub(crate) fn body(mut self, body: Body) -> Self {
        self.body = Some(body.bytes());
        self
    }

    /// `/api/…?a=b`, with `more` parameters of ours.
    pub(crate) fn path_and_query(&self, more: Query) -> String {
        let parts = [self.query.as_str(), more.as_str()];
        let query = parts.iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join("&");
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }
}

impl Client {
    pub fn new(transport: Arc<dyn Transport>, options: Options) -> Self {
        let svm: Option<Arc<str>> = options.svm.as_deref().map(Arc::from);
        let limiter = options.limiters.of(&options.array, svm.as_deref().unwrap_or_default());
        let login = ArcSwap::new(Login::new(transport, &options.credentials));
        let shared = Arc::new(Shared { login, options });
        Client { shared, svm, limiter, deadline: None, release: OLDEST }
    }

    /// Has this client and all its clones enter another way, from the next exchange on.
    pub fn renew(&self, transport: Arc<dyn Transport>, credentials: &Credentials) {
        self.shared.login.store(Login::new(transport, credentials));
    }

    /// The same, all of whose work ends `patience` from now: waiting, repetitions and jobs included.
    pub fn within(&self, patience: Duration) -> Client {
        Client { deadline: Some(self.clock().running() + patience), ..self.clone() }
    }

    /// The same, with its calls made in `svm` (for cluster accounts).
    pub fn bound_to(&self, svm: &str) -> Client {
        let limiter = self.shared.options.limiters.of(&self.shared.options.array, svm);
        Client { svm: Some(svm.into()), limiter, ..self.clone() }
    }

    /// The same, using what `release` has. Until told, a client keeps to what the oldest supported release has.
    pub fn speaking(&self, release: Release) -> Client {
        Client { release, ..self.clone() }
    }

    /// The release it speaks.
    pub fn release(&self) -> Release {
        self.release
    }

    pub fn clock(&self) -> &Clock {
        &self.shared.options.clock
    }

    /// The limiter of the SVM it is bound to.
    pub fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    /// The one record that `call` names.
    pub(crate) async fn get<T: DeserializeOwned>(&self, call: Call) -> Result<T, Error> {
        let path = call.path_and_query(Query::new());
        self.exchange(&call, path, &mut self.term(&call), |answer| answer.parse(call.endpoint)).await
    }

    /// All records that match, page by page; more than `most` of them are an error, never silently less.
    pub(crate) async fn list<T: DeserializeOwned>(&self, call: Call, most: usize) -> Result<Vec<T>, Error> {
        self.pages(call, PAGE.0, most).await
    }

    /// As [`list`](Client::list), with at most `at_a_time` records in a page: for large ones.
    pub(crate) async fn pages<T: DeserializeOwned>(
        &self,
        call: Call,
        at_a_time: usize,
        most: usize,
    ) -> Result<Vec<T>, Error> {
        let mut term = self.term(&call);
        let mut path = call.path_and_query(Query::new().raw("max_records", &at_a_time.min(most.max(1)).to_string()));
        let mut records = Vec::new();
        for _ in 0..PAGE.1 {
            let read = |answer: &Answer| answer.parse::<Page<T>>(call.endpoint);
            let page = self.exchange(&call, path.clone(), &mut term, read).await?;
            records.extend(page.records);
            if records.len() > most {
                break;
            }
            let Some(next) = page.links.next else { return Ok(records) };
            if !next.href.starts_with("/api/") || next.href == path || next.href.chars().any(char::is_whitespace) {
                return Err(Error::unknown(call.endpoint, "the link to the next page leads elsewhere"));
            }
            path = next.href;
        }
        Err(Error::refused(Some(call.endpoint), &format!("more than {most} records match: narrow the search")))
    }

    /// The only record that matches, if any does; several are an error.
    pub(crate) async fn only<T: DeserializeOwned>(&self, call: Call) -> Result<Option<T>, Error> {
        let endpoint = call.endpoint;
        let mut records = self.list(call, 16).await?;
        match records.len() {
            0 | 1 => Ok(records.pop()),
            many => Err(Error::refused(Some(endpoint), &format!("{many} records match where one was expected"))),
        }
    }

    pub(crate) fn term(&self, call: &Call) -> Term {
        let timeouts = &self.shared.options.timeouts;
        let patience = if call.endpoint.reads() { timeouts.read } else { timeouts.operation };
        match self.deadline {
            Some(deadline) => Term::fixed(deadline),
            None => Term::of(self.clock().running(), patience, timeouts.wait),
        }
    }

    /// One exchange, and as many more as its errors allow before the end of `term`. An answer that can't be `read` is an error like
    /// any other.
    pub(crate) async fn exchange<T>(
        &self,
        call: &Call,
        path: String,
        term: &mut Term,
        read: impl Fn(&Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut retries = Retries::default();
        loop {
            let error = match self.once(call, path.clone(), term, &read).await {
                Ok(result) => return Ok(result),
                Err(error) => error,
            };
            match retries.pause(&error, call.endpoint.reads(), self.clock()) {
                Some(pause) if pause < term.left(self.clock().running()) => self.clock().sleep(pause).await,
                _ => return Err(error),
            }
        }
    }

    async fn once<T>(
        &self,
        call: &Call,
        path: String,
        term: &mut Term,
        read: &impl Fn(&Answer) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let asked = self.clock().running();
        let place = self.limiter.acquire(term.waits_until(asked)).await;
        let begun = self.clock().running();
        term.waited(begun.saturating_sub(asked));
        let permit = place.map_err(|shed| Error::busy(call.endpoint, &shed.to_string()))?;
        (self.shared.options.fence)(call.endpoint).map_err(|why| Error::fenced(call.endpoint, &why))?;
        let left = term.left(begun);
        if left.is_zero() {
            return Err(Error::busy(call.endpoint, "there was no time left to make the call"));
        }
        let left = if call.endpoint.reads() { left.min(self.shared.options.timeouts.exchange) } else { left };
        if !call.endpoint.reads() {
            term.sent = Some(begun);
        }
        let login = self.shared.login.load_full();
        let request = self.request(&login, call, path, begun + left);
        tracing::trace!(backend = %self.shared.options.backend, ?request, "calls ONTAP");
        let outcome = self.clock().within(left, login.transport.call(request)).await;
        let took = self.clock().running().saturating_sub(begun);
        let (result, outcome) = match outcome {
            Err(late) => (Err(Error::unknown(call.endpoint, &format!("no answer: {late}"))), CallOutcome::TimedOut),
            // The transport watches the same deadline.
            Ok(Err(broken)) if took >= left => (Err(Error::broken(call.endpoint, &broken)), CallOutcome::TimedOut),
            Ok(Err(broken)) => (Err(Error::broken(call.endpoint, &broken)), CallOutcome::Nothing),
            Ok(Ok(reply)) => {
                let result =
                    Answer::judge(call.endpoint, reply).and_then(|answer| Ok((answer.reply.status, read(&answer)?)));
                (result, CallOutcome::Answered(took))
            }
        };
        let turned_away = result.as_ref().is_err_and(Error::turned_away);
        permit.done(call.endpoint, if turned_away { CallOutcome::TurnedAway } else { outcome });
        self.note(call.endpoint, result.as_ref().map(|(status, _)| *status), took);
        result.map(|(_, result)| result)
    }

    fn request(&self, login: &Login, call: &Call, path_and_query: String, deadline: Duration) -> Request {
        let shared = &self.shared;
        let mut headers =
            vec![("Accept", "application/json".to_owned()), ("X-Dot-Client-App", shared.options.app.clone())];
        if call.body.is_some() {
            headers.push(("Content-Type", "application/json".to_owned()));
        }
        if let (Some(svm), false) = (&self.svm, call.untunnelled) {
            headers.push(("X-Dot-SVM-Name", svm.to_string()));
        }
        if let Some(authorization) = &login.authorization {
            headers.push(("Authorization", authorization.expose_secret().to_owned()));
        }
        Request { method: call.endpoint.row().method, path_and_query, headers, body: call.body.clone(), deadline }
    }

    fn note(&self, endpoint: Endpoint, result: Result<u16, &Error>, took: Duration) {
        let backend = self.shared.options.backend.as_str();
        let outcome = match result {
            Ok(202) => "accepted",
            Ok(_) => "done",
            Err(error) => error.class().name(),
        };
        meter::count(backend, endpoint, outcome, took);
        let (svm, why) = (self.svm.as_deref(), result.err().map(Error::message));
        tracing::debug!(backend, svm, call = %endpoint, outcome, ?took, why, "called ONTAP");
    }
}
