//! The key store: whether a tenant's key may be used, and credentials by which others can read it. Source: Key Manager API
//! v1, "Secrets" and "ACL"; Identity API v3, "Application credentials".
//!
//! A tenant's own token opens the key for the service user once; from then on the service user makes application
//! credentials for it, each good for reading that one key and nothing else. The key itself is never read here. How to get
//! it wrong: to write the list of who may read anew, which would shut out others; or to take a gateway's 404 for the key
//! store's.

use std::sync::Arc;
use std::time::Duration;

use manilad_clock::Clock;
use reqwest::{Method, StatusCode};
use secrecy::SecretString;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::Semaphore;

use crate::catalog::EndpointSelector;
use crate::error::Error;
use crate::service::{Ask, Service, ServiceOptions};
use crate::session::by_keystone;
use crate::transport::{Reply, Transport};

/// The service that access rules of credentials name.
const KEY_MANAGER: &str = "key-manager";

const ASKING: &str = "asking the key store for a key";

/// Keys that are asked for at once.
const LIMIT: usize = 64;

/// How long whoever asks for a key waits for the answer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why a key can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyRefusal {
    /// There is no such secret, or the caller may not read it.
    #[error("the key store has no such secret, or the caller may not read it")]
    Unknown,
    /// The caller may read it, and not say who else does.
    #[error("the caller may not say who reads the secret: only who made it may, and administrators of its project")]
    Closed,
    /// More are asked for at once than is allowed; this one was not.
    #[error("{LIMIT} keys are being asked for, which is the limit")]
    Busy,
    /// Nobody can tell at present. The reason is for the log.
    #[error("the key store can't tell at present: {0}")]
    Unavailable(Error),
}

/// By what a key can be read.
#[derive(Debug, Clone)]
pub struct KeyAccess {
    /// Of the application credential.
    pub id: String,
    pub secret: SecretString,
    /// Where the key is.
    pub key_url: String,
}

/// The key store, and the identity service beside it. Nothing is sent before the first question.
pub struct KeyStore {
    secrets: Service,
    identity: Service,
    clock: Clock,
    room: Semaphore,
}

impl KeyStore {
    /// Both services are asked as `options` have it, whatever service and version those name.
    pub fn new(options: &ServiceOptions, transport: &Arc<dyn Transport>, clock: &Clock) -> Self {
        let service = |kind: &'static str, version: &'static str| {
            let endpoint = EndpointSelector { kind, ..options.endpoint.clone() };
            let options = ServiceOptions { endpoint, version: Some(version), ..options.clone() };
            Service::new(options, transport.clone(), clock.clone())
        };
        let (secrets, identity) = (service(KEY_MANAGER, "v1"), service("identity", "v3"));
        KeyStore { secrets, identity, clock: clock.clone(), room: Semaphore::new(LIMIT) }
    }

    /// Lets the service user read a key beside whoever may, by the token of a `caller` who may. Where it may already, that the
    /// caller reads the key is enough.
    ///
    /// # Errors
    /// Why the key can't be used.
    pub async fn admit(&self, key: &str, caller: &SecretString) -> Result<(), KeyRefusal> {
        let _place = self.room.try_acquire().map_err(|_| KeyRefusal::Busy)?;
        let admitted = self.clock.within(PATIENCE, self.let_in(key, caller)).await;
        admitted.map_err(|_| KeyRefusal::Unavailable(Error::Late { what: ASKING, patience: PATIENCE }))?
    }

    async fn let_in(&self, key: &str, caller: &SecretString) -> Result<(), KeyRefusal> {
        let (secret, acl) = (["secrets", key], ["secrets", key, "acl"]);
        let looking = |path| Ask { what: ASKING, method: &Method::GET, path, query: &[], body: None };
        said(self.secrets.ask_as(caller, looking(&secret)).await)?;
        match said(self.secrets.ask(looking(&secret)).await) {
            Err(KeyRefusal::Unknown) => {} // nobody has let it in yet
            told => return told.map(drop),
        }
        let closed = |refusal| if refusal == KeyRefusal::Unknown { KeyRefusal::Closed } else { refusal };
        let found = said(self.secrets.ask_as(caller, looking(&acl)).await).map_err(closed)?;
        let found: Acl = read(ASKING, &found).map_err(KeyRefusal::Unavailable)?;
        let mut users = found.read.map(|read| read.users).unwrap_or_default();
        users.push(self.secrets.user_id().await.map_err(KeyRefusal::Unavailable)?);
        let body = json!({"read": {"users": users}});
        let write = Ask { method: &Method::PATCH, body: Some(&body), ..looking(&acl) };
        said(self.secrets.ask_as(caller, write).await).map(drop).map_err(closed)
    }

    /// A new application credential of this name, by which a key can be read. There must be none.
    ///
    /// # Errors
    /// Why there is none, or that nobody knows.
    pub async fn credential(&self, name: &str, key: &str) -> Result<KeyAccess, Error> {
        const WHAT: &str = "making a credential for a key";
        let (user, url) = (self.identity.user_id().await?, self.secrets.address(&["secrets", key]).await?);
        let rule = |path: String| json!({"service": KEY_MANAGER, "method": "GET", "path": path});
        let rules = json!([rule(url.path().to_owned()), rule(format!("{}/payload", url.path()))]);
        let body = json!({"application_credential": {"name": name, "access_rules": rules}});
        let path = ["users", &user, "application_credentials"];
        let ask = Ask { what: WHAT, method: &Method::POST, path: &path, query: &[], body: Some(&body) };
        let reply = self.identity.ask(ask).await?;
        match reply.status {
            StatusCode::CREATED => {}
            status => {
                by_keystone(WHAT, &reply)?;
                return Err(Error::Status { what: WHAT, status: status.as_u16() });
            }
        }
        let made: Made = read(WHAT, &reply)?;
        let Credential { id, secret } = made.application_credential;
        let secret = secret.ok_or_else(|| Error::Malformed { what: WHAT, why: "expected a secret".to_owned() })?;
        Ok(KeyAccess { id, secret: secret.into(), key_url: url.into() })
    }

    /// Takes back the credentials of this name. That there is none is well.
    ///
    /// # Errors
    /// Why one may be left.
    pub async fn forget(&self, name: &str) -> Result<(), Error> {
        const LISTING: &str = "listing credentials for keys";
        const REMOVING: &str = "taking back a credential for a key";
        let user = self.identity.user_id().await?;
        let path = ["users", &user, "application_credentials"];
        let ask = Ask { what: LISTING, method: &Method::GET, path: &path, query: &[("name", name)], body: None };
        let reply = self.identity.ask(ask).await?;
        if reply.status != StatusCode::OK {
            return Err(Error::Status { what: LISTING, status: reply.status.as_u16() });
        }
        let listed: Listed = read(LISTING, &reply)?;
        for one in listed.application_credentials.iter().filter(|one| one.name == name) {
            let path = ["users", &user, "application_credentials", &one.id];
            let ask = Ask { what: REMOVING, method: &Method::DELETE, path: &path, query: &[], body: None };
            let reply = self.identity.ask(ask).await?;
            match reply.status {
                StatusCode::NO_CONTENT => {}
                StatusCode::NOT_FOUND => by_keystone(REMOVING, &reply)?,
                status => return Err(Error::Status { what: REMOVING, status: status.as_u16() }),
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Acl {
    read: Option<Readers>,
}

#[derive(Deserialize)]
struct Readers {
    #[serde(default)]
    users: Vec<String>,
}

#[derive(Deserialize)]
struct Made {
    application_credential: Credential,
}

#[derive(Deserialize)]
struct Credential {
    id: String,
    secret: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    application_credentials: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    id: String,
    name: String,
}

/// An answer of the key store that is no refusal.
fn said(asked: Result<Reply, Error>) -> Result<Reply, KeyRefusal> {
    let reply = asked.map_err(KeyRefusal::Unavailable)?;
    match reply.status {
        StatusCode::OK => Ok(reply),
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND if is_of_key_store(&reply) => Err(KeyRefusal::Unknown),
        status => Err(KeyRefusal::Unavailable(Error::Status { what: ASKING, status: status.as_u16() })),
    }
}

/// Whether the key store itself says no: it writes its status into the body.
fn is_of_key_store(reply: &Reply) -> bool {
    #[derive(Deserialize)]
    struct Refused {
        code: u16,
    }
    serde_json::from_slice::<Refused>(&reply.body).is_ok_and(|refused| refused.code == reply.status.as_u16())
}

fn read<T: DeserializeOwned>(what: &'static str, reply: &Reply) -> Result<T, Error> {
    // Not the text of the mistake: serde quotes what it found, which may be a secret.
    serde_json::from_slice(&reply.body).map_err(|error| Error::Malformed {
        what,
        why: format!("{:?} error at line {} column {}", error.classify(), error.line(), error.column()),
    })
}
