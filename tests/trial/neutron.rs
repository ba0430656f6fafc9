//! The network service of a trial. It outlives the daemon, as arrays do: what it was asked may be carried out when nobody waits any more.
//!
//! How to get it wrong: to land a call later than the daemon waits for one (60 s); then a port that is left is nobody's fault.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use manilad_clock::Clock;
use manilad_openstack::{Lost, Reply, Request};
use rand::Rng;
use rand::rngs::StdRng;
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::fate::{Fate, LateCalls};
use crate::plan::{NEUTRON, Plan, stream};

/// Each network with its subnet, what its addresses begin with, and its VLAN.
pub const NETWORKS: [(&str, &str, &str, u32); 2] = [
    ("11111111-0000-4000-8000-000000000001", "22222222-0000-4000-8000-000000000001", "10.91.0", 91),
    ("11111111-0000-4000-8000-000000000002", "22222222-0000-4000-8000-000000000002", "10.92.0", 92),
];

pub struct Neutron {
    plan: Plan,
    state: Mutex<State>,
}

struct State {
    ports: BTreeMap<String, Value>,
    late: LateCalls,
    lots: StdRng,
    is_rough: bool,
    /// So many does a network have to give.
    addresses: u8,
    /// Of the calls that were carried out, and what was answered.
    hash: DefaultHasher,
}

impl Neutron {
    pub fn new(plan: &Plan) -> Arc<Self> {
        let lots = stream(plan.seed, "neutron");
        let state = State {
            ports: BTreeMap::new(),
            late: LateCalls::default(),
            lots,
            is_rough: true,
            addresses: plan.neutron_addresses,
            hash: DefaultHasher::new(),
        };
        Arc::new(Neutron { plan: plan.clone(), state: Mutex::new(state) })
    }

    /// From now on all is well.
    pub fn calm(&self) {
        self.state.lock().unwrap().is_rough = false;
    }

    pub fn hash(&self) -> u64 {
        self.state.lock().unwrap().hash.finish()
    }

    /// The ports that there are at a time.
    pub fn ports(&self, clock: &Clock) -> Vec<Value> {
        let mut state = self.state.lock().unwrap();
        state.land(clock.running());
        state.ports.values().cloned().collect()
    }

    /// What comes of a call at this time.
    pub fn send(&self, request: Request, clock: &Clock) -> Result<Reply, Lost> {
        let (mut state, now) = (self.state.lock().unwrap(), clock.running());
        state.land(now);
        let lost = || Err(Lost("connection reset".to_owned()));
        let fate = match state.is_rough {
            true => Fate::draw(&mut state.lots, self.plan.faults_at(now, NEUTRON)),
            false => Fate::Fine,
        };
        match fate {
            Fate::Fine => Ok(state.answer(&request)),
            Fate::Lost => lost(),
            Fate::LostAnswer => {
                state.answer(&request);
                lost()
            }
            Fate::Gateway(status, late) => {
                if let Some(late) = late {
                    state.late.push(now + late, request);
                }
                Ok(reply(status, &json!({ "error": { "code": status, "message": "upstream error" } })))
            }
            Fate::Late(late) => {
                state.late.push(now + late, request);
                lost()
            }
        }
    }
}

impl State {
    /// Carries out what is late, if it is time.
    fn land(&mut self, now: Duration) {
        self.late.due(now).iter().for_each(|request| drop(self.answer(request)));
    }

    fn answer(&mut self, request: &Request) -> Reply {
        let reply = self.carry_out(request);
        (request.method.as_str(), request.url.as_str(), reply.status.as_u16(), &reply.body).hash(&mut self.hash);
        reply
    }

    fn carry_out(&mut self, request: &Request) -> Reply {
        let path: Vec<String> = request.url.path_segments().unwrap().map(str::to_owned).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match (&request.method, path.as_slice()) {
            (&Method::GET, ["v2.0", "networks", id]) => network(id),
            (&Method::GET, ["v2.0", "subnets", id]) => subnet(id),
            (&Method::GET, ["v2.0", "ports"]) => self.list(request),
            (&Method::POST, ["v2.0", "ports"]) => {
                let body: Value = serde_json::from_str(request.body.as_ref().unwrap().expose_secret()).unwrap();
                self.create(body["port"].clone())
            }
            (&Method::DELETE, ["v2.0", "ports", id]) => match self.ports.remove(*id) {
                Some(_) => reply(204, &Value::Null),
                None => error(404, "PortNotFound"),
            },
            other => panic!("nobody asks {other:?}"),
        }
    }

    fn list(&self, request: &Request) -> Reply {
        let asked: Vec<(String, String)> = request.url.query_pairs().into_owned().collect();
        let filters: Vec<_> = asked.iter().filter(|(name, _)| name != "fields").collect();
        let fits = |port: &&Value| filters.iter().all(|(name, value)| port[name] == **value);
        reply(200, &json!({ "ports": self.ports.values().filter(fits).collect::<Vec<_>>() }))
    }

    fn create(&mut self, mut port: Value) -> Reply {
        let wanted = port["fixed_ips"][0]["subnet_id"].clone();
        let Some((.., prefix, _)) = NETWORKS.iter().find(|(_, subnet, ..)| wanted == *subnet) else {
            return error(404, "SubnetNotFound");
        };
        let is_free =
            |address: &String| self.ports.values().all(|port| port["fixed_ips"][0]["ip_address"] != address.as_str());
        let free = (2..2 + self.addresses).map(|host| format!("{prefix}.{host}")).find(is_free);
        let Some(address) = free else { return error(409, "IpAddressGenerationFailure") };
        let id = uuid::Uuid::from_u128(self.lots.random()).to_string();
        port["id"] = id.as_str().into();
        port["status"] = "DOWN".into();
        port["fixed_ips"][0]["ip_address"] = address.into();
        port["binding:vif_type"] = "unbound".into();
        self.ports.insert(id, port.clone());
        reply(201, &json!({ "port": port }))
    }
}

fn network(id: &str) -> Reply {
    let Some((.., vlan)) = NETWORKS.iter().find(|(network, ..)| *network == id) else {
        return error(404, "NetworkNotFound");
    };
    let network = json!({
        "id": id, "mtu": 1450, "provider:network_type": "vlan", "provider:physical_network": "phys",
        "provider:segmentation_id": vlan,
    });
    reply(200, &json!({ "network": network }))
}

fn subnet(id: &str) -> Reply {
    let Some((network, _, prefix, _)) = NETWORKS.iter().find(|(_, subnet, ..)| *subnet == id) else {
        return error(404, "SubnetNotFound");
    };
    let subnet = json!({
        "id": id, "network_id": network, "cidr": format!("{prefix}.0/24"), "ip_version": 4,
        "gateway_ip": format!("{prefix}.1"),
    });
    reply(200, &json!({ "subnet": subnet }))
}

fn error(status: u16, kind: &str) -> Reply {
    reply(status, &json!({ "NeutronError": { "type": kind, "message": format!("{kind} it is."), "detail": "" } }))
}

/// An answer in JSON.
pub fn reply(status: u16, body: &Value) -> Reply {
    let status = StatusCode::from_u16(status).unwrap();
    Reply { status, headers: Default::default(), body: body.to_string().into_bytes() }
}
