//! Finds aggregates, and what is free in them.

use uuid::Uuid;

use crate::rest::code::{JOB_FAILED, Refusal};
use crate::rows::aggregate::Aggregate;
use crate::state::State;

/// Bytes in use: what volumes take, those in the recovery queue included, and what somebody else took.
pub fn used(state: &State, aggregate: &Aggregate) -> u64 {
    let volumes: u64 = state.volumes.iter().map(|volume| volume.share_of(aggregate.uuid)).sum();
    volumes.saturating_add(aggregate.taken).min(aggregate.size)
}

/// Bytes left.
pub fn available(state: &State, aggregate: &Aggregate) -> u64 {
    aggregate.size - used(state, aggregate)
}

pub fn named(state: &State, name: &str) -> Option<Uuid> {
    state.aggregates.iter().find(|aggregate| aggregate.name == name).map(|aggregate| aggregate.uuid)
}

/// Lets somebody else take or give back space until `available` bytes are left, as far as volumes leave room for it.
pub fn set_available(state: &mut State, name: &str, available: u64) -> bool {
    let Some(aggregate) = named(state, name).and_then(|id| state.aggregates.get(&id)).cloned() else { return false };
    let volumes = used(state, &Aggregate { taken: 0, ..aggregate.clone() });
    let taken = (aggregate.size - volumes).saturating_sub(available);
    state.aggregates.put(Aggregate { taken, ..aggregate });
    true
}

/// Refuses when `needed` more bytes do not fit. The text is what clients recognise; there is no code of its own for it.
pub fn reserve(state: &State, id: Uuid, needed: u64, what: &str) -> Result<(), Refusal> {
    let Some(aggregate) = state.aggregates.get(&id).filter(|aggregate| available(state, aggregate) < needed) else {
        return Ok(());
    };
    let (name, gib) = (&aggregate.name, needed as f64 / (1u64 << 30) as f64);
    Err(Refusal::new(
        JOB_FAILED,
        format!(
            "Request to {what} failed because there is not enough space in aggregate \"{name}\". Either create \
             {gib:.2}GB of free space in the aggregate or select an aggregate that has at least {gib:.2}GB of free space."
        ),
    ))
}
