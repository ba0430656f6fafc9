//! Which driver serves which back end, and with what it is told: the only place that names a vendor.

use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use manilad_clock::Clock;
use manilad_conf::Settings;
use manilad_conf::settings::{Backend, Netapp};
use manilad_driver::Driver;
use manilad_netapp::{Flexgroups, Mode, NetApp, Pattern, Scheme, Servers, Wire};
use manilad_ontap::{Limiters, Limits};
use secrecy::SecretString;

use crate::boot::array::Array;
use crate::boot::embedded::transport;

/// What drivers of one process share.
pub struct Shared {
    netapp: manilad_netapp::Shared,
}

impl Shared {
    pub fn new(clock: &Clock) -> Self {
        Shared { netapp: manilad_netapp::Shared::new(Limiters::new(clock.clone(), Limits::default())) }
    }
}

/// A driver, and the way to give it another login.
pub struct Made {
    pub driver: Arc<dyn Driver>,
    pub renew: Renew,
}

/// Puts the login that a stanza holds by now into force; whether it is another.
pub type Renew = Box<dyn Fn(&Backend) -> anyhow::Result<bool>>;

/// Makes a driver of a back end.
type Make = fn(&Settings, &Backend, Option<&Array>, &Shared) -> anyhow::Result<Made>;

/// The drivers, by `share_driver`.
const DRIVERS: &[(&str, Make)] = &[("manila.share.drivers.netapp.common.NetAppDriver", netapp)];

/// The driver that a back end's stanza asks for.
///
/// # Errors
/// A driver that is not ours, or options that could never work, by name.
pub fn driver(settings: &Settings, backend: &Backend, array: Option<&Array>, shared: &Shared) -> anyhow::Result<Made> {
    let wanted = backend.stanza.share_driver.as_deref().unwrap_or_default();
    let (_, make) = DRIVERS.iter().find(|(name, _)| *name == wanted).with_context(|| {
        let ours: Vec<&str> = DRIVERS.iter().map(|(name, _)| *name).collect();
        format!("[{}] share_driver is {wanted:?}: expected {}", backend.name, ours.join(" or "))
    })?;
    make(settings, backend, array, shared).with_context(|| format!("[{}]", backend.name))
}

/// What is wrong with the options of a back end in the eyes of its driver, before there is an array.
pub fn problem(settings: &Settings, backend: &Backend, clock: &Clock) -> Option<anyhow::Error> {
    let mut backend = backend.clone();
    if backend.netapp.netapp_server_hostname.is_none() {
        // On the simulator inside, which brings address and login.
        backend.netapp.netapp_server_hostname = Some("simulator".to_owned());
        backend.netapp.netapp_login = Some(INSIDE.0.to_owned());
        backend.netapp.netapp_password = Some(SecretString::from(INSIDE.1));
    }
    driver(settings, &backend, None, &Shared::new(clock)).err()
}

fn netapp(settings: &Settings, backend: &Backend, array: Option<&Array>, shared: &Shared) -> anyhow::Result<Made> {
    let unanswered = settings.manilad.unanswered_call;
    let told = manilad_netapp::Settings { unanswered, ..netapp_settings(backend, array)? };
    let wire = match array {
        Some(array) if backend.netapp.netapp_server_hostname.is_none() => inside(array),
        _ => manilad_netapp::network(),
    };
    let driver = Arc::new(NetApp::new(told, shared.netapp.clone(), wire)?);
    let renewed = driver.clone();
    let renew: Renew = match backend.netapp.netapp_server_hostname {
        None => Box::new(|_| Ok(false)), // the simulator inside, whose login is its own
        Some(_) => Box::new(move |backend| Ok(renewed.renew(&netapp_settings(backend, None)?)?)),
    };
    Ok(Made { driver, renew })
}

/// The wire to the simulator inside.
fn inside(array: &Array) -> Wire {
    let cluster = array.cluster.clone();
    Arc::new(move |_, clock| Ok(transport(&cluster, clock)))
}

/// The login of the simulated cluster's administrator.
const INSIDE: (&str, &str) = ("admin", "password");

fn netapp_settings(backend: &Backend, array: Option<&Array>) -> anyhow::Result<manilad_netapp::Settings> {
    let (told, stanza) = (&backend.netapp, &backend.stanza);
    let hostname = match (&told.netapp_server_hostname, array) {
        (Some(hostname), _) => hostname.clone(),
        (None, Some(_)) => "simulator".to_owned(),
        (None, None) => bail!("netapp_server_hostname is missing: expected a name or an address"),
    };
    let mode = match backend.driver_handles_share_servers {
        true => Mode::Servers(Box::new(servers(told)?)),
        false => Mode::Svm(told.netapp_vserver.clone().ok_or_else(|| anyhow!("netapp_vserver is missing"))?),
    };
    let is_inside = told.netapp_server_hostname.is_none();
    let (login, password) = match is_inside {
        true => (Some(INSIDE.0.to_owned()), Some(SecretString::from(INSIDE.1))),
        false => (told.netapp_login.clone(), told.netapp_password.clone()),
    };
    let flexgroups = told.netapp_enable_flexgroup.then(|| Flexgroups {
        pools: told.netapp_flexgroup_pools.clone(),
        only: told.netapp_flexgroup_pool_only,
        online_timeout: told.netapp_flexgroup_volume_online_timeout,
        not_busy_timeout: told.netapp_flexgroup_aggregate_not_busy_timeout,
    });
    let traces =
        told.netapp_trace_flags.as_deref().is_some_and(|flags| flags.split(',').any(|flag| flag.trim() == "api"));
    let scheme = if told.netapp_transport_type == "http" { Scheme::Http } else { Scheme::Https };
    Ok(manilad_netapp::Settings {
        port: told.netapp_server_port,
        scheme,
        login,
        password,
        certificate_verify: told.netapp_ssl_cert_verify,
        certificate_path: told.netapp_ssl_cert_path.clone(),
        private_key: told.netapp_private_key_file.clone(),
        certificate: told.netapp_certificate_file.clone(),
        ca_certificate: told.netapp_ca_certificate_file.clone(),
        certificate_host_validation: told.netapp_certificate_host_validation,
        operation_timeout: told.netapp_rest_operation_timeout,
        api_trace: traces.then(|| pattern(&told.netapp_api_trace_pattern)),
        mode,
        cluster_name: told.netapp_cluster_name.clone(),
        volume_name_template: told.netapp_volume_name_template.clone(),
        qos_name_template: told.netapp_qos_policy_group_name_template.clone(),
        aggregates: pattern(&told.netapp_aggregate_name_search_pattern),
        flexgroups,
        snapshot_reserve_percent: told.netapp_volume_snapshot_reserve_percent,
        share_backend_name: backend.share_backend_name().to_owned(),
        reserved_share_percentage: stanza.reserved_share_percentage,
        reserved_share_from_snapshot_percentage: stanza.reserved_share_from_snapshot_percentage,
        reserved_share_extend_percentage: stanza.reserved_share_extend_percentage,
        max_over_subscription_ratio: stanza.max_over_subscription_ratio,
        replication_domain: stanza.replication_domain.clone(),
        filter_function: stanza.filter_function.clone(),
        goodness_function: stanza.goodness_function.clone(),
        ..manilad_netapp::Settings::new(&hostname, "", "", SecretString::from(""))
    })
}

fn pattern(pattern: &manilad_conf::Pattern) -> Pattern {
    let pattern = pattern.clone();
    Pattern::new(move |name| pattern.matches(name).map_err(|why| why.to_string()))
}

/// What a back end is told of share servers.
fn servers(told: &Netapp) -> anyhow::Result<Servers> {
    Ok(Servers {
        vserver_name_template: told.netapp_vserver_name_template.clone(),
        lif_name_template: told.netapp_lif_name_template.clone(),
        ports: pattern(&told.netapp_port_name_search_pattern),
        nfs: told.netapp_enabled_share_protocols.clone(),
        logical_space: told.netapp_enable_logical_space_reporting,
        delete_retention_hours: told.netapp_delete_retention_hours,
        dns_domains: told.netapp_dns_domains.clone(),
        dns_nameservers: told.netapp_dns_nameservers.clone(),
        dns_hosts: told.dns_hosts().context("netapp_dns_hosts: expected entries such as name:192.0.2.1")?,
        restrict_lifs: told.netapp_restrict_lif_creation_per_ha_pair,
        certificate_days: told.netapp_security_cert_expire_days,
        smb_aes: told.netapp_cifs_aes_encryption,
        smb_signing: told.netapp_cifs_smb_signing,
    })
}
