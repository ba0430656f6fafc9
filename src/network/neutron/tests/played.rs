//! A Neutron played in process, with the Keystone before it: it keeps ports as the real one does, and can lose answers,
//! be away, be full, or hand out lists in pages.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::FutureExt;
use futures::future::{BoxFuture, LocalBoxFuture};
use manilad_clock::{Clock, Hand, Timestamp};
use manilad_openstack::{
    AuthOptions, Credential, EndpointSelector, Lost, Method, Reply, Request, Service, ServiceOptions, StatusCode,
    Transport,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{Neutron, NeutronOptions, Plugin};

pub const NET: &str = "11111111-0000-4000-8000-000000000001";
pub const SUBNET: &str = "22222222-0000-4000-8000-000000000001";

/// What a request meets instead of the usual answer.
#[derive(Debug, Clone, Copy)]
pub enum Mishap {
    /// It arrives, the answer does not.
    LostAnswer,
    /// It arrives after half a minute, when nobody waits for an answer any more.
    Late,
    /// It does not arrive.
    Lost,
    /// It does not arrive, and is waited for.
    Hangs,
    Status(u16),
    /// A gateway answers with this status, in JSON of its own. It arrives after half a minute.
    Gateway(u16),
}

pub struct State {
    pub networks: BTreeMap<String, Value>,
    pub subnets: BTreeMap<String, Value>,
    pub ports: Vec<Value>,
    /// Addresses of the subnet that can still be given.
    pub room: usize,
    pub quota: usize,
    pub page: usize,
    pub is_away: bool,
    pub refuses_tokens: usize,
    /// `binding:vif_type` of new ports with a host.
    pub vif_type: &'static str,
    /// Taken on by a network, one per look, once it has a bound port.
    pub comes_with_binding: VecDeque<Value>,
    /// What the next requests about ports meet.
    pub mishaps: VecDeque<Option<Mishap>>,
    pub created: Vec<Value>,
    late: Vec<(Timestamp, Request)>,
    made: u128,
}

#[derive(Clone)]
pub struct Played {
    clock: Clock,
    state: Arc<Mutex<State>>,
}

/// A plugin on stepped time whose Neutron the test plays.
pub struct Stage {
    pub plugin: Rc<Neutron>,
    pub neutron: Played,
    pub hand: Hand,
    service: ServiceOptions,
}

pub fn stage(options: NeutronOptions) -> Stage {
    let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    let neutron = Played { clock: clock.clone(), state: Arc::new(Mutex::new(State::new())) };
    let credential = AuthOptions {
        auth_type: Some("password".into()),
        user_id: Some("manila".into()),
        password: Some("pass-of-manila".into()),
        project_id: Some("service".into()),
        ..AuthOptions::default()
    };
    let service = ServiceOptions {
        auth_url: "http://id.example/v3".parse().unwrap(),
        credential: Credential::try_from(credential).unwrap(),
        endpoint: EndpointSelector { kind: "network", interface: "public".to_owned(), region: None },
        version: Some("v2.0"),
        header: None,
        retries: 2,
        attempt_patience: Duration::from_secs(30),
        patience: Duration::from_secs(120),
    };
    let plugin = plugin(options, &service, &neutron);
    Stage { plugin, neutron, hand, service }
}

fn plugin(options: NeutronOptions, service: &ServiceOptions, neutron: &Played) -> Rc<Neutron> {
    let service = Service::new(service.clone(), Arc::new(neutron.clone()), neutron.clock.clone());
    Rc::new(Neutron::new(options, service, neutron.clock.clone()))
}

impl Stage {
    /// The next incarnation, which knows nothing, takes the place of this one.
    pub fn succeed(&mut self) {
        self.plugin = plugin(self.plugin.options.clone(), &self.service, &self.neutron);
    }

    pub fn clock(&self) -> &Clock {
        &self.neutron.clock
    }

    /// What comes of a call, with the clock going on whenever it waits.
    pub fn done<T>(&self, call: impl FnOnce(&dyn Plugin) -> LocalBoxFuture<'_, T>) -> T {
        let mut call = call(&*self.plugin);
        for _ in 0..1000 {
            if let Some(outcome) = call.as_mut().now_or_never() {
                return outcome;
            }
            self.hand.step(Duration::from_secs(1));
        }
        panic!("not done after a thousand seconds");
    }
}

impl State {
    fn new() -> Self {
        let network = json!({
            "id": NET, "mtu": 1450, "provider:network_type": "vlan", "provider:physical_network": "phys",
            "provider:segmentation_id": 150,
        });
        let subnet = json!({
            "id": SUBNET, "network_id": NET, "cidr": "192.0.2.0/24", "ip_version": 4, "gateway_ip": "192.0.2.1",
        });
        State {
            networks: BTreeMap::from([(NET.to_owned(), network)]),
            subnets: BTreeMap::from([(SUBNET.to_owned(), subnet)]),
            ports: Vec::new(),
            room: 200,
            quota: 1000,
            page: 1000,
            is_away: false,
            refuses_tokens: 0,
            vif_type: "ovs",
            comes_with_binding: VecDeque::new(),
            mishaps: VecDeque::new(),
            created: Vec::new(),
            late: Vec::new(),
            made: 0,
        }
    }

    fn error(status: u16, kind: &str) -> (u16, Value) {
        (status, json!({ "NeutronError": { "type": kind, "message": format!("{kind} it is."), "detail": "" } }))
    }

    fn show(&mut self, many: &str, one: &str, id: &str) -> (u16, Value) {
        if many == "networks" && self.ports.iter().any(|port| port["binding:host_id"].is_string()) {
            let next = self.comes_with_binding.pop_front();
            next.and_then(|next| self.networks.insert(id.to_owned(), next));
        }
        let objects = if many == "networks" { &self.networks } else { &self.subnets };
        objects.get(id).map_or_else(|| State::error(404, "NotFound"), |found| (200, json!({ one: found })))
    }

    fn list(&self, request: &Request) -> (u16, Value) {
        let asked: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let marker = asked.iter().find(|(name, _)| name == "marker").map(|(_, id)| id.clone());
        let fits = |port: &&Value| {
            let filters = asked.iter().filter(|(name, _)| !["fields", "marker"].contains(&name.as_str()));
            filters.clone().all(|(name, value)| match name.as_str() {
                "fixed_ips" => {
                    let fixed = port["fixed_ips"].as_array().unwrap();
                    fixed.iter().any(|fixed| format!("ip_address={}", fixed["ip_address"].as_str().unwrap()) == *value)
                }
                _ => port[name] == **value,
            })
        };
        let mut left: Vec<Value> = self.ports.iter().filter(fits).cloned().collect();
        left.sort_by_key(|port| port["id"].as_str().unwrap().to_owned());
        left.retain(|port| marker.as_deref().is_none_or(|marker| port["id"].as_str().unwrap() > marker));
        let links = if left.len() > self.page { json!([{ "rel": "next", "href": "x" }]) } else { json!([]) };
        left.truncate(self.page);
        (200, json!({ "ports": left, "ports_links": links }))
    }

    fn create(&mut self, mut port: Value) -> (u16, Value) {
        self.created.push(port.clone());
        if self.ports.len() >= self.quota {
            return State::error(409, "OverQuota");
        }
        if self.room == 0 {
            return State::error(409, "IpAddressGenerationFailure");
        }
        self.room -= 1;
        self.made += 1;
        port["id"] = uuid::Uuid::from_u128(self.made).to_string().into();
        port["status"] = "DOWN".into();
        port["fixed_ips"][0]["ip_address"] = format!("192.0.2.{}", self.made + 1).into();
        let vif_type = if port["binding:host_id"].is_string() { self.vif_type } else { "unbound" };
        port["binding:vif_type"] = vif_type.into();
        self.ports.push(port.clone());
        (201, json!({ "port": port }))
    }

    fn delete(&mut self, id: &str) -> (u16, Value) {
        let before = self.ports.len();
        self.ports.retain(|port| port["id"] != id);
        if self.ports.len() == before { State::error(404, "PortNotFound") } else { (204, Value::Null) }
    }
}

impl Played {
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What is late arrives, if it is time.
    pub fn land(&self) {
        let now = self.clock.now();
        let due: Vec<_> = self.state().late.extract_if(.., |(at, _)| *at <= now).collect();
        due.iter().for_each(|(_, request)| drop(self.answer(request)));
    }

    fn authenticate(&self) -> Reply {
        let endpoint = json!({ "interface": "public", "region": "One", "url": "http://net.example:9696" });
        let catalog = json!([{ "type": "network", "endpoints": [endpoint] }]);
        let end = (self.clock.now() + Duration::from_secs(3600)).to_string();
        let mut reply = reply(201, &json!({ "token": { "expires_at": end, "catalog": catalog } }));
        reply.headers.insert("x-subject-token", "token-of-manila".parse().unwrap());
        reply
    }

    fn answer(&self, request: &Request) -> (u16, Value) {
        let mut state = self.state();
        if state.refuses_tokens > 0 {
            state.refuses_tokens -= 1;
            return (401, Value::Null);
        }
        let path: Vec<String> = request.url.path_segments().unwrap().map(str::to_owned).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (&request.method, path.as_slice()) {
            (&Method::GET, ["v2.0", "networks", id]) => state.show("networks", "network", id),
            (&Method::GET, ["v2.0", "subnets", id]) => state.show("subnets", "subnet", id),
            (&Method::GET, ["v2.0", "ports"]) => state.list(request),
            (&Method::POST, ["v2.0", "ports"]) => {
                let body: Value = serde_json::from_str(request.body.as_ref().unwrap().expose_secret()).unwrap();
                state.create(body["port"].clone())
            }
            (&Method::DELETE, ["v2.0", "ports", id]) => state.delete(id),
            other => panic!("nobody asks {other:?}"),
        }
    }
}

impl Transport for Played {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Lost>> {
        self.land();
        let outcome = if self.state().is_away {
            Err(Lost("connection refused".to_owned()))
        } else if request.url.path() == "/v3/auth/tokens" {
            Ok(self.authenticate())
        } else {
            assert_eq!(request.headers["x-auth-token"], "token-of-manila");
            let about_ports = request.url.path().contains("/ports");
            let mishap = if about_ports { self.state().mishaps.pop_front().flatten() } else { None };
            let answer = |request: &Request| {
                let (status, body) = self.answer(request);
                let mut reply = reply(status, &body);
                if status == 401 {
                    let challenge = "Keystone uri=\"http://id.example:5000\"";
                    reply.headers.insert("www-authenticate", challenge.parse().unwrap());
                }
                reply
            };
            match mishap {
                None => Ok(answer(&request)),
                Some(Mishap::Status(status)) => Ok(reply(status, &Value::Null)),
                Some(Mishap::Late) => {
                    self.state().late.push((self.clock.now() + Duration::from_secs(30), request));
                    Err(Lost("connection reset".to_owned()))
                }
                Some(Mishap::Gateway(status)) => {
                    self.state().late.push((self.clock.now() + Duration::from_secs(30), request));
                    Ok(reply(status, &json!({ "error": { "code": status, "message": "upstream error" } })))
                }
                Some(Mishap::Hangs) => return std::future::pending().boxed(),
                Some(Mishap::Lost) => Err(Lost("connection reset".to_owned())),
                Some(Mishap::LostAnswer) => {
                    answer(&request);
                    Err(Lost("connection reset".to_owned()))
                }
            }
        };
        async move { outcome }.boxed()
    }
}

fn reply(status: u16, body: &Value) -> Reply {
    let status = StatusCode::from_u16(status).unwrap();
    Reply { status, headers: Default::default(), body: body.to_string().into_bytes() }
}
