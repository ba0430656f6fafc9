//! The configuration of the daemon of a trial: a back end of each mode on one array, tenants whom the identity service knows.

use manilad_conf::{Layer, Settings, Sources};
use serde_json::{Value, json};

use crate::array::LATEST;
use crate::client::TYPES;
use crate::world::World;

const TEXT: &str = "[DEFAULT]
host = node1
auth_strategy = keystone
osapi_share_listen = 127.0.0.1
enabled_share_backends = alpha,gamma
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
[alpha]
share_driver = manila.share.drivers.netapp.common.NetAppDriver
share_backend_name = alpha
driver_handles_share_servers = False
netapp_vserver = svm1
[gamma]
share_driver = manila.share.drivers.netapp.common.NetAppDriver
share_backend_name = gamma
driver_handles_share_servers = True
network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin
standalone_network_plugin_gateway = 10.77.0.1
standalone_network_plugin_mask = 16
";

pub fn settings() -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manila.conf");
    let more = format!(
        "[manilad]\nsimulator = true\nmetrics = false\nunanswered_call_seconds = {LATEST}\nstore_path = /nonexistent\n"
    );
    std::fs::write(&path, format!("{TEXT}{more}")).unwrap();
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
