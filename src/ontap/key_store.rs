//! Key managers of SVMs that read their key from Barbican. Source: ONTAP REST reference, `/security/barbican-kms` and
//! `/security/key-stores`, since 9.17.1.
//!
//! How to get it wrong: to take a configuration that was made for one that is used; it is only once it is enabled.

use manilad_clock::Uuid;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::body::Body;
use crate::client::{Call, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::query::Query;

const MOST: usize = 100;

/// Where an SVM is to get its key, and as whom.
#[derive(Debug, Clone)]
pub struct KeySource {
    /// The name of the configuration, of which an SVM has each once.
    pub name: String,
    /// HTTPS.
    pub key_url: String,
    /// Where tokens are asked for; HTTPS.
    pub tokens_url: String,
    /// An application credential and its secret.
    pub credential: String,
    pub secret: SecretString,
}

/// A key store of an SVM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KeyStore {
    pub uuid: Uuid,
    #[serde(default)]
    pub enabled: bool,
}

/// Gives an SVM a configuration, which it does not use yet; one call, polls aside.
pub async fn create(client: &Client, svm: &str, source: &KeySource) -> Result<(), Error> {
    let body = Body::default()
        .set("application_cred_id", source.credential.as_str())
        .set("application_cred_secret", source.secret.expose_secret())
        .set("svm.name", svm)
        .set("configuration.name", source.name.as_str())
        .set("key_id", source.key_url.as_str())
        .set("keystone_url", source.tokens_url.as_str());
    client.write::<Value>(Call::to(Endpoint::BarbicanKmsCreate, &[])?.body(body)).await.map(|_| ())
}

/// The key store of an SVM under a configuration; one call.
pub async fn find(client: &Client, svm: &str, name: &str) -> Result<Option<KeyStore>, Error> {
    let query = Query::new().is("svm.name", svm)?.is("configuration.name", name)?.fields("uuid,enabled");
    let found = client.list(Call::to(Endpoint::KeyStores, &[])?.query(query), MOST).await?;
    Ok(found.into_iter().next())
}

/// Has its SVM use a key store; one call, polls aside. The array reads the key in it.
pub async fn enable(client: &Client, store: Uuid) -> Result<(), Error> {
    let call = Call::to(Endpoint::KeyStoreChange, &[&store.to_string()])?.body(Body::default().set("enabled", true));
    client.write::<Value>(call).await.map(|_| ())
}
