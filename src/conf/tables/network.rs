//! Where a share server's addresses come from: options of a back end, or of the section its `network_config_group` names.

use crate::machine;
use crate::opt::Kind::{Bool, Dict, Enum, Host, List, Str};
use crate::opt::{Group, between, int, opt, unset};

/// The plugins there are, by the names that Manila's classes have.
const PLUGINS: &[&str] = &[
    "manila.network.neutron.neutron_network_plugin.NeutronNetworkPlugin",
    "manila.network.neutron.neutron_network_plugin.NeutronSingleNetworkPlugin",
    "manila.network.neutron.neutron_network_plugin.NeutronBindNetworkPlugin",
    "manila.network.neutron.neutron_network_plugin.NeutronBindSingleNetworkPlugin",
    "manila.network.standalone_network_plugin.StandaloneNetworkPlugin",
    "manila.network.nova_network_plugin.NovaNetworkPlugin",
    "manila.network.nova_network_plugin.NovaSingleNetworkPlugin",
];

pub static NETWORK: Group = Group {
    name: "<network>",
    about: "Networks of share servers: in the back end's section, or in the one that its network_config_group or \
            admin_network_config_group names.",
    options: &[
        opt("network_api_class", Enum(PLUGINS), PLUGINS[0], "Plugin that allocates addresses."),
        opt("network_plugin_ipv4_enabled", Bool, "true", "Whether share servers get IPv4 addresses."),
        opt("network_plugin_ipv6_enabled", Bool, "false", "Whether share servers get IPv6 addresses."),
        unset("neutron_physical_net_name", Str, "Which segment of a network with several."),
        unset("neutron_net_id", Str, "The network, for the single-network plugins."),
        unset("neutron_subnet_id", Str, "Its subnet, for the single-network plugins."),
        opt(
            "neutron_vnic_type",
            Enum(&["baremetal", "normal", "direct", "direct-physical", "macvtap"]),
            "baremetal",
            "Kind of port, for the binding plugins.",
        ),
        unset("neutron_host_id", Host, "Host that ports are bound to, for the binding plugins.")
            .computed("the name of this machine", machine::name),
        unset("neutron_binding_profiles", List, "Binding profiles of ports; each is a section of this name."),
        unset(
            "standalone_network_plugin_gateway",
            Host,
            "Gateway, which also tells the IP version (stand-alone plugin).",
        ),
        unset("standalone_network_plugin_mask", Str, "Prefix length or mask of the network (stand-alone plugin)."),
        unset(
            "standalone_network_plugin_network_type",
            Enum(&["flat", "vlan", "vxlan", "gre"]),
            "Kind of network; unset: flat (stand-alone plugin).",
        ),
        unset(
            "standalone_network_plugin_segmentation_id",
            between(0, 16_777_215),
            "VLAN or VXLAN of the network (stand-alone plugin).",
        ),
        unset(
            "standalone_network_plugin_allowed_ip_ranges",
            List,
            "Addresses handed out, each a.b.c.d or a.b.c.d-e.f.g.h; unset: the whole network (stand-alone plugin).",
        ),
        unset("nova_single_network_plugin_net_id", Str, "The network, for Nova's single-network plugin."),
        opt("standalone_network_plugin_mtu", int(1), "1500", "Longest packet, in bytes (stand-alone plugin)."),
    ],
};

pub static BINDING_PROFILE: Group = Group {
    name: "<binding profile>",
    about: "A switch port: a section for each name in neutron_binding_profiles.",
    options: &[
        unset("neutron_switch_id", Str, "The switch."),
        unset("neutron_port_id", Str, "Its port."),
        unset("neutron_switch_info", Dict, "Further facts about it."),
    ],
};
