//! Does all that follows from the records still follow? For the end of every integration test, and for operators.
//!
//! One moment is looked at throughout, so the answer is right beside a busy writer. Complaints name kinds, keys and
//! rows, and never quote a value.

use std::collections::BTreeMap;

use manilad_domain::Sum;
use manilad_domain::quota::Usage;

use crate::draft::Sums;
use crate::durable_state::DurableState;
use crate::engine::Order;
use crate::error::Error;
use crate::key;
use crate::kind::{Kind, is_derived};
use crate::store::Store;
use crate::view::View;

const CHUNK: usize = 256;

/// What is wrong with the store; nothing, if it is sound. Reads everything: run it off the actors' threads.
pub fn consistency(store: &Store) -> Vec<String> {
    let mut complaints = Vec::new();
    let outcome = store.present().and_then(|moment| {
        let (usages, sums) = check_records(&moment, store.kinds(), &mut complaints)?;
        check_rows(&moment, store.kinds(), &mut complaints)?;
        check_usage(&moment, usages, &mut complaints)?;
        check_sums(&moment, sums, &mut complaints)
    });
    complaints.extend(outcome.err().map(|error| format!("the check could not be finished: {error}")));
    complaints
}

/// Each record can be read, stands under its own key and has its rows. Returns the usage and the sums as recounted.
fn check_records(
    moment: &DurableState,
    kinds: &'static [Kind],
    complaints: &mut Vec<String>,
) -> Result<(BTreeMap<String, Usage>, Sums), Error> {
    let mut usages: BTreeMap<String, Usage> = BTreeMap::new();
    let mut sums = Sums::default();
    for entry in moment.walk(key::under(&key::of(["r"])), Order::Ascending, CHUNK) {
        let (at, value) = entry?;
        let parts = key::parts(&at).unwrap_or_default();
        let [_, kind, stored_key] = parts.as_slice() else {
            complaints.push(format!("{} is not the key of a record", shown(&at)));
            continue;
        };
        if is_derived(kind) {
            continue;
        }
        let derived = match Kind::named(kinds, kind).and_then(|kind| kind.derive(stored_key, &value)) {
            Ok(derived) => derived,
            Err(error) => {
                complaints.push(error.to_string());
                continue;
            }
        };
        if derived.key != *stored_key {
            complaints.push(format!("the {kind} record {:?} is stored under the key {stored_key:?}", derived.key));
        }
        for row in derived.rows {
            if moment.value(&row)?.is_none() {
                complaints.push(format!("the {kind} record {stored_key:?} lacks its index row {}", shown(&row)));
            }
        }
        for charge in &derived.charges {
            usages.entry(charge.project.clone()).or_insert_with(|| Usage::of(&charge.project)).book(charge, 1);
        }
        sums.add(derived.addends, 1);
    }
    usages.retain(|project, usage| *usage != Usage::of(project));
    Ok((usages, sums))
}

/// Each index row belongs to a record that has it.
fn check_rows(moment: &DurableState, kinds: &'static [Kind], complaints: &mut Vec<String>) -> Result<(), Error> {
    for entry in moment.walk(key::under(&key::of(["i"])), Order::Ascending, CHUNK) {
        let (row, _) = entry?;
        let parts = key::parts(&row).unwrap_or_default();
        let (Some(kind), Some(key)) = (parts.get(1), parts.last()) else {
            complaints.push(format!("{} is not the key of an index row", shown(&row)));
            continue;
        };
        let Some(value) = moment.value(&key::record(kind, key))? else {
            complaints.push(format!("the index row {} has no record", shown(&row)));
            continue;
        };
        let derived = Kind::named(kinds, kind).and_then(|kind| kind.derive(key, &value));
        // Records that can't be read were complained of already.
        if derived.is_ok_and(|derived| !derived.rows.contains(&row)) {
            complaints.push(format!("the {kind} record {key:?} does not have the index row {}", shown(&row)));
        }
    }
    Ok(())
}

/// Usage in store is the usage recounted.
fn check_usage(
    moment: &DurableState,
    mut recounted: BTreeMap<String, Usage>,
    complaints: &mut Vec<String>,
) -> Result<(), Error> {
    for stored in moment.all::<Usage>()? {
        let recount = recounted.remove(&stored.project).unwrap_or_else(|| Usage::of(&stored.project));
        if stored != recount {
            complaints.push(format!("usage is stored as {stored:?} and recounted as {recount:?}"));
        }
    }
    complaints.extend(recounted.values().map(|usage| format!("usage is not stored, and recounted as {usage:?}")));
    Ok(())
}

/// The sums in store are the sums recounted.
fn check_sums(moment: &DurableState, recounted: Sums, complaints: &mut Vec<String>) -> Result<(), Error> {
    let mut recounted: BTreeMap<String, i64> = recounted.nonzero().collect();
    for Sum { name, amount } in moment.all()? {
        let recount = recounted.remove(&name).unwrap_or(0);
        if amount != recount {
            complaints.push(format!("the sum {name:?} is stored as {amount} and recounted as {recount}"));
        }
    }
    complaints.extend(
        recounted.iter().map(|(name, recount)| format!("the sum {name:?} is not stored, and recounted as {recount}")),
    );
    Ok(())
}

fn shown(key: &[u8]) -> String {
    format!("{:?}", key::parts(key).unwrap_or_else(|| vec![String::from_utf8_lossy(key).into_owned()]))
}
