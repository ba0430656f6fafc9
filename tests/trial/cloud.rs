//! The services of the cloud in a trial. Of Keystone, a token says who bears it: `user:project:role`.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use manilad_clock::Clock;
use manilad_openstack::{Lost, Reply, Request, Transport};
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};

use crate::key_store::{HOSTS, KeyStore, USER};
use crate::neutron::{Neutron, reply};

/// Answers whether the service is away at a time.
pub type IsAway = Box<dyn Fn(Duration) -> bool + Send + Sync>;

pub struct Cloud {
    pub clock: Clock,
    /// Whether Keystone is away.
    pub is_away: IsAway,
    pub neutron: Arc<Neutron>,
    pub keys: Arc<KeyStore>,
}

/// How long a service takes.
const LATENCY: Duration = Duration::from_millis(3);

/// How long tokens live.
const LIFE: Duration = Duration::from_secs(900);

impl Cloud {
    fn answer(&self, request: &Request) -> Reply {
        let end = (self.clock.now() + LIFE).to_string();
        if request.method == Method::POST {
            let at = |kind: &str, url: &str| json!({ "type": kind, "endpoints": [{ "interface": "public", "region": "One", "url": url }] });
            let [keys, credentials] = HOSTS.map(|host| format!("https://{host}"));
            let network = at("network", "http://network.test:9696");
            let catalog = json!([network, at("key-manager", &keys), at("identity", &credentials)]);
            let token = json!({ "user": { "id": USER }, "expires_at": end, "catalog": catalog });
            let mut reply = reply(201, &json!({ "token": token }));
            reply.headers.insert("x-subject-token", HeaderValue::from_static("service"));
            return reply;
        }
        let subject = request.headers.get("x-subject-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let [user, project, role] = subject.split(':').collect::<Vec<_>>()[..] else {
            return reply(404, &json!({ "error": { "code": 404, "message": "no such token", "title": "Not Found" } }));
        };
        let named = |name: &str| json!({ "id": name, "name": name, "domain": { "id": "default", "name": "Default" } });
        let roles: Vec<Value> = match role {
            "admin" => vec!["admin", "member", "reader"],
            _ => vec!["member", "reader"],
        }
        .into_iter()
        .map(|role| json!({ "id": role, "name": role }))
        .collect();
        let token = json!({ "user": named(user), "project": named(project), "roles": roles, "expires_at": end });
        reply(200, &json!({ "token": token }))
    }
}

impl Transport for Cloud {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Lost>> {
        async move {
            self.clock.sleep(LATENCY).await;
            if request.url.host_str() == Some("network.test") {
                return self.neutron.send(request, &self.clock);
            }
            if request.url.host_str().is_some_and(|host| HOSTS.contains(&host)) {
                return self.keys.send(request, &self.clock);
            }
            match (self.is_away)(self.clock.running()) {
                true => Err(Lost("connection refused".to_owned())),
                false => Ok(self.answer(&request)),
            }
        }
        .boxed()
    }
}
