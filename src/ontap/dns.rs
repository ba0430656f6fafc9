//! How an SVM finds names: by DNS, and hosts that it knows without asking.
//!
//! ONTAP asks a name server before it believes in it. How to get it wrong: an empty list of domains, which it refuses.

use std::net::IpAddr;

use manilad_clock::Uuid;
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;

/// Search domains, at most 6, and name servers, at most 3; neither empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns {
    pub domains: Vec<String>,
    pub servers: Vec<String>,
}

/// Has an SVM ask these servers and no others; one call, and another one where it has some already.
pub async fn set(client: &Client, svm: Uuid, dns: &Dns) -> Result<(), Error> {
    let body = || Body::default().set("domains", dns.domains.clone()).set("servers", dns.servers.clone());
    let svm = svm.to_string();
    match client.write::<Value>(Call::to(Endpoint::DnsCreate, &[])?.body(body().set("svm.uuid", svm.as_str()))).await {
        Err(error) if error.class() == Class::Exists => {}
        other => return other.map(|_| ()),
    }
    client.write::<Value>(Call::to(Endpoint::DnsChange, &[&svm])?.body(body())).await.map(|_| ())
}

/// Has an SVM know `address` by `names`, the first of them canonical; one call, and another one where it knows it already.
pub async fn set_host(client: &Client, svm: Uuid, address: IpAddr, names: &[String]) -> Result<(), Error> {
    let (hostname, aliases) = names.split_first().ok_or_else(|| Error::refused(None, "a host without names"))?;
    let body = || Body::default().set("hostname", hostname.as_str()).set("aliases", aliases.to_vec());
    let (svm, address) = (svm.to_string(), address.to_string());
    let new = body().set("owner.uuid", svm.as_str()).set("address", address.as_str());
    match client.write::<Value>(Call::to(Endpoint::HostCreate, &[])?.body(new)).await {
        Err(error) if error.class() == Class::Exists => {}
        other => return other.map(|_| ()),
    }
    client.write::<Value>(Call::to(Endpoint::HostChange, &[&svm, &address])?.body(body())).await.map(|_| ())
}
