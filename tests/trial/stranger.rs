//! Somebody in a project of their own who sends what nobody should: every route of the API with ids, queries, versions, headers and
//! bodies that are almost right. Whatever comes, there is an answer, it is no fault of the daemon's own, and it tells of nobody else.
//!
//! Members and parameters are drawn from the API's own tables, so what is built later is sent too. How to get it wrong: to let
//! somebody like this change what others rely on; only what is read is asked for as an administrator.

use std::rc::Rc;
use std::time::Duration;

use actix_web::http::Uri;
use actix_web::http::header::HeaderValue;
use actix_web::test::TestRequest;
use manilad_http::catalogue;
use manilad_http::route::{Method, Route};
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use serde_json::{Map, Value, json};

use crate::plan::stream;
use crate::world::World;

/// The project, which owns whatever of it all is taken.
pub const PROJECT: &str = "stranger";

const VERSIONS: [&str; 14] = [
    "2.80",
    "2.99",
    "2.0",
    "2.7",
    "2.31",
    "latest",
    "2.100",
    "1.0",
    "",
    "2.-1",
    "2.80.1",
    "2",
    "x",
    "99999999999999999999.9",
];

/// Words that stand where something else is expected.
const WORDS: [&str; 22] = [
    "",
    " ",
    "0",
    "-1",
    "1",
    "18446744073709551616",
    "1e309",
    "NaN",
    "true",
    "None",
    "null",
    "{}",
    "{'a': 'b'}",
    "{'a': ",
    "%",
    "../..",
    "\u{0}",
    "\u{202e}é𝔘",
    "a=b&c",
    "2026-13-01",
    "asc",
    "tenant01",
];

struct Stranger {
    world: Rc<World>,
    lots: StdRng,
    routes: Vec<&'static Route>,
}

/// Sends until the trial is as long as it is to be.
pub async fn work(world: Rc<World>) {
    let lots = stream(world.plan.seed, PROJECT);
    let mut stranger = Stranger { world: world.clone(), lots, routes: catalogue().collect() };
    while world.clock.running() < world.plan.length {
        let pause = stranger.lots.random_range(0.0..world.plan.pause.as_secs_f64());
        world.clock.sleep(Duration::from_secs_f64(pause)).await;
        stranger.send().await;
    }
}

impl Stranger {
    async fn send(&mut self) {
        let route = self.routes[self.lots.random_range(0..self.routes.len())];
        let role = if route.method == Method::GET && self.lots.random() { "admin" } else { "member" };
        let target = format!("/v2{}{}", self.path(route), self.query(route));
        let version = *VERSIONS.choose(&mut self.lots).unwrap();
        let body = self.body(route);
        let (Ok(uri), Ok(version)) = (target.parse::<Uri>(), HeaderValue::from_str(version)) else { return };
        let mut request = TestRequest::default()
            .method(route.method.name().parse().unwrap())
            .uri(&uri.to_string())
            .insert_header(("X-Auth-Token", format!("user-{PROJECT}:{PROJECT}:{role}")))
            .insert_header(("X-OpenStack-Manila-API-Version", version.clone()));
        if self.lots.random_bool(0.95) {
            request = request.insert_header(("Content-Type", "application/json"));
        }
        if self.lots.random() {
            request = request.insert_header(("X-OpenStack-Manila-API-Experimental", "True"));
        }
        let shown = String::from_utf8_lossy(&body).chars().take(300).collect::<String>();
        let what = format!("{PROJECT} as {role} at {version:?}: {} {target} {shown}", route.method.name());
        let asked = format!("{target} {}", String::from_utf8_lossy(&body));
        let answer = self.world.answer(request.set_payload(body), || what.clone()).await;
        let (status, told) = answer.map_or((0, Value::Null), |answer| answer);
        self.world.note(&format!("{what}: {status}"));
        if route.method == Method::POST && (200..300).contains(&status) {
            self.world.owners.borrow_mut().note(PROJECT, &told);
        }
        let told = told.to_string();
        // The word that was sent may come back; any other name is somebody's.
        let name =
            |at: usize| told.get(at + 6..at + 8).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        let is_told = told.match_indices("tenant").filter_map(|(at, _)| name(at)).any(|number| number != "01");
        if role == "member" && is_told {
            self.world.breaks(format!("{what} is told of others: {told}"));
        }
        if role == "member" {
            self.world.tells_of_its_own(PROJECT, &asked, &told);
        }
    }

    fn path(&mut self, route: &Route) -> String {
        let segments =
            route.path.split('/').map(|segment| if segment.starts_with('{') { self.id() } else { segment.to_owned() });
        segments.collect::<Vec<_>>().join("/")
    }

    /// Of somebody's share or snapshot, of nothing, or no id at all.
    fn id(&mut self) -> String {
        let shares: Vec<String> = self.world.ledger.book().shares.keys().cloned().collect();
        let snapshots: Vec<String> = self.world.snapshots.borrow().snapshots.keys().cloned().collect();
        match self.lots.random_range(0..5) {
            4 => snapshots.choose(&mut self.lots).cloned().unwrap_or_default(),
            0 => uuid::Uuid::from_u128(self.lots.random()).to_string(),
            1 => encoded(&self.word()),
            _ => shares.choose(&mut self.lots).cloned().unwrap_or_default(),
        }
    }

    fn word(&mut self) -> String {
        match self.lots.random_range(0..20) {
            0 => "a".repeat(self.lots.random_range(200..300)),
            1 => "é".repeat(3000),
            _ => (*WORDS.choose(&mut self.lots).unwrap()).to_owned(),
        }
    }

    fn query(&mut self, route: &Route) -> String {
        let known: Vec<&str> = route.query.iter().copied().flatten().map(|parameter| parameter.name).collect();
        let pairs = (0..self.lots.random_range(0..4)).map(|_| {
            let name = match known.choose(&mut self.lots) {
                Some(name) if self.lots.random_bool(0.8) => (*name).to_owned(),
                _ => ["all_tenants", "project_id", "limit", "sort_key", "marker"]
                    .choose(&mut self.lots)
                    .unwrap()
                    .to_string(),
            };
            format!("{}={}", encoded(&name), encoded(&self.word()))
        });
        let pairs: Vec<String> = pairs.collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    fn body(&mut self, route: &Route) -> Vec<u8> {
        let wish = match route.body {
            Some(shape) => {
                let mut members = Map::new();
                for member in shape.members {
                    let value = self.value(3);
                    if self.lots.random_bool(0.7) {
                        members.insert(member.name.to_owned(), value);
                    }
                }
                match shape.wrappers.choose(&mut self.lots) {
                    Some(wrapper) => {
                        json!({ *wrapper: if self.lots.random_bool(0.9) { json!(members) } else { self.value(3) } })
                    }
                    None => json!(members),
                }
            }
            None => route.action.map_or(Value::Null, |action| json!({ action: self.value(2) })),
        };
        let mut bytes = if wish.is_null() && self.lots.random() { Vec::new() } else { wish.to_string().into_bytes() };
        match self.lots.random_range(0..20) {
            0 => bytes.truncate(bytes.len() / 2),
            1 => bytes = b"[".repeat(100_000),
            2 => bytes.extend_from_slice(b"\xff\xfe"),
            3 if !bytes.is_empty() => {
                let at = self.lots.random_range(0..bytes.len());
                bytes[at] = self.lots.random();
            }
            _ => {}
        }
        bytes
    }

    /// Anything, no deeper than that.
    fn value(&mut self, depth: u32) -> Value {
        match self.lots.random_range(0..12) {
            0 => Value::Null,
            1 => self.lots.random::<bool>().into(),
            2 => json!([-1, 0, 1, 4097][self.lots.random_range(0..4)]),
            3 => json!(u64::MAX),
            4 => json!(1.5e300),
            5 if depth > 0 => json!([self.value(depth - 1), self.value(depth - 1)]),
            6 if depth > 0 => json!({ self.word(): self.value(depth - 1) }),
            7 => json!(self.id()),
            _ => json!(self.word()),
        }
    }
}

/// A text as it stands in a URL.
fn encoded(text: &str) -> String {
    let letter = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    };
    text.bytes().map(letter).collect()
}
