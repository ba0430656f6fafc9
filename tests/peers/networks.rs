//! Our network plugin before a real Neutron: made of a configuration as an operator writes it, it gives addresses, finds
//! them again, and leaves nothing behind.
//!
//! One test: both services take seconds to start.

use std::collections::BTreeMap;
use std::rc::Rc;

use manilad::boot::drivers::DRIVERS;
use manilad::boot::networks::factory;
use manilad::boot::outside::Outside;
use manilad::boot::supported;
use manilad_clock::Clock;
use manilad_conf::{Layer, Settings, Sources};
use manilad_domain::address::{Offer, Source, Standing, Wish};
use manilad_domain::message::Detail;
use manilad_domain::share_server::ServerSubnet;
use manilad_domain::status::ServerStatus;
use manilad_domain::subnet::{Neutron as Names, Segment};
use manilad_domain::{Allocation, ShareServer, Stamp};
use manilad_network::{Error, Kind, Networks, Plugin};
use serde_json::json;
use uuid::Uuid;

use crate::neutron::{Cloud, Net, options, piece};
use crate::peer::free_port;

const CLASSES: &str = "manila.network.neutron.neutron_network_plugin";

/// The plugins of a back end whose section has these lines too.
fn laid(cloud: &Cloud, class: &str, more: &str) -> Networks {
    let text = format!(
        "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = localhost\nenabled_share_backends = alpha\n{}\
         [alpha]\nshare_driver = manila.share.drivers.netapp.common.NetAppDriver\n\
         driver_handles_share_servers = true\nnetapp_server_hostname = array\nnetapp_login = admin\n\
         netapp_password = secret\nnetwork_api_class = {CLASSES}.{class}\n{more}",
        options(cloud.keystone.port)
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manila.conf");
    std::fs::write(&path, text).unwrap();
    let sources = Sources { layers: vec![Layer::File(path)], environment: Vec::new() };
    let settings = Settings::load(&sources, &supported(DRIVERS)).unwrap().settings;
    let outside = Outside::real(Clock::system());
    factory(&settings, &settings.backends[0], &outside).unwrap().unwrap()(&outside.clock)
}

/// Share servers of one project.
struct Tenant {
    project: String,
    runtime: tokio::runtime::Runtime,
}

impl Tenant {
    fn allocate(&self, plugin: &Rc<dyn Plugin>, server: u128, net: &Net, count: usize) -> Result<Offer, Error> {
        self.runtime.block_on(plugin.allocate(self.wish(server, net, count)))
    }

    fn wish(&self, server: u128, net: &Net, count: usize) -> Wish {
        let names = Names { net_id: net.net_id.clone(), subnet_id: net.subnet_id.clone() };
        let subnet = ServerSubnet {
            id: net.subnet_id.parse().unwrap(),
            neutron: Some(names),
            segment: Segment::default(),
            metadata: BTreeMap::new(),
        };
        let server = Uuid::from_u128(server).into();
        Wish { server, project: self.project.clone(), subnet: Some(subnet), count }
    }

    fn release(&self, plugin: &Rc<dyn Plugin>, server: u128, allocations: Vec<Allocation>) {
        let now = Stamp::parse("2026-01-01").unwrap();
        let server = ShareServer {
            id: Uuid::from_u128(server).into(),
            project_id: self.project.clone(),
            share_network_id: Uuid::nil().into(),
            service: "host@alpha".into(),
            status: ServerStatus::Deleting,
            identifier: "1".into(),
            is_auto_deletable: true,
            task_state: None,
            encryption: None,
            abilities: manilad_domain::ServerAbilities::ALL,
            details: BTreeMap::new(),
            subnets: Vec::new(),
            directories: Vec::new(),
            failure: None,
            is_off_array: true,
            used_at: now,
            created_at: now,
            updated_at: None,
        };
        self.runtime.block_on(plugin.release(server, allocations, false)).unwrap();
    }
}

fn given(offer: &Offer) -> Vec<String> {
    match &offer.source {
        Source::Given(given) => given.iter().map(|(id, address)| format!("{id} {address}")).collect(),
        Source::Free { .. } | Source::Standing(_) => panic!("expected given ones: {offer:?}"),
    }
}

fn refusal(outcome: Result<Offer, Error>) -> (Detail, String) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind, Kind::Refused, "{error}");
    (error.detail, error.reason)
}

#[test]
fn a_real_neutron_gives_ports_and_gets_all_of_them_back() {
    let cloud = Cloud::start(free_port(), "http://127.0.0.1:8786/v2");
    let project = cloud.keystone.project("alpha");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let tenant = Tenant { project: project.clone(), runtime };
    let vlan = cloud.network(&project, piece("vlan", Some("phys"), Some(150)), "127.0.77.0/29");
    let flat = cloud.network(&project, piece("flat", Some("plain"), None), "127.0.78.0/24");

    let plugin = laid(&cloud, "NeutronNetworkPlugin", "").tenants;
    let offer = tenant.allocate(&plugin, 1, &vlan, 2).unwrap();
    let segment = Segment {
        network_type: Some("vlan".into()),
        segmentation_id: Some(150),
        cidr: Some("127.0.77.0/29".into()),
        gateway: Some("127.0.77.1".into()),
        ip_version: Some(4),
        mtu: Some(1500),
    };
    assert_eq!((&offer.segment, offer.prefix), (&segment, 29));
    let again = tenant.allocate(&plugin, 1, &vlan, 2).unwrap();
    assert_eq!(given(&again), given(&offer), "what was made is found");
    let ports = cloud.ports();
    assert_eq!(ports.len(), 2);
    assert!(ports.iter().all(|port| port["project_id"] == *project && port["admin_state_up"] == true), "{ports:?}");

    let plain = tenant.allocate(&plugin, 1, &flat, 2).unwrap();
    assert_eq!((plain.segment.network_type.as_deref(), plain.segment.segmentation_id), (Some("flat"), None));
    assert_eq!(cloud.ports().len(), 4, "a server has its ports in each of its subnets");

    refusals(&cloud, &tenant, &plugin, &vlan);
    tenant.release(&plugin, 2, Vec::new());
    assert_eq!(cloud.ports().len(), 4, "others keep theirs");
    taken_over(&cloud, &tenant, &plugin, &vlan, &offer);
    tenant.release(&plugin, 1, Vec::new());
    tenant.release(&plugin, 1, Vec::new());
    assert!(cloud.ports().is_empty());

    bound(&cloud, &tenant);
    assert!(cloud.ports().is_empty());
}

/// A server with the addresses of another, whose ports go with it.
fn taken_over(cloud: &Cloud, tenant: &Tenant, plugin: &Rc<dyn Plugin>, vlan: &Net, offer: &Offer) {
    let addresses: Vec<_> =
        given(offer).iter().map(|given| given.split_once(' ').unwrap().1.parse().unwrap()).collect();
    let wish = || tenant.wish(9, vlan, 2);
    let found = tenant.runtime.block_on(plugin.recognise(wish(), addresses)).unwrap().unwrap();
    let Source::Standing(standing) = &found.source else { panic!("expected standing ones: {found:?}") };
    let told = standing.iter().map(|Standing { address, id }| format!("{} {address}", id.unwrap()));
    assert_eq!((told.collect::<Vec<_>>(), &found.segment), (given(offer), &offer.segment));
    let free = "127.0.77.6".parse().unwrap();
    let refusal = tenant.runtime.block_on(plugin.recognise(wish(), vec![free])).unwrap_err();
    assert!(refusal.kind == Kind::Refused && refusal.reason.contains("no port with address 127.0.77.6"), "{refusal}");
    let allocations = standing.iter().map(|Standing { address, id }| Allocation {
        id: id.unwrap(),
        server: Uuid::from_u128(9).into(),
        subnet: wish().subnet.map(|subnet| subnet.id),
        scope: found.scope.clone(),
        address: *address,
        prefix: found.prefix,
        segment: found.segment.clone(),
        created_at: Stamp::parse("2026-01-01").unwrap(),
    });
    tenant.release(plugin, 9, allocations.collect());
    assert_eq!(cloud.ports().len(), 2, "those in the other network stay");
}

fn refusals(cloud: &Cloud, tenant: &Tenant, plugin: &Rc<dyn Plugin>, vlan: &Net) {
    // Five addresses, two of them given.
    assert_eq!(refusal(tenant.allocate(plugin, 2, vlan, 4)).0, Detail::NeutronSubnetFull);
    tenant.release(plugin, 2, Vec::new());
    let quota = format!("/quotas/{}", tenant.project);
    assert_eq!(cloud.ask("PUT", &quota, Some(json!({ "quota": { "port": 4 } }))).0, 200);
    assert_eq!(refusal(tenant.allocate(plugin, 2, vlan, 1)).0, Detail::PortQuotaExceeded);
    assert_eq!(cloud.ask("DELETE", &quota, None).0, 204);
    let vxlan = cloud.network(&tenant.project, piece("vxlan", None, Some(1001)), "127.0.79.0/24");
    let told = refusal(tenant.allocate(plugin, 2, &vxlan, 1));
    assert!(told.1.contains("vxlan"), "{told:?}");
    let nowhere = Net { net_id: Uuid::from_u128(9).to_string(), subnet_id: vlan.subnet_id.clone() };
    let told = refusal(tenant.allocate(plugin, 2, &nowhere, 1));
    assert!(told.0 == Detail::NoShareServer && told.1.contains("NetworkNotFound"), "{told:?}");
}

/// One network of several segments for all, ports bound behind a switch port.
fn bound(cloud: &Cloud, tenant: &Tenant) {
    let segments = [piece("vxlan", None, Some(1002)), piece("vlan", Some("phys"), Some(160))];
    let net = cloud.network(&tenant.project, json!({ "segments": segments }), "127.0.80.0/24");
    let only = format!("neutron_net_id = {}\nneutron_subnet_id = {}\n", net.net_id, net.subnet_id);
    let told = refusal(tenant.allocate(&laid(cloud, "NeutronSingleNetworkPlugin", &only).tenants, 3, &net, 1));
    assert!(told.1.contains("neutron_physical_net_name"), "{told:?}");

    let profile = "[tor1]\nneutron_switch_id = 52:54:00:00:00:01\nneutron_port_id = e1/1\nneutron_switch_info = a:b\n";
    let more = format!(
        "{only}neutron_physical_net_name = phys\nneutron_host_id = array1\nneutron_binding_profiles = tor1\n{profile}"
    );
    let plugin = laid(cloud, "NeutronBindSingleNetworkPlugin", &more).tenants;
    let offer = tenant.allocate(&plugin, 3, &net, 1).unwrap();
    assert_eq!((offer.segment.network_type.as_deref(), offer.segment.segmentation_id), (Some("vlan"), Some(160)));
    let port = &cloud.ports()[0];
    assert_eq!((&port["binding:host_id"], &port["binding:vnic_type"]), (&json!("array1"), &json!("baremetal")));
    let link = json!({ "switch_id": "52:54:00:00:00:01", "port_id": "e1/1", "switch_info": { "a": "b" } });
    assert_eq!(port["binding:profile"]["local_link_information"], json!([link]));
    tenant.release(&plugin, 3, Vec::new());

    // No agent is there to bind an ordinary port, and Neutron says so.
    let plugin = laid(cloud, "NeutronBindSingleNetworkPlugin", &format!("neutron_vnic_type = normal\n{more}")).tenants;
    let told = refusal(tenant.allocate(&plugin, 3, &net, 1));
    assert!(told.1.contains("can't be bound to host array1"), "{told:?}");
    tenant.release(&plugin, 3, Vec::new());
}
