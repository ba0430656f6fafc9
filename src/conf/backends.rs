//! Reads the back ends: their own sections, and those that these point to.

use crate::checks;
use crate::error::Error;
use crate::ini::{DEFAULT, normal};
use crate::opt::Group;
use crate::reader::Reader;
use crate::settings::{Backend, BackupType, BindingProfile, Manilad, Network, Stanza};
use crate::tables::{self, BACKUP_TYPE, BINDING_PROFILE, FIXED, NETAPP, NETWORK, STANZA};

pub(crate) struct Enabled {
    pub backends: Vec<Backend>,
    pub backup_only: Vec<Backend>,
}

const LIST: &str = "enabled_share_backends";

/// Declares the sections that `enabled_share_backends` names, so that any value may refer to their options.
pub(crate) fn announce(reader: &mut Reader) -> Vec<String> {
    let names = names(reader);
    names.iter().for_each(|name| declare(reader, name));
    names
}

/// Reads the back ends of these names, and those that only receive backups of theirs.
pub(crate) fn read(reader: &mut Reader, names: &[String], manilad: Option<&Manilad>) -> Result<Enabled, Error> {
    // Where nobody knows whether there is a simulator, back ends are taken to be on it: that mistake is told.
    let simulated = !reader.are_usable("manilad", &["simulator"]) || manilad.is_none_or(|manilad| manilad.simulator);
    if names.is_empty() && reader.are_usable(DEFAULT, &[LIST]) {
        reader.warn(DEFAULT, LIST, "[DEFAULT] enabled_share_backends is empty: there is no back end");
    }
    for (n, name) in names.iter().enumerate() {
        checks::backend_name(reader, name);
        if names[..n].iter().any(|earlier| normal(earlier) == normal(name)) {
            reader.blame(DEFAULT, LIST, format!("each back end once, not {name:?} twice"));
        } else if !reader.has(name) {
            reader.blame(DEFAULT, LIST, format!("a section [{name}]"));
        }
    }
    let mut backends = Vec::new();
    for name in names {
        if reader.has(name) {
            backends.extend(backend(reader, name, simulated)?);
        }
    }
    let mut backup_only: Vec<Backend> = Vec::new();
    for target in backends.iter().flat_map(|backend| &backend.backup_types) {
        let Some(name) = &target.netapp_backup_backend_section_name else { continue };
        let read = |known: &[Backend]| known.iter().any(|known| normal(&known.name) == normal(name));
        if !reader.has(name) {
            reader.blame(&target.name, "netapp_backup_backend_section_name", "the name of a back end's section");
        } else if !read(&backends) && !read(&backup_only) {
            declare(reader, name);
            backup_only.extend(backend(reader, name, simulated)?);
        }
    }
    Ok(Enabled { backends, backup_only })
}

fn declare(reader: &mut Reader, section: &str) {
    for group in [&STANZA, &NETAPP, &NETWORK] {
        reader.declare(section, group);
    }
}

/// The list itself; if it can't be read, the mistake is known already.
fn names(reader: &Reader) -> Vec<String> {
    let option = tables::SERVICE.options.iter().find(|option| option.name == LIST);
    let value = option.and_then(|option| reader.value(DEFAULT, option).ok());
    value.and_then(|value| value.try_deserialize().ok()).unwrap_or_default()
}

fn backend(reader: &mut Reader, name: &str, simulated: bool) -> Result<Option<Backend>, Error> {
    let stanza = reader.read::<Stanza>(name, &STANZA)?;
    let netapp = reader.read(name, &NETAPP)?;
    let Some(stanza) = stanza else { return Ok(None) };
    checks::driver(reader, name, &stanza);
    let share_servers = stanza.driver_handles_share_servers;
    if let Some(netapp) = &netapp {
        checks::netapp(reader, name, netapp, share_servers);
        if !simulated {
            checks::access_to_array(reader, name, netapp);
        }
    }
    let (network, admin_network) = if share_servers == Some(true) {
        let own = named_section(reader, name, "network_config_group", stanza.network_config_group.as_deref());
        let admin =
            named_section(reader, name, "admin_network_config_group", stanza.admin_network_config_group.as_deref());
        let network = network(reader, own.as_deref().unwrap_or(name))?;
        (network, admin.map(|section| self::network(reader, &section)).transpose()?.flatten())
    } else {
        let groups = [&stanza.network_config_group, &stanza.admin_network_config_group];
        for section in groups.into_iter().flatten() {
            reader.declare(section, &NETWORK);
            if share_servers.is_none() {
                reader.read::<Network>(section, &NETWORK)?;
            }
        }
        (None, None)
    };
    let mut backup_types = Vec::new();
    for section in &stanza.netapp_enabled_backup_types {
        let read = section_of::<BackupType>(reader, name, "netapp_enabled_backup_types", section, &BACKUP_TYPE)?;
        let Some(backup_type) = read else { continue };
        if backup_type.netapp_backup_backend_section_name.is_none() {
            reader.blame(section, "netapp_backup_backend_section_name", "the name of a back end's section");
        }
        if backup_type.netapp_backup_volume.is_some() && backup_type.netapp_backup_vserver.is_none() {
            reader.blame(section, "netapp_backup_vserver", "the SVM of netapp_backup_volume");
        }
        backup_types.push(BackupType { name: section.clone(), ..backup_type });
    }
    let Some((netapp, driver_handles_share_servers)) = netapp.zip(share_servers) else { return Ok(None) };
    let name = name.to_owned();
    Ok(Some(Backend { name, driver_handles_share_servers, stanza, netapp, network, admin_network, backup_types }))
}

/// The section that `option` of `section` names, if it is there.
fn named_section(reader: &mut Reader, section: &str, option: &'static str, named: Option<&str>) -> Option<String> {
    let named = named?;
    let reserved = FIXED.iter().any(|group| normal(group.name) == normal(named));
    if reader.has(named) && !reserved {
        return Some(named.to_owned());
    }
    reader.blame(section, option, format!("a section [{named}] of this name"));
    None
}

fn section_of<T: serde::de::DeserializeOwned>(
    reader: &mut Reader,
    section: &str,
    option: &'static str,
    named: &str,
    group: &'static Group,
) -> Result<Option<T>, Error> {
    match named_section(reader, section, option, Some(named)) {
        Some(named) => reader.read(&named, group),
        None => Ok(None),
    }
}

fn network(reader: &mut Reader, section: &str) -> Result<Option<Network>, Error> {
    let Some(mut network) = reader.read::<Network>(section, &NETWORK)? else { return Ok(None) };
    checks::network(reader, section, &network);
    section.clone_into(&mut network.section);
    for named in network.neutron_binding_profiles.clone() {
        let profile =
            section_of::<BindingProfile>(reader, section, "neutron_binding_profiles", &named, &BINDING_PROFILE)?;
        network.binding_profiles.extend(profile.map(|profile| BindingProfile { name: named, ..profile }));
    }
    Ok(Some(network))
}
