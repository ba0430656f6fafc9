//! What a share type asks of the volume: one table of extra specs.
//!
//! A plain spec (`dedupe`) overrides the driver's own (`netapp:dedup`). What this driver can't do yet is refused, so
//! that a share never pretends to be what its type promises; what only concerns things that nobody can ask for yet is told
//! as without effect. How to get it wrong: a wrong value taken for "not set".
//! Source: operations.md §16.

use std::collections::{BTreeMap, BTreeSet};

use manilad_domain::extra_specs::{REPLICATION_TYPE, boolean};
use manilad_domain::message::Detail;
use manilad_driver::Trouble;
use manilad_ontap::volume::New;

use super::throughput::{Limit, Throughput, Unit};
use super::{language, snaplock};
use crate::fpolicy::screening;
use crate::trouble;

/// `files.maximum` of a volume can't be more.
const MOST_FILES: u64 = 204_010_945;
/// KiB that a file takes at least, as `netapp:max_files_multiplier` counts.
const KIB_PER_FILE: f64 = 33.6925;
const LARGEST_MULTIPLIER: f64 = 8.0;

/// What a spec holds, and what it does to the volume.
enum Effect {
    Flag(fn(&mut Requested, bool)),
    Text(fn(&mut Requested, &str)),
    /// A comma-separated list of one word or more.
    Words(fn(&mut Requested, BTreeSet<String>)),
    /// A whole number of at least 0.
    Count(fn(&mut Requested, u64)),
    /// More than 0, at most 8.
    Multiplier,
    /// A code that ONTAP has.
    Language,
    /// The upper limit of throughput, by GiB or not.
    Most(Unit, bool),
    /// The lower limit.
    Least(Unit, bool),
    /// Asks for something that is not built.
    Missing(&'static str),
}

use Effect::{Count, Flag, Language, Least, Missing, Most, Multiplier, Text, Words};

const BY_SHARE: bool = false;
const BY_GIB: bool = true;
const TRANSFERS: &str = "transfer sizes of NFS";
/// What only this driver's specs begin with.
const SCOPE: &str = "netapp:";

/// Keys of a share's metadata that say how something is to be that is not built.
const IDLE_METADATA: &[(&str, &str)] = &[("replication_policy", "replicas")];

const THIN: [&str; 2] = ["netapp:thin_provisioned", "thin_provisioning"];

/// Later rows override earlier ones.
#[rustfmt::skip]
const TABLE: &[(&str, Effect)] = &[
    (THIN[0],                        Flag(|asked, on| asked.thin = on)),
    (THIN[1],                        Flag(|asked, on| asked.thin = on)),
    ("netapp:dedup",                 Flag(|asked, on| asked.dedupe = Some(on))),
    ("dedupe",                       Flag(|asked, on| asked.dedupe = Some(on))),
    ("netapp:compression",           Flag(|asked, on| asked.compression = Some(on))),
    ("compression",                  Flag(|asked, on| asked.compression = Some(on))),
    ("netapp:hide_snapdir",          Flag(|asked, on| asked.hide_snapshots = Some(on))),
    ("netapp_flexvol_encryption",    Flag(|asked, on| asked.encrypted = on)),
    ("netapp_aggregate_encryption",  Flag(|asked, on| asked.encrypted_aggregate = on)),
    ("netapp_flexgroup",             Flag(|asked, on| asked.flexgroup = Some(on))),
    (SNAPSHOT_POLICY,                Text(|asked, name| asked.snapshot_policy = Some(name.to_owned()))),
    ("netapp:language",              Language),
    (EFFICIENCY_POLICY,              Text(|asked, name| asked.efficiency_policy = Some(name.to_owned()))),
    (ADAPTIVE_QOS,                   Text(|asked, name| asked.adaptive_qos = Some(name.to_owned()))),
    ("netapp:max_files",             Count(|asked, files| asked.files = Some(files))),
    ("netapp:max_files_multiplier",  Multiplier),
    ("qos",                          Flag(|asked, on| asked.qos = on)),
    ("netapp:maxiops",               Most(Unit::Operations, BY_SHARE)),
    ("netapp:maxiopspergib",         Most(Unit::Operations, BY_GIB)),
    ("netapp:maxbps",                Most(Unit::Bytes, BY_SHARE)),
    ("netapp:maxbpspergib",          Most(Unit::Bytes, BY_GIB)),
    ("netapp:miniops",               Least(Unit::Operations, BY_SHARE)),
    ("netapp:miniopspergib",         Least(Unit::Operations, BY_GIB)),
    ("netapp:minbps",                Least(Unit::Bytes, BY_SHARE)),
    ("netapp:minbpspergib",          Least(Unit::Bytes, BY_GIB)),
    ("default_qos_type",             Text(|_, _| {})), // what it says stands in the QoS type
    (EXTENSIONS_TO_INCLUDE,          Words(|asked, words| asked.screening.include = words)),
    (EXTENSIONS_TO_EXCLUDE,          Words(|asked, words| asked.screening.exclude = words)),
    (WATCHED_OPERATIONS,             Words(|asked, words| asked.screening.operations = Some(words))),
    ("netapp:tcp_max_xfer_size",     Missing(TRANSFERS)),
    ("netapp:udp_max_xfer_size",     Missing(TRANSFERS)),
    ("netapp:split_clone_on_create", Flag(|asked, on| asked.splits_clone = on)),
    (FORCE_DELETE_MINUTES,           Count(|_, _| {})), // what it says counts when the share goes
    ("netapp_snaplock_type",         Text(|asked, kind| asked.snaplock.kind = Some(kind.to_owned()))),
    ("netapp:snaplock_autocommit_period", Text(|asked, period| asked.snaplock.autocommit = Some(period.to_owned()))),
    ("netapp:snaplock_min_retention_period", Text(|asked, period| asked.snaplock.minimum = Some(period.to_owned()))),
    ("netapp:snaplock_max_retention_period", Text(|asked, period| asked.snaplock.maximum = Some(period.to_owned()))),
    ("netapp:snaplock_default_retention_period", Text(|asked, period| asked.snaplock.default = Some(period.to_owned()))),
];

pub const SNAPSHOT_POLICY: &str = "netapp:snapshot_policy";
/// The key of a share's metadata that goes before it.
pub const SNAPSHOT_POLICY_KEY: &str = "snapshot_policy";
const EFFICIENCY_POLICY: &str = "netapp:efficiency_policy";
const EXTENSIONS_TO_INCLUDE: &str = "netapp:fpolicy_extensions_to_include";
const EXTENSIONS_TO_EXCLUDE: &str = "netapp:fpolicy_extensions_to_exclude";
const WATCHED_OPERATIONS: &str = "netapp:fpolicy_file_operations";
const ADAPTIVE_QOS: &str = "netapp:adaptive_qos_policy_group";

/// The spec that lets a young share be removed for good, without the recovery queue.
pub const FORCE_DELETE_MINUTES: &str = "netapp:force_delete_time_minutes";

/// What the specs come to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Requested {
    pub thin: bool,
    pub dedupe: Option<bool>,
    pub compression: Option<bool>,
    pub hide_snapshots: Option<bool>,
    pub encrypted: bool,
    pub encrypted_aggregate: bool,
    /// Whether the volume must, or must not, be a FlexGroup.
    pub flexgroup: Option<bool>,
    pub snapshot_policy: Option<String>,
    pub language: Option<String>,
    pub efficiency_policy: Option<String>,
    pub adaptive_qos: Option<String>,
    /// Whether a share that begins with a snapshot is detached from it.
    pub splits_clone: bool,
    qos: bool,
    /// None unless the type asks for `qos`.
    pub throughput: Throughput,
    pub snaplock: snaplock::Requested,
    pub screening: screening::Requested,
    files: Option<u64>,
    multiplier: Option<f64>,
}

/// Whether a type says whether its volumes are thin.
pub fn says_how_thick(specs: &BTreeMap<String, String>) -> bool {
    THIN.iter().any(|key| specs.contains_key(*key))
}

/// Reads the specs of a type. What is in no row is not the driver's.
///
/// # Errors
/// `Never` for a value that can't be, or that contradicts another; `Elsewhere` for what is not built here.
pub fn read(specs: &BTreeMap<String, String>) -> Result<Requested, Trouble> {
    let mut asked = Requested::default();
    let present = TABLE.iter().filter_map(|(key, effect)| Some((*key, effect, specs.get(*key)?.trim())));
    for (key, effect, value) in present {
        take(&mut asked, key, effect, value)?;
    }
    for (contradicts, what) in [
        (asked.compression == Some(true) && asked.dedupe == Some(false), "compression needs dedupe"),
        (asked.files.is_some() && asked.multiplier.is_some(), "max_files and max_files_multiplier exclude one another"),
        (asked.encrypted && asked.encrypted_aggregate, "encrypted volumes and aggregates exclude one another"),
        (
            asked.qos && asked.throughput.is_none() && asked.adaptive_qos.is_none(),
            "qos needs a limit, such as netapp:maxiops",
        ),
        (!asked.qos && !asked.throughput.is_none(), "limits such as netapp:maxiops count only with qos"),
        (
            asked.adaptive_qos.is_some() && !asked.throughput.is_none(),
            "an adaptive QoS policy group and limits such as netapp:maxiops exclude one another",
        ),
        (
            asked.adaptive_qos.is_some() && specs.contains_key(REPLICATION_TYPE),
            "an adaptive QoS policy group and replication exclude one another",
        ),
        (
            asked.screening.is_asked() && specs.contains_key(REPLICATION_TYPE),
            "FPolicy and replication exclude one another",
        ),
    ] {
        if contradicts {
            return Err(trouble::unfit(format!("the extra specs of the share type contradict one another: {what}")));
        }
    }
    if asked.compression == Some(true) {
        asked.dedupe = Some(true);
    }
    Ok(asked)
}

fn take(asked: &mut Requested, key: &str, effect: &Effect, value: &str) -> Result<(), Trouble> {
    let wrong = |expected: &str| trouble::unfit(format!("extra spec {key} is {value:?}: expected {expected}"));
    let missing = |what: &str| {
        let reason = format!("extra spec {key} asks for {what}, which this driver does not have");
        Err(trouble::elsewhere(Detail::FilterCapabilities, reason))
    };
    match effect {
        Flag(set) => set(asked, boolean(value).ok_or_else(|| wrong("true or false"))?),
        Text(_) if value.is_empty() => return Err(wrong("a name")),
        Text(set) => set(asked, value),
        Words(set) => {
            let words = screening::words(value);
            if words.is_empty() {
                return Err(wrong("a comma-separated list"));
            }
            if key == WATCHED_OPERATIONS && screening::no_operation(&words).is_some() {
                return Err(wrong(screening::EXPECTED));
            }
            if key != WATCHED_OPERATIONS && screening::no_extension(&words).is_some() {
                return Err(wrong(screening::EXPECTED_EXTENSIONS));
            }
            set(asked, words);
        }
        Count(set) => set(asked, value.parse().map_err(|_| wrong("a whole number of at least 0"))?),
        Multiplier => {
            let number = value.parse().ok().filter(|number: &f64| *number > 0.0 && *number <= LARGEST_MULTIPLIER);
            asked.multiplier = Some(number.ok_or_else(|| wrong("a number above 0 and at most 8"))?);
        }
        Language => {
            let code =
                language::read(value).ok_or_else(|| wrong("a language of ONTAP, such as utf8mb4 or en_us.utf_8"))?;
            asked.language = Some(code);
        }
        Most(unit, per_gib) => {
            let limit = limit(*unit, *per_gib, value).ok_or_else(|| wrong("a whole number of at least 1"))?;
            single(asked.throughput.most.replace(limit), "upper")?;
        }
        Least(unit, per_gib) => {
            let limit = limit(*unit, *per_gib, value).ok_or_else(|| wrong("a whole number of at least 1"))?;
            single(asked.throughput.least.replace(limit), "lower")?;
        }
        Missing(what) => return missing(what),
    }
    Ok(())
}

fn limit(unit: Unit, per_gib: bool, value: &str) -> Option<Limit> {
    let amount = value.parse().ok().filter(|amount| *amount > 0)?;
    Some(Limit { unit, per_gib, amount })
}

fn single(before: Option<Limit>, which: &str) -> Result<(), Trouble> {
    match before {
        None => Ok(()),
        Some(_) => Err(trouble::unfit(format!("the extra specs of the share type name more than one {which} limit"))),
    }
}

impl Requested {
    /// Whether the type itself says what throughput is to be held to.
    pub fn limits_throughput(&self) -> bool {
        self.qos || !self.throughput.is_none() || self.adaptive_qos.is_some()
    }

    /// What must be there already, as the specs name it.
    pub fn references(&self) -> Vec<String> {
        let named = [
            (SNAPSHOT_POLICY, &self.snapshot_policy),
            (EFFICIENCY_POLICY, &self.efficiency_policy),
            (ADAPTIVE_QOS, &self.adaptive_qos),
        ];
        let references =
            named.into_iter().filter_map(|(spec, name)| name.as_ref().map(|name| format!("{spec}: {name:?}")));
        references.collect()
    }

    /// `files.maximum` of a volume of so many GiB; ONTAP's own when none is asked for.
    pub fn files_maximum(&self, gib: u64) -> Option<u64> {
        let kib = gib.saturating_mul(1 << 20) as f64;
        let counted = self.multiplier.map(|times| (kib * times / KIB_PER_FILE) as u64);
        self.files.or(counted).map(|files| files.min(MOST_FILES))
    }

    /// As [`Requested::files_maximum`], where it goes by the size.
    pub fn files_that_follow(&self, gib: u64) -> Option<u64> {
        self.multiplier.and_then(|_| self.files_maximum(gib))
    }

    /// Puts what is asked for on a volume of so many GiB.
    pub fn put(self, volume: &mut New, gib: u64) {
        volume.files_maximum = self.files_maximum(gib);
        volume.thin = self.thin;
        volume.dedupe = self.dedupe;
        volume.compression = self.compression;
        volume.encrypted = self.encrypted.then_some(true);
        volume.snapshot_policy = self.snapshot_policy;
        volume.language = self.language;
        volume.efficiency_policy = self.efficiency_policy;
        volume.qos_policy = self.adaptive_qos;
        volume.snapshot_directory = self.hide_snapshots.map(|hidden| !hidden);
    }
}

/// What a type and the metadata of a share ask of this driver that has no effect, each with the reason.
pub fn without_effect(specs: &BTreeMap<String, String>, metadata: &BTreeMap<String, String>) -> Vec<String> {
    let of_spec = |key: &String| {
        let is_ours = key.get(..SCOPE.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCOPE));
        let is_unknown = is_ours && TABLE.iter().all(|row| row.0 != key);
        is_unknown.then(|| format!("extra spec {key}: this driver has no such spec"))
    };
    let of_key = |(key, what): &(&str, &str)| {
        metadata.contains_key(*key).then(|| format!("metadata {key}: this is not built: {what}"))
    };
    specs.keys().filter_map(of_spec).chain(IDLE_METADATA.iter().filter_map(of_key)).collect()
}

/// Whether a type asks for a QoS policy of its own for each share.
pub fn limits_throughput(specs: &BTreeMap<String, String>) -> bool {
    read(specs).is_ok_and(|asked| !asked.throughput.is_none())
}

/// Whether a type asks for FPolicy, whatever else it says; what has a volume leave a policy goes by this.
pub fn asks_for_screening(specs: &BTreeMap<String, String>) -> bool {
    [EXTENSIONS_TO_INCLUDE, EXTENSIONS_TO_EXCLUDE, WATCHED_OPERATIONS].iter().any(|key| specs.contains_key(*key))
}

/// How old a share may be to be removed for good, in minutes; none without such a spec.
pub fn force_delete_minutes(specs: &BTreeMap<String, String>) -> Option<u64> {
    specs.get(FORCE_DELETE_MINUTES)?.trim().parse().ok().filter(|minutes| *minutes > 0)
}

#[cfg(test)]
mod tests;
