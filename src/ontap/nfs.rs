//! The NFS service of an SVM.
//!
//! How to get it wrong: leaving `showmount` off, without which older clients find no export.

use manilad_clock::Uuid;
use serde::Deserialize;
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::query::Query;

/// What a service is to be like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    pub v3: bool,
    pub v40: bool,
    pub v41: bool,
}

/// The largest transfers, in bytes; none where ONTAP does not tell.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
pub struct Transfers {
    pub tcp_max_transfer_size: Option<u32>,
    pub udp_max_transfer_size: Option<u32>,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    transport: Transfers,
}

/// Source: operations.md §10.2.
fn body(terms: Terms) -> Body {
    Body::default()
        .set("enabled", true)
        .set("protocol.v3_enabled", terms.v3)
        .set("protocol.v40_enabled", terms.v40)
        .set("protocol.v41_enabled", terms.v41)
        .set("protocol.v3_features.connection_drop", false)
        .set("protocol.v3_features.ejukebox_enabled", false)
        .set("showmount_enabled", true)
        .set("windows.v3_ms_dos_client_enabled", true)
}

/// Has an SVM serve NFS on these terms; one call, and another one where it does already.
pub async fn serve(client: &Client, svm: Uuid, terms: Terms) -> Result<(), Error> {
    let svm = svm.to_string();
    let call = Call::to(Endpoint::NfsServiceCreate, &[])?.body(body(terms).set("svm.uuid", svm.as_str()));
    match client.write::<Value>(call).await {
        Err(error) if error.class() == Class::Exists => {}
        other => return other.map(|_| ()),
    }
    let call = Call::to(Endpoint::NfsServiceChange, &[&svm])?.body(body(terms));
    client.write::<Value>(call).await.map(|_| ())
}

/// How large transfers of an SVM's service may be; one call.
pub async fn transfers(client: &Client, svm: Uuid) -> Result<Transfers, Error> {
    let query = Query::new().fields("transport.*");
    let call = Call::to(Endpoint::NfsService, &[&svm.to_string()])?.query(query);
    Ok(client.get::<Wire>(call).await?.transport)
}
