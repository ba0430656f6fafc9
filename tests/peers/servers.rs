//! Tenants with share servers of their own: the unmodified `openstack` client asks for them, bytes go through their
//! LIFs, no tenant gets to another's, and nothing is left of them on the array or in Neutron.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::keystone::{self, Caller};
use crate::neutron::{self, Cloud, piece};
use crate::nfs::{copy, read, url};
use crate::peer::{drive, free_port};
use crate::support::{BackEnd, Stage, block, mount};

/// A daemon whose back end makes share servers; `more` goes into its configuration, from the back end's section on.
fn serving(class: &str, more: &str) -> Stage {
    let backend_section =
        format!("driver_handles_share_servers = True\nnetapp_vserver =\nnetwork_api_class = {class}\n{more}");
    Stage::with(&[], &backend_section, &[BackEnd { name: "alpha", zone: "nova", array: 0 }])
}

/// The first three numbers of a network that no other test uses.
pub fn net(number: u8) -> String {
    format!("127.{}.{}", std::process::id() % 200 + 20, 200 + number)
}

fn close(stage: Stage) {
    assert_eq!(stage.sim.tenants(), Vec::<String>::new());
    stage.close(0);
}

/// Export locations as a driver left them.
fn exports(file: &Path) -> Vec<String> {
    let paths: Vec<String> = std::fs::read_to_string(file).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(paths.len(), 2, "one per node: {paths:?}");
    paths
}

fn lif(export: &str) -> &str {
    export.rsplit_once(':').unwrap().0
}

/// As [`serving`], in a network that no Neutron knows of.
fn serving_in(net: &str) -> Stage {
    serving(
        "manila.network.standalone_network_plugin.StandaloneNetworkPlugin",
        &format!(
            "standalone_network_plugin_gateway = {net}.1\nstandalone_network_plugin_mask = 24\n\
             standalone_network_plugin_network_type = vlan\nstandalone_network_plugin_segmentation_id = 120\n"
        ),
    )
}

/// A daemon whose back end makes share servers, without Neutron.
pub fn serving_alone() -> Stage {
    serving_in(&net(5))
}

#[test]
fn a_tenant_has_a_server_in_a_network_without_neutron() {
    let net = net(0);
    let stage = serving_in(&net);
    let folder = tempfile::tempdir().unwrap();
    let [told, local] = ["exports", "local"].map(|name| folder.path().join(name));
    let endpoint = format!("http://{}/v2", stage.daemon.address);
    let part = |part, more: &[&str]| {
        drive("osc", "servers.py", &[&[part, "--name", "blue", "--endpoint", &endpoint], more].concat(), &[]);
    };
    part("make", &["--exports", told.to_str().unwrap()]);
    let paths = exports(&told);
    assert!(paths.iter().all(|path| path.starts_with(&format!("{net}."))), "{paths:?}");
    let bytes: Vec<u8> = (0..300_001_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    std::fs::write(&local, &bytes).unwrap();
    let copied = copy(local.to_str().unwrap(), &url(&paths[0], "remote"));
    assert!(copied.status.success(), "{copied:?}");
    assert!(read(&url(&paths[1], "remote")) == Some(bytes), "the other LIF shows the same file");
    assert!(block(mount(&paths[0], "127.0.0.22")).is_err(), "nobody else has access");
    part("remove", &[]);
    close(stage);
}

/// A tenant in Neutron and Keystone.
struct Tenant {
    user: &'static str,
    project: &'static str,
    net: String,
    arguments: Vec<String>,
    folder: TempDir,
}

impl Tenant {
    /// Has a network of their own, in a VLAN.
    fn of(cloud: &Cloud, user: &'static str, project: &'static str, number: u8) -> Self {
        let net = net(number);
        let vlan = piece("vlan", Some("phys"), Some(130 + u32::from(number)));
        let made = cloud.network(&cloud.keystone.project(project), vlan, &format!("{net}.0/24"));
        let ids = ["--neutron-net-id", &made.net_id, "--neutron-subnet-id", &made.subnet_id];
        let mut arguments = vec!["--name", project, "--share-type", "served"];
        arguments.extend(ids);
        if user != "admin" {
            arguments.push("--tenant");
        }
        let arguments = arguments.into_iter().map(str::to_owned).collect();
        Tenant { user, project, net, arguments, folder: tempfile::tempdir().unwrap() }
    }

    fn exports_file(&self) -> std::path::PathBuf {
        self.folder.path().join("exports")
    }

    /// Everybody on this machine has access: it is the network that keeps tenants apart.
    fn does(&self, cloud: &Cloud, part: &str) {
        let file = self.exports_file();
        let mut words = vec![part, "--client", "127.0.0.0/8", "--exports", file.to_str().unwrap()];
        words.extend(self.arguments.iter().map(String::as_str));
        cloud.keystone.driven(self.user, self.project, "osc", "servers.py", &words);
    }

    /// The first export location of the tenant's first share.
    fn export(&self) -> String {
        let paths = exports(&self.exports_file());
        assert!(paths.iter().all(|path| path.starts_with(&format!("{}.", self.net))), "{paths:?}");
        paths[0].clone()
    }

    fn client(&self) -> String {
        format!("{}.250", self.net)
    }
}

fn at_once(cloud: &Cloud, tenants: &[Tenant; 2], part: &str) {
    std::thread::scope(|scope| {
        for tenant in tenants {
            scope.spawn(|| tenant.does(cloud, part));
        }
    });
}

/// A tenant's client writes and reads; the other's does not get to the LIF, nor to the share through its own LIF.
fn has_to_itself(tenant: &Tenant, other: &Tenant) {
    let export = tenant.export();
    block(async {
        let (mut nfs, root) = mount(&export, &tenant.client()).await.unwrap();
        let file = nfs.create(&root, "whose").await.unwrap();
        nfs.write(&file, 0, tenant.project.as_bytes()).await.unwrap();
        assert_eq!(nfs.read(&file, 0, 100).await.unwrap(), tenant.project.as_bytes());
    });
    assert!(block(mount(&export, &other.client())).is_err(), "a client in another tenant's network gets to {export}");
    let crossed = export.replacen(lif(&export), lif(&other.export()), 1);
    assert!(block(mount(&crossed, &other.client())).is_err(), "a LIF of another tenant serves {crossed}");
}

/// Whose ports they are, with their addresses.
fn owners(ports: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let mut owners: Vec<_> =
        ports.iter().map(|port| (text(&port["project_id"]), text(&port["fixed_ips"][0]["ip_address"]))).collect();
    owners.sort();
    owners
}

#[test]
fn tenants_of_a_real_neutron_are_kept_apart_and_leave_no_port() {
    let port = free_port();
    let class = "manila.network.neutron.neutron_network_plugin.NeutronNetworkPlugin";
    let stage = serving(class, &format!("{}{}", keystone::options(port), neutron::options(port)));
    let cloud = Cloud::start(port, &format!("http://{}/v2", stage.daemon.address));
    let admin = Caller { stage: &stage, token: Some(cloud.keystone.token("admin", "admin")) };
    let served = json!({ "name": "served", "extra_specs": { "driver_handles_share_servers": "True" } });
    let (status, made) = admin.ask("POST", "/types", Some(json!({ "share_type": served })));
    assert_eq!(status, 200, "{made}");

    let tenants = [Tenant::of(&cloud, "admin", "admin", 1), Tenant::of(&cloud, "ben", "beta", 2)];
    at_once(&cloud, &tenants, "make");
    let mut expected = Vec::new();
    for tenant in &tenants {
        let paths = exports(&tenant.exports_file());
        let project = cloud.keystone.project(tenant.project);
        expected.extend(paths.iter().map(|path| (project.clone(), lif(path).to_owned())));
    }
    expected.sort();
    assert_eq!(owners(&cloud.ports()), expected, "each LIF is a port of its tenant's, and there is no other");
    has_to_itself(&tenants[0], &tenants[1]);
    has_to_itself(&tenants[1], &tenants[0]);

    at_once(&cloud, &tenants, "remove");
    crate::support::until("the servers are gone", || {
        let (_, left) = admin.ask("GET", "/share-servers", None);
        (left["share_servers"] == json!([])).then_some(())
    });
    assert!(cloud.ports().is_empty());
    close(stage);
}
