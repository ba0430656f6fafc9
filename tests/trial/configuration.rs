//! The configuration of the daemon of a trial: a back end of each mode on each array, tenants whom the identity service knows.

use manilad_conf::{Layer, Settings, Sources};
use manilad_domain::quota::Resource;
use serde_json::{Value, json};

use crate::array::LATEST;
use crate::client::TYPES;
use crate::plan::{ARRAYS, Plan};
use crate::world::World;

const TEXT: &str = "host = node1
auth_strategy = keystone
osapi_share_listen = 127.0.0.1
enabled_share_backends = alpha,beta,gamma,delta
enabled_share_protocols = NFS,CIFS
periodic_interval = 30
[keystone_authtoken]
auth_type = password
auth_url = http://identity.test:5000/v3
username = manila
password = secret
user_domain_id = default
project_name = service
project_domain_id = default
[barbican]
auth_url = http://identity.test:5000/v3
[key_manager]
auth_endpoint = https://identity.test:5000/v3
";

/// How much of what a project may have: little, so that it is reached.
pub const QUOTA: [(Resource, i64); 5] = [
    (Resource::Shares, 8),
    (Resource::Gigabytes, 30),
    (Resource::Snapshots, 5),
    (Resource::SnapshotGigabytes, 12),
    (Resource::ShareNetworks, 3),
];

/// Without share servers.
const ON_SVM: &str = "driver_handles_share_servers = False
netapp_vserver = svm1";
/// What was deleted would keep what it was cloned from, and so its server, for hours.
const STANDALONE: &str = "driver_handles_share_servers = True
network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin
standalone_network_plugin_gateway = 10.77.0.1
standalone_network_plugin_mask = 16
netapp_delete_retention_hours = 0";
const BY_NEUTRON: &str = "driver_handles_share_servers = True
network_api_class = manila.network.neutron.neutron_network_plugin.NeutronNetworkPlugin
netapp_delete_retention_hours = 0";

/// Each back end: its name, the place of its array, and its mode.
pub const BACK_ENDS: [(&str, usize, &str); 4] =
    [("alpha", 0, ON_SVM), ("beta", 1, ON_SVM), ("gamma", 1, STANDALONE), ("delta", 0, BY_NEUTRON)];

fn section((name, array, mode): (&str, usize, &str)) -> String {
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

/// The filters of somebody who wrote them down before there were any for affinity.
const OLD_FILTERS: &str = "scheduler_default_filters = OnlyHostFilter,AvailabilityZoneFilter,CapacityFilter,CapabilitiesFilter,DriverFilter\n";

pub fn settings(plan: &Plan) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("manila.conf");
    let more = format!(
        "[manilad]\nsimulator = false\nmetrics = false\nunanswered_call_seconds = {LATEST}\nstore_path = /nonexistent\nsweep_interval = {}\n",
        plan.sweep_interval
    );
    let (retention, interval) = plan.bin;
    let bin = format!(
        "soft_deleted_share_retention_time = {retention}\ncheck_for_expired_shares_in_recycle_bin_interval = {interval}\n\
         is_deferred_deletion_enabled = {}\nuse_scheduler_creating_share_from_snapshot = {}\n",
        plan.is_deletion_deferred, plan.places_clones
    );
    let quota: String = QUOTA.iter().map(|(of, most)| format!("{} = {most}\n", of.key().name())).collect();
    let sections: String = BACK_ENDS.into_iter().map(section).collect();
    let filters = if plan.heeds_affinity { "" } else { OLD_FILTERS };
    std::fs::write(&path, format!("[DEFAULT]\n{filters}{bin}{TEXT}[quota]\n{quota}{sections}{more}")).unwrap();
    let sources = Sources { layers: vec![Layer::File(path)], environment: Vec::new() };
    let known = manilad::boot::supported(manilad::boot::drivers::DRIVERS);
    Settings::load(&sources, &known).unwrap().settings
}

const CLONES: &str = "create_share_from_snapshot_support";

/// Makes the share types.
pub async fn types(world: &World) {
    for (name, specs) in [
        (TYPES[0], json!({ CLONES: "True", "snapshot_support": "True", "revert_to_snapshot_support": "True" })),
        (
            TYPES[1],
            json!({ CLONES: "True", "snapshot_support": "True", "qos": "<is> True", "netapp:maxiops": "100",
            "netapp:fpolicy_extensions_to_include": "exe,bat" }),
        ),
        (TYPES[2], json!({ CLONES: "True", "snapshot_support": "True", "revert_to_snapshot_support": "True" })),
        (TYPES[3], json!({})),
    ] {
        let mut specs = specs;
        if name == TYPES[2] {
            specs["encryption_support"] = json!("share_server");
        }
        specs["driver_handles_share_servers"] = json!(if name == TYPES[2] { "True" } else { "False" });
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
