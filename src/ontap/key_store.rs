//! Key managers of SVMs that read their key from Barbican. Source: ONTAP REST reference, `/security/barbican-kms` and
//! `/security/key-stores`, since 9.17.1.
//!
//! How to get it wrong: to enable a configuration with the credential of an earlier try; the array would not get the key.

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

/// A configuration that there is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Configuration {
    pub uuid: Uuid,
    /// The application credential; none where ONTAP does not tell.
    #[serde(rename = "application_cred_id")]
    pub credential: Option<String>,
}

/// A key store of an SVM.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct KeyStore {
    pub uuid: Uuid,
    #[serde(default)]
    pub enabled: bool,
}

/// The configuration of a name that an SVM has; one call.
pub async fn find(client: &Client, svm: &str, name: &str) -> Result<Option<Configuration>, Error> {
    let query = Query::new().is("svm.name", svm)?.is("configuration.name", name)?.fields("uuid,application_cred_id");
    let found = client.list(Call::to(Endpoint::BarbicanKms, &[])?.query(query), MOST).await?;
    Ok(found.into_iter().next())
}

/// Gives an SVM a configuration, which it does not use yet; one call, polls aside.
pub async fn create(client: &Client, svm: &str, source: &KeySource) -> Result<(), Error> {
    let body = credential(source)
        .set("svm.name", svm)
        .set("configuration.name", source.name.as_str())
        .set("key_id", source.key_url.as_str())
        .set("keystone_url", source.tokens_url.as_str());
    client.write::<Value>(Call::to(Endpoint::BarbicanKmsCreate, &[])?.body(body)).await.map(|_| ())
}

/// Has a configuration use another credential; one call, polls aside.
pub async fn change_credential(client: &Client, configuration: Uuid, source: &KeySource) -> Result<(), Error> {
    let call = Call::to(Endpoint::BarbicanKmsChange, &[&configuration.to_string()])?.body(credential(source));
    client.write::<Value>(call).await.map(|_| ())
}

/// The key store of an SVM under a configuration; one call.
pub async fn store(client: &Client, svm: &str, name: &str) -> Result<Option<KeyStore>, Error> {
    let query = Query::new().is("svm.name", svm)?.is("configuration.name", name)?.fields("uuid,enabled");
    let found = client.list(Call::to(Endpoint::KeyStores, &[])?.query(query), MOST).await?;
    Ok(found.into_iter().next())
}

/// Has its SVM use a key store; one call, polls aside. The array reads the key in it.
pub async fn enable(client: &Client, store: Uuid) -> Result<(), Error> {
    let call = Call::to(Endpoint::KeyStoreChange, &[&store.to_string()])?.body(Body::default().set("enabled", true));
    client.write::<Value>(call).await.map(|_| ())
}

fn credential(source: &KeySource) -> Body {
    Body::default()
        .set("application_cred_id", source.credential.as_str())
        .set("application_cred_secret", source.secret.expose_secret())
}
