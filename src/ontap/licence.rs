//! What the array is licensed and able to do.
//!
//! Licence names are compared exactly and in lower case (`nfs`, `cifs`, `snaprestore`, `snaplock`). Only accounts of the cluster
//! may read them; for others a missing licence shows when the feature is used (code 1115127).

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::client::{Call, Client};
use crate::endpoint::Endpoint;
use crate::error::Error;
use crate::query::Query;

#[derive(Deserialize)]
struct Licence {
    name: String,
}

#[derive(Deserialize)]
struct KeyManager {
    #[serde(default)]
    volume_encryption: VolumeEncryption,
}

#[derive(Default, Deserialize)]
struct VolumeEncryption {
    #[serde(default)]
    supported: bool,
}

/// Names of the licensed features, in lower case; one call.
pub async fn names(client: &Client) -> Result<BTreeSet<String>, Error> {
    let call = Call::to(Endpoint::Licences, &[])?.query(Query::new().fields("name"));
    let licences: Vec<Licence> = client.list(call, 1000).await?;
    Ok(licences.into_iter().map(|licence| licence.name.to_lowercase()).collect())
}

/// Whether a key manager is there that volumes can be encrypted with; one call.
pub async fn volume_encryption(client: &Client) -> Result<bool, Error> {
    let call = Call::to(Endpoint::KeyManagers, &[])?.query(Query::new().fields("volume_encryption.*"));
    let managers: Vec<KeyManager> = client.list(call, 1000).await?;
    Ok(managers.iter().any(|manager| manager.volume_encryption.supported))
}
