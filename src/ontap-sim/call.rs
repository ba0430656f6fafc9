//! What crosses the front door: a call and its reply, the same in process and over HTTP.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::rest::code::Refusal;

const HAL: &str = "application/hal+json";

/// One HTTP request.
#[derive(Debug, Clone, Default)]
pub struct Call {
    pub method: String,
    /// Path and query as they stand in the request line, e.g. `/api/cluster?fields=version`.
    pub target: String,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
    /// The account that a verified certificate of the client names.
    pub certified: Option<String>,
}

impl Call {
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(self.target.as_str(), |(path, _)| path)
    }

    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The value of the first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// One HTTP response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Bytes,
}

/// The connection was cut instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the connection was cut before the reply")]
pub struct Dropped;

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Reply::text(status, HAL, body.to_string())
    }

    pub(crate) fn text(status: u16, kind: &str, body: String) -> Self {
        let headers = [("Server", "libzapid-httpd"), ("Cache-Control", "no-cache"), ("Content-Type", kind)];
        Reply {
            status,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            body: body.into(),
        }
    }

    /// For who takes no links.
    pub(crate) fn is_plain_json(&mut self) {
        for (name, value) in &mut self.headers {
            if name == "Content-Type" && value == HAL {
                *value = "application/json".to_owned();
            }
        }
    }

    pub(crate) fn refusal(refusal: &Refusal) -> Self {
        let mut reply = Reply::json(refusal.status, &json!({"error": refusal.to_json()}));
        if let Some(seconds) = refusal.retry_after {
            reply = reply.with("Retry-After", seconds.to_string());
        }
        if refusal.status == 401 {
            reply = reply.with("WWW-Authenticate", "Basic realm=\"Cluster\"".to_owned());
        }
        reply
    }

    pub(crate) fn with(mut self, name: &str, value: String) -> Self {
        self.headers.push((name.to_owned(), value));
        self
    }
}
