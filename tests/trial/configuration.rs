//! The configuration of the daemon of a trial: a back end of each mode on each array, tenants whom the identity service knows.

use manilad_conf::{Layer, Settings, Sources};
use serde_json::{Value, json};

use crate::array::LATEST;
use crate::client::TYPES;
use crate::plan::ARRAYS;
use crate::world::World;

const TEXT: &str = "[DEFAULT]
host = node1
auth_strategy = keystone
osapi_share_listen = 127.0.0.1
enabled_share_backends = alpha,beta,gamma,delta
enabled_share_protocols = NFS
periodic_interval = 30
[keystone_authtoken]
auth_type = password
auth_url = http://identity.test:5000/v3
username = manila
password = secret
user_domain_id = default
project_name = service
project_domain_id = default
[quota]
shares = 8
gigabytes = 30
share_networks = 3
";

/// Each back end: its name, the place of its array, and the network of its share servers, if it makes any.
pub const BACK_ENDS: [(&str, usize, Option<&str>); 4] =
    [("alpha", 0, None), ("beta", 1, None), ("gamma", 0, Some("10.77")), ("delta", 1, Some("10.78"))];

fn section((name, array, network): (&str, usize, Option<&str>)) -> String {
    let mode = match network {
        None => "driver_handles_share_servers = False\nnetapp_vserver = svm1".to_owned(),
        Some(network) => format!(
            "driver_handles_share_servers = True
network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin
standalone_network_plugin_gateway = {network}.0.1
standalone_network_plugin_mask = 16"
        ),
    };
    let address = ARRAYS[array].address;
    format!(
        "[{name}]
share_driver = manila.share.drivers.netapp.common.NetAppDriver
share_backend_name = {name}
netapp_server_hostname = {address}
netapp_login = admin
netapp_password = password
{mode}
"
    )
}

/// The place of the array that the host of an instance is on.
pub fn array_of(host: &str) -> Option<usize> {
    let named = |name: &str| host.split(['@', '#']).nth(1) == Some(name);
    BACK_ENDS.iter().find(|(name, ..)| named(name)).map(|(_, array, _)| *array)
}

pub fn settings() -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manila.conf");
    let more = format!(
        "[manilad]\nsimulator = false\nmetrics = false\nunanswered_call_seconds = {LATEST}\nstore_path = /nonexistent\n"
    );
    let sections: String = BACK_ENDS.into_iter().map(section).collect();
    std::fs::write(&path, format!("{TEXT}{sections}{more}")).unwrap();
    let sources = Sources { layers: vec![Layer::File(path)], environment: Vec::new() };
    let known = manilad::boot::supported(manilad::boot::drivers::DRIVERS);
    Settings::load(&sources, &known).unwrap().settings
}

/// Makes the share types.
pub async fn types(world: &World) {
    for (name, specs) in [
        (TYPES[0], json!({ "driver_handles_share_servers": "False" })),
        (TYPES[1], json!({ "driver_handles_share_servers": "False", "qos": "<is> True", "netapp:maxiops": "100" })),
        (TYPES[2], json!({ "driver_handles_share_servers": "True" })),
    ] {
        let wish: Value = json!({ "share_type": { "name": name, "extra_specs": specs } });
        loop {
            match world.admin("POST", "/types", Some(&wish)).await {
                Some((200 | 409, _)) => break,
                other => {
                    world.note(&format!("no type yet: {other:?}"));
                    world.clock.sleep(std::time::Duration::from_secs(1)).await;
                }
            }
        }
    }
}
