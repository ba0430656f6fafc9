mod binding;
mod played;
mod samples;
mod standing;

use manilad_domain::message::Detail;
use manilad_domain::subnet::{Neutron as Names, Segment};
use proptest::prelude::*;
use serde_json::json;

use self::played::{Mishap, NET, SUBNET, Stage, stage};
use self::samples::{allocated, allocation, four, server, wish};
use super::*;
use crate::while_owed;

#[test]
fn a_wish_is_met_with_ports_of_the_tenant_in_the_subnet() {
    let stage = stage(four());
    let offer = stage.done(|plugin| plugin.allocate(wish(2))).unwrap();
    let segment = Segment {
        network_type: Some("vlan".into()),
        segmentation_id: Some(150),
        cidr: Some("192.0.2.0/24".into()),
        gateway: Some("192.0.2.1".into()),
        ip_version: Some(4),
        mtu: Some(1450),
    };
    assert_eq!((&offer.segment, offer.prefix, offer.scope), (&segment, 24, format!("neutron:{SUBNET}")));
    let Source::Given(allocated) = offer.source else { panic!("expected given ones") };
    assert_eq!(
        allocated.iter().map(|(_, address)| address.to_string()).collect::<Vec<_>>(),
        ["192.0.2.2", "192.0.2.3"]
    );
    let expected = json!({
        "name": format!("manila-{}-{}", server().id, uuid::Uuid::from_u128(3)),
        "network_id": NET,
        "fixed_ips": [{ "subnet_id": SUBNET }],
        "device_id": server().id.to_string(),
        "device_owner": "manila:share",
        "admin_state_up": true,
        "project_id": "tenant",
    });
    assert_eq!(stage.neutron.state().created, [expected.clone(), expected]);
}

#[test]
fn what_an_earlier_try_made_is_found_and_what_is_too_much_goes() {
    let stage = stage(four());
    stage.neutron.state().page = 1;
    let first = allocated(&stage.done(|plugin| plugin.allocate(wish(3))).unwrap());
    assert_eq!(allocated(&stage.done(|plugin| plugin.allocate(wish(3))).unwrap()), first);
    assert_eq!(stage.neutron.state().created.len(), 3);
    assert_eq!(allocated(&stage.done(|plugin| plugin.allocate(wish(1))).unwrap()).len(), 1);
    assert_eq!(stage.neutron.state().ports.len(), 1);
}

#[test]
fn ports_of_one_server_in_one_network_are_told_apart_by_what_they_are_for() {
    let only = Some(Names { net_id: NET.into(), subnet_id: SUBNET.into() });
    let stage = stage(NeutronOptions { only, ..four() });
    let tenants = allocated(&stage.done(|plugin| plugin.allocate(wish(2))).unwrap());
    let admin = Wish { subnet: None, ..wish(1) };
    let admins = allocated(&stage.done(|plugin| plugin.allocate(admin)).unwrap());
    assert!(!tenants.contains(&admins[0]));
    assert_eq!(allocated(&stage.done(|plugin| plugin.allocate(wish(2))).unwrap()), tenants);
    let created = stage.neutron.state().created.clone();
    assert_eq!(created.len(), 3);
    assert!(created[2].get("project_id").is_none(), "the administrators' port is the service user's own");
}

#[test]
fn why_no_port_can_be_had_is_told_apart() {
    let stage = stage(four());
    let detail = |stage: &Stage| {
        let error = stage.done(|plugin| plugin.allocate(wish(2))).unwrap_err();
        assert_eq!(error.kind, Kind::Refused, "{error}");
        error.detail
    };
    stage.neutron.state().room = 1;
    assert_eq!(detail(&stage), Detail::NeutronSubnetFull);
    stage.neutron.state().quota = 1;
    assert_eq!(detail(&stage), Detail::PortQuotaExceeded);
    stage.neutron.state().subnets.clear();
    assert_eq!(detail(&stage), Detail::NoShareServer);
    stage.neutron.state().networks.clear();
    assert_eq!(detail(&stage), Detail::NoShareServer);
}

#[test]
fn a_service_that_is_away_is_no_refusal() {
    let stage = stage(four());
    let is_unknown = |mishaps: &[Option<Mishap>]| {
        stage.neutron.state().mishaps = mishaps.iter().copied().collect();
        let error = stage.done(|plugin| plugin.allocate(wish(1))).unwrap_err();
        assert_eq!(error.kind, Kind::Unknown, "{error}");
    };
    is_unknown(&[None, Some(Mishap::Status(503))]);
    is_unknown(&[None, Some(Mishap::Lost)]);
    is_unknown(&[Some(Mishap::Status(200))]);
    stage.neutron.state().is_away = true;
    is_unknown(&[]);
    stage.neutron.state().is_away = false;
    stage.done(|plugin| plugin.allocate(wish(1))).unwrap();
}

#[test]
fn a_port_whose_making_was_not_heard_of_is_found() {
    let stage = stage(four());
    stage.neutron.state().mishaps = [None, Some(Mishap::LostAnswer)].into();
    assert_eq!(stage.done(|plugin| plugin.allocate(wish(1))).unwrap_err().kind, Kind::Unknown);
    assert_eq!(allocated(&stage.done(|plugin| plugin.allocate(wish(1))).unwrap()).len(), 1);
    assert_eq!(stage.neutron.state().created.len(), 1);
}

#[test]
fn a_token_that_neutron_does_not_take_is_renewed() {
    let stage = stage(four());
    stage.neutron.state().refuses_tokens = 1;
    stage.done(|plugin| plugin.allocate(wish(1))).unwrap();
    stage.neutron.state().refuses_tokens = 9;
    let error = stage.done(|plugin| plugin.allocate(wish(1))).unwrap_err();
    assert_eq!(error.kind, Kind::Refused, "{error}");
    assert!(!error.to_string().contains("token-of-manila"));
}

#[test]
fn a_subnet_that_does_not_fit_is_refused_before_anything_is_made() {
    let stage = stage(four());
    let refusal = |names: Option<(&str, &str)>| {
        let mut wish = wish(1);
        let neutron = names.map(|(net, subnet)| Names { net_id: net.into(), subnet_id: subnet.into() });
        wish.subnet.as_mut().unwrap().neutron = neutron;
        let error = stage.done(|plugin| plugin.allocate(wish)).unwrap_err();
        assert_eq!(error.kind, Kind::Refused, "{error}");
        error.reason
    };
    assert!(refusal(None).contains("names no network"));
    assert!(refusal(Some(("../ports", SUBNET))).contains("no id of a network"));
    assert!(refusal(Some((NET, ""))).contains("no id of a subnet"));
    stage.neutron.state().networks.insert("other".into(), json!({ "provider:network_type": "flat" }));
    assert!(refusal(Some(("other", SUBNET))).contains("is not one of network other"));
    stage.neutron.state().subnets.get_mut(SUBNET).unwrap()["ip_version"] = 6.into();
    assert!(refusal(Some((NET, SUBNET))).contains("network_plugin_ipv6_enabled is false"));
    stage.neutron.state().networks.get_mut(NET).unwrap()["provider:network_type"] = "vxlan".into();
    stage.neutron.state().subnets.get_mut(SUBNET).unwrap()["ip_version"] = 4.into();
    assert!(refusal(Some((NET, SUBNET))).contains("of type vxlan"));
    assert!(stage.neutron.state().created.is_empty());
}

#[test]
fn a_back_end_with_one_network_serves_no_other_and_fills_in_its_own() {
    let only = Names { net_id: NET.into(), subnet_id: SUBNET.into() };
    let stage = stage(NeutronOptions { only: Some(only), ..four() });
    let mut unnamed = wish(1);
    unnamed.subnet.as_mut().unwrap().neutron = None;
    stage.done(|plugin| plugin.allocate(unnamed)).unwrap();
    stage.done(|plugin| plugin.allocate(wish(1))).unwrap();
    let mut other = wish(1);
    other.subnet.as_mut().unwrap().neutron = Some(Names { net_id: NET.into(), subnet_id: "other".into() });
    let error = stage.done(|plugin| plugin.allocate(other)).unwrap_err();
    assert!(error.kind == Kind::Refused && error.reason.contains("are served here"), "{error}");
}

#[test]
fn a_release_leaves_nothing_of_the_server_and_everything_of_others() {
    let stage = stage(four());
    let other = Wish { server: uuid::Uuid::from_u128(77).into(), ..wish(1) };
    stage.done(|plugin| plugin.allocate(other)).unwrap();
    let allocated = allocated(&stage.done(|plugin| plugin.allocate(wish(3))).unwrap());
    // One that somebody else has taken over by now is still ours by its id; one is gone already.
    let taken = allocated[0].0.to_string();
    for port in stage.neutron.state().ports.iter_mut().filter(|port| port["id"] == *taken) {
        port["device_owner"] = "somebody:else".into();
    }
    let allocations: Vec<_> = allocated[..1].iter().map(|(id, address)| allocation(*id, *address)).collect();
    stage.neutron.state().page = 1;
    stage.done(|plugin| plugin.release(server(), allocations.clone(), false)).unwrap();
    assert_eq!(stage.neutron.state().ports.len(), 1);
    stage.done(|plugin| plugin.release(server(), allocations, false)).unwrap();
    stage.neutron.state().mishaps = [Some(Mishap::Status(403))].into();
    let error = stage.done(|plugin| plugin.release(server(), Vec::new(), false)).unwrap_err();
    assert_eq!(error.kind, Kind::Unknown, "something may be left: {error}");
}

#[test]
fn work_that_is_given_up_changes_no_port_from_then_on() {
    let stage = stage(four());
    let ports = stage.neutron.clone();
    let is_given_up_at = |left: usize| {
        let ports = ports.clone();
        move || ports.state().ports.len() != left
    };
    let made = stage.done(|plugin| while_owed(is_given_up_at(3), plugin.allocate(wish(4))).boxed_local()).unwrap_err();
    assert!(made.kind == Kind::Unknown && made.reason.contains("not owed any more"), "{made}");
    assert_eq!(stage.neutron.state().ports.len(), 3);
    let recorded: Vec<_> = allocated(&stage.done(|plugin| plugin.allocate(wish(3))).unwrap());
    let recorded: Vec<_> = recorded[..1].iter().map(|(id, address)| allocation(*id, *address)).collect();
    for left in [3, 2, 1] {
        let error = stage
            .done(|plugin| {
                while_owed(is_given_up_at(left), plugin.release(server(), recorded.clone(), false)).boxed_local()
            })
            .unwrap_err();
        assert!(error.reason.contains("not owed any more"), "{error}");
        assert_eq!(stage.neutron.state().ports.len(), left);
    }
}

#[test]
fn a_port_that_appears_late_is_waited_for_before_its_server_counts_as_released() {
    let stage = stage(four());
    stage.neutron.state().mishaps = [None, Some(Mishap::Late)].into();
    assert_eq!(stage.done(|plugin| plugin.allocate(wish(1))).unwrap_err().kind, Kind::Unknown);
    stage.done(|plugin| plugin.release(server(), Vec::new(), false)).unwrap();
    assert_eq!(stage.neutron.state().created.len(), 1, "it did appear");
    assert!(stage.neutron.state().ports.is_empty());
}

#[test]
fn a_port_is_waited_for_too_if_a_gateway_said_that_it_could_not_be_made() {
    for status in [400, 403, 404, 409] {
        let stage = stage(four());
        stage.neutron.state().mishaps = [None, Some(Mishap::Gateway(status))].into();
        let error = stage.done(|plugin| plugin.allocate(wish(1))).unwrap_err();
        assert_eq!(error.kind, Kind::Unknown, "{error}");
        stage.done(|plugin| plugin.release(server(), Vec::new(), false)).unwrap();
        assert_eq!(stage.neutron.state().created.len(), 1, "it did appear");
        assert!(stage.neutron.state().ports.is_empty(), "{status}");
    }
}

#[test]
fn a_port_is_gone_only_if_neutron_itself_says_so() {
    let stage = stage(four());
    let allocated = allocated(&stage.done(|plugin| plugin.allocate(wish(1))).unwrap());
    let allocations: Vec<_> = allocated.iter().map(|(id, address)| allocation(*id, *address)).collect();
    for mishap in [Mishap::Gateway(404), Mishap::Status(404)] {
        stage.neutron.state().mishaps = [Some(mishap)].into();
        let error = stage.done(|plugin| plugin.release(server(), allocations.clone(), false)).unwrap_err();
        assert!(error.reason.contains("deleting a port: 404, which is not an answer of Neutron"), "{error}");
    }
    stage.done(|plugin| plugin.release(server(), allocations.clone(), false)).unwrap();
    stage.done(|plugin| plugin.release(server(), allocations, false)).unwrap();
    assert!(stage.neutron.state().ports.is_empty());
}

#[test]
fn a_port_that_an_earlier_incarnation_asked_for_is_waited_for_too() {
    for in_flight in [true, false] {
        let mut stage = stage(four());
        stage.neutron.state().mishaps = [None, Some(Mishap::Late)].into();
        assert_eq!(stage.done(|plugin| plugin.allocate(wish(1))).unwrap_err().kind, Kind::Unknown);
        stage.succeed();
        stage.done(|plugin| plugin.release(server(), Vec::new(), in_flight)).unwrap();
        stage.hand.step(Duration::from_secs(60));
        stage.neutron.land();
        assert_eq!(stage.neutron.state().ports.is_empty(), in_flight, "nobody else can know of it");
    }
}

#[test]
fn an_incarnation_that_begins_when_no_port_can_come_any_more_waits_for_none() {
    let stage = stage(four());
    stage.hand.step(Duration::from_secs(61));
    let began = stage.clock().running();
    stage.done(|plugin| plugin.release(server(), Vec::new(), true)).unwrap();
    assert_eq!(stage.clock().running(), began);
}

#[test]
fn a_port_that_was_asked_for_all_the_time_is_waited_for_from_the_end_of_it() {
    let stage = stage(four());
    stage.neutron.state().mishaps = [None, Some(Mishap::Hangs)].into();
    let mut asking = stage.plugin.allocate(wish(1));
    assert!(asking.as_mut().now_or_never().is_none());
    stage.hand.step(Duration::from_secs(25));
    drop(asking);
    let began = stage.clock().running();
    stage.done(|plugin| plugin.release(server(), Vec::new(), false)).unwrap();
    assert_eq!(stage.clock().running() - began, Duration::from_secs(60));
}

fn mishap() -> impl Strategy<Value = Option<Mishap>> {
    prop_oneof![
        3 => Just(None),
        1 => Just(Some(Mishap::LostAnswer)),
        1 => Just(Some(Mishap::Late)),
        1 => Just(Some(Mishap::Lost)),
        1 => Just(Some(Mishap::Status(503))),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn whatever_gets_lost_a_server_has_as_many_ports_as_wished_and_none_after_its_release(
        tries in prop::collection::vec((1usize..5, prop::collection::vec(mishap(), 0..12)), 1..5), page in 1usize..4,
    ) {
        let stage = stage(four());
        stage.neutron.state().page = page;
        for (count, mishaps) in tries {
            stage.neutron.state().mishaps = mishaps.into();
            if let Ok(offer) = stage.done(|plugin| plugin.allocate(wish(count))) {
                prop_assert_eq!(allocated(&offer).len(), count);
                prop_assert!(stage.neutron.state().ports.len() >= count);
            }
        }
        stage.neutron.state().mishaps.clear();
        stage.done(|plugin| plugin.release(server(), Vec::new(), false)).unwrap();
        stage.hand.step(Duration::from_secs(60));
        stage.neutron.land();
        prop_assert!(stage.neutron.state().ports.is_empty());
    }
}
