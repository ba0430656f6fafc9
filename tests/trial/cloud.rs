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

use crate::neutron::{Neutron, reply};

/// Answers whether the service is away at a time.
pub type IsAway = Box<dyn Fn(Duration) -> bool + Send + Sync>;

pub struct Cloud {
    pub clock: Clock,
    /// Whether Keystone is away.
    pub is_away: IsAway,
    pub neutron: Arc<Neutron>,
}

/// How long a service takes.
const LATENCY: Duration = Duration::from_millis(3);

/// How long tokens live.
const LIFE: Duration = Duration::from_secs(900);

impl Cloud {
    fn answer(&self, request: &Request) -> Reply {
        let end = (self.clock.now() + LIFE).to_string();
        if request.method == Method::POST {
            let endpoint = json!({ "interface": "public", "region": "One", "url": "http://network.test:9696" });
            let catalog = json!([{ "type": "network", "endpoints": [endpoint] }]);
            let mut reply = reply(201, &json!({ "token": { "expires_at": end, "catalog": catalog } }));
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
            match (self.is_away)(self.clock.running()) {
                true => Err(Lost("connection refused".to_owned())),
                false => Ok(self.answer(&request)),
            }
        }
        .boxed()
    }
}
