//! Ethernet ports of the nodes: what LIFs live on. Physical ones and aggregated links, and VLANs on them.
//!
//! A port is in the IPspace of its broadcast domain. How to get it wrong: taking a name for one port; every node has an
//! `e0d`.

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

const FIELDS: &str = "uuid,name,node.name,state,speed,mtu,vlan.base_port.name,broadcast_domain.name,\
                      broadcast_domain.uuid,broadcast_domain.ipspace.name";
const MOST: usize = 5000;
/// Answers that mean that a port is used: by LIFs.
const IN_USE: &[&str] = &["1376858", "1966189"];

/// A port.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Port {
    pub uuid: Uuid,
    pub node: String,
    pub name: String,
    /// `up`, `down`, `degraded`.
    pub state: Option<String>,
    /// Mbit/s.
    pub speed: u64,
    /// Bytes.
    pub mtu: Option<u32>,
    /// Of a VLAN: the port below it, on the same node.
    pub base: Option<String>,
    /// Where it is; none of a port that is in no broadcast domain.
    pub place: Option<Place>,
}

/// A broadcast domain, as a port names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub ipspace: String,
    pub domain: String,
    pub domain_uuid: Option<Uuid>,
}

#[derive(Deserialize)]
struct Wire {
    uuid: Uuid,
    name: String,
    node: Named,
    state: Option<String>,
    #[serde(default)]
    speed: u64,
    mtu: Option<u32>,
    vlan: Option<Vlan>,
    broadcast_domain: Option<Domain>,
}

#[derive(Deserialize)]
struct Vlan {
    base_port: Option<Named>,
}

#[derive(Deserialize)]
struct Domain {
    name: Option<String>,
    uuid: Option<Uuid>,
    ipspace: Option<Named>,
}

impl From<Wire> for Port {
    fn from(wire: Wire) -> Self {
        let place = |domain: Domain| {
            Some(Place { ipspace: domain.ipspace?.name?, domain: domain.name?, domain_uuid: domain.uuid })
        };
        Port {
            uuid: wire.uuid,
            node: wire.node.name.unwrap_or_default(),
            name: wire.name,
            state: wire.state,
            speed: wire.speed,
            mtu: wire.mtu,
            base: wire.vlan.and_then(|vlan| vlan.base_port?.name),
            place: wire.broadcast_domain.and_then(place),
        }
    }
}

/// The physical ports and aggregated links of all nodes; one call.
pub async fn uplinks(client: &Client) -> Result<Vec<Port>, Error> {
    let query = Query::new().any("type", &["physical", "lag"]).fields(FIELDS);
    client.list(Call::to(Endpoint::Ports, &[])?.query(query), MOST).await
}

/// The ports of a VLAN on all nodes; one call.
pub async fn vlans(client: &Client, tag: u32) -> Result<Vec<Port>, Error> {
    let query = Query::new().raw("vlan.tag", &tag.to_string()).fields(FIELDS);
    client.list(Call::to(Endpoint::Ports, &[])?.query(query), MOST).await
}

/// A VLAN port to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewVlan {
    pub node: String,
    pub base: String,
    pub tag: u32,
    pub ipspace: String,
    pub domain: String,
}

/// Makes a VLAN port in its broadcast domain; one call. `Exists` when it is there, wherever that is.
pub async fn create(client: &Client, new: &NewVlan) -> Result<(), Error> {
    let body = Body::default()
        .set("type", "vlan")
        .set("node.name", new.node.as_str())
        .set("vlan.base_port.name", new.base.as_str())
        .set("vlan.tag", new.tag);
    let body = in_domain(body, &new.ipspace, &new.domain);
    client.write::<Value>(Call::to(Endpoint::VlanCreate, &[])?.body(body)).await.map(|_| ())
}

/// Puts a port into a broadcast domain; one call. In there already is well; refused while it has LIFs.
pub async fn place(client: &Client, uuid: Uuid, ipspace: &str, domain: &str) -> Result<(), Error> {
    let body = in_domain(Body::default(), ipspace, domain);
    match client.write::<Value>(Call::to(Endpoint::PortChange, &[&uuid.to_string()])?.body(body)).await {
        Err(error) if error.class() == Class::Exists => Ok(()),
        other => other.map(|_| ()),
    }
}

fn in_domain(body: Body, ipspace: &str, domain: &str) -> Body {
    body.set("broadcast_domain.name", domain).set("broadcast_domain.ipspace.name", ipspace)
}

/// Removes a VLAN port that has no LIFs; one call. Gone already is well.
pub async fn delete(client: &Client, uuid: Uuid) -> Result<Removed, Error> {
    let call = Call::to(Endpoint::VlanDelete, &[&uuid.to_string()])?;
    Removed::of(client.write::<Value>(call).await, IN_USE)
}
