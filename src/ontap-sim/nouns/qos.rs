//! QoS policies: limits that volumes refer to, fixed or by size.
//!
//! A policy is of one kind for good. Throughput is not held back here; that a volume refers to its policy is what
//! clients can see. How to get it wrong: deleting what a volume still refers to.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::lookup::{svm, volume};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{
    JOB_FAILED, MISSING_ARGUMENT, QOS_BECOMES_ADAPTIVE, QOS_BECOMES_FIXED, QOS_NAME_TAKEN, Refusal,
};
use crate::rest::field::{flag, integer, text};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, job};
use crate::rows::qos::{Adaptive, Fixed, QosPolicy, Terms};
use crate::state::State;

const LONGEST_NAME: usize = 127;
/// Words that a field of an adaptive policy may hold.
const BLOCK_SIZES: &[&str] = &["4k", "8k", "16k", "32k", "64k", "128k", "any"];
const ALLOCATIONS: &[&str] = &["used_space", "allocated_space"];

pub static QOS_POLICY: Noun = Noun {
    name: "uuid",
    instance: "/api/storage/qos/policies/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key().write(),
        text("svm.name").key().post(),
        text("svm.uuid").key().post(),
        integer("object_count"),
        integer("fixed.max_throughput_iops").write(),
        integer("fixed.max_throughput_mbps").write(),
        integer("fixed.min_throughput_iops").write(),
        integer("fixed.min_throughput_mbps").write(),
        flag("fixed.capacity_shared").post(),
        integer("adaptive.peak_iops").write(),
        integer("adaptive.expected_iops").write(),
        integer("adaptive.absolute_min_iops").write(),
        text("adaptive.block_size").write(),
        text("adaptive.peak_iops_allocation").write(),
        text("adaptive.expected_iops_allocation").write(),
    ],
    order: &["svm.name", "name"],
    narrowed: None,
    list,
};

const COLLECTION: &str = "/api/storage/qos/policies";
const INSTANCE: &str = "/api/storage/qos/policies/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &QOS_POLICY),
    job(Method::Post, COLLECTION, &QOS_POLICY, cost, check, create),
    each(Method::Patch, COLLECTION, &QOS_POLICY, INSTANCE),
    each(Method::Delete, COLLECTION, &QOS_POLICY, INSTANCE),
    instance(INSTANCE, &QOS_POLICY),
    job(Method::Patch, INSTANCE, &QOS_POLICY, cost, |state, ask| mine(state, ask).map(drop), change),
    job(Method::Delete, INSTANCE, &QOS_POLICY, cost, |state, ask| mine(state, ask).map(drop), delete),
];

fn cost(_: &Ask) -> Cost {
    Cost::Policy
}

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let visible = state.qos.iter().filter(|policy| ask.svm.is_none_or(|svm| svm == policy.svm));
    Ok(visible.map(|policy| record(state, policy)).collect())
}

fn record(state: &State, policy: &QosPolicy) -> Value {
    let (fixed, adaptive) = match &policy.terms {
        Terms::Fixed(fixed) => (Some(fixed), None),
        Terms::Adaptive(adaptive) => (None, Some(adaptive)),
    };
    json!({
        "uuid": policy.uuid,
        "name": policy.name,
        "svm": svm::reference(state, policy.svm),
        "object_count": users(state, policy),
        "fixed": fixed,
        "adaptive": adaptive,
    })
}

/// How many volumes refer to it.
fn users(state: &State, policy: &QosPolicy) -> usize {
    volume::living(state, policy.svm).filter(|volume| volume.qos == Some(policy.uuid)).count()
}

/// The policy of an SVM by name.
pub fn named(state: &State, svm: Uuid, name: &str) -> Option<Uuid> {
    state.qos.iter().find(|policy| policy.svm == svm && policy.name == name).map(|policy| policy.uuid)
}

fn mine<'a>(state: &'a State, ask: &Ask) -> Result<&'a QosPolicy, Refusal> {
    let uuid = ask.keys.get("uuid").and_then(|uuid| uuid.parse().ok());
    let policy = uuid.and_then(|uuid| state.qos.get(&uuid));
    let policy = policy.filter(|policy| ask.svm.is_none_or(|svm| svm == policy.svm));
    policy.ok_or_else(|| Refusal::absent("uuid"))
}

fn check(state: &State, ask: &Ask) -> Result<(), Refusal> {
    svm::target(state, ask)?;
    let missing = || Refusal::new(MISSING_ARGUMENT, "\"name\" is a required field.").at("name");
    well_named(ask.text("name").ok_or_else(missing)?)?;
    let missing = |field: &str| Refusal::new(MISSING_ARGUMENT, format!("\"{field}\" is a required field.")).at(field);
    match (ask.has("fixed"), ask.has("adaptive")) {
        (true, true) => Err(Refusal::value("adaptive", "fixed", "either fixed or adaptive")),
        (false, false) => Err(missing("fixed")),
        (true, false) => Ok(()),
        (false, true) => ["adaptive.expected_iops", "adaptive.peak_iops"]
            .into_iter()
            .try_for_each(|field| ask.whole(field).map(drop).ok_or_else(|| missing(field))),
    }
}

fn well_named(name: &str) -> Result<(), Refusal> {
    match name.is_empty() || name.len() > LONGEST_NAME || name.contains(char::is_whitespace) {
        true => Err(Refusal::value(name, "name", "1 to 127 characters without blanks")),
        false => Ok(()),
    }
}

fn name_free(state: &State, svm: Uuid, name: &str) -> Result<(), Refusal> {
    match named(state, svm, name) {
        None => Ok(()),
        Some(_) => Err(Refusal::new(QOS_NAME_TAKEN, format!("QoS policy \"{name}\" already exists.")).at("name")),
    }
}

fn made(uuid: Uuid) -> Made {
    vec![[("uuid".to_owned(), uuid.to_string())].into()]
}

fn create(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let svm = svm::target(state, ask)?;
    let name = ask.text("name").unwrap_or_default().to_owned();
    name_free(state, svm, &name)?;
    let mut terms = match ask.has("adaptive") {
        false => {
            Terms::Fixed(Fixed { capacity_shared: ask.flag("fixed.capacity_shared") == Some(true), ..Fixed::default() })
        }
        true => Terms::Adaptive(Adaptive {
            expected_iops: 0,
            peak_iops: 0,
            absolute_min_iops: 0,
            block_size: "any".to_owned(),
            expected_iops_allocation: "allocated_space".to_owned(),
            peak_iops_allocation: "used_space".to_owned(),
        }),
    };
    take(&mut terms, ask)?;
    state.qos.put(QosPolicy { uuid: ask.id, name, svm, terms });
    Ok(made(ask.id))
}

/// Takes over what the request says of the terms; their kind stays.
fn take(terms: &mut Terms, ask: &Ask) -> Result<(), Refusal> {
    match terms {
        Terms::Fixed(_) if ask.has("adaptive") => {
            Err(Refusal::new(QOS_BECOMES_ADAPTIVE, "A fixed QoS policy cannot be made adaptive.").at("adaptive"))
        }
        Terms::Adaptive(_) if ask.has("fixed") => {
            Err(Refusal::new(QOS_BECOMES_FIXED, "An adaptive QoS policy cannot be made fixed.").at("fixed"))
        }
        Terms::Fixed(fixed) => whole(
            ask,
            [
                ("fixed.max_throughput_iops", &mut fixed.max_throughput_iops),
                ("fixed.max_throughput_mbps", &mut fixed.max_throughput_mbps),
                ("fixed.min_throughput_iops", &mut fixed.min_throughput_iops),
                ("fixed.min_throughput_mbps", &mut fixed.min_throughput_mbps),
            ],
        ),
        Terms::Adaptive(adaptive) => {
            for (field, place, words) in [
                ("adaptive.block_size", &mut adaptive.block_size, BLOCK_SIZES),
                ("adaptive.expected_iops_allocation", &mut adaptive.expected_iops_allocation, ALLOCATIONS),
                ("adaptive.peak_iops_allocation", &mut adaptive.peak_iops_allocation, ALLOCATIONS),
            ] {
                let Some(word) = ask.text(field) else { continue };
                if !words.contains(&word) {
                    return Err(Refusal::value(word, field, &words.join(", ")));
                }
                word.clone_into(place);
            }
            whole(
                ask,
                [
                    ("adaptive.expected_iops", &mut adaptive.expected_iops),
                    ("adaptive.peak_iops", &mut adaptive.peak_iops),
                    ("adaptive.absolute_min_iops", &mut adaptive.absolute_min_iops),
                ],
            )
        }
    }
}

fn whole<const N: usize>(ask: &Ask, places: [(&str, &mut u64); N]) -> Result<(), Refusal> {
    for (field, place) in places.into_iter().filter(|(field, _)| ask.has(field)) {
        *place = ask.whole(field).ok_or_else(|| Refusal::value("out of range", field, "integer"))?;
    }
    Ok(())
}

fn change(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let mut policy = mine(state, ask)?.clone();
    if let Some(name) = ask.text("name").filter(|name| *name != policy.name) {
        well_named(name)?;
        name_free(state, policy.svm, name)?;
        name.clone_into(&mut policy.name);
    }
    take(&mut policy.terms, ask)?;
    let uuid = policy.uuid;
    state.qos.put(policy);
    Ok(made(uuid))
}

fn delete(state: &mut State, ask: &Ask) -> Result<Made, Refusal> {
    let policy = mine(state, ask)?;
    let (uuid, users) = (policy.uuid, users(state, policy));
    if users > 0 {
        let message = format!("QoS policy \"{}\" is in use by {users} volumes.", policy.name);
        return Err(Refusal::new(JOB_FAILED, message));
    }
    state.qos.remove(&uuid);
    Ok(made(uuid))
}
