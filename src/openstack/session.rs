//! The service user's own token: asked for when first needed, renewed before it ends and when a service refuses it.
//!
//! One renewal runs at a time and those who waited for it take its outcome, failures included; else an outage would be
//! met by each waiter in turn. A rejected credential is not tried again for a while, because Keystone may lock accounts
//! after a few wrong passwords. How to get it wrong: to believe a status alone; a gateway's 401 or 404 is not Keystone's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use manilad_clock::{Clock, Timestamp};
use reqwest::{StatusCode, Url};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::Mutex;

use crate::call::Line;
use crate::catalog::Entry;
use crate::credential::Credential;
use crate::error::Error;
use crate::token::{self, Unfit};
use crate::transport::{Reply, Request};

const WHAT: &str = "asking for a service token";
const X_SUBJECT_TOKEN: &str = "x-subject-token";

/// A token is renewed this long before it ends, or when three quarters of its life are over, if that is later.
const MARGIN: Duration = Duration::from_secs(120);
/// A rejected credential rests this long.
const REST: Duration = Duration::from_secs(10);

/// A token of the service user.
#[derive(Debug)]
pub struct ServiceToken {
    pub(crate) value: SecretString,
    pub(crate) catalog: Vec<Entry>,
    /// Of the service user.
    pub(crate) user_id: Option<String>,
    renew_at: Timestamp,
}

/// Where service tokens come from. Share it behind an `Arc`.
pub struct Session {
    line: Line,
    tokens: Url,
    credential: Credential,
    held: Mutex<Held>,
    /// Finished attempts to authenticate.
    attempts: AtomicU64,
}

struct Held {
    last: Result<Arc<ServiceToken>, Error>,
    rest_until: Duration,
}

impl Session {
    /// `tokens` is the address of `/v3/auth/tokens`. Nothing is sent yet.
    pub(crate) fn new(line: Line, tokens: Url, credential: Credential) -> Self {
        let held = Held { last: Err(Error::Rejected { what: WHAT }), rest_until: Duration::ZERO };
        Session { line, tokens, credential, held: Mutex::new(held), attempts: AtomicU64::new(0) }
    }

    /// A service token with some life left.
    ///
    /// # Errors
    /// [`Error::Rejected`] if Keystone refuses the credential, others if it is away or not understood.
    pub async fn token(&self) -> Result<Arc<ServiceToken>, Error> {
        self.other_than(None).await
    }

    /// A service token in place of `refused`, which a service would not take although its time is not up.
    ///
    /// # Errors
    /// As [`Session::token`].
    pub async fn renewed(&self, refused: &Arc<ServiceToken>) -> Result<Arc<ServiceToken>, Error> {
        self.other_than(Some(refused)).await
    }

    /// How often it has tried to authenticate.
    pub fn attempts(&self) -> u64 {
        self.attempts.load(Ordering::Acquire)
    }

    async fn other_than(&self, refused: Option<&Arc<ServiceToken>>) -> Result<Arc<ServiceToken>, Error> {
        let attempts_before = self.attempts();
        let mut held = self.held.lock().await;
        match &held.last {
            Ok(token)
                if refused.is_none_or(|refused| !Arc::ptr_eq(refused, token))
                    && self.clock().now() < token.renew_at =>
            {
                return Ok(token.clone());
            }
            Err(error) if self.attempts() != attempts_before || self.clock().running() < held.rest_until => {
                return Err(error.clone());
            }
            _ => {}
        }
        held.last = self.authenticate().await;
        if let Err(Error::Rejected { .. }) = held.last {
            held.rest_until = self.clock().running() + REST;
        }
        self.attempts.fetch_add(1, Ordering::AcqRel);
        held.last.clone()
    }

    async fn authenticate(&self) -> Result<Arc<ServiceToken>, Error> {
        let reply = self.line.call(WHAT, Request::post(self.tokens.clone(), self.credential.body())).await?;
        match reply.status {
            StatusCode::OK | StatusCode::CREATED => self.accept(&reply).map(Arc::new),
            StatusCode::UNAUTHORIZED => Err(by_keystone(WHAT, &reply).err().unwrap_or(Error::Rejected { what: WHAT })),
            status => Err(Error::Status { what: WHAT, status: status.as_u16() }),
        }
    }

    fn accept(&self, reply: &Reply) -> Result<ServiceToken, Error> {
        let value = reply.headers.get(X_SUBJECT_TOKEN).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if value.is_empty() {
            return Err(Error::Malformed { what: WHAT, why: "expected a token in X-Subject-Token".to_owned() });
        }
        let (expires_at, catalog, user_id) = token::of_service(&reply.body).map_err(|unfit| malformed(WHAT, unfit))?;
        let life = Duration::try_from(expires_at.duration_since(self.clock().now())).unwrap_or_default();
        tracing::debug!(%expires_at, "got a service token");
        Ok(ServiceToken { value: value.into(), catalog, user_id, renew_at: expires_at - MARGIN.min(life / 4) })
    }

    fn clock(&self) -> &Clock {
        &self.line.clock
    }
}

/// Whether Keystone itself says no. What stands before it may answer with the same status in its stead, which tells
/// nothing of tokens and credentials.
///
/// # Errors
/// [`Error::Malformed`] for an answer without Keystone's error object.
pub(crate) fn by_keystone(what: &'static str, reply: &Reply) -> Result<(), Error> {
    #[derive(Deserialize)]
    struct Envelope {
        error: ErrorObject,
    }
    #[derive(Deserialize)]
    struct ErrorObject {
        code: u16,
        #[serde(rename = "title")]
        _title: String,
    }
    let status = reply.status.as_u16();
    match serde_json::from_slice::<Envelope>(&reply.body) {
        Ok(Envelope { error }) if error.code == status => Ok(()),
        _ => {
            let why = format!("status {status} without the error object of Keystone, with code {status} and a title");
            Err(Error::Malformed { what, why })
        }
    }
}

pub(crate) fn malformed(what: &'static str, unfit: Unfit) -> Error {
    let why = match unfit {
        Unfit::NoUser => "expected a user".to_owned(),
        Unfit::Malformed(why) => why,
    };
    Error::Malformed { what, why }
}
