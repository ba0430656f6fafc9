//! Which network plugin a back end's share servers get their addresses from, and with which options.
//!
//! How to get it wrong: to find out only when the first server is made that an option can't work. Everything that shows
//! without asking anybody is refused here, at the start and by `check-config`.

use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use manilad_clock::Clock;
use manilad_conf::Settings;
use manilad_conf::settings::{Backend, BindingProfile, Network};
use manilad_domain::subnet::Neutron as Names;
use manilad_network::{
    Binding, Link, NOVA_MICROVERSION, Networks, NetworksFactory, Neutron, NeutronOptions, Nova, NovaOptions, Plugin,
    Standalone, StandaloneOptions,
};
use manilad_openstack::Service;

use crate::boot::cloud_service::{Which, service};
use crate::boot::key_store::KeyStoreAccess;
use crate::boot::outside::Outside;

/// Makes one plugin, on the thread of its back end.
type LayOne = Box<dyn Fn(&Clock) -> Rc<dyn Plugin> + Send + Sync>;

/// Checks the options of a plugin.
type Make = fn(&Settings, &Network, &Outside) -> anyhow::Result<LayOne>;

/// The plugins, by `network_api_class`.
const PLUGINS: &[(&str, Make)] = &[
    ("manila.network.neutron.neutron_network_plugin.NeutronNetworkPlugin", |settings, network, outside| {
        neutron(settings, network, outside, NeutronOptions::default())
    }),
    ("manila.network.neutron.neutron_network_plugin.NeutronSingleNetworkPlugin", |settings, network, outside| {
        neutron(settings, network, outside, NeutronOptions { only: Some(only(network)?), ..NeutronOptions::default() })
    }),
    ("manila.network.neutron.neutron_network_plugin.NeutronBindNetworkPlugin", |settings, network, outside| {
        neutron(
            settings,
            network,
            outside,
            NeutronOptions { binding: Some(binding(network)), ..NeutronOptions::default() },
        )
    }),
    ("manila.network.neutron.neutron_network_plugin.NeutronBindSingleNetworkPlugin", |settings, network, outside| {
        let (only, binding) = (Some(only(network)?), Some(binding(network)));
        neutron(settings, network, outside, NeutronOptions { only, binding, ..NeutronOptions::default() })
    }),
    ("manila.network.standalone_network_plugin.StandaloneNetworkPlugin", standalone),
    ("manila.network.nova_network_plugin.NovaSingleNetworkPlugin", nova),
];

/// The way to a back end's plugins; `None` if it makes no share servers.
///
/// # Errors
/// A plugin that is not ours, or an option that could never work, by section and name.
pub fn factory(settings: &Settings, backend: &Backend, outside: &Outside) -> anyhow::Result<Option<NetworksFactory>> {
    let Some(tenants) = &backend.network else { return Ok(None) };
    let tenants = one(settings, tenants, outside)?;
    let admin = backend.admin_network.as_ref().map(|network| admin(settings, network, outside)).transpose()?;
    let keys = KeyStoreAccess::of(settings, outside)?;
    Ok(Some(Arc::new(move |clock| Networks {
        tenants: tenants(clock),
        admin: admin.as_ref().map(|admin| admin(clock)),
        keys: keys.as_ref().map(|keys| Rc::new(keys.keys(clock))),
    })))
}

/// All that is wrong with the networks of a back end, as far as `is_usable` lets them be judged.
pub fn problems(
    settings: &Settings,
    backend: &Backend,
    outside: &Outside,
    is_usable: &dyn Fn(&Network) -> bool,
) -> Vec<anyhow::Error> {
    let judged = |network: &'_ Option<Network>, make: Make| {
        network.as_ref().filter(|network| is_usable(network)).and_then(|network| make(settings, network, outside).err())
    };
    [judged(&backend.network, one), judged(&backend.admin_network, admin)].into_iter().flatten().collect()
}

/// No share network names the administrators' network, so the configuration must.
fn admin(settings: &Settings, network: &Network, outside: &Outside) -> anyhow::Result<LayOne> {
    let class = &network.network_api_class;
    if class.contains("Neutron") && !class.contains("Single") {
        bail!(
            "[{}] network_api_class is {class:?}: expected one of a single network for administrators",
            network.section
        );
    }
    one(settings, network, outside)
}

fn one(settings: &Settings, network: &Network, outside: &Outside) -> anyhow::Result<LayOne> {
    let section = || format!("[{}]", network.section);
    let (_, make) = PLUGINS.iter().find(|(name, _)| *name == network.network_api_class).with_context(|| {
        let ours: Vec<&str> = PLUGINS.iter().map(|(name, _)| *name).collect();
        let (section, class) = (section(), &network.network_api_class);
        format!("{section} network_api_class is {class:?}: expected {}", ours.join(" or "))
    })?;
    make(settings, network, outside).with_context(section)
}

fn standalone(_: &Settings, network: &Network, _: &Outside) -> anyhow::Result<LayOne> {
    let mtu = u32::try_from(network.standalone_network_plugin_mtu)
        .map_err(|_| anyhow!("standalone_network_plugin_mtu: expected fewer bytes than 4294967296"))?;
    let plugin = Standalone::try_from(StandaloneOptions {
        ipv4: network.network_plugin_ipv4_enabled,
        ipv6: network.network_plugin_ipv6_enabled,
        gateway: network.standalone_network_plugin_gateway.clone().unwrap_or_default(),
        mask: network.standalone_network_plugin_mask.clone().unwrap_or_default(),
        network_type: network.standalone_network_plugin_network_type.clone(),
        segmentation_id: network.standalone_network_plugin_segmentation_id,
        allowed_ip_ranges: network.standalone_network_plugin_allowed_ip_ranges.clone(),
        mtu,
    })?;
    Ok(Box::new(move |_| Rc::new(plugin.clone())))
}

fn only(network: &Network) -> anyhow::Result<Names> {
    let names = network.neutron_net_id.clone().zip(network.neutron_subnet_id.clone());
    let (net_id, subnet_id) =
        names.context("neutron_net_id and neutron_subnet_id: expected the ids of the one network")?;
    Ok(Names { net_id, subnet_id })
}

fn binding(network: &Network) -> Binding {
    let link = |profile: &BindingProfile| Link {
        switch_id: profile.neutron_switch_id.clone(),
        port_id: profile.neutron_port_id.clone(),
        switch_info: profile.neutron_switch_info.clone(),
    };
    Binding {
        host: network.neutron_host_id.clone(),
        vnic_type: network.neutron_vnic_type.clone(),
        links: network.binding_profiles.iter().map(link).collect(),
    }
}

fn neutron(
    settings: &Settings,
    network: &Network,
    outside: &Outside,
    options: NeutronOptions,
) -> anyhow::Result<LayOne> {
    let options = NeutronOptions {
        ipv4: network.network_plugin_ipv4_enabled,
        ipv6: network.network_plugin_ipv6_enabled,
        physical_network: network.neutron_physical_net_name.clone(),
        ..options
    };
    let neutron = Which { kind: "network", version: Some("v2.0"), header: None };
    let (service, http) =
        service(neutron, &settings.neutron, &settings.keystone_authtoken, outside).context("[neutron]")?;
    Ok(Box::new(move |clock| {
        let service = Service::new(service.clone(), http.clone(), clock.clone());
        Rc::new(Neutron::new(options.clone(), service, clock.clone()))
    }))
}

fn nova(settings: &Settings, network: &Network, outside: &Outside) -> anyhow::Result<LayOne> {
    let options = NovaOptions {
        ipv4: network.network_plugin_ipv4_enabled,
        ipv6: network.network_plugin_ipv6_enabled,
        net_id: network
            .nova_single_network_plugin_net_id
            .clone()
            .context("nova_single_network_plugin_net_id is missing")?,
    };
    let nova = Which { kind: "compute", version: None, header: Some(NOVA_MICROVERSION) };
    let (service, http) = service(nova, &settings.nova, &settings.keystone_authtoken, outside).context("[nova]")?;
    let ledger = outside.ledger.clone();
    Ok(Box::new(move |clock| {
        let service = Service::new(service.clone(), http.clone(), clock.clone());
        Rc::new(Nova::new(options.clone(), service, ledger.clone(), clock.clone()))
    }))
}

#[cfg(test)]
mod tests {
    use manilad_clock::Clock;
    use manilad_conf::{Layer, Settings, Sources};

    use super::*;
    use crate::boot::drivers::DriverRow;
    use crate::boot::supported;

    const PLAYED: DriverRow =
        DriverRow { options: &manilad_played::TABLE, maker: |_, _, _| Box::new(manilad_played::PlayedMaker) };

    const ALPHA: &str = "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = localhost\n\
        enabled_share_backends = alpha\n[alpha]\n\
        share_driver = tests.PlayedDriver\ndriver_handles_share_servers = true\nplayed_pool = one\n";

    const STANDALONE: &str = "network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n\
        standalone_network_plugin_gateway = 192.0.2.1\n";

    fn settings(more: &str) -> Settings {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("manila.conf");
        std::fs::write(&path, format!("{ALPHA}{more}")).unwrap();
        let sources = Sources { layers: vec![Layer::File(path)], environment: Vec::new() };
        Settings::load(&sources, &supported(&[PLAYED])).unwrap().settings
    }

    fn outside() -> Outside {
        Outside::real(Clock::system())
    }

    fn refusal(more: &str) -> String {
        let settings = settings(more);
        format!("{:#}", factory(&settings, &settings.backends[0], &outside()).err().unwrap())
    }

    #[test]
    fn a_back_end_without_share_servers_has_no_networks() {
        let settings = settings("[alpha]\ndriver_handles_share_servers = false\n");
        assert!(factory(&settings, &settings.backends[0], &outside()).unwrap().is_none());
    }

    #[test]
    fn tenants_and_administrators_have_a_plugin_each() {
        let mask = "standalone_network_plugin_mask = 24\n";
        let clock = Clock::system();
        let made = |more: &str| {
            let settings = settings(more);
            factory(&settings, &settings.backends[0], &outside()).unwrap().unwrap()(&clock)
        };
        assert!(made(&format!("{STANDALONE}{mask}")).admin.is_none());
        let groups = "network_config_group = tenants\nadmin_network_config_group = admins\n";
        let networks = format!("{groups}[tenants]\n{STANDALONE}{mask}[admins]\n{STANDALONE}{mask}");
        assert!(made(&networks).admin.is_some());
    }

    const LOGIN: &str = "auth_type = password\nauth_url = http://id.example\nusername = manila\npassword = secret\n\
        user_domain_id = default\nproject_name = service\nproject_domain_id = default\n";
    const NEUTRON: &str = "network_api_class = manila.network.neutron.neutron_network_plugin.";
    const ONE: &str = "neutron_net_id = 1\nneutron_subnet_id = 2\n";

    #[test]
    fn every_class_of_neutron_s_is_made_with_either_login() {
        for class in ["", "Single", "Bind", "BindSingle"] {
            for section in ["neutron", "keystone_authtoken"] {
                let settings = settings(&format!("{NEUTRON}Neutron{class}NetworkPlugin\n{ONE}[{section}]\n{LOGIN}"));
                factory(&settings, &settings.backends[0], &outside()).unwrap().unwrap()(&Clock::system());
            }
        }
    }

    #[test]
    fn a_network_of_nova_is_the_one_that_the_configuration_names() {
        let class = "network_api_class = manila.network.nova_network_plugin.NovaSingleNetworkPlugin\n";
        let network = format!("{class}nova_single_network_plugin_net_id = 1\n");
        let settings = settings(&format!("{network}[nova]\n{LOGIN}"));
        factory(&settings, &settings.backends[0], &outside()).unwrap().unwrap()(&Clock::system());
        assert!(refusal(&network).contains("[alpha]: [nova]: auth_url is missing"));
    }

    #[test]
    fn a_login_that_can_not_be_used_is_told_with_its_section() {
        let neutron = |more: &str| refusal(&format!("{NEUTRON}NeutronNetworkPlugin\n[neutron]\n{more}"));
        for (more, expected) in [
            ("", "[alpha]: [neutron]: auth_url is missing"),
            ("auth_url = http://id.example\n", "[keystone_authtoken] counts: option auth_type"),
            ("auth_url = http://id.example\nusername = manila\n", "[neutron]: auth_type is missing"),
            ("auth_url = http://id.example/v2.0\n", "[neutron]: option auth_url: expected"),
            (&LOGIN.replace("password = secret\n", ""), "[neutron]: option password: expected a secret"),
            (&format!("{LOGIN}cafile = nowhere.pem\n"), "[neutron]: option cafile: file nowhere.pem"),
        ] {
            let message = neutron(more);
            assert!(message.contains(expected) && !message.contains("secret\n"), "{more}: {message}");
        }
    }

    #[test]
    fn the_administrators_network_stands_in_the_configuration() {
        let own = format!("{STANDALONE}standalone_network_plugin_mask = 24\nadmin_network_config_group = admins\n");
        let admins = |class| format!("{own}[admins]\n{NEUTRON}{class}\n{ONE}[neutron]\n{LOGIN}");
        assert!(refusal(&admins("NeutronNetworkPlugin")).contains("[admins] network_api_class"));
        let settings = settings(&admins("NeutronSingleNetworkPlugin"));
        assert!(factory(&settings, &settings.backends[0], &outside()).is_ok());
    }

    #[test]
    fn an_option_that_could_never_work_is_told_with_the_section_it_stands_in() {
        let mask = "standalone_network_plugin_mask = 255.0.255.0\n";
        let message = refusal(&format!(
            "admin_network_config_group = net\n{STANDALONE}standalone_network_plugin_mask = 24\n[net]\n{STANDALONE}{mask}"
        ));
        assert!(
            message.starts_with("[net]: standalone_network_plugin_mask: found \"255.0.255.0\", expected "),
            "{message}"
        );
    }
}
