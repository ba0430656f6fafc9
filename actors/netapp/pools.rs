//! What the pools are like: one per aggregate that is delegated to the SVM and matches the pattern.
//!
//! What pools report beside their space is one table of capability keys. How to get it wrong: a pool for an aggregate
//! that the SVM can't use, or a total of nought where none was told. Sources: operations.md §1 and §2, scheduler.md §2.

use manilad_domain::PoolName;
use manilad_domain::message::Detail;
use manilad_domain::pool::{Capacity, Pool};
use manilad_messages::driver::Trouble;
use manilad_ontap::aggregate::Aggregate;
use manilad_ontap::facts::{Facts, Scope};
use manilad_ontap::interface::{DATA_CIFS, DATA_NFS};
use manilad_ontap::svm::{Delegated, Svm};
use serde_json::{Map, Value, json};

use crate::config::Settings;
use crate::trouble;

/// How busy a node counts as, as nothing measures it: percent.
const UTILIZATION: u8 = 50;

/// What a capability is read from.
struct Seen<'a> {
    settings: &'a Settings,
    facts: &'a Facts,
    name: &'a str,
    aggregate: Option<&'a Aggregate>,
}

type Read = fn(&Seen<'_>) -> Value;

const YES: Read = |_| Value::Bool(true);
const NO: Read = |_| Value::Bool(false);
const EITHER: Read = |_| json!([true, false]);
const BY_CLUSTER: Read = |seen| json!(seen.facts.scope == Scope::Cluster);

/// Every key that a pool reports beside its space. Null: not reported.
#[rustfmt::skip]
const CAPABILITIES: &[(&str, Read)] = &[
    ("share_backend_name",                    |seen| json!(seen.settings.share_backend_name)),
    ("driver_name",                           |_| json!("NetApp_cDOT")),
    ("vendor_name",                           |_| json!("NetApp")),
    ("driver_version",                        |_| json!("1.0")),
    ("storage_protocol",                      |_| json!("NFS_CIFS")),
    ("driver_handles_share_servers",          NO),
    ("snapshot_support",                      YES),
    ("create_share_from_snapshot_support",    YES),
    ("revert_to_snapshot_support",            |seen| json!(licensed(seen.facts, "snaprestore"))),
    ("mount_point_name_support",              YES),
    ("security_service_update_support",       YES),
    ("share_server_multiple_subnet_support",  YES),
    ("share_replicas_migration_support",      YES),
    ("sg_consistent_snapshot_support",        |_| json!("host")),
    ("replication_domain",                    |seen| json!(seen.settings.replication_domain)),
    ("replication_type",                      |seen| replication(seen.settings)),
    ("ipv4_support",                          |seen| json!(seen.facts.interfaces.iter().any(|lif| lif.address.is_ipv4()))),
    ("ipv6_support",                          |seen| json!(seen.facts.interfaces.iter().any(|lif| lif.address.is_ipv6()))),
    ("filter_function",                       |seen| json!(seen.settings.filter_function.as_deref().unwrap_or("capabilities.utilization < 70"))),
    ("goodness_function",                     |seen| json!(seen.settings.goodness_function.as_deref().unwrap_or("100 - capabilities.utilization"))),
    ("utilization",                           |_| json!(UTILIZATION)),
    ("qos",                                   BY_CLUSTER),
    ("qos_type_support",                      BY_CLUSTER),
    ("dedupe",                                EITHER),
    ("compression",                           EITHER),
    ("netapp_storage_family",                 |_| json!("ontap_cluster")),
    ("netapp_cluster_name",                   |seen| json!(seen.settings.cluster_name.as_ref().or(seen.facts.identity.name.as_ref()))),
    ("netapp_aggregate",                      |seen| json!(seen.name)),
    ("netapp_flexgroup",                      NO),
    ("netapp_raid_type",                      |seen| json!(seen.aggregate.and_then(|one| one.raid_type.as_ref()))),
    ("netapp_disk_type",                      |seen| json!(seen.facts.disk_types.get(seen.name))),
    ("netapp_hybrid_aggregate",               |seen| hybrid(seen.aggregate)),
    ("netapp_snaplock_type",                  |_| json!(["compliance", "enterprise"])),
    ("netapp_flexvol_encryption",             |seen| json!(seen.facts.volume_encryption)),
    ("netapp_aggregate_encryption",           |seen| json!(seen.aggregate.is_some_and(|one| one.encrypted))),
];

/// Whether a licence is there. Accounts of an SVM can't see licences; there it shows when the feature is used.
pub fn licensed(facts: &Facts, licence: &str) -> bool {
    facts.licences.as_ref().is_none_or(|all| all.is_empty() || all.contains(licence))
}

fn replication(settings: &Settings) -> Value {
    settings.replication_domain.as_ref().map_or(Value::Null, |_| json!(["dr", "readable"]))
}

fn hybrid(aggregate: Option<&Aggregate>) -> Value {
    let kind = aggregate.and_then(|one| one.storage_type.as_deref());
    kind.map_or(Value::Null, |kind| json!((kind == "hybrid").to_string()))
}

/// The pools of a back end, or why it can't work.
pub fn report(settings: &Settings, service: &str, facts: &Facts) -> Result<Vec<Pool>, Trouble> {
    let svm = serving(settings, facts)?;
    let mut pools = Vec::new();
    for delegated in &svm.aggregates {
        if settings.aggregates.matches(&delegated.name).map_err(trouble::again)? {
            pools.extend(pool(settings, service, facts, delegated)?);
        }
    }
    if pools.is_empty() {
        let mut names: Vec<&str> = svm.aggregates.iter().map(|delegated| delegated.name.as_str()).collect();
        names.sort_unstable();
        let told = match names.is_empty() {
            true => format!("no aggregate is delegated to SVM {}", svm.name),
            false => format!("no aggregate of {} is online and matches the pattern", names.join(", ")),
        };
        return Err(trouble::again(told));
    }
    pools.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(pools)
}

/// The SVM, if it can serve at all.
fn serving<'a>(settings: &Settings, facts: &'a Facts) -> Result<&'a Svm, Trouble> {
    let Some(svm) = &facts.svm else {
        return Err(trouble::again(format!("there is no SVM {:?}", settings.vserver)));
    };
    if let Some(state) = svm.state.as_deref().filter(|state| *state != "running") {
        return Err(trouble::again(format!("SVM {} is {state}", svm.name)));
    }
    if !facts.interfaces.iter().any(|lif| lif.serves(DATA_NFS) || lif.serves(DATA_CIFS)) {
        return Err(trouble::again(format!("SVM {} has no data LIF for NFS or SMB", svm.name)));
    }
    Ok(svm)
}

/// One pool; none while its aggregate is not online.
fn pool(settings: &Settings, service: &str, facts: &Facts, of: &Delegated) -> Result<Option<Pool>, Trouble> {
    let aggregate = facts.aggregates.get(&of.name);
    if aggregate.and_then(|one| one.state.as_deref()).is_some_and(|state| state != "online") {
        return Ok(None);
    }
    let Some((host, backend)) = service.split_once('@') else {
        return Err(trouble::never(format!("{service:?} is not of the form host@backend")));
    };
    let space = aggregate.and_then(|one| one.space);
    let free = space.map(|space| space.available).or(of.available_size);
    let share = settings.reserved_share_percentage;
    let or_share = |percent: u8| f64::from(if percent == 0 { share } else { percent });
    let seen = Seen { settings, facts, name: &of.name, aggregate };
    let capabilities = CAPABILITIES.iter().map(|(key, read)| ((*key).to_owned(), read(&seen)));
    Ok(Some(Pool {
        name: PoolName { host: host.to_owned(), backend: backend.to_owned(), pool: of.name.clone() },
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
        capabilities: capabilities.filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>(),
    }))
}

/// Bytes in GiB, two decimals, rounded down.
fn gib(bytes: u64) -> f64 {
    (bytes as f64 / (1u64 << 30) as f64 * 100.0).floor() / 100.0
}

/// The aggregate of a pool that an instance is to live in, if the SVM may use it.
pub fn delegated<'a>(facts: &'a Facts, pool: &str) -> Result<&'a Delegated, Trouble> {
    let found = facts.svm.iter().flat_map(|svm| &svm.aggregates).find(|delegated| delegated.name == pool);
    found.ok_or_else(|| {
        let told = format!("aggregate {pool} is not delegated to the SVM any more");
        trouble::elsewhere(Detail::NoValidHost, told)
    })
}
