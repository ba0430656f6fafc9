//! Aggregates: what pools are made of. Readable by accounts of the cluster only.
//!
//! Facts and space come in one call for all aggregates, never one call each. How to get it wrong: counting root aggregates as
//! pools; ONTAP hides them in REST on most releases, and the command line interface names them on all.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use crate::client::{Call, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

const FACTS: &str = "uuid,name,state,home_node.name,block_storage.primary.raid_type,block_storage.storage_type,\
                     snaplock_type,data_encryption.software_encryption_enabled,space.block_storage.size,\
                     space.block_storage.available,space.block_storage.used";
const SPACE: &str = "name,space.block_storage.size,space.block_storage.available,space.block_storage.used";
const MOST: usize = 2000;
/// A cluster of 24 nodes has fewer disks.
const MOST_DISKS: usize = 20_000;

/// Bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Space {
    pub size: u64,
    pub available: u64,
    pub used: u64,
}

/// An aggregate, root aggregates not told apart.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Aggregate {
    pub name: String,
    /// `online` when all is well.
    pub state: Option<String>,
    pub home_node: Option<String>,
    /// `raid_dp`, `raid_tec`, `raid4`, `raid0`.
    pub raid_type: Option<String>,
    /// `hdd`, `hybrid`, `ssd`, `vmdisk`, …
    pub storage_type: Option<String>,
    pub snaplock_type: Option<String>,
    /// Whether everything on it is encrypted (NAE).
    pub encrypted: bool,
    /// None while the aggregate does not tell, as when it is offline.
    pub space: Option<Space>,
}

#[derive(Deserialize)]
struct Wire {
    name: String,
    state: Option<String>,
    home_node: Option<Named>,
    block_storage: Option<BlockStorage>,
    snaplock_type: Option<String>,
    data_encryption: Option<Encryption>,
    space: Option<Spaces>,
}

#[derive(Deserialize)]
struct BlockStorage {
    primary: Option<Primary>,
    storage_type: Option<String>,
}

#[derive(Deserialize)]
struct Primary {
    raid_type: Option<String>,
}

#[derive(Deserialize)]
struct Encryption {
    #[serde(default)]
    software_encryption_enabled: bool,
}

#[derive(Deserialize)]
struct Spaces {
    block_storage: Option<Space>,
}

impl From<Wire> for Aggregate {
    fn from(wire: Wire) -> Self {
        let (raid_type, storage_type) = wire
            .block_storage
            .map(|block| (block.primary.and_then(|p| p.raid_type), block.storage_type))
            .unwrap_or_default();
        Aggregate {
            name: wire.name,
            state: wire.state,
            home_node: wire.home_node.and_then(|node| node.name),
            raid_type,
            storage_type,
            snaplock_type: wire.snaplock_type,
            encrypted: wire.data_encryption.is_some_and(|e| e.software_encryption_enabled),
            space: wire.space.and_then(|space| space.block_storage),
        }
    }
}

#[derive(Deserialize)]
struct CliAggregate {
    aggregate: String,
}

#[derive(Deserialize)]
struct Disk {
    #[serde(default)]
    aggregates: Vec<Named>,
    effective_type: Option<String>,
}

/// Facts and space of all aggregates that ONTAP shows; one call.
pub async fn all(client: &Client) -> Result<Vec<Aggregate>, Error> {
    let call = Call::to(Endpoint::Aggregates, &[])?.query(Query::new().fields(FACTS));
    client.list(call, MOST).await
}

/// Space by name of all aggregates that tell; one call.
pub async fn spaces(client: &Client) -> Result<BTreeMap<String, Space>, Error> {
    let call = Call::to(Endpoint::Aggregates, &[])?.query(Query::new().fields(SPACE));
    let aggregates: Vec<Aggregate> = client.list(call, MOST).await?;
    Ok(aggregates.into_iter().filter_map(|aggregate| Some((aggregate.name, aggregate.space?))).collect())
}

/// Names of the aggregates that hold the nodes' own volumes; one call.
pub async fn roots(client: &Client) -> Result<BTreeSet<String>, Error> {
    let call = Call::to(Endpoint::CliAggregates, &[])?.query(Query::new().raw("root", "true"));
    let roots: Vec<CliAggregate> = client.list(call, MOST).await?;
    Ok(roots.into_iter().map(|root| root.aggregate).collect())
}

/// The types of disk (`ssd`, `fsas`, `vmdisk`, …) by aggregate; one call.
pub async fn disk_types(client: &Client) -> Result<BTreeMap<String, BTreeSet<String>>, Error> {
    let call = Call::to(Endpoint::Disks, &[])?.query(Query::new().fields("effective_type,aggregates.name"));
    let mut types: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for disk in client.list::<Disk>(call, MOST_DISKS).await? {
        let Some(kind) = disk.effective_type else { continue };
        for aggregate in disk.aggregates.into_iter().filter_map(|aggregate| aggregate.name) {
            types.entry(aggregate).or_default().insert(kind.clone());
        }
    }
    Ok(types)
}
