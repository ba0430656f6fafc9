//! Every option that the tables call used is read by the daemon's own code, and no other is.
//!
//! The table below says by which name code has the settings of each group, file by file, since options of different groups
//! have the same name. That an option which is not used can't be read is held by its type, which has no field for it; a few
//! have one by which the configuration is checked. How to get it wrong: to look for the name of an option alone, for then the
//! `region_name` of one service hides that nobody reads another's.

use std::path::PathBuf;

use manilad::boot::drivers;
use manilad_conf::{Group, Use, tables};
use manilad_netapp::table;

/// A group, a file in `src`, the words by which its code comes to the settings of the group, and its name for them.
type Reads = (&'static Group, &'static str, &'static str, &'static str);

const READS: &[Reads] = &[
    (&tables::MANILAD, "commands/store.rs", "settings.manilad", "manilad"),
    (&tables::MANILAD, "boot/simulator.rs", "settings.manilad", "manilad"),
    (&tables::MANILAD, "boot/store.rs", "settings.manilad", "manilad"),
    (&tables::MANILAD, "boot/mod.rs", "settings.manilad", "manilad"),
    (&tables::MANILAD, "boot/assembly.rs", "settings.manilad", "manilad"),
    (&tables::MANILAD, "commands/mod.rs", "settings.manilad", "manilad"),
    (&tables::MANILAD, "serve/connections.rs", "settings.manilad", "manilad"),
    (&tables::MANILAD, "boot/drivers.rs", "settings.manilad", "manilad"),
    (&tables::SERVICE, "boot/mod.rs", "settings.service", "service"),
    (&tables::SERVICE, "boot/assembly.rs", "settings.service", "service"),
    (&tables::SERVICE, "commands/mod.rs", "settings.service", "service"),
    (&tables::SERVICE, "boot/http.rs", "settings.service", "service"),
    (&tables::SERVICE, "boot/identity.rs", "settings.service", "service"),
    (&tables::SHARES, "boot/assembly.rs", "settings.shares", "shares"),
    (&tables::SHARES, "boot/http.rs", "settings.shares", "shares"),
    (&tables::SCHEDULER, "boot/assembly.rs", "settings.scheduler", "scheduler"),
    (&tables::LOGGING, "commands/mod.rs", "settings.logging", "logging"),
    (&tables::QUOTA, "boot/http.rs", "settings.quota", "quota"),
    (&tables::KEYSTONE_AUTHTOKEN, "boot/identity.rs", "settings.keystone_authtoken", "auth"),
    (&tables::OSLO_POLICY, "boot/policy.rs", "settings.oslo_policy", "policy"),
    (&tables::OSLO_MIDDLEWARE, "boot/http.rs", "settings.oslo_middleware", "oslo_middleware"),
    (&tables::OSLO_MIDDLEWARE, "boot/identity.rs", "settings.oslo_middleware", "oslo_middleware"),
    (&tables::CORS, "boot/http.rs", "settings.cors", "section"),
    (&tables::SSL, "boot/tls.rs", "settings.ssl", "ssl"),
    (&tables::NEUTRON, "boot/cloud_service.rs", "service: &CloudService", "service"),
    (&tables::NOVA, "boot/cloud_service.rs", "service: &CloudService", "service"),
    (&tables::BARBICAN, "boot/cloud_service.rs", "service: &CloudService", "service"),
    (&tables::KEY_MANAGER, "boot/key_store.rs", "settings.key_manager", "key_manager"),
    (&tables::BACKEND_SECTION, "boot/assembly.rs", "backend.section", "section"),
    (&tables::BACKEND_SECTION, "boot/drivers.rs", "backend.section", "backend.section"),
    (&tables::BACKEND_SECTION, "../actors/netapp/options/settings.rs", "&backend.section", "backend_section"),
    (&table::BACK_END, "../actors/netapp/options/settings.rs", "options: &Options", "options"),
    (&tables::NETWORK, "boot/networks.rs", "backend.network", "network"),
    (&tables::BINDING_PROFILE, "boot/networks.rs", "network.binding_profiles", "profile"),
];

/// Options that have done their work when the configuration is read: a file in `src/conf`, and the words that use them.
const WHILE_READING: &[(&Group, &str, &str, &str)] = &[
    (&tables::MANILAD, "allow_remote_noauth", "checks.rs", "manilad.allow_remote_noauth"),
    (&tables::SERVICE, "my_ip", "tests/service.rs", "osapi_share_listen = $my_ip"),
    (&tables::SERVICE, "state_path", "tables/manilad.rs", "$state_path/store"),
    (&tables::SERVICE, "enabled_share_backends", "backends.rs", "const LIST: &str = \"enabled_share_backends\""),
    (&tables::SCHEDULER, "scheduler_driver", "checks.rs", "scheduler.scheduler_driver"),
    (
        &tables::BACKEND_SECTION,
        "driver_handles_share_servers",
        "backends.rs",
        "backend_section.driver_handles_share_servers",
    ),
    (&tables::BACKEND_SECTION, "share_backend_name", "settings/backend.rs", "section.share_backend_name"),
    (&tables::BACKEND_SECTION, "network_config_group", "backends.rs", "backend_section.network_config_group"),
    (
        &tables::BACKEND_SECTION,
        "admin_network_config_group",
        "backends.rs",
        "backend_section.admin_network_config_group",
    ),
    (&tables::NETWORK, "neutron_binding_profiles", "backends.rs", "network.neutron_binding_profiles"),
    (&table::BACK_END, "netapp_dns_hosts", "../../actors/netapp/options/fields.rs", "self.netapp_dns_hosts"),
];

/// Fields that have another name than their option.
const RENAMED: &[(&str, &str)] = &[
    ("osapi_share_base_URL", "osapi_share_base_url"),
    ("drain_seconds", "drain"),
    ("sweep_interval", "sweep_every"),
    ("unanswered_call_seconds", "unanswered_call"),
];

fn source(file: &str) -> String {
    let path = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("src").join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The code of a file without its tests and comments, and with nothing around dots.
fn code(file: &str) -> String {
    let text = source(file);
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    lines.join("\n").split('.').map(str::trim).collect::<Vec<_>>().join(".")
}

/// Whether code reads that field of what it has by that name.
fn reads(code: &str, by: &str, field: &str) -> bool {
    let read = format!("{by}.{field}");
    let is_name = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    code.match_indices(&read).any(|(at, _)| {
        let after = code[at + read.len()..].chars().next();
        !is_name(code[..at].chars().next_back()) && !is_name(after) && after != Some('(')
    })
}

#[test]
fn every_used_option_is_read_by_code_and_no_other_is() {
    for (group, option) in tables::all(&drivers::tables(drivers::DRIVERS)) {
        let field = RENAMED.iter().find(|(name, _)| *name == option.name).map_or(option.name, |(_, field)| field);
        let mut readers = READS.iter().filter(|row| std::ptr::eq(row.0, group));
        let is_read = readers.any(|(_, file, _, by)| reads(&code(file), by, field));
        let while_reading = WHILE_READING.iter().any(|row| std::ptr::eq(row.0, group) && row.1 == option.name);
        let found = (is_read, while_reading);
        let expected: &[(bool, bool)] =
            if option.used == Use::Used { &[(true, false), (false, true)] } else { &[(false, false)] };
        assert!(
            expected.contains(&found),
            "[{}] {} is {:?}: (read by code, used while reading) is {found:?}",
            group.name,
            option.name,
            option.used
        );
    }
}

#[test]
fn code_has_the_settings_of_a_group_where_the_table_of_readers_says_so() {
    for (group, file, way, by) in READS {
        assert!(code(file).contains(way), "{file} does not come to [{}] by {way}", group.name);
        let is_of_use = group.options.iter().any(|option| reads(&code(file), by, option.name));
        let is_renamed = RENAMED.iter().any(|(_, field)| reads(&code(file), by, field));
        assert!(is_of_use || is_renamed, "{file} reads nothing of [{}] by {by}", group.name);
    }
    for (_, option, file, words) in WHILE_READING {
        assert!(source(&format!("conf/{file}")).contains(words), "{option}: {words:?} is not in src/conf/{file}");
    }
}

#[test]
fn groups_that_a_file_has_by_one_name_share_no_option() {
    for (n, (group, file, _, by)) in READS.iter().enumerate() {
        for (other, ..) in READS[..n].iter().filter(|row| (row.1, row.3) == (*file, *by)) {
            if ["neutron", "nova", "barbican"].iter().filter(|name| [other.name, group.name].contains(name)).count()
                == 2
            {
                continue; // the same code reads all of these
            }
            let both = group.options.iter().find(|option| other.options.iter().any(|its| its.name == option.name));
            assert!(both.is_none(), "{file} has [{}] and [{}] by {by}: {}", other.name, group.name, both.unwrap().name);
        }
    }
}
