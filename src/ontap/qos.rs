//! QoS policies of an SVM with fixed limits: one per share that its type limits.
//!
//! They are made before the volume that names them and removed after it. How to get it wrong: taking 0 for "none at all"; to
//! ONTAP it means that there is no limit.

use manilad_clock::Uuid;
use serde::Deserialize;
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

const MOST: usize = 20_000;

/// What a policy holds throughput to. What is none is not said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Terms {
    /// Operations per second.
    pub max_iops: Option<u64>,
    /// MiB per second.
    pub max_mbps: Option<u64>,
    /// Operations per second; only arrays with flash keep it.
    pub min_iops: Option<u64>,
    /// MiB per second, as above.
    pub min_mbps: Option<u64>,
}

/// A policy without its terms.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Policy {
    pub uuid: Uuid,
    pub name: String,
    #[serde(default)]
    pub svm: Named,
}

fn body(terms: &Terms) -> Body {
    Body::default()
        .maybe("fixed.max_throughput_iops", terms.max_iops)
        .maybe("fixed.max_throughput_mbps", terms.max_mbps)
        .maybe("fixed.min_throughput_iops", terms.min_iops)
        .maybe("fixed.min_throughput_mbps", terms.min_mbps)
}

/// Makes a policy for one volume; one call. `Exists` when the name is taken.
pub async fn create(client: &Client, svm: &str, name: &str, terms: &Terms) -> Result<(), Error> {
    let body = body(terms).set("name", name).set("svm.name", svm);
    client.write::<Value>(Call::to(Endpoint::QosCreate, &[])?.body(body)).await.map(|_| ())
}

/// The policy of that name; one call.
pub async fn find(client: &Client, svm: &str, name: &str) -> Result<Option<Policy>, Error> {
    let query = Query::new().is("name", name)?.is("svm.name", svm)?.fields("uuid,name,svm.name");
    client.only(Call::to(Endpoint::QosPolicies, &[])?.query(query)).await
}

/// The policies of `svm`, or of the cluster, whose names start with `prefix`; one call per thousand.
pub async fn starting(client: &Client, svm: Option<&str>, prefix: &str) -> Result<Vec<Policy>, Error> {
    let query = Query::new().starts("name", prefix)?.within(svm)?.fields("uuid,name,svm.name");
    client.list(Call::to(Endpoint::QosPolicies, &[])?.query(query), MOST).await
}

/// Gives a policy other terms; one call.
pub async fn change(client: &Client, uuid: Uuid, terms: &Terms) -> Result<(), Error> {
    patch(client, uuid, body(terms)).await
}

/// Gives a policy another name; its volumes keep it; one call.
pub async fn rename(client: &Client, uuid: Uuid, name: &str) -> Result<(), Error> {
    patch(client, uuid, Body::default().set("name", name)).await
}

async fn patch(client: &Client, uuid: Uuid, body: Body) -> Result<(), Error> {
    let call = Call::to(Endpoint::QosChange, &[&uuid.to_string()])?.body(body);
    client.write::<Value>(call).await.map(|_| ())
}

/// Removes a policy; one call. Gone already is well; refused while a volume uses it.
pub async fn delete(client: &Client, uuid: Uuid) -> Result<(), Error> {
    match client.write::<Value>(Call::to(Endpoint::QosDelete, &[&uuid.to_string()])?).await {
        Err(error) if error.class() == Class::Absent => Ok(()),
        other => other.map(|_| ()),
    }
}
