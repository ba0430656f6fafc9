//! Kerberos for NFS: the realm that an SVM knows, and the LIFs on which it is spoken.
//!
//! How to get it wrong: taking "already so" for a failure.

use manilad_clock::Uuid;
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::code::Class;
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::smb_server::Joiner;

const PORT: u16 = 88;

/// Tells an SVM of a realm and its key distribution centre; one call, and another one where it knows the realm already.
pub async fn set_realm(client: &Client, svm: Uuid, name: &str, kdc: &str) -> Result<(), Error> {
    let svm = svm.to_string();
    let body = Body::default()
        .set("svm.uuid", svm.as_str())
        .set("name", name)
        .set("kdc.ip", kdc)
        .set("kdc.port", PORT)
        .set("kdc.vendor", "other");
    match client.write::<Value>(Call::to(Endpoint::RealmCreate, &[])?.body(body)).await {
        Err(error) if error.class() == Class::Exists => {}
        other => return other.map(|_| ()),
    }
    let call = Call::to(Endpoint::RealmChange, &[&svm, name])?.body(Body::default().set("kdc.ip", kdc));
    client.write::<Value>(call).await.map(|_| ())
}

/// Has a LIF speak Kerberos as `spn`, with an account that may make that in the realm; one call. So already is well.
pub async fn enable(client: &Client, lif: Uuid, spn: &str, joiner: &Joiner) -> Result<(), Error> {
    let body = Body::default()
        .set("enabled", true)
        .set("spn", spn)
        .set("user", joiner.user.as_str())
        .set("password", joiner.password.expose_secret());
    change(client, lif, body).await
}

/// Has a LIF speak no Kerberos; one call. So already is well.
pub async fn disable(client: &Client, lif: Uuid) -> Result<(), Error> {
    change(client, lif, Body::default().set("enabled", false)).await
}

async fn change(client: &Client, lif: Uuid, body: Body) -> Result<(), Error> {
    well(client.write::<Value>(Call::to(Endpoint::KerberosChange, &[&lif.to_string()])?.body(body)).await)
}

fn well<T>(outcome: Result<T, Error>) -> Result<(), Error> {
    match outcome {
        Err(error) if error.class() == Class::Exists => Ok(()),
        other => other.map(|_| ()),
    }
}
