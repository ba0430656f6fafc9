//! What can be wrong between options that are each fine by themselves, as far as it shows without asking the array.

use std::net::IpAddr;

use manilad_conf::{Error, Section, Values};

use super::table::BACKUP_TYPE;
use super::{BackupType, Options};
use crate::mode::MOST_DNS;

/// Judges the options of one back end; whether they can be typed at all.
pub fn check(section: &mut Section<'_>, values: &Values) -> Result<bool, Error> {
    let Some(options) = values.typed::<Options>()? else { return Ok(false) };
    between_options(section, &options);
    if !section.is_simulated() {
        access_to_array(section, &options);
    }
    backups(section, &options)?;
    Ok(true)
}

/// Where backups go is checked though they are not built.
fn backups(section: &mut Section<'_>, options: &Options) -> Result<(), Error> {
    const TARGET: &str = "netapp_backup_backend_section_name";
    for name in &options.netapp_enabled_backup_types {
        let kind: Option<BackupType> = section.named("netapp_enabled_backup_types", name, &BACKUP_TYPE)?;
        let Some(kind) = kind else { continue };
        match &kind.netapp_backup_backend_section_name {
            Some(target) => section.names_back_end(name, TARGET, target),
            None => section.blame_in(name, TARGET, "the name of a back end's section"),
        }
        if kind.netapp_backup_volume.is_some() && kind.netapp_backup_vserver.is_none() {
            section.blame_in(name, "netapp_backup_vserver", "the SVM of netapp_backup_volume");
        }
    }
    Ok(())
}

/// What logs in without a password.
const CERTIFICATE: &[&str] = &["netapp_certificate_file", "netapp_private_key_file"];

/// How the array is reached and who asks; a simulated one needs neither.
fn access_to_array(section: &mut Section<'_>, netapp: &Options) {
    if netapp.netapp_server_hostname.is_none() {
        section.blame("netapp_server_hostname", "the management address of the cluster or the SVM");
    }
    let has_certificate = netapp.netapp_certificate_file.is_some() || netapp.netapp_private_key_file.is_some();
    if !has_certificate && section.are_usable(CERTIFICATE) {
        if netapp.netapp_login.is_none() {
            section.blame("netapp_login", "an account of the array, or a certificate");
        } else if netapp.netapp_password.is_none() {
            section.blame("netapp_password", "the password of netapp_login");
        }
    }
}

fn between_options(section: &mut Section<'_>, netapp: &Options) {
    match (section.share_servers(), &netapp.netapp_vserver) {
        (Some(false), None) => {
            section.blame("netapp_vserver", "the name of an SVM, since driver_handles_share_servers is false");
        }
        (Some(true), Some(_)) => {
            section.warn("netapp_vserver", " has no effect with driver_handles_share_servers = true");
        }
        _ => {}
    }
    match (&netapp.netapp_private_key_file, &netapp.netapp_certificate_file) {
        _ if !section.are_usable(CERTIFICATE) => {}
        (Some(_), None) => section.blame("netapp_certificate_file", "the certificate of netapp_private_key_file"),
        (None, Some(_)) => section.blame("netapp_private_key_file", "the key of netapp_certificate_file"),
        _ => {}
    }
    let flags = netapp.netapp_trace_flags.as_deref().unwrap_or_default().split(',').map(str::trim);
    for flag in flags.filter(|flag| !["", "api"].contains(flag)) {
        section.warn("netapp_trace_flags", &format!(": {flag:?} has no effect: only api is traced"));
    }
    flexgroups(section, netapp);
    dns(section, netapp);
}

fn flexgroups(section: &mut Section<'_>, netapp: &Options) {
    const OPTION: &str = "netapp_flexgroup_pools";
    let pools = &netapp.netapp_flexgroup_pools;
    let is_off = !netapp.netapp_enable_flexgroup && section.are_usable(&["netapp_enable_flexgroup"]);
    if !pools.is_empty() && is_off {
        section.blame(OPTION, "no pools while netapp_enable_flexgroup is false");
    }
    let mut listed: Vec<&String> = Vec::new();
    for (pool, aggregates) in pools {
        if aggregates.is_empty() {
            section.blame(OPTION, format!("aggregates for pool {pool:?}"));
        }
        for aggregate in aggregates {
            if listed.contains(&aggregate) {
                section.blame(OPTION, format!("each aggregate once, not {aggregate:?} twice"));
            }
            listed.push(aggregate);
        }
    }
    for pool in pools.keys().filter(|pool| listed.contains(pool)) {
        section.blame(OPTION, format!("names of pools that no aggregate has, not {pool:?}"));
    }
}

fn dns(section: &mut Section<'_>, netapp: &Options) {
    let (domains, servers) = (&netapp.netapp_dns_domains, &netapp.netapp_dns_nameservers);
    if domains.len() > MOST_DNS.0 {
        section.blame("netapp_dns_domains", format!("at most {} domains", MOST_DNS.0));
    }
    if servers.len() > MOST_DNS.1 || servers.iter().any(|server| server.parse::<IpAddr>().is_err()) {
        section.blame("netapp_dns_nameservers", format!("at most {} addresses", MOST_DNS.1));
    }
    if domains.is_empty() != servers.is_empty() {
        let option = if domains.is_empty() { "netapp_dns_domains" } else { "netapp_dns_nameservers" };
        section.blame(option, "netapp_dns_domains and netapp_dns_nameservers together, or neither");
    }
    if !netapp.netapp_dns_hosts.is_empty() && (domains.is_empty() || servers.is_empty()) {
        section.blame("netapp_dns_hosts", "no hosts without netapp_dns_domains and netapp_dns_nameservers");
    }
    if netapp.dns_hosts().is_none() {
        section.blame("netapp_dns_hosts", "entries such as name:192.0.2.1 or name,alias:192.0.2.1");
    }
}
