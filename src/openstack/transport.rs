//! The seam between this crate and the network: one request in, one reply out.
//!
//! The daemon sends through [`crate::Http`]; tests answer in process. Tokens and passwords travel in here, so both types
//! redact themselves: headers are marked sensitive and bodies are secrets. A transport must bound the size of a reply
//! and must not follow redirects, which would hand our token to whoever is named in them.

use futures::future::BoxFuture;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};

/// A request to a service of the cloud.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    /// JSON text.
    pub body: Option<SecretString>,
}

impl Request {
    /// A GET without headers.
    pub fn get(url: Url) -> Self {
        Request { method: Method::GET, url, headers: HeaderMap::new(), body: None }
    }

    /// A POST of JSON text.
    pub fn post(url: Url, body: SecretString) -> Self {
        Request { method: Method::POST, url, headers: HeaderMap::new(), body: Some(body) }
    }

    /// Adds a header that must not be logged. `None` if `value` can't stand in a header.
    pub fn with_secret(mut self, name: HeaderName, value: &SecretString) -> Option<Self> {
        let mut value = HeaderValue::from_str(value.expose_secret()).ok()?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Some(self)
    }
}

/// The whole answer to a [`Request`].
#[derive(Clone)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reply({}, {} bytes)", self.status, self.body.len())
    }
}

/// There is no reply, and it is unknown whether the request arrived.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Lost(pub String);

/// Carries requests to a service.
pub trait Transport: Send + Sync {
    /// Sends `request` once: no retry, no redirect. Any status is a reply.
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Lost>>;
}
