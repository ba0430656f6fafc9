//! Has a new share server read the key that it is to be encrypted with.
//!
//! All tries have one credential, which was on record before the first, so what an earlier try made is as good. How to get it
//! wrong: to tell of a server before the array has read the key; its volumes would be encrypted with another one.
//! Source: operations.md §10.2.

use manilad_domain::encryption_key::KeyCredential;
use manilad_domain::message::Detail;
use manilad_driver::Trouble;
use manilad_ontap::key_store::{self, KeySource, KeyStore};
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
        let mut store = self.key_store(&source).await?;
        if store.is_none() {
            self.ensure(key_store::create(self.client(), self.name, &source)).await?;
            store = self.key_store(&source).await?;
        }
        let none = || trouble::again(format!("SVM {} has no key store {}", self.name, source.name));
        let store = store.ok_or_else(none)?;
        if store.enabled { Ok(()) } else { self.write(key_store::enable(self.client(), store.uuid)).await }
    }

    async fn key_store(&self, source: &KeySource) -> Result<Option<KeyStore>, Trouble> {
        key_store::find(self.client(), self.name, &source.name).await.map_err(|error| failed(&error))
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
