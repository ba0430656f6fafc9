//! Routes of SVMs: the way out of a network, by its gateway.

use std::net::IpAddr;

use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;

/// Has an SVM send by `gateway` what none of its networks takes; one call. There already is well.
pub async fn create_default(client: &Client, svm: &str, gateway: IpAddr) -> Result<(), Error> {
    let anywhere = if gateway.is_ipv4() { "0.0.0.0" } else { "::" };
    let body = Body::default()
        .set("svm.name", svm)
        .set("destination.address", anywhere)
        .set("destination.netmask", "0")
        .set("gateway", gateway.to_string());
    match client.write::<Value>(Call::to(Endpoint::RouteCreate, &[])?.body(body)).await {
        Err(error) if error.class() == Class::Exists => Ok(()),
        other => other.map(|_| ()),
    }
}
