//! What the driver makes of its options and of those that any back end has.
//!
//! Defaults are the tables'. How to get it wrong: to give an option a second default here.

use std::error::Error;
use std::time::Duration;

use manilad_conf::settings::{Backend, BackendSection};
use secrecy::SecretString;

use super::Options;
use crate::config::{Flexgroups, Scheme, Settings};
use crate::mode::{Mode, Servers};
use crate::value::Pattern;

/// The administrator of the simulated cluster inside.
const INSIDE: (&str, &str) = ("admin", "password");
/// What stands for its address.
const SIMULATOR: &str = "simulator";

impl Settings {
    /// The settings of a back end; without an address it is on the simulator inside, which brings address and login.
    ///
    /// # Errors
    /// The options are not this driver's, or could never work.
    pub fn of(backend: &Backend, unanswered: Option<Duration>) -> Result<Self, Box<dyn Error + Send + Sync>> {
        let share_servers = backend.driver_handles_share_servers;
        let settings = made(&backend.options()?, &backend.section, share_servers, backend.share_backend_name())?;
        Ok(Settings { unanswered, ..settings })
    }
}

pub(crate) fn made(
    options: &Options,
    backend_section: &BackendSection,
    share_servers: bool,
    share_backend_name: &str,
) -> Result<Settings, String> {
    let is_inside = options.netapp_server_hostname.is_none();
    let (login, password) = match is_inside {
        true => (Some(INSIDE.0.to_owned()), Some(SecretString::from(INSIDE.1))),
        false => (options.netapp_login.clone(), options.netapp_password.clone()),
    };
    let mode = match share_servers {
        true => Mode::Servers(Box::new(servers(options)?)),
        false => Mode::Svm(options.netapp_vserver.clone().ok_or("netapp_vserver is missing")?),
    };
    let trace_flags = options.netapp_trace_flags.as_deref().unwrap_or_default();
    let traces = trace_flags.split(',').any(|flag| flag.trim() == "api");
    Ok(Settings {
        is_inside,
        hostname: options.netapp_server_hostname.clone().unwrap_or_else(|| SIMULATOR.to_owned()),
        port: options.netapp_server_port,
        scheme: if options.netapp_transport_type == "http" { Scheme::Http } else { Scheme::Https },
        login,
        password,
        certificate_verify: options.netapp_ssl_cert_verify,
        certificate_path: options.netapp_ssl_cert_path.clone(),
        private_key: options.netapp_private_key_file.clone(),
        certificate: options.netapp_certificate_file.clone(),
        ca_certificate: options.netapp_ca_certificate_file.clone(),
        certificate_host_validation: options.netapp_certificate_host_validation,
        operation_timeout: options.netapp_rest_operation_timeout,
        unanswered: None,
        api_trace: traces.then(|| pattern(&options.netapp_api_trace_pattern)),
        mode,
        cluster_name: options.netapp_cluster_name.clone(),
        volume_name_template: options.netapp_volume_name_template.clone(),
        qos_name_template: options.netapp_qos_policy_group_name_template.clone(),
        fpolicy_name_template: options.netapp_fpolicy_policy_name_template.clone(),
        fpolicy_event_template: options.netapp_fpolicy_event_name_template.clone(),
        watched_operations: options.netapp_fpolicy_default_file_operations.iter().cloned().collect(),
        fixed_qos_prefix: options.netapp_fixed_qos_policy_prefix.clone(),
        adaptive_qos_prefix: options.netapp_adaptive_qos_policy_prefix.clone(),
        aggregates: pattern(&options.netapp_aggregate_name_search_pattern),
        flexgroups: options.netapp_enable_flexgroup.then(|| flexgroups(options)),
        snapshot_reserve_percent: options.netapp_volume_snapshot_reserve_percent,
        snapshot_directory: match options.netapp_reset_snapdir_visibility.as_str() {
            "visible" => Some(true),
            "hidden" => Some(false),
            _ => None,
        },
        kept_snapshot_policies: lower(&options.netapp_volume_snapshot_policy_exceptions),
        share_backend_name: share_backend_name.to_owned(),
        reserved_share_percentage: backend_section.reserved_share_percentage,
        reserved_share_from_snapshot_percentage: backend_section.reserved_share_from_snapshot_percentage,
        reserved_share_extend_percentage: backend_section.reserved_share_extend_percentage,
        max_over_subscription_ratio: backend_section.max_over_subscription_ratio,
        replication_domain: backend_section.replication_domain.clone(),
        filter_function: backend_section.filter_function.clone(),
        goodness_function: backend_section.goodness_function.clone(),
    })
}

fn lower(words: &[String]) -> Vec<String> {
    words.iter().map(|word| word.to_lowercase()).collect()
}

fn pattern(pattern: &manilad_conf::Pattern) -> Pattern {
    let pattern = pattern.clone();
    Pattern::new(move |name| pattern.matches(name).map_err(|why| why.to_string()))
}

pub(crate) fn flexgroups(options: &Options) -> Flexgroups {
    Flexgroups {
        pools: options.netapp_flexgroup_pools.clone(),
        only: options.netapp_flexgroup_pool_only,
        online_timeout: options.netapp_flexgroup_volume_online_timeout,
        not_busy_timeout: options.netapp_flexgroup_aggregate_not_busy_timeout,
    }
}

/// What a back end is told of share servers.
pub(crate) fn servers(options: &Options) -> Result<Servers, String> {
    Ok(Servers {
        vserver_name_template: options.netapp_vserver_name_template.clone(),
        lif_name_template: options.netapp_lif_name_template.clone(),
        ports: pattern(&options.netapp_port_name_search_pattern),
        nfs: options.netapp_enabled_share_protocols.clone(),
        logical_space: options.netapp_enable_logical_space_reporting,
        delete_retention_hours: options.netapp_delete_retention_hours,
        dns_domains: options.netapp_dns_domains.clone(),
        dns_nameservers: options.netapp_dns_nameservers.clone(),
        dns_hosts: options.dns_hosts().ok_or("netapp_dns_hosts: expected entries such as name:192.0.2.1")?,
        restrict_lifs: options.netapp_restrict_lif_creation_per_ha_pair,
        certificate_days: options.netapp_security_cert_expire_days,
        smb_aes: options.netapp_cifs_aes_encryption,
        smb_signing: options.netapp_cifs_smb_signing,
        token_path: options.netapp_identity_auth_token_path.clone(),
    })
}

/// Settings of which no more is told than must be; every other option has its default.
#[cfg(test)]
mod least {
    use manilad_conf::{suite, tables};

    use super::*;
    use crate::options::table::BACK_END;

    fn defaults() -> Options {
        suite::defaults(&BACK_END).typed().unwrap().unwrap()
    }

    impl Settings {
        pub(crate) fn new(hostname: &str, vserver: &str, login: &str, password: SecretString) -> Self {
            let options = Options {
                netapp_server_hostname: Some(hostname.to_owned()),
                netapp_vserver: Some(vserver.to_owned()),
                netapp_login: Some(login.to_owned()),
                netapp_password: Some(password),
                ..defaults()
            };
            let backend_section = suite::defaults(&tables::BACKEND_SECTION).typed().unwrap().unwrap();
            made(&options, &backend_section, false, vserver).unwrap()
        }
    }

    impl Default for Servers {
        fn default() -> Self {
            servers(&defaults()).unwrap()
        }
    }

    impl Default for Flexgroups {
        fn default() -> Self {
            flexgroups(&defaults())
        }
    }
}
