//! From records to a request: what a share, its type and its neighbours ask of a pool.
//!
//! How to get it wrong: to let two shares wait for one another. Of two that are still to be placed, the younger keeps to
//! the older one. Source: scheduler.md §4, §5, §8.

use std::collections::BTreeSet;

use manilad_domain::hints::{Affinity, Hints};
use manilad_domain::placement::{Neighbours, Placement};
use manilad_domain::{Instance, PoolName, Share, ShareId, ShareType};
use manilad_store::{Error, Store};

/// What this instance asks for, now; `None` if its share has no type. Before it is placed, its zone is the one that was
/// asked for. `bound_for` tells where a share will be that has its place and is not committed yet.
///
/// # Errors
/// As [`Store::get`].
pub(crate) fn request(
    store: &Store,
    share: &Share,
    instance: &Instance,
    hints: &Hints,
    bound_for: &dyn Fn(ShareId) -> Option<PoolName>,
) -> Result<Option<Placement>, Error> {
    let Some(id) = share.type_id else { return Ok(None) };
    let Some(kind) = store.get::<ShareType>(&id.to_string())? else { return Ok(None) };
    let neighbours = |affinity| neighbours(store, share, hints, affinity, bound_for);
    let superseded = share.instances.iter().filter(|instance| instance.superseded);
    Ok(Some(Placement {
        share: share.id,
        size: share.size,
        protocol: share.protocol,
        availability_zone: instance.availability_zone.clone(),
        type_zones: kind.availability_zones().into_iter().map(str::to_owned).collect(),
        extra_specs: kind.extra_specs,
        only_host: hints.heeded_host().map(str::to_owned),
        same_host: neighbours(Affinity::Same)?,
        different_host: neighbours(Affinity::Different)?,
        query: hints.query.clone(),
        attempted: superseded.filter_map(|instance| instance.pool.clone()).collect(),
    }))
}

/// Where the neighbours of a share are.
fn neighbours(
    store: &Store,
    share: &Share,
    hints: &Hints,
    affinity: Affinity,
    bound_for: &dyn Fn(ShareId) -> Option<PoolName>,
) -> Result<Neighbours, Error> {
    let named = match hints.neighbours_of(&share.metadata, affinity) {
        Ok(named) => named,
        Err(malformed) => return Ok(Neighbours::Unknown(malformed)),
    };
    let mut found: Option<BTreeSet<PoolName>> = None;
    for id in named {
        let Some(neighbour) = store.get::<Share>(&id.to_string())? else {
            return Ok(Neighbours::Unknown(id.to_string()));
        };
        let placed = neighbour.live().filter_map(|instance| instance.pool.clone());
        let pools: BTreeSet<PoolName> = placed.chain(bound_for(id)).collect();
        let is_older = (neighbour.created_at, id) < (share.created_at, share.id);
        if pools.is_empty() && !is_older {
            continue;
        }
        found = Some(match (found, affinity) {
            (None, _) => pools,
            (Some(found), Affinity::Same) => found.intersection(&pools).cloned().collect(),
            (Some(found), Affinity::Different) => found.union(&pools).cloned().collect(),
        });
    }
    Ok(found.map_or(Neighbours::Any, Neighbours::On))
}
