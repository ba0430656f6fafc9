//! How the array comes to read the key that a share server is encrypted with: by a credential of the server's own, which is
//! made before the server and taken back after it.
//!
//! A credential bears the server's id in its name, so what an earlier try made is found whatever became of its answer. Its
//! secret is told once, so one that is found is of no use, and goes. How to get it wrong: to take a credential back while
//! the array may still need the key.

use manilad_clock::Clock;
use manilad_domain::encryption_key::KeyCredential;
use manilad_domain::{EncryptionKeyId, Secret, ShareServerId};
use manilad_openstack::{Error as Failure, KeyStore};
use secrecy::ExposeSecret;

use crate::unsettled::Unsettled;
use crate::{Error, owed};

/// Credentials for arrays, for one incarnation of a back end.
pub struct Keys {
    store: KeyStore,
    /// As arrays are to know the identity service.
    identity_url: String,
    unsettled: Unsettled,
}

impl Keys {
    /// Nothing is sent yet.
    pub fn new(store: KeyStore, identity_url: String, clock: Clock) -> Self {
        Keys { store, identity_url, unsettled: Unsettled::new(clock) }
    }

    /// A new credential by which the array of a server reads a key.
    ///
    /// # Errors
    /// Why there is none; refused where another try would end likewise.
    pub async fn entrust(&self, server: ShareServerId, key: EncryptionKeyId) -> Result<KeyCredential, Error> {
        owed::check()?;
        let (name, key) = (name(server), key.to_string());
        self.store.forget(&name).await.map_err(failed)?;
        owed::check()?;
        let mut asking = self.unsettled.asking(server);
        let asked = self.store.credential(&name, &key).await;
        asking.is_known = asked.is_ok();
        let access = asked.map_err(failed)?;
        Ok(KeyCredential {
            id: access.id,
            secret: Some(Secret::new(access.secret.expose_secret())),
            key_url: access.key_url,
            identity_url: self.identity_url.clone(),
        })
    }

    /// Takes back whatever credential a server has. `in_flight`: what an earlier incarnation asked for may still come.
    ///
    /// # Errors
    /// Why one may be left; there is always use in trying again.
    pub async fn forget(&self, server: ShareServerId, in_flight: bool) -> Result<(), Error> {
        self.unsettled.landed(server, in_flight).await;
        owed::check()?;
        self.store.forget(&name(server)).await.map_err(|failure| Error::unknown(told(&failure)))?;
        self.unsettled.forget(server);
        Ok(())
    }
}

fn name(server: ShareServerId) -> String {
    format!("manilad-{server}")
}

fn told(failure: &Failure) -> String {
    format!("the key store or Keystone: {failure}")
}

/// No answer, or none that tells what happened; unless it shows that it will be so next time.
fn failed(failure: Failure) -> Error {
    match failure {
        Failure::Rejected { .. } | Failure::NoEndpoint { .. } | Failure::Status { status: 400..=403, .. } => {
            Error::refused(told(&failure))
        }
        _ => Error::unknown(told(&failure)),
    }
}

#[cfg(test)]
mod tests;
