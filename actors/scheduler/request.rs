//! From records to a request: what a share, its type and its neighbours ask of a pool.
//! Source: scheduler.md §4, §5, §8.

use manilad_domain::hints::{Affinity, Hints};
use manilad_domain::neighbours::Neighbours;
use manilad_domain::placement::{Network, Origin, Placement};
use manilad_domain::share_server::index;
use manilad_domain::subnet::BY_NETWORK;
use manilad_domain::{
    Instance, PoolName, Record, ServerIntent, Share, ShareId, ShareNetworkId, ShareServer, ShareSnapshot, ShareType,
};
use manilad_store::{Error, Range, Store};

/// The capability by which an extra spec names a back end.
const SHARE_BACKEND_NAME: &str = "share_backend_name";

/// What this instance asks for, now; `None` if its share has no type. Before it is placed, its zone is the one that was
/// asked for. `left` are the candidates that an earlier placement left. `bound_for` tells where a share will be that has its
/// place and is not committed yet.
///
/// # Errors
/// As [`Store::get`].
pub(crate) fn request(
    store: &Store,
    share: &Share,
    instance: &Instance,
    hints: &Hints,
    left: &[PoolName],
    bound_for: &dyn Fn(ShareId) -> Option<PoolName>,
) -> Result<Option<Placement>, Error> {
    let Some(id) = share.type_id else { return Ok(None) };
    let Some(kind) = store.get::<ShareType>(&id.to_string())? else { return Ok(None) };
    let look = |id: ShareId| store.get::<Share>(&id.to_string());
    let neighbours = |affinity| Neighbours::of(share, hints, affinity, look, bound_for);
    let superseded = share.instances.iter().filter(|instance| instance.superseded);
    let origin = origin(store, share)?;
    let mut extra_specs = kind.extra_specs.clone();
    if origin.is_some() {
        // Which back ends can is said by where the snapshot is.
        extra_specs.remove(SHARE_BACKEND_NAME);
    }
    Ok(Some(Placement {
        share: share.id,
        size: share.size,
        protocol: share.protocol,
        availability_zone: instance.availability_zone.clone(),
        type_zones: match hints.ignores_type_zones {
            true => Vec::new(),
            false => kind.availability_zones().into_iter().map(str::to_owned).collect(),
        },
        extra_specs,
        network: instance.network.map(|id| network(store, id)).transpose()?,
        only_host: hints.heeded_host().map(str::to_owned),
        same_host: neighbours(Affinity::Same)?,
        different_host: neighbours(Affinity::Different)?,
        query: hints.query.clone(),
        origin,
        attempted: superseded.filter_map(|instance| instance.pool.clone()).collect(),
        left: left.to_vec(),
    }))
}

/// Where the share is that the snapshot is of with which this one begins.
fn origin(store: &Store, share: &Share) -> Result<Option<Origin>, Error> {
    let Some(id) = share.snapshot_id else { return Ok(None) };
    let Some(snapshot) = store.get::<ShareSnapshot>(&id.to_string())? else { return Ok(None) };
    let Some(parent) = store.get::<Share>(&snapshot.share_id.to_string())? else { return Ok(None) };
    let Some(instance) = parent.instance(snapshot.share_instance) else { return Ok(None) };
    let zone = instance.availability_zone.clone();
    Ok(instance.pool.clone().map(|pool| Origin { pool, zone }))
}

/// A share network as it is now. One that is gone has no subnets, so no pool is in it.
fn network(store: &Store, id: ShareNetworkId) -> Result<Network, Error> {
    let all: Vec<ShareServer> = store.scan(Range::of(index::BY_NETWORK, [id.to_string()]))?.records;
    let mut servers = Vec::new();
    for server in all {
        let owed = store.get::<ServerIntent>(&server.key())?;
        if server.takes_instances(owed.map(|intent| intent.verb)) {
            let stands = server.subnets.iter().map(|subnet| subnet.id).collect();
            servers.push((server.service, stands));
        }
    }
    Ok(Network { subnets: store.scan(Range::of(BY_NETWORK, [id.to_string()]))?.records, servers })
}
