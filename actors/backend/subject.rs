//! From records to what a driver is told of an instance.
//!
//! All is read from one snapshot. How to get it wrong: reading one record after the other, between which the writer may
//! settle; a server that was just being made and owes nothing any more would look as if it had failed.

use manilad_domain::access::AccessRule;
use manilad_domain::share_server::{ServerVerb, allocation};
use manilad_domain::{
    Allocation, DetachedInstance, Instance, Intent, PoolName, QosType, Record, ServerIntent, Share, ShareServer,
    ShareServerId, ShareSnapshot, ShareType,
};
use manilad_driver::{DesiredQos, DesiredRule, Seat, SnapshotSource, Subject};
use manilad_store::{Error, Range, Shared, Snapshot};

/// A share and its type.
pub type Holder = (Shared<Share>, Option<Shared<ShareType>>);

/// The share of an instance, with its type; as it was, where the share is gone and the instance is not.
pub fn holder(snapshot: &Snapshot, intent: &Intent) -> Result<Option<Holder>, Error> {
    if let Some(share) = snapshot.get::<Share>(&intent.share.to_string())? {
        let share_type = share.type_id.map(|id| snapshot.get::<ShareType>(&id.to_string())).transpose()?.flatten();
        return Ok(Some((share, share_type)));
    }
    let detached = snapshot.get::<DetachedInstance>(&intent.instance.to_string())?.map(Shared::into_owned);
    Ok(detached.map(|one| (one.share.into(), one.share_type.map(Shared::from))))
}

/// Whether a server is being made or changed: whoever waits for it waits for that intent.
pub fn is_being_set_up(snapshot: &Snapshot, server: ShareServerId) -> Result<bool, Error> {
    let owed = snapshot.get::<ServerIntent>(&server.to_string())?;
    Ok(owed.is_some_and(|intent| intent.verb != ServerVerb::TearDown))
}

pub fn seat(snapshot: &Snapshot, server: &ShareServer) -> Result<Seat, Error> {
    Ok(seat_of(server, &allocations(snapshot, server)?))
}

/// What a driver is told of the server of an instance.
pub fn seat_of(server: &ShareServer, allocations: &[Allocation]) -> Seat {
    let admin = allocations.iter().filter(|one| one.subnet.is_none());
    Seat {
        server: server.id,
        details: server.details.clone(),
        admin_addresses: admin.map(|one| one.address).collect(),
        is_encrypted: server.encryption.is_some(),
    }
}

pub fn allocations(snapshot: &Snapshot, server: &ShareServer) -> Result<Vec<Allocation>, Error> {
    Ok(snapshot.scan(&Range::of(allocation::BY_SERVER, [server.key()]))?.owned().records)
}

/// What a driver is told of an instance.
pub fn subject(
    share: &Share,
    instance: &Instance,
    pool: &PoolName,
    share_type: Option<&ShareType>,
    request_id: &str,
) -> Subject {
    Subject {
        share: share.id,
        instance: instance.id,
        project: share.project_id.clone(),
        name: share.name.clone(),
        protocol: share.protocol,
        size: share.size,
        pool: pool.clone(),
        mount_point_name: share.mount_point_name.clone(),
        type_name: share_type.map(|one| one.name.clone()),
        extra_specs: share_type.map(|one| one.extra_specs.clone()).unwrap_or_default(),
        metadata: share.metadata.clone(),
        managed_path: None,
        loses_rules: false,
        may_be_let_go: false,
        qos: None,
        source: None,
        server: None,
        in_flight: false,
        request_id: request_id.to_owned(),
    }
}

/// What a driver is told of a snapshot that an instance has its data from.
pub fn source(snapshot: &Snapshot, of: &ShareSnapshot) -> Result<SnapshotSource, Error> {
    let share = snapshot.get::<Share>(&of.share_id.to_string())?;
    let pool = share.as_ref().and_then(|share| share.instance(of.share_instance)?.pool.as_ref());
    Ok(SnapshotSource {
        instance: of.share_instance,
        snapshot: of.instance,
        location: of.location.clone(),
        pool: pool.map(|pool| pool.pool.clone()),
    })
}

/// What a driver is told of the QoS type of a share that it is to make. The share keeps it from going.
pub fn qos(snapshot: &Snapshot, share: &Share) -> Result<Option<DesiredQos>, Error> {
    let Some(id) = share.qos_type_id else { return Ok(None) };
    let found = snapshot.get::<QosType>(&id.to_string())?;
    Ok(found.map(|one| DesiredQos { name: one.name.clone(), specs: one.words() }))
}

/// The rules that the array is to enforce.
pub fn desired(rules: &[AccessRule]) -> Vec<DesiredRule> {
    let desired = rules.iter().filter(|rule| rule.state.is_wanted());
    desired.map(|rule| DesiredRule { id: rule.id, kind: rule.kind, to: rule.to.clone(), level: rule.level }).collect()
}
