//! Data LIFs: the addresses through which an SVM serves its shares.
//!
//! A LIF that moved stays reachable, so its *home* node decides which export path is preferred, not where it is now. How to get
//! it wrong: offering a LIF without the service of the protocol; clients would wait on it for ever.

use std::net::IpAddr;

use manilad_clock::Uuid;
use serde::Deserialize;
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

const FIELDS: &str = "uuid,name,ip.address,ip.netmask,enabled,state,location.home_node.name,location.home_port.name,\
                      services,svm.name";
/// The answer that means that the address is in use.
const ADDRESS_TAKEN: &str = "1376963";
const MOST: usize = 2000;
const MOST_OF_CLUSTER: usize = 20_000;

/// The service that lets a LIF serve NFS.
pub const DATA_NFS: &str = "data_nfs";
/// The service that lets a LIF serve SMB.
pub const DATA_CIFS: &str = "data_cifs";

/// A LIF.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Interface {
    pub uuid: Uuid,
    pub name: String,
    pub address: IpAddr,
    /// Length or dotted, as ONTAP tells it.
    pub netmask: Option<String>,
    pub enabled: bool,
    /// `up`, `down`.
    pub state: Option<String>,
    pub home_node: Option<String>,
    pub home_port: Option<String>,
    pub services: Vec<String>,
    pub svm: Option<String>,
}

impl Interface {
    /// Whether it offers `service`, as [`DATA_NFS`], is enabled, and not down.
    pub fn serves(&self, service: &str) -> bool {
        let is_down = self.state.as_deref() == Some("down");
        self.enabled && !is_down && self.services.iter().any(|offered| offered == service)
    }
}

#[derive(Deserialize)]
struct Wire {
    uuid: Uuid,
    name: String,
    ip: Ip,
    #[serde(default = "yes")]
    enabled: bool,
    state: Option<String>,
    #[serde(default)]
    location: Location,
    #[serde(default)]
    services: Vec<String>,
    svm: Option<Named>,
}

#[derive(Deserialize)]
struct Ip {
    address: IpAddr,
    netmask: Option<String>,
}

#[derive(Default, Deserialize)]
struct Location {
    home_node: Option<Named>,
    home_port: Option<Named>,
}

/// A LIF is enabled unless ONTAP says otherwise ("ONTAP REST reference", ip/interfaces).
fn yes() -> bool {
    true
}

impl From<Wire> for Interface {
    fn from(wire: Wire) -> Self {
        let name = |named: Option<Named>| named.and_then(|named| named.name);
        Interface {
            uuid: wire.uuid,
            name: wire.name,
            address: wire.ip.address,
            netmask: wire.ip.netmask,
            enabled: wire.enabled,
            state: wire.state,
            home_node: name(wire.location.home_node),
            home_port: name(wire.location.home_port),
            services: wire.services,
            svm: name(wire.svm),
        }
    }
}

/// The LIFs of `svm` that serve NFS, SMB or both, disabled ones too; one call.
pub async fn data(client: &Client, svm: &str) -> Result<Vec<Interface>, Error> {
    let query = Query::new().any("services", &[DATA_NFS, DATA_CIFS]).is("svm.name", svm)?.fields(FIELDS);
    client.list(Call::to(Endpoint::Interfaces, &[])?.query(query), MOST).await
}

/// Every LIF of the cluster that serves NFS, SMB or both, disabled ones too; one call per thousand.
pub async fn all_data(client: &Client) -> Result<Vec<Interface>, Error> {
    let query = Query::new().any("services", &[DATA_NFS, DATA_CIFS]).fields(FIELDS);
    client.list(Call::to(Endpoint::Interfaces, &[])?.query(query), MOST_OF_CLUSTER).await
}

/// A data LIF to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct New {
    pub name: String,
    pub svm: String,
    pub address: IpAddr,
    /// Bits of its network's mask.
    pub prefix: u8,
    pub node: String,
    pub port: String,
}

/// The service policy that lets a LIF serve NFS and SMB; every SVM has it.
const DATA_FILES: &str = "default-data-files";

/// Makes a LIF; one call. `Exists` when the SVM has one of that name.
pub async fn create(client: &Client, new: &New) -> Result<(), Error> {
    let body = Body::default()
        .set("name", new.name.as_str())
        .set("svm.name", new.svm.as_str())
        .set("ip.address", new.address.to_string())
        .set("ip.netmask", new.prefix.to_string())
        .set("enabled", true)
        .set("service_policy.name", DATA_FILES)
        .set("location.home_node.name", new.node.as_str())
        .set("location.home_port.name", new.port.as_str());
    client.write::<Value>(Call::to(Endpoint::InterfaceCreate, &[])?.body(body)).await.map(|_| ())
}

/// Whether a LIF was refused because another one of the IPspace has its address.
pub fn is_address_taken(error: &Error) -> bool {
    error.code() == ADDRESS_TAKEN
}

/// How many data LIFs a node has, and may have.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Capacity {
    pub node: String,
    #[serde(rename = "limit-for-node", alias = "limit_for_node")]
    pub limit: usize,
    #[serde(rename = "count-for-node", alias = "count_for_node")]
    pub count: usize,
}

/// The capacity of each node; one call, through the command line interface, as REST has no other way.
pub async fn capacities(client: &Client) -> Result<Vec<Capacity>, Error> {
    let query = Query::new().fields("limit-for-node,count-for-node,node");
    client.list(Call::to(Endpoint::CliInterfaceCapacity, &[])?.query(query), MOST).await
}
