//! Which network plugin a back end's share servers get their addresses from, and with what it is told.
//!
//! How to get it wrong: to find out only when the first server is made that an option can't work. Everything that shows
//! without asking anybody is refused here, at the start and by `check-config`.

use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context as _, anyhow};
use manilad_clock::Clock;
use manilad_conf::Settings;
use manilad_conf::settings::{Backend, Network};
use manilad_network::{Lay, Networks, Plugin, Standalone, StandaloneOptions};

/// Makes one plugin, on the thread of its back end.
type LayOne = Box<dyn Fn(&Clock) -> Rc<dyn Plugin> + Send + Sync>;

/// Checks the options of a plugin.
type Make = fn(&Settings, &Network) -> anyhow::Result<LayOne>;

/// The plugins, by `network_api_class`.
const PLUGINS: &[(&str, Make)] = &[("manila.network.standalone_network_plugin.StandaloneNetworkPlugin", standalone)];

/// The way to a back end's plugins; `None` if it makes no share servers.
///
/// # Errors
/// A plugin that is not ours, or an option that could never work, by section and name.
pub fn lay(settings: &Settings, backend: &Backend) -> anyhow::Result<Option<Lay>> {
    let Some(tenants) = &backend.network else { return Ok(None) };
    let tenants = one(settings, tenants)?;
    let admin = backend.admin_network.as_ref().map(|network| one(settings, network)).transpose()?;
    Ok(Some(Arc::new(move |clock| Networks {
        tenants: tenants(clock),
        admin: admin.as_ref().map(|admin| admin(clock)),
    })))
}

fn one(settings: &Settings, network: &Network) -> anyhow::Result<LayOne> {
    let section = || format!("[{}]", network.section);
    let (_, make) = PLUGINS.iter().find(|(name, _)| *name == network.network_api_class).with_context(|| {
        let ours: Vec<&str> = PLUGINS.iter().map(|(name, _)| *name).collect();
        let (section, wanted) = (section(), &network.network_api_class);
        format!("{section} network_api_class is {wanted:?}: expected {}", ours.join(" or "))
    })?;
    make(settings, network).with_context(section)
}

fn standalone(_: &Settings, told: &Network) -> anyhow::Result<LayOne> {
    let mtu = u32::try_from(told.standalone_network_plugin_mtu)
        .map_err(|_| anyhow!("standalone_network_plugin_mtu: expected fewer bytes than 4294967296"))?;
    let plugin = Standalone::try_from(StandaloneOptions {
        ipv4: told.network_plugin_ipv4_enabled,
        ipv6: told.network_plugin_ipv6_enabled,
        gateway: told.standalone_network_plugin_gateway.clone().unwrap_or_default(),
        mask: told.standalone_network_plugin_mask.clone().unwrap_or_default(),
        network_type: told.standalone_network_plugin_network_type.clone(),
        segmentation_id: told.standalone_network_plugin_segmentation_id,
        allowed_ip_ranges: told.standalone_network_plugin_allowed_ip_ranges.clone(),
        mtu,
    })?;
    Ok(Box::new(move |_| Rc::new(plugin.clone())))
}

#[cfg(test)]
mod tests {
    use manilad_clock::Clock;
    use manilad_conf::{Known, Layer, Settings, Sources};

    use super::*;

    const ALPHA: &str = "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = localhost\n\
        enabled_share_backends = alpha\n[alpha]\n\
        share_driver = manila.share.drivers.netapp.common.NetAppDriver\ndriver_handles_share_servers = true\n\
        netapp_server_hostname = array\nnetapp_login = admin\nnetapp_password = secret\n";

    const STANDALONE: &str = "network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n\
        standalone_network_plugin_gateway = 192.0.2.1\n";

    fn settings(more: &str) -> Settings {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("manila.conf");
        std::fs::write(&path, format!("{ALPHA}{more}")).unwrap();
        let (filters, weighers) = (crate::boot::known_filters(), crate::boot::known_weighers());
        let scheduler_drivers = &["manila.scheduler.drivers.filter.FilterScheduler"];
        let known = Known { scheduler_drivers, filters: &filters, weighers: &weighers };
        let sources = Sources { layers: vec![Layer::File(path)], environment: Vec::new() };
        Settings::load(&sources, &known).unwrap().settings
    }

    fn refusal(more: &str) -> String {
        let settings = settings(more);
        format!("{:#}", lay(&settings, &settings.backends[0]).err().unwrap())
    }

    #[test]
    fn a_back_end_without_share_servers_has_no_networks() {
        let settings = settings("[alpha]\ndriver_handles_share_servers = false\nnetapp_vserver = svm1\n");
        assert!(lay(&settings, &settings.backends[0]).unwrap().is_none());
    }

    #[test]
    fn tenants_and_administrators_have_a_plugin_each() {
        let mask = "standalone_network_plugin_mask = 24\n";
        let clock = Clock::system();
        let laid = |more: &str| {
            let settings = settings(more);
            lay(&settings, &settings.backends[0]).unwrap().unwrap()(&clock)
        };
        assert!(laid(&format!("{STANDALONE}{mask}")).admin.is_none());
        let groups = "network_config_group = tenants\nadmin_network_config_group = admins\n";
        let networks = format!("{groups}[tenants]\n{STANDALONE}{mask}[admins]\n{STANDALONE}{mask}");
        assert!(laid(&networks).admin.is_some());
    }

    #[test]
    fn an_option_that_could_never_work_is_told_with_the_section_it_stands_in() {
        let mask = "standalone_network_plugin_mask = 255.0.255.0\n";
        let told = refusal(&format!(
            "admin_network_config_group = net\n{STANDALONE}standalone_network_plugin_mask = 24\n[net]\n{STANDALONE}{mask}"
        ));
        assert!(told.starts_with("[net]: standalone_network_plugin_mask: found \"255.0.255.0\", expected "), "{told}");
    }
}
