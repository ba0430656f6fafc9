//! The front door: a call comes in, its fault strikes, it waits its turn, it is carried out, what it changed reaches
//! the disk, and only then it is answered.

use std::time::Duration;

use serde_json::{Value, json};
use uuid::Uuid;

use crate::call::{Call, Dropped, Reply};
use crate::cluster::{Broken, Cluster};
use crate::faults::{FOR_EVER, Fault};
use crate::lanes::{Cost, Kind};
use crate::lookup::{aggregate, svm};
use crate::nouns::job;
use crate::reply::{of_job, written};
use crate::rest::ask::{Ask, GENERAL, Method};
use crate::rest::code::{INVALID, MISSING_ARGUMENT, Refusal, UNKNOWN_PATH};
use crate::rest::route::{Act, Endpoint, Write};
use crate::rest::{attributes, body, page};
use crate::rows::job::Mishap;
use crate::state::State;
use crate::understand::{Understood, plain_path, understand};
use crate::{auth, events, hooks, jobs, routing, zapi};

/// Why there is no ordinary reply.
enum Rejection {
    Refused(Refusal),
    Broken,
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Rejection::Refused(refusal)
    }
}

impl From<Broken> for Rejection {
    fn from(_: Broken) -> Self {
        Rejection::Broken
    }
}

impl Cluster {
    /// Answers one call, with the same latencies and faults as over HTTP.
    ///
    /// # Errors
    /// A fault cut the connection.
    pub async fn answer(&self, call: Call) -> Result<Reply, Dropped> {
        if self.config().hooks && call.path().starts_with(hooks::ROOT) {
            return Ok(hooks::answer(self, &call));
        }
        let endpoint =
            routing::find(Method::parse(&call.method), &plain_path(&call)).map_or("?", |(endpoint, _)| endpoint.path);
        let endpoint = if call.path() == zapi::PATH { zapi::PATH } else { endpoint };
        let number = self.log().begin(&call, endpoint, self.clock().now());
        let reply = self.attend(&call).await;
        self.log().end(number, &reply);
        reply
    }

    async fn attend(&self, call: &Call) -> Result<Reply, Dropped> {
        let fault = self.draw(call);
        match &fault {
            Some(Fault::Drop) => return Err(Dropped),
            Some(Fault::Stall) => {
                self.clock().sleep(FOR_EVER).await;
                return Err(Dropped);
            }
            Some(Fault::Html { status }) => {
                let page = "<html><body><h1>Internal Server Error</h1></body></html>";
                return Ok(Reply::text(*status, "text/html", page.to_owned()));
            }
            Some(Fault::Gateway { status, seconds }) => {
                let (own, call, pause) = (self.clone(), call.clone(), pause_of(*seconds));
                tokio::spawn(async move {
                    own.clock().sleep(pause).await;
                    let _nobody_waits = own.carry_out(&call, None).await;
                });
                let error = json!({"error": {"code": status, "message": "upstream request timeout"}});
                return Ok(Reply::json(*status, &error));
            }
            Some(Fault::Delay { seconds }) => self.clock().sleep(pause_of(*seconds)).await,
            Some(Fault::SpaceLeft { aggregate, bytes }) => {
                self.with(|state| aggregate::set_available(state, aggregate, *bytes)).map_err(|Broken| Dropped)?;
            }
            Some(other) => {
                if let Some(refusal) = other.refusal() {
                    return Ok(Reply::refusal(&refusal));
                }
            }
            None => {}
        }
        let outcome = match (call.path(), call.method.as_str()) {
            (zapi::PATH, _) => self.answer_xml(call).await,
            (_, "OPTIONS") => self.tell_methods(call),
            (_, "HEAD") => {
                let get = Call { method: Method::Get.name().to_owned(), ..call.clone() };
                self.carry_out(&get, None).await.map(|reply| Reply { body: bytes::Bytes::new(), ..reply })
            }
            _ => self.carry_out(call, fault.as_ref().and_then(Fault::mishap)).await,
        };
        let mut reply = match outcome {
            Ok(reply) => reply,
            Err(Rejection::Refused(refusal)) => Reply::refusal(&refusal),
            Err(Rejection::Broken) => return Err(Dropped),
        };
        let accept = call.header("Accept").unwrap_or("*/*");
        if accept.contains("application/json") && !accept.contains("hal+json") {
            reply.is_plain_json();
        }
        match fault {
            Some(Fault::ReplyLost) => Err(Dropped),
            Some(Fault::ReplyStalled) => {
                self.clock().sleep(FOR_EVER).await;
                Err(Dropped)
            }
            Some(Fault::ReplyTruncated) => {
                reply.body.truncate(reply.body.len() / 2);
                Ok(reply)
            }
            _ => Ok(reply),
        }
    }

    /// The fault that strikes this call.
    fn draw(&self, call: &Call) -> Option<Fault> {
        if self.script().standing().is_empty() {
            return None;
        }
        let svm = self.glance(|state| about(state, call));
        self.script().draw(&call.method, &plain_path(call), svm.as_deref())
    }

    /// Refuses what the role of the caller lets through as a whole, and not for each of these.
    fn admit_all(&self, call: &Call, chosen: &[Ask]) -> Result<(), Rejection> {
        let may = |state: &mut State| {
            let who = auth::caller(state, call)?;
            chosen.iter().try_for_each(|one| auth::permit(&who, one.method, &one.path))
        };
        Ok(self.with(may)??)
    }

    /// Which methods a path has.
    fn tell_methods(&self, call: &Call) -> Result<Reply, Rejection> {
        self.with(|state| auth::caller(state, call).map(drop))??;
        let allowed = routing::methods(&plain_path(call));
        if allowed.is_empty() {
            return Err(Refusal::new(UNKNOWN_PATH, "API not found").into());
        }
        Ok(Reply::json(200, &json!({})).with("Allow", allowed.join(", ")))
    }

    async fn answer_xml(&self, call: &Call) -> Result<Reply, Rejection> {
        self.turn(None, Kind::Read, Cost::Read).await?;
        self.with(|state| auth::caller(state, call).map(drop))??;
        self.settle().await?;
        Ok(Reply::text(200, "text/xml", zapi::answer(&call.body, self.config().release)))
    }

    /// Waits for a place in the queue of the SVM, and then as long as the request costs.
    async fn turn(&self, svm: Option<Uuid>, kind: Kind, cost: Cost) -> Result<(), Rejection> {
        let booking = self.with(|state| {
            let now = state.running;
            state.lanes.book(svm, kind, cost, now).map(|booking| booking.end.saturating_sub(now))
        })?;
        self.pause(booking?).await;
        Ok(())
    }

    async fn pause(&self, pause: Duration) {
        if !pause.is_zero() {
            self.clock().sleep(pause).await;
        }
    }

    async fn carry_out(&self, call: &Call, mishap: Option<Mishap>) -> Result<Reply, Rejection> {
        let Understood { endpoint, mut ask, records } = self.with(|state| understand(state, call))??;
        if records.is_none() && is_to_be_found(endpoint, &ask) {
            let mut chosen = self.with(|state| each(state, endpoint, &ask, endpoint.path))??;
            self.admit_all(call, &chosen)?;
            match chosen.len() {
                0 => return Err(Refusal::absent(endpoint.noun.name).into()),
                1 => {
                    let general = ask.arguments.into_iter().filter(|(name, _)| GENERAL.contains(&name.as_str()));
                    let one = chosen.remove(0);
                    ask = Ask { arguments: one.arguments.iter().cloned().chain(general).collect(), ..one };
                }
                _ => return self.over(endpoint, &ask, chosen, mishap).await,
            }
        }
        match endpoint.act {
            Act::Collection | Act::Instance => {
                self.turn(ask.svm, Kind::Read, Cost::Read).await?;
                let body = self.with(|state| match endpoint.act {
                    Act::Instance => page::instance(state, &ask, endpoint.noun),
                    _ => page::collection(state, &ask, endpoint.noun, endpoint.arguments),
                })?;
                self.settle().await?;
                Ok(Reply::json(200, &body?))
            }
            Act::Sync(cost, write) if records.is_none() => {
                let svm = self.glance(|state| svm_of(state, endpoint, &ask));
                self.turn(svm, Kind::Write, cost).await?;
                let reply = self.with(|state| {
                    let made = attributes::carried_out(state, endpoint.noun, &ask, write)?;
                    Ok::<_, Refusal>(written(state, endpoint, &ask, &made, None))
                })?;
                self.settle().await?;
                Ok(reply?)
            }
            Act::Job(..) | Act::Sync(..) => self.run(endpoint, ask, records, mishap).await,
            Act::Each(instance) => {
                let chosen = self.with(|state| match &records {
                    Some(records) => each_of(state, endpoint, records, instance),
                    None => each(state, endpoint, &ask, instance),
                })??;
                self.admit_all(call, &chosen)?;
                self.over(endpoint, &ask, chosen, mishap).await
            }
        }
    }

    /// Starts a job and waits for it as long as the request says.
    async fn run(
        &self,
        endpoint: &'static Endpoint,
        ask: Ask,
        records: Option<Vec<Ask>>,
        mishap: Option<Mishap>,
    ) -> Result<Reply, Rejection> {
        let bulk = records.is_some();
        let asks = records.unwrap_or_else(|| vec![ask.clone()]);
        let accepted = self.with(|state| start(state, endpoint, asks, bulk, mishap))?;
        let Started { job, ends, now } = accepted?;
        let patience = Duration::from_secs(ask.return_timeout()?.unwrap_or(0));
        // Even a request that does not wait for its job takes as long as it takes to accept it.
        let least = self.config().latency.of(Cost::Read);
        let hurry = ends.map_or(patience, |ends| patience.min(ends.saturating_sub(now)));
        self.pause(hurry.max(least)).await;
        let reply = self.with(|state| {
            let waits = !patience.is_zero();
            of_job(state, endpoint, &ask, job, bulk, waits)
        })?;
        self.settle().await?;
        Ok(reply?)
    }

    /// The same verb on every record that was chosen.
    async fn over(
        &self,
        endpoint: &'static Endpoint,
        ask: &Ask,
        chosen: Vec<Ask>,
        mishap: Option<Mishap>,
    ) -> Result<Reply, Rejection> {
        let Some(first) = chosen.first().and_then(routing::again) else {
            return match endpoint.nothing_found {
                Some(code) => Err(Refusal::new(code, "The query finds no entry.").into()),
                None => Ok(Reply::json(200, &json!({"num_records": 0}))),
            };
        };
        if let Act::Sync(cost, write) = first.act {
            let svm = self.glance(|state| chosen.first().and_then(|ask| svm_of(state, first, ask)));
            self.turn(svm, Kind::Write, cost).await?;
            let done = self.with(|state| all(state, first, &chosen, write))?;
            self.settle().await?;
            return Ok(Reply::json(200, &json!({"num_records": done?})));
        }
        // All of them, before any begins.
        let checked = self.with(|state| {
            chosen.iter().try_for_each(|ask| match first.act.write(ask) {
                Some((_, check, _)) => check(state, ask),
                None => Ok(()),
            })
        })?;
        checked?;
        let started = self.with(|state| {
            let one = |ask: &Ask| start(state, first, vec![ask.clone()], false, mishap.clone());
            chosen.iter().map(one).collect::<Result<Vec<_>, _>>()
        })?;
        let started = started?;
        let patience = Duration::from_secs(ask.return_timeout()?.unwrap_or(15));
        let longest = started.iter().map(|job| job.ends.map_or(patience, |ends| ends.saturating_sub(job.now))).max();
        self.pause(longest.unwrap_or_default().min(patience)).await;
        let failed = self.with(|state| {
            let outcome = |job: &Started| state.jobs.get(&job.job)?.outcome.clone()?.err();
            started.iter().find_map(outcome)
        })?;
        self.settle().await?;
        match failed {
            Some(refusal) => Err(refusal.into()),
            None => {
                let jobs: Vec<Value> = started.iter().map(|job| job::link(job.job)).collect();
                Ok(Reply::json(200, &json!({"num_records": jobs.len(), "jobs": jobs})))
            }
        }
    }
}

fn pause_of(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(FOR_EVER).min(FOR_EVER)
}

/// The SVM that a call is about, as faults are scripted by it: by tunnelling, account, body, or the object it names.
fn about(state: &State, call: &Call) -> Option<String> {
    if let Some(name) = call.header("X-Dot-SVM-Name") {
        return Some(name.to_owned());
    }
    let own = || auth::caller(state, call).ok()?.svm;
    let said = || svm::named(state, body::parse(&call.body).ok()?.pointer("/svm/name")?.as_str()?);
    let touched = || understand(state, call).ok().and_then(|it| svm_of(state, it.endpoint, &it.ask));
    let svm = own().or_else(said).or_else(touched)?;
    state.svms.get(&svm).map(|svm| svm.name.clone())
}

/// The SVM in whose queue a write waits.
fn svm_of(state: &State, endpoint: &Endpoint, ask: &Ask) -> Option<Uuid> {
    if ask.svm.is_some() {
        return ask.svm;
    }
    // What is done to a job waits for none.
    if std::ptr::eq(endpoint.noun, &job::JOB) {
        return None;
    }
    if ask.method == Method::Post && ask.has("svm") {
        return svm::target(state, ask).ok();
    }
    if let Some(uuid) = ask.keys.get("volume.uuid").and_then(|uuid| uuid.parse().ok()) {
        return state.volumes.get(&uuid).map(|volume| volume.svm);
    }
    let named = Ask { arguments: Vec::new(), ..ask.clone() };
    let record = page::one(state, &named, endpoint.noun).ok()?;
    record.pointer("/svm/uuid")?.as_str()?.parse().ok()
}

/// A job that has been accepted.
struct Started {
    job: Uuid,
    /// Running time at which it ends. `None`: never.
    ends: Option<Duration>,
    now: Duration,
}

fn start(
    state: &mut State,
    endpoint: &Endpoint,
    asks: Vec<Ask>,
    bulk: bool,
    mishap: Option<Mishap>,
) -> Result<Started, Refusal> {
    let check = |ask: &Ask| endpoint.act.write(ask).map_or(Ok(()), |(_, check, _)| check(state, ask));
    asks.iter().try_for_each(check)?;
    let svm = asks.first().and_then(|ask| svm_of(state, endpoint, ask));
    let hangs = mishap == Some(Mishap::Hangs);
    let (job, ends) = jobs::accept(state, asks, bulk, svm, mishap)?;
    let started = Started { job, ends: (!hangs).then_some(ends), now: state.running };
    // Where nothing takes time the job has ended before anybody could ask for it.
    events::advance(state);
    Ok(started)
}

/// Whether a write on one object names it by more than its path: by a query, or with `*` for what it is below.
fn is_to_be_found(endpoint: &Endpoint, ask: &Ask) -> bool {
    let is_write =
        matches!(ask.method, Method::Patch | Method::Delete) && matches!(endpoint.act, Act::Sync(..) | Act::Job(..));
    let is_queried =
        || endpoint.noun.conditions(ask, endpoint.arguments).is_ok_and(|conditions| !conditions.is_empty());
    is_write && (ask.keys.values().any(|key| key == "*") || is_queried())
}

/// Whether the path of one object says nothing of which: `*` stands for its own key, and not only for what it is below.
fn names_none(endpoint: &Endpoint, ask: &Ask) -> bool {
    let own = endpoint.path.split('/').rev().map_while(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let is_of_parent = |key: &&str| ["svm.uuid", "owner.uuid"].contains(key);
    own.filter(|key| !is_of_parent(key)).any(|key| ask.keys.get(key).is_some_and(|value| value == "*"))
}

/// The single requests for what each of the records names; one that names nothing is refused.
fn each_of(state: &State, endpoint: &Endpoint, records: &[Ask], instance: &str) -> Result<Vec<Ask>, Refusal> {
    let found = |record: &Ask| match each(state, endpoint, record, instance)? {
        found if found.is_empty() => Err(Refusal::absent(endpoint.noun.name)),
        found if found.len() > 1 => Err(Refusal::new(INVALID, "A record names several objects.").at("records")),
        found => Ok(found),
    };
    Ok(records.iter().map(found).collect::<Result<Vec<_>, _>>()?.concat())
}

/// The single requests of which a request over a query consists. Of a whole collection it is refused without a query.
fn each(state: &State, endpoint: &Endpoint, ask: &Ask, instance: &str) -> Result<Vec<Ask>, Refusal> {
    let is_over_all = matches!(endpoint.act, Act::Each(_)) || names_none(endpoint, ask);
    if is_over_all && endpoint.noun.conditions(ask, endpoint.arguments)?.is_empty() {
        let message = "A PATCH or DELETE of a collection needs a query.";
        return Err(Refusal::new(MISSING_ARGUMENT, message));
    }
    let own: Vec<(String, String)> =
        ask.arguments.iter().filter(|(name, _)| endpoint.arguments.contains(&name.as_str())).cloned().collect();
    let records = page::chosen(state, ask, endpoint.noun, endpoint.arguments)?;
    let paths = records.iter().filter_map(|record| endpoint.noun.href(record));
    let single = |path: String| {
        let (found, keys) = routing::find(Some(ask.method), &path)?;
        debug_assert_eq!(found.path, instance);
        Ok(Ask { path, keys, arguments: own.clone(), id: state.clock.id(), ..ask.clone() })
    };
    paths.map(single).collect()
}

/// Carries out single requests until one is refused. Returns how many were done.
fn all(state: &mut State, endpoint: &Endpoint, asks: &[Ask], write: Write) -> Result<usize, Refusal> {
    for ask in asks {
        attributes::carried_out(state, endpoint.noun, ask, write)?;
    }
    Ok(asks.len())
}
