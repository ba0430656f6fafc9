//! A wire into a simulated cluster, on which calls can come to grief.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use manilad_clock::Clock;
use manilad_ontap::{Broken, Reply, Request, Sent, Transport};
use manilad_ontap_sim::{Call, Cluster};

/// What befalls one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    /// It is carried out, and the answer is lost.
    LostReply,
    /// It never arrives, and nobody knows.
    LostCall,
    /// It is carried out that much later, and nobody knows.
    Late(Duration),
    /// The front end answers 503, in HTML: nobody knows.
    Unavailable,
    /// Something before the front end answers with this status, in JSON of its own; the call is carried out 20 s later.
    GatewayJson(u16),
    /// ONTAP answers that it is busy: not carried out.
    Busy,
    /// No connection comes about.
    NoConnection,
    /// The transport panics; the call does not arrive.
    Panic,
    /// No answer ever comes; the call does not arrive.
    Silence,
}

/// How late what nobody waits for is carried out.
const LATE: Duration = Duration::from_secs(20);

impl Mishap {
    pub const ALL: [Mishap; 10] = [
        Mishap::LostReply,
        Mishap::LostCall,
        Mishap::Late(LATE),
        Mishap::Unavailable,
        Mishap::GatewayJson(502),
        Mishap::GatewayJson(429),
        Mishap::Busy,
        Mishap::NoConnection,
        Mishap::Panic,
        Mishap::Silence,
    ];
}

/// Carries calls to a cluster. Clones are the same wire.
#[derive(Clone)]
pub struct SimWire {
    pub cluster: Cluster,
    clock: Clock,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// `METHOD /path` of each call, without its query.
    calls: Vec<String>,
    /// From which call on, counted from 0, how many come to grief, and how.
    struck: Option<(usize, usize, Mishap)>,
    /// How many calls came to grief that way.
    strikes: usize,
    /// Calls with this in their path or body come to grief, always.
    cursed: Vec<(String, Mishap)>,
    /// Writes with this in their body are answered with this status and body instead.
    answers: Vec<(String, u16, String)>,
    /// How long each call takes that comes to no grief.
    pause: Duration,
}

impl SimWire {
    pub fn new(cluster: Cluster, clock: Clock) -> Self {
        SimWire { cluster, clock, state: Arc::default() }
    }

    pub fn calls(&self) -> Vec<String> {
        self.state.lock().unwrap().calls.clone()
    }

    pub fn forget_calls(&self) {
        self.state.lock().unwrap().calls.clear();
    }

    /// From now on, the `nth` call and `count - 1` more come to grief.
    pub fn strike(&self, nth: usize, count: usize, mishap: Mishap) {
        let mut state = self.state.lock().unwrap();
        let from = state.calls.len() + nth;
        state.struck = Some((from, count, mishap));
    }

    pub fn strikes(&self) -> usize {
        self.state.lock().unwrap().strikes
    }

    pub fn curse(&self, word: &str, mishap: Mishap) {
        self.state.lock().unwrap().cursed.push((word.to_owned(), mishap));
    }

    pub fn answer_with(&self, word: &str, status: u16, body: &str) {
        self.state.lock().unwrap().answers.push((word.to_owned(), status, body.to_owned()));
    }

    /// Has each call take so long from now on.
    pub fn slow_down(&self, pause: Duration) {
        self.state.lock().unwrap().pause = pause;
    }

    fn answer(&self, request: &Request) -> Option<Reply> {
        let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
        let state = self.state.lock().unwrap();
        let has = |word: &String| request.path_and_query.contains(word) || body.contains(word);
        let (_, status, answer) = state.answers.iter().find(|(word, ..)| has(word))?;
        Some(Reply { status: *status, headers: Vec::new(), body: answer.as_bytes().to_vec() })
    }

    fn carry_later(&self, pause: Duration, request: Request) {
        let (cluster, clock) = (self.cluster.clone(), self.clock.clone());
        actix_rt::spawn(async move {
            clock.sleep(pause).await;
            let _nobody_waits = carry(cluster, request).await;
        });
    }

    pub fn heal(&self) {
        let mut state = self.state.lock().unwrap();
        state.struck = None;
        state.cursed.clear();
        state.answers.clear();
    }

    fn draw(&self, request: &Request) -> Option<Mishap> {
        let mut state = self.state.lock().unwrap();
        let path = request.path_and_query.split('?').next().unwrap_or_default();
        state.calls.push(format!("{} {path}", request.method.name()));
        let number = state.calls.len() - 1;
        let body = String::from_utf8_lossy(request.body.as_deref().unwrap_or_default()).into_owned();
        let cursed = |word: &String| request.path_and_query.contains(word) || body.contains(word);
        let by_word = state.cursed.iter().find(|(word, _)| cursed(word)).map(|(_, mishap)| *mishap);
        let struck = state.struck.filter(|(from, count, _)| (*from..from + count).contains(&number));
        state.strikes += usize::from(struck.is_some());
        by_word.or(struck.map(|(.., mishap)| mishap))
    }
}

fn broken(sent: Sent) -> Result<Reply, Broken> {
    Err(Broken { sent, why: "as the test wants it".to_owned() })
}

async fn carry(cluster: Cluster, request: Request) -> Result<Reply, Broken> {
    let call = Call {
        method: request.method.name().to_owned(),
        target: request.path_and_query,
        headers: request.headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        body: request.body.unwrap_or_default().into(),
        ..Call::default()
    };
    match cluster.answer(call).await {
        Ok(reply) => Ok(Reply { status: reply.status, headers: reply.headers, body: reply.body.to_vec() }),
        Err(dropped) => Err(Broken { sent: Sent::Maybe, why: dropped.to_string() }),
    }
}

impl Transport for SimWire {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Reply, Broken>> {
        let cluster = self.cluster.clone();
        let mishap = self.draw(&request);
        if let Some(reply) = self.answer(&request) {
            return async { Ok(reply) }.boxed();
        }
        let Some(mishap) = mishap else {
            let (clock, pause) = (self.clock.clone(), self.state.lock().unwrap().pause);
            return async move {
                if !pause.is_zero() {
                    clock.sleep(pause).await;
                }
                carry(cluster, request).await
            }
            .boxed();
        };
        let reply = |status, kind: &str, body: &str| {
            let headers = vec![("Content-Type".to_owned(), kind.to_owned())];
            Ok(Reply { status, headers, body: body.as_bytes().to_vec() })
        };
        let outcome = match mishap {
            Mishap::LostReply => return carry(cluster, request).map(|_| broken(Sent::Maybe)).boxed(),
            Mishap::Late(pause) => {
                self.carry_later(pause, request);
                broken(Sent::Maybe)
            }
            Mishap::GatewayJson(status) => {
                self.carry_later(LATE, request);
                let body = format!(r#"{{"error": {{"code": {status}, "message": "upstream error"}}}}"#);
                reply(status, "application/json", &body)
            }
            Mishap::LostCall => broken(Sent::Maybe),
            Mishap::NoConnection => broken(Sent::No),
            Mishap::Unavailable => reply(503, "text/html", "<html>Service Unavailable</html>"),
            Mishap::Busy => reply(
                503,
                "application/json",
                r#"{"error": {"code": "8", "message": "another operation is in progress"}}"#,
            ),
            Mishap::Panic => return async { panic!("the wire is cursed") }.boxed(),
            Mishap::Silence => return std::future::pending().boxed(),
        };
        async { outcome }.boxed()
    }
}
