//! The QoS policy of a QoS type: one in each SVM, which all shares of that QoS type name. It is made, or given the terms of
//! today, when a share is made; no share takes it away.
//!
//! How to get it wrong: to take a spec that is not known for one without effect; a share would pretend to have what its QoS
//! type promises. Or to give a policy terms without looking whether it has them; each share would cost a call that changes
//! what all others are held to. Source: operations.md §15.

use manilad_domain::InstanceId;
use manilad_domain::extra_specs::boolean;
use manilad_domain::message::Detail;
use manilad_driver::{DesiredQos, Trouble};
use manilad_ontap::qos::{self, Adaptive, Fixed, Terms, TypeTerms, Unlike};
use manilad_ontap::{Class, Client, Error};

use crate::array::Array;
use crate::config::Settings;
use crate::naming::LONGEST_QOS;
use crate::trouble;

const POLICY_TYPE: &str = "policy_type";
const FIXED: &str = "fixed";
const ADAPTIVE: &str = "adaptive";
const BLOCK_SIZES: &[&str] = &["4k", "8k", "16k", "32k", "64k", "128k", "any"];
const ALLOCATIONS: &[&str] = &["used_space", "allocated_space"];
/// More looks than it can take unless somebody else makes and removes the policy meanwhile.
const LOOKS: usize = 4;

/// What a spec of a fixed policy does.
enum OfFixed {
    Limit(fn(&mut Terms, u64)),
    Shared,
}

/// What a spec of an adaptive policy does.
enum OfAdaptive {
    Count(fn(&mut Adaptive, u64)),
    Word(&'static [&'static str], fn(&mut Adaptive, String)),
}

#[rustfmt::skip]
const OF_FIXED: &[(&str, OfFixed)] = &[
    ("max_throughput_iops", OfFixed::Limit(|terms, limit| terms.max_iops = Some(limit))),
    ("max_throughput_mbps", OfFixed::Limit(|terms, limit| terms.max_mbps = Some(limit))),
    ("min_throughput_iops", OfFixed::Limit(|terms, limit| terms.min_iops = Some(limit))),
    ("min_throughput_mbps", OfFixed::Limit(|terms, limit| terms.min_mbps = Some(limit))),
    ("capacity_shared",     OfFixed::Shared),
];

#[rustfmt::skip]
const OF_ADAPTIVE: &[(&str, OfAdaptive)] = &[
    ("expected_iops",            OfAdaptive::Count(|terms, count| terms.expected_iops = count)),
    ("peak_iops",                OfAdaptive::Count(|terms, count| terms.peak_iops = count)),
    ("absolute_min_iops",        OfAdaptive::Count(|terms, count| terms.absolute_min_iops = Some(count))),
    ("block_size",               OfAdaptive::Word(BLOCK_SIZES, |terms, word| terms.block_size = Some(word))),
    ("expected_iops_allocation", OfAdaptive::Word(ALLOCATIONS, |terms, word| terms.expected_iops_allocation = Some(word))),
    ("peak_iops_allocation",     OfAdaptive::Word(ALLOCATIONS, |terms, word| terms.peak_iops_allocation = Some(word))),
];

/// The policy of a QoS type in an SVM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypePolicy {
    pub name: String,
    /// Of the QoS type.
    qos_type: String,
    pub terms: TypeTerms,
}

/// What a QoS type comes to in an SVM; none where it asks for nothing. Pure.
///
/// # Errors
/// `Never` for a value that can't be, `Elsewhere` for what this driver does not have.
pub fn read(settings: &Settings, svm: &str, desired: &DesiredQos) -> Result<Option<TypePolicy>, Trouble> {
    if desired.specs.is_empty() {
        return Ok(None);
    }
    let lacks =
        |what: String| trouble::elsewhere(Detail::FilterCapabilities, format!("QoS type {:?} {what}", desired.name));
    let kind = desired.specs.get(POLICY_TYPE).map(|kind| kind.trim().to_ascii_lowercase());
    let (prefix, terms) = match kind.as_deref() {
        Some(FIXED) => (&settings.fixed_qos_prefix, TypeTerms::Fixed(fixed(desired)?)),
        Some(ADAPTIVE) => (&settings.adaptive_qos_prefix, TypeTerms::Adaptive(adaptive(desired)?)),
        kind => {
            let kind = kind.unwrap_or("nothing");
            return Err(lacks(format!("has {kind} for {POLICY_TYPE}; this driver has {FIXED} and {ADAPTIVE}")));
        }
    };
    if desired.name.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(lacks("has blanks in its name, which the name of a QoS policy can't have".to_owned()));
    }
    let name = format!("{prefix}_{svm}_{}", desired.name).chars().take(LONGEST_QOS).collect();
    Ok(Some(TypePolicy { name, qos_type: desired.name.clone(), terms }))
}

/// The specs of a QoS type, but for that of its kind.
fn specs(desired: &DesiredQos) -> impl Iterator<Item = (&str, &str)> {
    let all = desired.specs.iter().map(|(key, value)| (key.as_str(), value.trim()));
    all.filter(|(key, _)| *key != POLICY_TYPE)
}

fn fixed(desired: &DesiredQos) -> Result<Fixed, Trouble> {
    let mut fixed = Fixed::default();
    for (key, value) in specs(desired) {
        match OF_FIXED.iter().find(|row| row.0 == key) {
            Some((_, OfFixed::Limit(set))) => set(&mut fixed.limits, count(desired, key, value)?),
            Some((_, OfFixed::Shared)) => {
                fixed.is_shared = boolean(value).ok_or_else(|| wrong(desired, key, value, "true or false"))?;
            }
            None => return Err(unknown(desired, key, FIXED)),
        }
    }
    match fixed.limits == Terms::default() {
        true => Err(trouble::unfit(format!("QoS type {:?} needs a limit, such as max_throughput_iops", desired.name))),
        false => Ok(fixed),
    }
}

fn adaptive(desired: &DesiredQos) -> Result<Adaptive, Trouble> {
    let mut adaptive = Adaptive::default();
    for (key, value) in specs(desired) {
        match OF_ADAPTIVE.iter().find(|row| row.0 == key) {
            Some((_, OfAdaptive::Count(set))) => set(&mut adaptive, count(desired, key, value)?),
            Some((_, OfAdaptive::Word(words, set))) => {
                let word = value.to_ascii_lowercase();
                if !words.contains(&word.as_str()) {
                    return Err(wrong(desired, key, value, &format!("one of {}", words.join(", "))));
                }
                set(&mut adaptive, word);
            }
            None => return Err(unknown(desired, key, ADAPTIVE)),
        }
    }
    match adaptive.expected_iops == 0 || adaptive.peak_iops == 0 {
        true => Err(trouble::unfit(format!("QoS type {:?} needs expected_iops and peak_iops", desired.name))),
        false => Ok(adaptive),
    }
}

fn count(desired: &DesiredQos, key: &str, value: &str) -> Result<u64, Trouble> {
    let count = value.parse().ok().filter(|count| *count > 0);
    count.ok_or_else(|| wrong(desired, key, value, "a whole number of at least 1"))
}

fn wrong(desired: &DesiredQos, key: &str, value: &str, expected: &str) -> Trouble {
    trouble::unfit(format!("spec {key} of QoS type {:?} is {value:?}: expected {expected}", desired.name))
}

/// A spec of the other kind contradicts that of the kind; one of neither is another driver's.
fn unknown(desired: &DesiredQos, key: &str, kind: &str) -> Trouble {
    let (name, is_of_other) = (&desired.name, is_known(key));
    match is_of_other {
        true => trouble::unfit(format!(
            "QoS type {name:?} has {POLICY_TYPE} {kind} and spec {key}, which exclude one another"
        )),
        false => {
            let reason = format!("spec {key} of QoS type {name:?} asks for what this driver does not have");
            trouble::elsewhere(Detail::FilterCapabilities, reason)
        }
    }
}

fn is_known(key: &str) -> bool {
    OF_FIXED.iter().map(|row| row.0).chain(OF_ADAPTIVE.iter().map(|row| row.0)).any(|known| known == key)
}

/// The policy is there, with the terms of today. In the usual case it is, and one look tells so.
///
/// A call that lands late gives it terms of before, which the next share corrects.
pub async fn ensure(
    array: &Array,
    client: &Client,
    svm: &str,
    instance: InstanceId,
    policy: &TypePolicy,
) -> Result<(), Trouble> {
    let TypePolicy { name, qos_type, terms } = policy;
    let of = |error: &Error| {
        let trouble = trouble::of(error);
        Trouble { reason: format!("{}; asked for by QoS type {qos_type:?}", trouble.reason), ..trouble }
    };
    for _ in 0..LOOKS {
        let Some(found) = qos::find_of_type(client, svm, name).await.map_err(|error| of(&error))? else {
            let making = qos::create_of_type(client, svm, name, terms);
            match array.late_creations.during(instance, (), making).await {
                Err(error) if error.class() == Class::Exists => continue,
                outcome => return outcome.map_err(|error| of(&error)),
            }
        };
        match found.unlike(terms) {
            None => return Ok(()),
            Some(Unlike::InKind(what)) => {
                let reason = format!(
                    "QoS policy {name} is there and {what}, other than QoS type {qos_type:?} says: that can't be changed"
                );
                return Err(trouble::elsewhere(Detail::FilterCapabilities, reason));
            }
            Some(Unlike::InTerms) => {}
        }
        let service = &array.service;
        tracing::info!(service, policy = name, qos_type, "a QoS policy is given what its QoS type says now");
        let changing = qos::change_of_type(client, found.uuid, terms);
        match array.late_creations.during(instance, (), changing).await {
            Err(error) if error.class() == Class::Absent => {}
            outcome => return outcome.map_err(|error| of(&error)),
        }
    }
    Err(trouble::again(format!("QoS policy {name} comes and goes")))
}

#[cfg(test)]
mod tests;
