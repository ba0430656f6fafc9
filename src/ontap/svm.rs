//! SVMs: what serves the shares.
//!
//! An account of an SVM sees only its own here, so a look-up by name answers both "does it exist" and "is it mine". How to get
//! it wrong: reading a missing list of aggregates as "all"; it means that none is delegated, and nothing can be created.

use manilad_clock::Uuid;
use serde::Deserialize;

use crate::client::{Call, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::named::Named;
use crate::query::Query;

const FIELDS: &str = "uuid,name,state,subtype,ipspace.name,aggregates.name,aggregates.available_size";
/// More SVMs than a cluster can have.
const MOST: usize = 5000;

/// An SVM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "Wire")]
pub struct Svm {
    pub uuid: Uuid,
    pub name: String,
    /// `running`, `stopped`, `starting`, …
    pub state: Option<String>,
    /// `default`, `dp_destination`, …
    pub subtype: Option<String>,
    pub ipspace: Option<String>,
    /// Those delegated to it.
    pub aggregates: Vec<Delegated>,
}

/// An aggregate as an SVM sees it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Delegated {
    pub name: String,
    /// Bytes.
    pub available_size: Option<u64>,
}

#[derive(Deserialize)]
struct Wire {
    uuid: Uuid,
    name: String,
    state: Option<String>,
    subtype: Option<String>,
    ipspace: Option<Named>,
    #[serde(default)]
    aggregates: Vec<Delegated>,
}

impl From<Wire> for Svm {
    fn from(wire: Wire) -> Self {
        let Wire { uuid, name, state, subtype, ipspace, aggregates } = wire;
        Svm { uuid, name, state, subtype, ipspace: ipspace.and_then(|ipspace| ipspace.name), aggregates }
    }
}

/// The SVM of that name; one call.
pub async fn find(client: &Client, name: &str) -> Result<Option<Svm>, Error> {
    let call = Call::to(Endpoint::Svms, &[])?.query(Query::new().is("name", name)?.fields(FIELDS));
    client.only(call).await
}

/// All SVMs that the account sees; one call.
pub async fn all(client: &Client) -> Result<Vec<Svm>, Error> {
    client.list(Call::to(Endpoint::Svms, &[])?.query(Query::new().fields(FIELDS)), MOST).await
}
