//! Data LIFs that listen, as they come and go, and who gets through to them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use manilad_clock::Clock;
use manilad_nfs3::client::{Client, Handle};
use serde_json::{Value, json};

use super::Lab;
use super::network::lif;
use crate::{Config, Lifs};

const LIFS: &str = "/api/network/ip/interfaces";
const HERE: Ipv4Addr = Ipv4Addr::LOCALHOST;

/// A network of 127.0.0.0/8 of this test's own, and a port that is free in it.
pub(super) struct Net(u8);

impl Net {
    pub(super) fn new(test: u8) -> Self {
        // The process keeps runs at the same time apart.
        Net(test + 16 * (std::process::id() % 12) as u8)
    }

    fn at(&self, host: u8) -> String {
        format!("127.{}.5.{host}", self.0)
    }

    pub(super) fn ip(&self, host: u8) -> IpAddr {
        self.at(host).parse().unwrap()
    }

    /// A cluster whose LIFs listen in this network.
    pub(super) fn served(&self) -> (Lab, Lifs, u16) {
        self.of(self.config())
    }

    /// One whose LIFs have addresses in this network.
    pub(super) fn config(&self) -> Config {
        let mut config = Config::default();
        config.svms[0].lifs[0].address = format!("127.{}.4.1", self.0).parse().unwrap();
        config.svms[0].lifs[1].address = format!("127.{}.4.2", self.0).parse().unwrap();
        config
    }

    pub(super) fn of(&self, config: Config) -> (Lab, Lifs, u16) {
        let lab = Lab::with(config);
        let port = TcpListener::bind((self.ip(250), 0)).unwrap().local_addr().unwrap().port();
        let lifs = lab.cluster.serve_nfs(port).unwrap();
        (lab, lifs, port)
    }
}

pub(super) async fn mount(lif: IpAddr, port: u16, from: IpAddr, junction: &str) -> Option<(Client, Handle)> {
    let mut client = Client::connect(SocketAddr::new(lif, port), Some(from), Clock::system()).await.ok()?;
    let root = client.mount(junction).await.ok()?;
    Some((client, root))
}

/// Gives a tenant a volume at `/v` that everybody may mount.
async fn share(lab: &Lab, svm: &str) {
    let rule = json!({"clients": [{"match": "0.0.0.0/0"}], "ro_rule": ["any"], "rw_rule": ["any"]});
    let policy = json!({"name": "all", "svm.name": svm, "rules": [rule]});
    lab.done("POST", "/api/protocols/nfs/export-policies", policy).await;
    lab.volume("v", 100, json!({"svm.name": svm, "nas.path": "/v", "nas.export_policy.name": "all"})).await;
}

#[tokio::test]
async fn a_lif_listens_before_its_making_is_answered_and_no_longer_than_it_is_there() {
    let net = Net::new(1);
    let (lab, lifs, port) = net.served();
    assert_eq!(lifs.lifs().len(), 2);
    let svm = lab.tenant("blue", 100).await;
    share(&lab, "blue").await;
    lab.done("POST", LIFS, lif("lif1", "blue", &net.at(1), "e0c-100")).await;
    assert!(mount(net.ip(1), port, net.ip(9), "/v").await.is_some());
    let by_name = format!("{LIFS}?svm.name=blue&name=lif1");
    lab.done("PATCH", &by_name, json!({"enabled": false})).await;
    assert!(mount(net.ip(1), port, net.ip(9), "/v").await.is_none());
    lab.done("PATCH", &by_name, json!({"enabled": true})).await;
    assert!(mount(net.ip(1), port, net.ip(9), "/v").await.is_some());
    lab.done("PATCH", &by_name, json!({"ip.address": net.at(2)})).await;
    assert!(mount(net.ip(1), port, net.ip(9), "/v").await.is_none());
    assert!(mount(net.ip(2), port, net.ip(9), "/v").await.is_some());
    let services = format!("/api/protocols/nfs/services/{svm}");
    lab.done("PATCH", &services, json!({"enabled": false})).await;
    assert_eq!(lifs.lifs().len(), 2);
    lab.done("PATCH", &services, json!({"enabled": true})).await;
    lab.done("DELETE", &by_name, Value::Null).await;
    assert_eq!(lifs.lifs().len(), 2);
    lifs.stop().await;
}

#[tokio::test]
async fn an_svm_made_at_once_can_be_mounted_from_at_once_and_takes_its_listeners_along() {
    let net = Net::new(2);
    let (lab, lifs, port) = net.served();
    lab.tenant("blue", 100).await;
    let lif = |host: u8, node: &str| {
        json!({"name": format!("lif{host}"), "ip": {"address": net.at(host), "netmask": "24"},
            "location": {"home_node.name": node, "broadcast_domain.name": "domain_blue"}})
    };
    let body = json!({"name": "green", "ipspace.name": "ipspace_blue", "nfs.enabled": true,
        "ip_interfaces": [lif(1, "cl1-01"), lif(2, "cl1-02")]});
    let svm = lab.done("POST", "/api/svm/svms", body).await["records"][0]["uuid"].clone();
    let svm = format!("/api/svm/svms/{}", svm.as_str().unwrap());
    assert_eq!(lifs.lifs().len(), 4);
    assert!(mount(net.ip(1), port, net.ip(9), "/v").await.is_none(), "there is nothing yet");
    lab.done("PATCH", &svm, json!({"state": "stopped"})).await;
    assert_eq!(lifs.lifs().len(), 2);
    lab.done("PATCH", &svm, json!({"state": "running"})).await;
    assert_eq!(lifs.lifs().len(), 4);
    lab.done("DELETE", &svm, Value::Null).await;
    assert_eq!(lifs.lifs().len(), 2);
    lifs.stop().await;
}

#[tokio::test]
async fn a_port_that_goes_down_takes_its_vlans_and_their_lifs_along() {
    let net = Net::new(6);
    let (lab, lifs, port) = net.served();
    lab.tenant("blue", 100).await;
    share(&lab, "blue").await;
    lab.done("POST", LIFS, lif("lif1", "blue", &net.at(1), "e0c-100")).await;
    let base = "/api/network/ethernet/ports?name=e0c&node.name=cl1-01";
    lab.done("PATCH", base, json!({"enabled": false})).await;
    assert_eq!(lab.get(&format!("{LIFS}?name=lif1&fields=state")).await["records"][0]["state"], "down");
    assert_eq!(lifs.lifs().len(), 1, "only the one of the other node");
    lab.done("PATCH", base, json!({"enabled": true})).await;
    assert!(mount(net.ip(1), port, net.ip(9), "/v").await.is_some());
    lifs.stop().await;
}

#[tokio::test]
async fn each_tenant_sees_its_own_namespace_and_nobody_elses_network() {
    let net = Net::new(3);
    let (lab, lifs, port) = net.served();
    lab.tenant("blue", 100).await;
    lab.tenant("red", 200).await;
    share(&lab, "blue").await;
    share(&lab, "red").await;
    lab.volume(
        "only_blue",
        100,
        json!({"svm.name": "blue", "nas.path": "/only_blue", "nas.export_policy.name": "all"}),
    )
    .await;
    let (blue, red) = (net.ip(1), IpAddr::from([127, net.0, 6, 1]));
    lab.done("POST", LIFS, lif("lif1", "blue", &blue.to_string(), "e0c-100")).await;
    lab.done("POST", LIFS, lif("lif1", "red", &red.to_string(), "e0c-200")).await;
    let (of_blue, of_red) = (net.ip(9), IpAddr::from([127, net.0, 6, 9]));
    assert!(mount(blue, port, of_blue, "/only_blue").await.is_some());
    assert!(mount(red, port, of_red, "/v").await.is_some());
    assert!(mount(red, port, of_red, "/only_blue").await.is_none());
    assert!(mount(red, port, of_blue, "/v").await.is_none(), "another tenant's network");
    assert!(mount(blue, port, of_red, "/v").await.is_none(), "another tenant's network");
    assert!(mount(blue, port, HERE.into(), "/v").await.is_some(), "nobody's network");
    let (default, junction) = (IpAddr::from([127, net.0, 4, 1]), "/v");
    share(&lab, "svm1").await;
    for client in [of_blue, of_red, HERE.into()] {
        assert!(mount(default, port, client, junction).await.is_some(), "Default lets everybody through");
    }
    lifs.stop().await;
}

#[tokio::test]
async fn a_lif_with_an_address_of_another_machine_is_made_and_does_not_listen() {
    let net = Net::new(4);
    let (lab, lifs, _) = net.served();
    lab.tenant("blue", 100).await;
    lab.done("POST", LIFS, lif("lif1", "blue", "192.0.2.1", "e0c-100")).await;
    lab.done("POST", LIFS, lif("lif2", "blue", &net.at(2), "e0c-100")).await;
    assert_eq!(lab.get(&format!("{LIFS}?svm.name=blue")).await["num_records"], 2);
    assert_eq!(lifs.lifs().len(), 3);
    lifs.stop().await;
}

#[tokio::test]
async fn lifs_that_were_kept_listen_again() {
    let net = Net::new(5);
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config { state_dir: Some(dir.path().to_owned()), ..Config::default() };
    config.svms[0].lifs.clear();
    let (lab, lifs, _) = net.of(config.clone());
    lab.tenant("blue", 100).await;
    share(&lab, "blue").await;
    lab.done("POST", LIFS, lif("lif1", "blue", &net.at(1), "e0c-100")).await;
    lifs.stop().await;
    drop((lab, lifs));
    let (lab, lifs, port) = net.of(config);
    assert!(mount(net.ip(1), port, net.ip(9), "/v").await.is_some());
    assert!(lab.cluster.strays().is_empty());
    lifs.stop().await;
}

#[tokio::test]
async fn a_configured_lif_that_can_not_listen_is_told_at_the_start() {
    let mut config = Config::default();
    config.svms[0].lifs[0].address = "192.0.2.1".parse().unwrap();
    let lab = Lab::with(config);
    let problem = lab.cluster.serve_nfs(12049).err().unwrap();
    assert!(problem.to_string().contains("192.0.2.1:12049"), "{problem}");
}
