//! What stands between the socket and a request's handler.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::fields::{list, seconds};

/// `[oslo_policy]`. Relative names are looked for with [`super::Settings::find`].
#[derive(Debug, Clone, Deserialize)]
pub struct OsloPolicy {
    pub policy_file: PathBuf,
    pub policy_dirs: Vec<PathBuf>,
    pub policy_default_rule: String,
    pub enforce_new_defaults: bool,
    pub enforce_scope: bool,
}

/// `[oslo_middleware]`.
#[derive(Debug, Clone, Deserialize)]
pub struct OsloMiddleware {
    /// In bytes.
    pub max_request_body_size: u64,
    pub enable_proxy_headers_parsing: bool,
    pub http_basic_auth_user_file: PathBuf,
}

/// `[cors]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Cors {
    #[serde(deserialize_with = "list")]
    pub allowed_origin: Vec<String>,
    pub allow_credentials: bool,
    pub expose_headers: Vec<String>,
    pub allow_methods: Vec<String>,
    pub allow_headers: Vec<String>,
    #[serde(deserialize_with = "seconds")]
    pub max_age: Duration,
}

/// `[ssl]`.
#[derive(Debug, Clone, Deserialize)]
pub struct Ssl {
    pub cert_file: Option<PathBuf>,
    pub key_file: Option<PathBuf>,
    pub ca_file: Option<PathBuf>,
}
