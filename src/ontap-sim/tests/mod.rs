//! The cluster as its clients see it: calls go in by the front door, time is stepped.

mod accounts;
mod array;
mod catalogue;
mod clones;
mod collections;
mod directories;
mod faults;
mod fpolicy;
mod jobs;
mod key_stores;
mod namespace;
mod network;
mod owners;
mod persistence;
mod policies;
mod qos;
mod served;
mod serving;
mod snapshots;
mod space;
mod tenants;
mod verbs;
mod volumes;
mod written_again;

use std::future::Future;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use manilad_clock::{Clock, Hand, Timestamp};
use serde_json::{Value, json};

use crate::{Call, Cluster, Config, Dropped, Reply};

/// A cluster with a clock that stands still.
#[derive(Clone)]
struct Lab {
    cluster: Cluster,
    clock: Clock,
    hand: Hand,
    /// Headers of every call.
    headers: Vec<(String, String)>,
}

fn basic(name: &str, password: &str) -> (String, String) {
    ("Authorization".to_owned(), format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
}

impl Lab {
    fn new() -> Self {
        Lab::with(Config::default())
    }

    fn with(config: Config) -> Self {
        let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
        Lab::at(config, clock, hand)
    }

    fn at(config: Config, clock: Clock, hand: Hand) -> Self {
        let cluster = Cluster::open(config, clock.clone()).unwrap();
        let headers = vec![basic("admin", "password"), ("Accept".to_owned(), "application/json".to_owned())];
        Lab { cluster, clock, hand, headers }
    }

    /// The same cluster, asked with other or more headers.
    fn asked(&self, headers: &[(&str, &str)]) -> Self {
        let mut other = self.clone();
        for (name, value) in headers {
            other.headers.retain(|(present, _)| present != name);
            other.headers.push(((*name).to_owned(), (*value).to_owned()));
        }
        other
    }

    fn login(&self, name: &str, password: &str) -> Self {
        let (header, value) = basic(name, password);
        self.asked(&[(&header, &value)])
    }

    async fn raw(&self, method: &str, target: &str, body: &Value) -> Result<Reply, Dropped> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let call = Call {
            method: method.to_owned(),
            target: target.to_owned(),
            headers: self.headers.clone(),
            body: body.into(),
            ..Call::default()
        };
        self.cluster.answer(call).await
    }

    async fn call(&self, method: &str, target: &str, body: Value) -> (u16, Value) {
        let reply = self.raw(method, target, &body).await.unwrap();
        (reply.status, serde_json::from_slice(&reply.body).unwrap())
    }

    async fn get(&self, target: &str) -> Value {
        let (status, body) = self.call("GET", target, Value::Null).await;
        assert_eq!(status, 200, "{target}: {body}");
        body
    }

    /// A write that must succeed. Jobs are waited for.
    async fn done(&self, method: &str, target: &str, body: Value) -> Value {
        let join = if target.contains('?') { '&' } else { '?' };
        let target = format!("{target}{join}return_timeout=120&return_records=true");
        let (status, body) = self.call(method, &target, body).await;
        assert!(status == 200 || status == 201, "{method} {target}: {status} {body}");
        body
    }

    /// The code with which a write is refused. Jobs are waited for.
    async fn refused(&self, method: &str, target: &str, body: Value) -> String {
        let join = if target.contains('?') { '&' } else { '?' };
        let target = format!("{target}{join}return_timeout=120");
        let (status, body) = self.call(method, &target, body).await;
        assert!(status >= 400, "{method} {target}: {status} {body}");
        body["error"]["code"].as_str().unwrap().to_owned()
    }

    /// Makes a volume of this many MiB in `aggr1`, with what else is given, and returns its uuid.
    async fn volume(&self, name: &str, mib: u64, more: Value) -> String {
        let record = self.done("POST", "/api/storage/volumes", volume(name, mib, more)).await;
        record["records"][0]["uuid"].as_str().unwrap().to_owned()
    }

    async fn available(&self, aggregate: &str) -> u64 {
        let body = self.get(&format!("/api/storage/aggregates?name={aggregate}&fields=space")).await;
        body["records"][0]["space"]["block_storage"]["available"].as_u64().unwrap()
    }

    /// Steps the clock in small steps until the work is done, and tells how long that took in stepped time.
    async fn timed<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> (T, Duration) {
        let started = self.clock.running();
        let mut work = tokio::spawn(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return (done.unwrap(), self.clock.running() - started),
                () = self.hand.until_sleeping(1) => self.hand.step(Duration::from_millis(5)),
            }
            tokio::task::yield_now().await;
        }
    }
}

fn volume(name: &str, mib: u64, more: Value) -> Value {
    let mut body = json!({"name": name, "size": mib << 20, "svm.name": "svm1", "aggregates": [{"name": "aggr1"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn names(body: &Value) -> Vec<&str> {
    body["records"].as_array().unwrap().iter().map(|record| record["name"].as_str().unwrap()).collect()
}
