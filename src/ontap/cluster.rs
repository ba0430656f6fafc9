//! The cluster itself: which release, what name, which nodes, and how far the account reaches.
//!
//! Whether an account sees the cluster or one SVM is nowhere written; ONTAP tells it by refusing `/cluster/nodes` (code 6) to
//! accounts of an SVM. How to get it wrong: taking a bad password (401) for that refusal.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::client::{Call, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;
use crate::release::Release;

/// More nodes than a cluster can have (24).
const MOST_NODES: usize = 100;

/// What `/cluster` tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub release: Release,
    /// The release in ONTAP's own words, with patch and build.
    pub version: String,
    /// Not told to every account.
    pub name: Option<String>,
}

#[derive(Deserialize)]
struct Wire {
    name: Option<String>,
    version: Version,
}

#[derive(Deserialize)]
struct Version {
    #[serde(default)]
    full: String,
    generation: Option<u16>,
    major: Option<u16>,
    minor: Option<u16>,
}

#[derive(Deserialize)]
struct CliVersion {
    version: String,
}

#[derive(Deserialize)]
struct Node {
    name: String,
    #[serde(default)]
    ha: Ha,
}

#[derive(Default, Deserialize)]
struct Ha {
    #[serde(default)]
    partners: Vec<Named>,
}

/// Release and name; one call.
pub async fn identity(client: &Client) -> Result<Identity, Error> {
    let call = Call::to(Endpoint::Cluster, &[])?.query(Query::new().fields("name,version"));
    let Wire { name, version } = client.get::<Wire>(call).await?;
    let release = match (version.generation, version.major, version.minor) {
        (Some(generation), Some(major), Some(minor)) => Release { generation, major, minor },
        _ => parse(Endpoint::Cluster, &version.full)?,
    };
    Ok(Identity { release, version: version.full, name })
}

/// The release for accounts that may not read `/cluster`; one call, through the command line interface.
pub async fn cli_identity(client: &Client) -> Result<Identity, Error> {
    let call = Call::to(Endpoint::CliVersion, &[])?.query(Query::new().fields("version"));
    let version =
        client.list::<CliVersion>(call, MOST_NODES).await?.pop().map(|record| record.version).unwrap_or_default();
    Ok(Identity { release: parse(Endpoint::CliVersion, &version)?, version, name: None })
}

fn parse(endpoint: Endpoint, version: &str) -> Result<Release, Error> {
    version.parse().map_err(|why: crate::release::NoRelease| Error::unknown(endpoint, &why.to_string()))
}

/// Names of the nodes; one call. Refused with [`Error::lacks_privilege`] to accounts of an SVM.
pub async fn nodes(client: &Client) -> Result<Vec<String>, Error> {
    let call = Call::to(Endpoint::Nodes, &[])?.query(Query::new().fields("name"));
    let nodes: Vec<Node> = client.list(call, MOST_NODES).await?;
    Ok(nodes.into_iter().map(|node| node.name).collect())
}

/// The node that takes over, by node; one call. Without one that has no partner.
pub async fn partners(client: &Client) -> Result<BTreeMap<String, String>, Error> {
    let call = Call::to(Endpoint::Nodes, &[])?.query(Query::new().fields("name,ha.partners.name"));
    let nodes: Vec<Node> = client.list(call, MOST_NODES).await?;
    let pair = |node: Node| Some((node.name, node.ha.partners.into_iter().next()?.name?));
    Ok(nodes.into_iter().filter_map(pair).collect())
}
