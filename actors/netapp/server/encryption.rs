//! Has a new share server read the key that it is to be encrypted with.
//!
//! Each try has its own credential, so a configuration of an earlier try is given that before it is used. How to get it
//! wrong: to tell of a server before the array has read the key; its volumes would be encrypted with another one.
//! Source: operations.md §10.2.

use manilad_clock::Uuid;
use manilad_domain::encryption_key::KeyCredential;
use manilad_domain::message::Detail;
use manilad_driver::Trouble;
use manilad_ontap::Class;
use manilad_ontap::key_store::{self, KeySource};
use manilad_ontap::release::Feature;
use secrecy::SecretString;

use super::set_up::{Building, failed};
use crate::trouble;

/// Where tokens are asked for, below the address of the identity service.
const TOKENS: &str = "/auth/tokens";

impl Building<'_> {
    /// Has the SVM use its tenant's key, unless it does already or is to have none.
    pub async fn encrypt(&self) -> Result<(), Trouble> {
        let Some(source) = self.key_source()? else { return Ok(()) };
        let client = self.client();
        let found = key_store::find(client, self.name, &source.name).await.map_err(|error| failed(&error))?;
        match found {
            Some(found) if found.credential.as_ref() == Some(&source.credential) => {}
            Some(found) => self.write(key_store::change_credential(client, found.uuid, &source)).await?,
            None => self.configure(&source).await?,
        }
        let store = key_store::store(client, self.name, &source.name).await.map_err(|error| failed(&error))?;
        let none = || trouble::again(format!("SVM {} has no key store {}", self.name, source.name));
        let store = store.ok_or_else(none)?;
        if store.enabled { Ok(()) } else { self.use_key(store.uuid).await }
    }

    async fn configure(&self, source: &KeySource) -> Result<(), Trouble> {
        let create = key_store::create(self.client(), self.name, source);
        match self.array.late_servers.during(self.subject.server.id, (), create).await {
            // One of an earlier try has come meanwhile; the next one gives it this try's credential.
            Err(error) if error.class() == Class::Exists => {
                Err(trouble::again(format!("SVM {} has key store {} already", self.name, source.name)))
            }
            outcome => outcome.map_err(|error| failed(&error)),
        }
    }

    async fn use_key(&self, store: Uuid) -> Result<(), Trouble> {
        self.write(key_store::enable(self.client(), store)).await
    }

    /// Where the SVM is to get its key; none where it has none, or has read it when it was set up.
    fn key_source(&self) -> Result<Option<KeySource>, Trouble> {
        let Some(encryption) = &self.subject.server.encryption else { return Ok(None) };
        let Some(KeyCredential { id, secret: Some(secret), key_url, identity_url }) = &encryption.credential else {
            return Ok(None);
        };
        let release = self.release();
        if !release.has(Feature::BarbicanKms) {
            let reason = format!("ONTAP {release} reads no keys from Barbican");
            return Err(trouble::elsewhere(Detail::NoShareServer, reason));
        }
        Ok(Some(KeySource {
            name: format!("barbican_{}", encryption.key),
            key_url: key_url.clone(),
            tokens_url: tokens_url(identity_url, &self.servers.token_path),
            credential: id.clone(),
            secret: SecretString::from(secret.expose().to_owned()),
        }))
    }
}

/// Where an array asks for tokens: below the path that is configured, or else where Identity API v3 has it.
fn tokens_url(identity: &str, path: &str) -> String {
    let identity = identity.trim_end_matches('/');
    match path.trim_matches('/') {
        "" if identity.ends_with(TOKENS) => identity.to_owned(),
        "" => format!("{}/v3{TOKENS}", identity.strip_suffix("/v3").unwrap_or(identity)),
        path => format!("{identity}/{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_asked_for_where_the_identity_service_has_them_or_where_the_operator_says() {
        for (identity, path, expected) in [
            ("https://id.example:5000", "", "https://id.example:5000/v3/auth/tokens"),
            ("https://id.example/identity/v3/", "", "https://id.example/identity/v3/auth/tokens"),
            ("https://id.example/v3/auth/tokens", "", "https://id.example/v3/auth/tokens"),
            ("https://id.example/v3", "/auth/tokens", "https://id.example/v3/auth/tokens"),
            ("https://id.example", "own/path", "https://id.example/own/path"),
        ] {
            assert_eq!(tokens_url(identity, path), expected, "{identity} {path}");
        }
    }
}
