//! Against a Nova played from documented exchanges, since no cloud runs one any more.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Mutex as Lock;

use manilad_clock::{Hand, Timestamp};
use manilad_domain::Stamp;
use manilad_domain::share_server::ServerSubnet;
use manilad_domain::status::ServerStatus;
use manilad_domain::subnet::Neutron as Names;
use manilad_openstack::{
    AuthOptions, Credential, EndpointSelector, Lost, Request, ServiceOptions, StatusCode, Transport,
};
use proptest::prelude::*;
use secrecy::ExposeSecret;

use super::*;

const NET: &str = "net-1";

fn facts() -> Value {
    let path = format!("{}/../../tests/facts/nova-network.json", std::env::var("CARGO_MANIFEST_DIR").unwrap());
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What befalls the next requests about addresses.
#[derive(Debug, Clone, Copy)]
enum Mishap {
    Lost,
    LostAnswer,
    Status(u16),
    /// A gateway answers with this status, in JSON of its own.
    Gateway(u16),
    /// Nova has no networks any more.
    Removed,
}

struct Played {
    facts: Value,
    vlan: Lock<Value>,
    reserved: Lock<BTreeSet<String>>,
    /// Addresses that Nova does not give.
    absent: Lock<BTreeSet<String>>,
    instances: Lock<BTreeSet<String>>,
    mishaps: Lock<VecDeque<Option<Mishap>>>,
}

impl Played {
    fn answer(&self, request: &Request) -> (u16, Value) {
        let path = request.url.path().strip_prefix("/v2.1").unwrap();
        let body: Value =
            request.body.as_ref().map(|body| serde_json::from_str(body.expose_secret()).unwrap()).unwrap_or_default();
        let names = ["show_network", "show_fixed_ip", "reserve", "unreserve"];
        let documented = names.into_iter().find_map(|name| {
            let fact = &self.facts[name];
            let (start, rest) = fact["path"].as_str().unwrap().split_once('{').unwrap();
            let end = rest.split_once('}').unwrap().1;
            let subject = path.strip_prefix(start)?.strip_suffix(end).filter(|subject| !subject.contains('/'))?;
            (fact["method"] == *request.method.as_str() && fact["ask"] == body).then_some((name, subject, fact))
        });
        let (name, subject, fact) = documented.unwrap_or_else(|| panic!("not documented: {request:?} {body}"));
        let mut answer = fact["answer"].clone();
        let is_there = match name {
            "show_network" => subject == NET,
            _ => !self.absent.lock().unwrap().contains(subject),
        };
        if !is_there {
            let none = &self.facts["no_such"];
            return (u16::try_from(none["status"].as_u64().unwrap()).unwrap(), none["answer"].clone());
        }
        let mut reserved = self.reserved.lock().unwrap();
        match name {
            "show_network" => answer["network"]["vlan"] = self.vlan.lock().unwrap().clone(),
            "reserve" => drop(reserved.insert(subject.to_owned())),
            "unreserve" => drop(reserved.remove(subject)),
            _ => {
                answer["fixed_ip"]["reserved"] = reserved.contains(subject).into();
                if self.instances.lock().unwrap().contains(subject) {
                    answer["fixed_ip"]["hostname"] = "instance-1".into();
                }
            }
        }
        (u16::try_from(fact["status"].as_u64().unwrap()).unwrap(), answer)
    }
}

impl Transport for Played {
    fn send(&self, request: Request) -> futures::future::BoxFuture<'_, Result<Reply, Lost>> {
        let reply = |status, body: &Value| Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: Default::default(),
            body: body.to_string().into_bytes(),
        };
        let outcome = if request.url.path() == "/v3/auth/tokens" {
            let endpoint = json!({ "interface": "public", "url": "http://compute.example:8774/v2.1" });
            let catalog = json!([{ "type": "compute", "endpoints": [endpoint] }]);
            let mut reply =
                reply(201, &json!({ "token": { "expires_at": "2030-01-01T00:00:00Z", "catalog": catalog } }));
            reply.headers.insert("x-subject-token", "t".parse().unwrap());
            Ok(reply)
        } else {
            let header = &self.facts["header"];
            assert_eq!(request.headers[header["name"].as_str().unwrap()], header["value"].as_str().unwrap());
            let is_of_address = request.url.path().contains("os-fixed-ips");
            match if is_of_address { self.mishaps.lock().unwrap().pop_front().flatten() } else { None } {
                Some(Mishap::Lost) => Err(Lost("reset".into())),
                Some(Mishap::Status(status)) => Ok(reply(status, &Value::Null)),
                Some(Mishap::Gateway(status)) => {
                    Ok(reply(status, &json!({ "error": { "code": status, "message": "upstream error" } })))
                }
                Some(Mishap::Removed) => {
                    let removed = &self.facts["removed"];
                    Ok(reply(u16::try_from(removed["status"].as_u64().unwrap()).unwrap(), &removed["answer"]))
                }
                mishap => {
                    let (status, body) = self.answer(&request);
                    let lost = matches!(mishap, Some(Mishap::LostAnswer));
                    if lost { Err(Lost("reset".into())) } else { Ok(reply(status, &body)) }
                }
            }
        };
        async move { outcome }.boxed()
    }
}

struct Stage {
    plugin: Nova,
    nova: Arc<Played>,
    hand: Hand,
}

fn stage() -> Stage {
    let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    let nova = Arc::new(Played {
        facts: facts(),
        vlan: Lock::new(100.into()),
        reserved: Lock::default(),
        absent: Lock::default(),
        instances: Lock::default(),
        mishaps: Lock::default(),
    });
    let credential = AuthOptions {
        auth_type: Some("password".into()),
        user_id: Some("manila".into()),
        password: Some("secret".into()),
        ..AuthOptions::default()
    };
    let service = ServiceOptions {
        auth_url: "http://id.example".parse().unwrap(),
        credential: Credential::try_from(credential).unwrap(),
        endpoint: EndpointSelector { kind: "compute", interface: "public".into(), region: None },
        version: None,
        header: Some(NOVA_MICROVERSION),
        retries: 2,
        attempt_patience: Duration::from_secs(30),
        patience: Duration::from_secs(120),
    };
    let service = Service::new(service, nova.clone(), clock.clone());
    let options = NovaOptions { ipv4: true, ipv6: false, net_id: NET.into() };
    Stage { plugin: Nova::new(options, service, Ledger::default(), clock), nova, hand }
}

impl Stage {
    fn done<T>(&self, call: impl FnOnce(&Nova) -> LocalBoxFuture<'_, T>) -> T {
        let mut call = call(&self.plugin);
        for _ in 0..1000 {
            if let Some(outcome) = call.as_mut().now_or_never() {
                return outcome;
            }
            self.hand.step(Duration::from_secs(1));
        }
        panic!("not done after a thousand seconds");
    }

    fn addresses(&self, server: u128, count: usize) -> Result<Vec<String>, Error> {
        let offer = self.done(|plugin| plugin.allocate(wish(server, count)))?;
        let Source::Given(allocated) = offer.source else { panic!("expected given ones") };
        Ok(allocated.iter().map(|(_, address)| address.to_string()).collect())
    }

    fn release(&self, server: u128, recorded: &[&str]) -> Result<(), Error> {
        let allocations = recorded.iter().map(|address| allocation(server, address)).collect();
        self.done(|plugin| plugin.release(self::server(server), allocations, false))
    }

    fn reserved(&self) -> Vec<String> {
        self.nova.reserved.lock().unwrap().iter().cloned().collect()
    }
}

fn server(number: u128) -> ShareServer {
    let now = Stamp::parse("2026-01-01").unwrap();
    ShareServer {
        id: uuid::Uuid::from_u128(number).into(),
        project_id: "tenant".into(),
        share_network_id: uuid::Uuid::from_u128(2).into(),
        service: "h@b".into(),
        status: ServerStatus::Creating,
        identifier: "1".into(),
        is_auto_deletable: true,
        task_state: None,
        encryption: None,
        abilities: manilad_domain::ServerAbilities::ALL,
        details: BTreeMap::new(),
        subnets: Vec::new(),
        directories: Vec::new(),
        failure: None,
        is_off_array: false,
        used_at: now,
        created_at: now,
        updated_at: None,
    }
}

fn wish(number: u128, count: usize) -> Wish {
    let subnet = ServerSubnet {
        id: uuid::Uuid::from_u128(3).into(),
        neutron: None,
        segment: Segment::default(),
        metadata: BTreeMap::new(),
    };
    Wish { server: server(number).id, project: "tenant".into(), subnet: Some(subnet), count }
}

fn allocation(number: u128, address: &str) -> Allocation {
    Allocation {
        id: uuid::Uuid::from_u128(9).into(),
        server: server(number).id,
        subnet: None,
        scope: format!("nova:{NET}"),
        address: address.parse().unwrap(),
        prefix: 28,
        segment: Segment::default(),
        created_at: Stamp::parse("2026-01-01").unwrap(),
    }
}

#[test]
fn a_wish_is_met_with_addresses_that_nova_reserves() {
    let stage = stage();
    stage.nova.instances.lock().unwrap().insert("192.0.2.6".into());
    stage.nova.absent.lock().unwrap().insert("192.0.2.7".into());
    stage.nova.reserved.lock().unwrap().insert("192.0.2.8".into());
    let offer = stage.done(|plugin| plugin.allocate(wish(1, 3))).unwrap();
    let segment = Segment {
        network_type: Some("vlan".into()),
        segmentation_id: Some(100),
        cidr: Some("192.0.2.0/28".into()),
        gateway: Some("192.0.2.1".into()),
        ip_version: Some(4),
        mtu: None,
    };
    assert_eq!((&offer.segment, offer.prefix, offer.scope.as_str()), (&segment, 28, "nova:net-1"));
    // The network's own servers stand at .1 to .5, but .3 is only where DHCP begins.
    assert_eq!(stage.addresses(1, 3).unwrap(), ["192.0.2.3", "192.0.2.9", "192.0.2.10"]);
    *stage.nova.vlan.lock().unwrap() = Value::Null;
    let offer = stage.done(|plugin| plugin.allocate(wish(1, 3))).unwrap();
    assert_eq!((offer.segment.network_type.as_deref(), offer.segment.segmentation_id), (Some("flat"), None));
}

#[test]
fn what_an_earlier_try_reserved_is_found_and_two_servers_never_share() {
    let stage = stage();
    stage.nova.mishaps.lock().unwrap().extend([None, Some(Mishap::LostAnswer)]);
    assert_eq!(stage.addresses(1, 1).unwrap_err().kind, Kind::Unknown);
    assert_eq!(stage.reserved(), ["192.0.2.3"]);
    let other = stage.addresses(2, 1).unwrap();
    assert_eq!(other, ["192.0.2.6"]);
    assert_eq!(stage.addresses(1, 1).unwrap(), ["192.0.2.3"]);
    stage.release(1, &[]).unwrap();
    assert_eq!(stage.reserved(), other);
}

#[test]
fn what_was_given_back_and_is_another_s_by_now_stays_with_it() {
    let stage = stage();
    let first = stage.addresses(1, 1).unwrap();
    stage.release(1, &[&first[0]]).unwrap();
    assert!(stage.reserved().is_empty());
    assert_eq!(stage.addresses(2, 1).unwrap(), first);
    stage.release(1, &[&first[0]]).unwrap();
    assert_eq!(stage.reserved(), first);
    // After a restart the records alone tell.
    let restarted = self::stage();
    restarted.nova.reserved.lock().unwrap().insert(first[0].clone());
    restarted.release(2, &[&first[0]]).unwrap();
    assert!(restarted.reserved().is_empty());
}

#[test]
fn why_there_is_no_address_is_told_apart() {
    let stage = stage();
    let refusal = |wish: Wish| {
        let error = stage.done(|plugin| plugin.allocate(wish)).unwrap_err();
        assert_eq!(error.kind, Kind::Refused, "{error}");
        (error.detail, error.reason)
    };
    assert_eq!(refusal(wish(1, 15)).0, Detail::NeutronSubnetFull);
    stage.release(1, &[]).unwrap();
    assert!(stage.reserved().is_empty());
    let mut named = wish(1, 1);
    named.subnet.as_mut().unwrap().neutron = Some(Names { net_id: "n".into(), subnet_id: "s".into() });
    assert!(refusal(named).1.contains("Neutron"));
    stage.nova.mishaps.lock().unwrap().push_back(Some(Mishap::Removed));
    assert!(refusal(wish(1, 1)).1.contains("no networks of its own any more"));
    stage.nova.mishaps.lock().unwrap().extend([Some(Mishap::Lost); 3]);
    assert_eq!(stage.addresses(1, 1).unwrap_err().kind, Kind::Unknown);
    stage.nova.mishaps.lock().unwrap().push_back(Some(Mishap::Status(403)));
    let held = stage.release(1, &["192.0.2.3"]).unwrap_err();
    assert_eq!(held.kind, Kind::Unknown, "something may be left");
}

#[test]
fn what_a_gateway_says_of_an_address_is_not_believed() {
    let stage = stage();
    for status in [400, 403, 404, 409, 410] {
        for mishap in [Mishap::Gateway(status), Mishap::Status(status)] {
            stage.nova.mishaps.lock().unwrap().push_back(Some(mishap));
            assert_eq!(stage.addresses(1, 1).unwrap_err().kind, Kind::Unknown, "looking, {mishap:?}");
            stage.nova.mishaps.lock().unwrap().extend([None, Some(mishap)]);
            assert_eq!(stage.addresses(1, 1).unwrap_err().kind, Kind::Unknown, "reserving, {mishap:?}");
            let held = stage.addresses(1, 1).unwrap();
            stage.nova.mishaps.lock().unwrap().push_back(Some(mishap));
            assert!(stage.release(1, &[]).is_err(), "giving back, {mishap:?}");
            assert!(held.iter().all(|address| stage.reserved().contains(address)));
            stage.release(1, &[]).unwrap();
            assert!(stage.reserved().is_empty());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_gets_lost_no_address_is_given_twice_and_none_stays_reserved(
        tries in prop::collection::vec((1u128..4, 1usize..4, prop::collection::vec(mishap(), 0..6)), 1..8),
    ) {
        let stage = stage();
        let mut allocated: BTreeMap<u128, Vec<String>> = BTreeMap::new();
        for (server, count, mishaps) in tries {
            *stage.nova.mishaps.lock().unwrap() = mishaps.into();
            if let Ok(addresses) = stage.addresses(server, count) {
                prop_assert_eq!(addresses.len(), count);
                allocated.insert(server, addresses);
            }
            let all: Vec<&String> = allocated.values().flatten().collect();
            prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
            prop_assert!(all.iter().all(|address| stage.reserved().contains(address)));
        }
        stage.nova.mishaps.lock().unwrap().clear();
        for server in 1..4 {
            stage.release(server, &[]).unwrap();
        }
        prop_assert!(stage.reserved().is_empty());
    }
}

fn mishap() -> impl Strategy<Value = Option<Mishap>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Mishap::Lost)),
        1 => Just(Some(Mishap::LostAnswer)),
        1 => Just(Some(Mishap::Status(503))),
    ]
}
