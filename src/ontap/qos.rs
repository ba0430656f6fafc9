//! QoS policies of an SVM: one with fixed limits per share that its type limits, and those that many volumes name, fixed or
//! adaptive.
//!
//! They are made before the volume that names them; those of one share are removed after it. How to get it wrong: taking 0 for
//! "none at all"; to ONTAP it means that there is no limit.

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

/// Limits of a policy that many volumes name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fixed {
    pub limits: Terms,
    /// Whether all volumes have the limits together; else each has them for itself.
    pub is_shared: bool,
}

/// Limits that follow the size of each volume, in operations per second and TiB. What is none is left as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adaptive {
    pub expected_iops: u64,
    pub peak_iops: u64,
    pub absolute_min_iops: Option<u64>,
    pub block_size: Option<String>,
    pub expected_iops_allocation: Option<String>,
    pub peak_iops_allocation: Option<String>,
}

/// What a policy that many volumes name holds them to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypeTerms {
    Fixed(Fixed),
    Adaptive(Adaptive),
}

/// A policy with its terms.
#[derive(Debug, Clone, Deserialize)]
pub struct TypePolicy {
    pub uuid: Uuid,
    #[serde(default)]
    fixed: Option<FoundFixed>,
    #[serde(default)]
    adaptive: Option<FoundAdaptive>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct FoundFixed {
    max_throughput_iops: u64,
    max_throughput_mbps: u64,
    min_throughput_iops: u64,
    min_throughput_mbps: u64,
    capacity_shared: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct FoundAdaptive {
    expected_iops: u64,
    peak_iops: u64,
    absolute_min_iops: u64,
    block_size: String,
    expected_iops_allocation: String,
    peak_iops_allocation: String,
}

/// How a policy differs from what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unlike {
    /// It can be changed to that.
    InTerms,
    /// It is what it is for good, as the words say.
    InKind(&'static str),
}

impl TypePolicy {
    pub fn unlike(&self, terms: &TypeTerms) -> Option<Unlike> {
        match (terms, &self.fixed, &self.adaptive) {
            (TypeTerms::Fixed(desired), Some(found), None) => found.unlike(desired),
            (TypeTerms::Adaptive(desired), None, Some(found)) => found.unlike(desired),
            (TypeTerms::Fixed(_), ..) => Some(Unlike::InKind("is not fixed")),
            (TypeTerms::Adaptive(_), ..) => Some(Unlike::InKind("is not adaptive")),
        }
    }
}

impl FoundFixed {
    fn unlike(&self, Fixed { limits, is_shared }: &Fixed) -> Option<Unlike> {
        let pairs = [
            (self.max_throughput_iops, limits.max_iops),
            (self.max_throughput_mbps, limits.max_mbps),
            (self.min_throughput_iops, limits.min_iops),
            (self.min_throughput_mbps, limits.min_mbps),
        ];
        match (self.capacity_shared, is_shared) {
            (true, false) => Some(Unlike::InKind("is for all its volumes together")),
            (false, true) => Some(Unlike::InKind("is for each of its volumes")),
            _ => pairs.iter().any(|(found, desired)| *found != desired.unwrap_or(0)).then_some(Unlike::InTerms),
        }
    }
}

impl FoundAdaptive {
    fn unlike(&self, desired: &Adaptive) -> Option<Unlike> {
        let is_word = |found: &str, desired: &Option<String>| {
            let found = found.replace('-', "_").to_ascii_lowercase();
            desired.as_ref().is_none_or(|desired| *desired == found)
        };
        let is_same = self.expected_iops == desired.expected_iops
            && self.peak_iops == desired.peak_iops
            && desired.absolute_min_iops.is_none_or(|desired| desired == self.absolute_min_iops)
            && is_word(&self.block_size, &desired.block_size)
            && is_word(&self.expected_iops_allocation, &desired.expected_iops_allocation)
            && is_word(&self.peak_iops_allocation, &desired.peak_iops_allocation);
        (!is_same).then_some(Unlike::InTerms)
    }
}

fn adaptive_body(terms: &Adaptive) -> Body {
    Body::default()
        .set("adaptive.expected_iops", terms.expected_iops)
        .set("adaptive.peak_iops", terms.peak_iops)
        .maybe("adaptive.absolute_min_iops", terms.absolute_min_iops)
        .maybe("adaptive.block_size", terms.block_size.as_deref())
        .maybe("adaptive.expected_iops_allocation", terms.expected_iops_allocation.as_deref())
        .maybe("adaptive.peak_iops_allocation", terms.peak_iops_allocation.as_deref())
}

/// Makes a policy for many volumes; one call. `Exists` when the name is taken.
pub async fn create_of_type(client: &Client, svm: &str, name: &str, terms: &TypeTerms) -> Result<(), Error> {
    let body = match terms {
        TypeTerms::Fixed(fixed) => body(&fixed.limits).maybe("fixed.capacity_shared", fixed.is_shared.then_some(true)),
        TypeTerms::Adaptive(adaptive) => adaptive_body(adaptive),
    };
    let body = body.set("name", name).set("svm.name", svm);
    client.write::<Value>(Call::to(Endpoint::QosCreate, &[])?.body(body)).await.map(|_| ())
}

/// The policy of that name with its terms; one call.
pub async fn find_of_type(client: &Client, svm: &str, name: &str) -> Result<Option<TypePolicy>, Error> {
    let query = Query::new().is("name", name)?.is("svm.name", svm)?.fields("uuid,name,svm.name,fixed,adaptive");
    client.only(Call::to(Endpoint::QosPolicies, &[])?.query(query)).await
}

/// Gives a policy other terms of its kind; one call. A limit that is not asked for goes.
pub async fn change_of_type(client: &Client, uuid: Uuid, terms: &TypeTerms) -> Result<(), Error> {
    let body = match terms {
        TypeTerms::Fixed(Fixed { limits, .. }) => body(&Terms {
            max_iops: Some(limits.max_iops.unwrap_or(0)),
            max_mbps: Some(limits.max_mbps.unwrap_or(0)),
            min_iops: Some(limits.min_iops.unwrap_or(0)),
            min_mbps: Some(limits.min_mbps.unwrap_or(0)),
        }),
        TypeTerms::Adaptive(adaptive) => adaptive_body(adaptive),
    };
    patch(client, uuid, body).await
}
