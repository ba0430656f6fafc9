//! The seam between the client and the wire: one HTTP exchange, in or out of process.
//!
//! A transport neither retries nor judges: it carries one request and says either what came back or whether the
//! request may have been carried out. That last bit is what everything above stands on. How to get it wrong: saying
//! [`Sent::No`] when a byte of the request may have reached the array, for then a write is repeated blindly.

use std::fmt;
use std::time::Duration;

use futures::future::BoxFuture;

/// What carries one request to the array and its answer back.
pub trait Transport: Send + Sync {
    /// Carries `request` out once, and gives up at its deadline. Must not follow redirects, retry, or hold on to the
    /// request when the future is dropped.
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Reply, Broken>>;
}

/// The verbs that ONTAP's REST interface knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    Get,
    Post,
    Patch,
    Delete,
}

impl Method {
    /// As on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
            Method::Delete => "DELETE",
        }
    }
}

/// One request. Its `Debug` shows neither header values nor the body, which may hold secrets.
#[derive(Clone)]
pub struct Request {
    pub method: Method,
    /// From the root, `/api` included, percent-encoded: `/api/storage/volumes?name=a`.
    pub path_and_query: String,
    /// `Authorization` among them when the login is a password.
    pub headers: Vec<(&'static str, String)>,
    /// JSON.
    pub body: Option<Vec<u8>>,
    /// The instant of running time (`Clock::running`) after which nobody waits for the answer.
    pub deadline: Duration,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.body.as_ref().map_or(0, Vec::len);
        write!(f, "{} {} ({length} bytes)", self.method.name(), self.path_and_query)
    }
}

/// One answer, of any status.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    /// The first header of that name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Whether a request without an answer may have been carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Surely not: no connection was made, or the handshake failed.
    No,
    /// Nobody knows: it was sent, at least in part.
    Maybe,
}

/// No answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Broken {
    pub sent: Sent,
    /// For operators; without secrets.
    pub why: String,
}
