//! Broadcast domains: ports that hear each other. A domain lies in one IPspace and gives its ports their MTU.
//!
//! How to get it wrong: naming one without its IPspace; names are unique only in there.

use manilad_clock::Uuid;
use serde::Deserialize;
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::ipspace::Removed;
use crate::named::Named;
use crate::query::Query;

const MOST: usize = 2000;
/// The answer that means that there are ports in it.
const IN_USE: &[&str] = &["1967103"];

/// A broadcast domain.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Domain {
    pub uuid: Uuid,
    pub name: String,
    /// Bytes.
    pub mtu: Option<u32>,
    #[serde(default)]
    pub ports: Vec<Named>,
}

/// The domains in an IPspace with their ports; one call.
pub async fn in_ipspace(client: &Client, ipspace: &str) -> Result<Vec<Domain>, Error> {
    let query = Query::new().is("ipspace.name", ipspace)?.fields("uuid,name,mtu,ports.name,ports.uuid");
    client.list(Call::to(Endpoint::Domains, &[])?.query(query), MOST).await
}

/// Makes a domain; one call. There already is well, whatever its MTU. `mtu` in bytes.
pub async fn create(client: &Client, ipspace: &str, name: &str, mtu: u32) -> Result<(), Error> {
    let body = Body::default().set("name", name).set("ipspace.name", ipspace).set("mtu", mtu);
    match client.write::<Value>(Call::to(Endpoint::DomainCreate, &[])?.body(body)).await {
        Err(error) if error.class() == Class::Exists => Ok(()),
        other => other.map(|_| ()),
    }
}

/// Gives the ports of a domain another MTU; one call. `mtu` in bytes.
pub async fn set_mtu(client: &Client, uuid: Uuid, mtu: u32) -> Result<(), Error> {
    let call = Call::to(Endpoint::DomainChange, &[&uuid.to_string()])?.body(Body::default().set("mtu", mtu));
    client.write::<Value>(call).await.map(|_| ())
}

/// Removes a domain without ports; one call. Gone already is well.
pub async fn delete(client: &Client, uuid: Uuid) -> Result<Removed, Error> {
    let call = Call::to(Endpoint::DomainDelete, &[&uuid.to_string()])?;
    Removed::of(client.write::<Value>(call).await, IN_USE)
}
