//! What the pools are like: aggregates, and FlexGroup pools over several of them.
//!
//! What pools report beside their space is one table of capability keys. How to get it wrong: a FlexGroup pool with the
//! sum of its aggregates, though its constituents are of one size; or a total of nought where none was told. Sources: operations.md §1 and §2, scheduler.md §2.

use std::collections::BTreeSet;

use manilad_domain::pool::{Capacity, Pool};
use manilad_domain::{DriverAbilities, PoolName, ServerAbilities};
use manilad_driver::Trouble;
use manilad_ontap::aggregate::{Aggregate, Space};
use manilad_ontap::facts::{Facts, Scope};
use manilad_ontap::interface::{DATA_CIFS, DATA_NFS};
use manilad_ontap::release::Feature;
use manilad_ontap::volume::Style;
use serde_json::{Map, Value, json};

use crate::config::Settings;
use crate::place::{self, Place};
use crate::seat::require_cluster;
use crate::{squash, trouble};

/// What the driver can do on every array.
pub const ABILITIES: DriverAbilities = DriverAbilities { servers: ServerAbilities::ALL, rule_switches: &[squash::KEY] };

/// How busy a node counts as, as nothing measures it: percent.
const UTILIZATION: u8 = 50;

/// A FlexGroup has four constituents of at least 100 GiB in each aggregate. GiB.
const SMALLEST_PER_AGGREGATE: usize = 400;

/// What a capability is read from.
struct PoolFacts<'a> {
    settings: &'a Settings,
    facts: &'a Facts,
    place: &'a Place,
    /// As far as the account can see them.
    aggregates: Vec<&'a Aggregate>,
}

type Read = fn(&PoolFacts<'_>) -> Value;

const YES: Read = |_| Value::Bool(true);
/// Said, since the scheduler takes some of them for granted where a pool says nothing.
const NOT_BUILT: Read = |_| Value::Bool(false);
const EITHER: Read = |_| json!([true, false]);
const BY_CLUSTER: Read = |observed| json!(observed.facts.scope == Scope::Cluster);

/// Every key that a pool reports beside its space. Null: not reported.
#[rustfmt::skip]
const CAPABILITIES: &[(&str, Read)] = &[
    ("share_backend_name",                    |observed| json!(observed.settings.share_backend_name)),
    ("driver_name",                           |observed| json!(if has_servers(observed) { "NetApp_MultiSVM" } else { "NetApp_Cluster_SingleSVM" })),
    ("vendor_name",                           |_| json!("NetApp")),
    ("driver_version",                        |_| json!("1.0")),
    ("storage_protocol",                      |observed| protocols(observed.facts)),
    ("driver_handles_share_servers",          |observed| json!(has_servers(observed))),
    // Said though snapshots are not built: below 2.24 each type asks for it unasked, and its shares would find no pool.
    ("snapshot_support",                      YES),
    ("create_share_from_snapshot_support",    |observed| json!(licensed(observed.facts, "flexclone"))),
    ("revert_to_snapshot_support",            |observed| json!(licensed(observed.facts, "snaprestore"))),
    ("mount_snapshot_support",                NOT_BUILT),
    ("mount_point_name_support",              YES),
    ("security_service_update_support",       |observed| json!(has_servers(observed) && ABILITIES.servers.security_service_update)),
    ("network_allocation_update_support",     |observed| json!(has_servers(observed) && ABILITIES.servers.network_allocation_update)),
    ("share_server_multiple_subnet_support",  |observed| json!(has_servers(observed))),
    ("share_replicas_migration_support",      NOT_BUILT),
    ("replication_domain",                    |observed| json!(observed.settings.replication_domain)),
    ("ipv4_support",                          |observed| json!(has_servers(observed) || observed.facts.interfaces.iter().any(|lif| lif.address.is_ipv4()))),
    ("ipv6_support",                          |observed| json!(has_servers(observed) || observed.facts.interfaces.iter().any(|lif| lif.address.is_ipv6()))),
    ("filter_function",                       |observed| json!(observed.settings.filter_function.clone().unwrap_or_else(|| filter(observed.place)))),
    ("goodness_function",                     |observed| json!(observed.settings.goodness_function.as_deref().unwrap_or("100 - capabilities.utilization"))),
    ("utilization",                           |_| json!(UTILIZATION)),
    ("encryption_support",                    |observed| if takes_keys(observed) { json!(["share_server"]) } else { Value::Null }),
    ("qos",                                   BY_CLUSTER),
    ("qos_type_support",                      BY_CLUSTER),
    ("dedupe",                                EITHER),
    ("compression",                           EITHER),
    ("netapp_storage_family",                 |_| json!("ontap_cluster")),
    ("netapp_cluster_name",                   |observed| json!(observed.settings.cluster_name.as_ref().or(observed.facts.identity.name.as_ref()))),
    ("netapp_aggregate",                      |observed| json!(observed.place.aggregates.join(" "))),
    ("netapp_flexgroup",                      |observed| json!(observed.place.style == Style::Flexgroup)),
    ("netapp_raid_type",                      raid_types),
    ("netapp_disk_type",                      disk_types),
    ("netapp_hybrid_aggregate",               hybrid),
    ("netapp_snaplock_type",                  |observed| if licensed(observed.facts, "snaplock") { json!(["compliance", "enterprise"]) } else { Value::Null }),
    ("netapp_flexvol_encryption",             |observed| json!(observed.facts.volume_encryption)),
    ("netapp_aggregate_encryption",           |observed| json!(!observed.aggregates.is_empty() && observed.aggregates.iter().all(|one| one.encrypted))),
];

fn has_servers(observed: &PoolFacts<'_>) -> bool {
    observed.settings.servers().is_some()
}

/// Whether share servers can be encrypted with keys of tenants.
fn takes_keys(observed: &PoolFacts<'_>) -> bool {
    let Facts { volume_encryption, identity, .. } = observed.facts;
    has_servers(observed) && *volume_encryption && identity.release.has(Feature::BarbicanKms)
}

/// Whether a licence is there. Accounts of an SVM can't see licences; there it shows when the feature is used.
pub fn licensed(facts: &Facts, licence: &str) -> bool {
    facts.licences.as_ref().is_none_or(|all| all.is_empty() || all.contains(licence))
}

/// The protocols whose licences are there, as far as that is known; `NFS_CIFS` is Manila's word for both.
fn protocols(facts: &Facts) -> Value {
    let names = [("nfs", "NFS"), ("cifs", "CIFS")].into_iter().filter(|(licence, _)| licensed(facts, licence));
    json!(names.map(|(_, name)| name).collect::<Vec<_>>().join("_"))
}

fn filter(place: &Place) -> String {
    match place.style {
        Style::Flexvol => "capabilities.utilization < 70".to_owned(),
        Style::Flexgroup => format!("share.size >= {}", SMALLEST_PER_AGGREGATE * place.aggregates.len()),
    }
}

/// Each type once, in a row of words.
fn raid_types(observed: &PoolFacts<'_>) -> Value {
    let types: BTreeSet<&str> = observed.aggregates.iter().filter_map(|one| one.raid_type.as_deref()).collect();
    let words = types.into_iter().collect::<Vec<_>>().join(" ");
    if words.is_empty() { Value::Null } else { json!(words) }
}

fn disk_types(observed: &PoolFacts<'_>) -> Value {
    let disks = observed.place.aggregates.iter().filter_map(|name| observed.facts.disk_types.get(name));
    let types: BTreeSet<&String> = disks.flatten().collect();
    if types.is_empty() { Value::Null } else { json!(types) }
}

fn hybrid(observed: &PoolFacts<'_>) -> Value {
    let kinds: Vec<&str> = observed.aggregates.iter().filter_map(|one| one.storage_type.as_deref()).collect();
    if kinds.is_empty() { Value::Null } else { json!(kinds.contains(&"hybrid").to_string()) }
}

/// The pools of a back end, or why it can't work.
pub fn report(settings: &Settings, service: &str, facts: &Facts) -> Result<Vec<Pool>, Trouble> {
    require_cluster(settings, facts)?;
    if let Some(svm) = settings.svm() {
        serving(svm, facts)?;
    }
    let mut pools = Vec::new();
    for place in place::all(settings, facts)? {
        pools.extend(pool(settings, service, facts, &place)?);
    }
    if pools.is_empty() {
        let mut names: Vec<&str> = place::usable(facts).collect();
        names.sort_unstable();
        let reason = match (names.is_empty(), settings.svm()) {
            (true, Some(svm)) => format!("no aggregate is delegated to SVM {svm}"),
            (true, None) => "the cluster has no aggregates, or does not show them".to_owned(),
            (false, _) => {
                format!("no aggregate of {} is online, matches the pattern and is in a pool", names.join(", "))
            }
        };
        return Err(trouble::again(reason));
    }
    Ok(pools)
}

/// Whether the SVM can serve at all.
fn serving(name: &str, facts: &Facts) -> Result<(), Trouble> {
    let Some(svm) = &facts.svm else {
        return Err(trouble::again(format!("there is no SVM {name:?}")));
    };
    if let Some(state) = svm.state.as_deref().filter(|state| *state != "running") {
        return Err(trouble::again(format!("SVM {name} is {state}")));
    }
    if !facts.interfaces.iter().any(|lif| lif.serves(DATA_NFS) || lif.serves(DATA_CIFS)) {
        return Err(trouble::again(format!("SVM {name} has no data LIF for NFS or SMB")));
    }
    Ok(())
}

/// One pool; none while an aggregate of it is not online.
fn pool(settings: &Settings, service: &str, facts: &Facts, place: &Place) -> Result<Option<Pool>, Trouble> {
    let aggregates: Vec<&Aggregate> = place.aggregates.iter().filter_map(|name| facts.aggregates.get(name)).collect();
    if aggregates.iter().any(|one| one.state.as_deref().is_some_and(|state| state != "online")) {
        return Ok(None);
    }
    let Some((host, backend)) = service.split_once('@') else {
        return Err(trouble::never(format!("{service:?} is not of the form host@backend")));
    };
    let space = space(place, facts);
    let free = space.map(|space| space.available).or_else(|| delegated_space(place, facts));
    let share = settings.reserved_share_percentage;
    let or_share = |percent: u8| f64::from(if percent == 0 { share } else { percent });
    let observed = PoolFacts { settings, facts, place, aggregates };
    let capabilities = CAPABILITIES.iter().map(|(key, read)| ((*key).to_owned(), read(&observed)));
    Ok(Some(Pool {
        name: PoolName { host: host.to_owned(), backend: backend.to_owned(), pool: place.name.clone() },
        total: space.filter(|space| space.size > 0).map_or(Capacity::Unknown, |space| Capacity::Gib(gib(space.size))),
        free: free.map_or(Capacity::Unknown, |free| Capacity::Gib(gib(free))),
        allocated: space.map_or(0.0, |space| gib(space.used)),
        provisioned: None,
        reserved_percentage: f64::from(share),
        reserved_snapshot_percentage: or_share(settings.reserved_share_from_snapshot_percentage),
        reserved_share_extend_percentage: or_share(settings.reserved_share_extend_percentage),
        max_over_subscription_ratio: settings.max_over_subscription_ratio,
        thin: true,
        thick: true,
        // A volume is cloned beside the snapshot and moved, which only accounts of the cluster can have done, of FlexVol volumes.
        takes_clones: facts.scope == Scope::Cluster && place.style == Style::Flexvol,
        capabilities: capabilities.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>(),
    }))
}

/// Bytes in GiB, two decimals, rounded down.
fn gib(bytes: u64) -> f64 {
    (bytes as f64 / (1u64 << 30) as f64 * 100.0).floor() / 100.0
}

/// The space of a place. The constituents of a FlexGroup are of one size, so the smallest aggregate counts.
fn space(place: &Place, facts: &Facts) -> Option<Space> {
    let spaces = place.aggregates.iter().map(|name| facts.aggregates.get(name)?.space);
    let spaces: Vec<Space> = spaces.collect::<Option<_>>()?;
    if let [one] = spaces[..] {
        return Some(one);
    }
    let times = spaces.len() as u64;
    let size = spaces.iter().map(|space| space.size).min()?.saturating_mul(times);
    let available = spaces.iter().map(|space| space.available).min()?.saturating_mul(times);
    Some(Space { size, available, used: size.saturating_sub(available) })
}

/// What an account of the SVM is told to be free, in bytes.
fn delegated_space(place: &Place, facts: &Facts) -> Option<u64> {
    let delegated = facts.svm.iter().flat_map(|svm| &svm.aggregates);
    let own: Vec<u64> = delegated
        .filter(|delegated| place.aggregates.contains(&delegated.name))
        .map(|delegated| delegated.available_size)
        .collect::<Option<_>>()?;
    own.iter().min().map(|smallest| smallest.saturating_mul(own.len() as u64))
}

/// Whether pools tell something of that name.
#[cfg(test)]
pub fn is_reported(name: &str) -> bool {
    CAPABILITIES.iter().any(|(key, _)| *key == name)
}
