//! What can be wrong between options that are each fine by themselves, as far as it shows without asking anybody.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::driver::DriverTable;
use crate::ini::{DEFAULT, normal};
use crate::opt::Group;
use crate::reader::Reader;
use crate::settings::{
    AuthStrategy, BackendSection, KeystoneAuthtoken, Manilad, Network, OsloPolicy, Scheduler, Service, Ssl, find,
};
use crate::supported::Supported;

/// What a section of which nothing is used is read into.
#[derive(serde::Deserialize)]
pub(crate) struct Nothing {}

/// noauth makes every caller an administrator, so it is for this machine unless the operator insists.
pub(crate) fn callers(reader: &mut Reader, manilad: &Manilad, service: &Service) {
    let listen = &service.osapi_share_listen;
    let address = listen.parse::<IpAddr>();
    if listen != "localhost" && address.is_err() {
        return reader.blame(DEFAULT, "osapi_share_listen", "an address of this machine, or localhost");
    }
    let loopback = address.map_or(true, |address| address.is_loopback());
    let is_known =
        reader.are_usable(DEFAULT, &["auth_strategy"]) && reader.are_usable("manilad", &["allow_remote_noauth"]);
    if is_known && service.auth_strategy == AuthStrategy::Noauth && !loopback && !manilad.allow_remote_noauth {
        let expected = "a loopback address with auth_strategy = noauth, or [manilad] allow_remote_noauth = true";
        reader.blame(DEFAULT, "osapi_share_listen", expected);
    }
}

/// A service that gives its sign of life no sooner than it counts as down would be down most of the time.
pub(crate) fn signs_of_life(reader: &mut Reader, service: &Service) {
    let (interval, patience) = (service.report_interval, service.service_down_time);
    if interval < patience || !reader.are_usable(DEFAULT, &["report_interval", "service_down_time"]) {
        return;
    }
    if reader.place(DEFAULT, "report_interval").is_some() {
        let expected = format!("fewer seconds than service_down_time, which is {}", patience.as_secs());
        reader.blame(DEFAULT, "report_interval", expected);
    } else {
        let expected = format!("more seconds than report_interval, which is {}", interval.as_secs());
        reader.blame(DEFAULT, "service_down_time", expected);
    }
}

pub(crate) fn identity(reader: &mut Reader, service: &Service, identity: Option<&KeystoneAuthtoken>) {
    let is_keystone = service.auth_strategy == AuthStrategy::Keystone && reader.are_usable(DEFAULT, &["auth_strategy"]);
    let Some(identity) = identity.filter(|_| is_keystone) else { return };
    let has_user = identity.username.is_some()
        || identity.user_id.is_some()
        || !reader.are_usable("keystone_authtoken", &["user_id"]);
    let mut missing: Vec<(&'static str, &str)> = Vec::new();
    let mut need = |there: bool, option, expected| {
        if !there {
            missing.push((option, expected))
        }
    };
    need(identity.auth_url.is_some(), "auth_url", "the identity URL, since auth_strategy is keystone");
    match identity.auth_type.as_deref() {
        None => need(false, "auth_type", "password or v3applicationcredential, since auth_strategy is keystone"),
        Some("v3applicationcredential") => {
            need(identity.application_credential_id.is_some(), "application_credential_id", "the credential's id");
            need(identity.application_credential_secret.is_some(), "application_credential_secret", "its secret");
        }
        Some(_) => {
            need(has_user, "username", "the daemon's user");
            need(identity.password.is_some(), "password", "the user's password");
        }
    }
    missing.into_iter().for_each(|(option, expected)| reader.blame("keystone_authtoken", option, expected));
}

pub(crate) fn tls(reader: &mut Reader, service: &Service, ssl: Option<&Ssl>) {
    let is_on = service.osapi_share_use_ssl && reader.are_usable(DEFAULT, &["osapi_share_use_ssl"]);
    let Some(ssl) = ssl.filter(|_| is_on) else { return };
    for (option, file) in [("cert_file", &ssl.cert_file), ("key_file", &ssl.key_file)] {
        if file.is_none() {
            reader.blame("ssl", option, "a PEM file, since osapi_share_use_ssl is on");
        }
    }
}

pub(crate) fn scheduler(reader: &mut Reader, scheduler: &Scheduler, supported: &Supported) {
    let driver = std::slice::from_ref(&scheduler.scheduler_driver);
    for (option, names, choices) in [
        ("scheduler_driver", driver, &supported.scheduler_drivers),
        ("scheduler_default_filters", &scheduler.scheduler_default_filters, &supported.filters),
        ("scheduler_default_weighers", &scheduler.scheduler_default_weighers, &supported.weighers),
        ("scheduler_default_share_group_filters", &scheduler.scheduler_default_share_group_filters, &supported.filters),
        ("scheduler_default_extend_filters", &scheduler.scheduler_default_extend_filters, &supported.filters),
    ] {
        for name in names.iter().filter(|name| !choices.contains(&name.as_str())) {
            reader.blame(DEFAULT, option, format!("names among {}, not {name:?}", choices.join(", ")));
        }
    }
}

/// A file that was asked for and is not there is told: the built-in rules then hold, as oslo.policy has it.
pub(crate) fn policy_file(reader: &mut Reader, policy: &OsloPolicy, directories: &[PathBuf]) {
    let asked = reader.place("oslo_policy", "policy_file").is_some();
    if asked && find(directories, &policy.policy_file).is_none() {
        let file = policy.policy_file.display();
        let text = format!("{file} does not exist beside the configuration: the built-in policy holds");
        reader.warn("oslo_policy", "policy_file", text);
    }
}

pub(crate) fn backend_name(reader: &mut Reader, name: &str, fixed: &[&'static Group]) {
    let reserved = fixed.iter().any(|group| normal(group.name) == normal(name));
    if name.is_empty() || name.contains(['@', '#']) || reserved {
        reader.blame(
            DEFAULT,
            "enabled_share_backends",
            format!("names without @ and # that no other section has, not {name:?}"),
        );
    }
}

pub(crate) fn driver(
    reader: &mut Reader,
    section: &str,
    backend_section: &BackendSection,
    drivers: &[&'static DriverTable],
) {
    let names: Vec<&str> = drivers.iter().map(|driver| driver.name).collect();
    if !backend_section.share_driver.as_deref().is_some_and(|name| names.contains(&name)) {
        reader.blame(section, "share_driver", format!("a driver that the daemon has: {}", names.join(", ")));
    }
    if backend_section.driver_handles_share_servers.is_none() {
        reader.blame(section, "driver_handles_share_servers", "true or false");
    }
}

/// A function that can't be read would refuse every share, long after the start.
pub(crate) fn functions(
    reader: &mut Reader,
    section: &str,
    backend_section: &BackendSection,
    judge: fn(&str) -> Result<(), String>,
) {
    for (option, text) in [
        ("filter_function", &backend_section.filter_function),
        ("goodness_function", &backend_section.goodness_function),
    ] {
        if let Some(Err(flaw)) = text.as_deref().map(judge) {
            reader.blame(section, option, format!("a function: {flaw}"));
        }
    }
}

pub(crate) fn network(reader: &mut Reader, section: &str, network: &Network) {
    let is_known = reader.are_usable(section, &["network_api_class"]);
    let plugin = network.network_api_class.rsplit('.').next().filter(|_| is_known).unwrap_or_default();
    let mut need = |there: bool, option: &'static str, expected: &str| {
        if !there {
            reader.blame(section, option, format!("{expected}, since network_api_class is {plugin}"));
        }
    };
    if plugin == "StandaloneNetworkPlugin" {
        let gateway = network.standalone_network_plugin_gateway.as_ref();
        let address = gateway.is_some_and(|gateway| gateway.parse::<IpAddr>().is_ok());
        need(address, "standalone_network_plugin_gateway", "an address");
        need(
            network.standalone_network_plugin_mask.is_some(),
            "standalone_network_plugin_mask",
            "a prefix length or a mask",
        );
    }
    if plugin == "NovaSingleNetworkPlugin" {
        let there = network.nova_single_network_plugin_net_id.is_some();
        need(there, "nova_single_network_plugin_net_id", "the id of a network");
    } else if plugin.contains("Single") {
        need(network.neutron_net_id.is_some(), "neutron_net_id", "the id of a network");
        need(network.neutron_subnet_id.is_some(), "neutron_subnet_id", "the id of a subnet");
    }
    if plugin == "NovaNetworkPlugin" {
        let expected = "another class, such as NovaSingleNetworkPlugin: no share network can name a network of Nova";
        reader.blame(section, "network_api_class", expected);
    }
    let are_known = reader.are_usable(section, &["network_plugin_ipv4_enabled", "network_plugin_ipv6_enabled"]);
    if are_known && !network.network_plugin_ipv4_enabled && !network.network_plugin_ipv6_enabled {
        reader.blame(section, "network_plugin_ipv4_enabled", "IPv4 or IPv6 to be enabled");
    }
}
