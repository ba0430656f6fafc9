//! The services of the cloud around the daemon.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use serde::Deserialize;

use super::fields::{perhaps_seconds, seconds};

/// `[keystone_authtoken]`.
#[derive(Debug, Clone, Deserialize)]
pub struct KeystoneAuthtoken {
    pub www_authenticate_uri: Option<String>,
    pub auth_url: Option<String>,
    pub auth_type: Option<String>,
    pub username: Option<String>,
    pub user_id: Option<String>,
    pub password: Option<SecretString>,
    pub project_name: Option<String>,
    pub project_id: Option<String>,
    pub user_domain_name: Option<String>,
    pub user_domain_id: Option<String>,
    pub project_domain_name: Option<String>,
    pub project_domain_id: Option<String>,
    pub system_scope: Option<String>,
    pub application_credential_id: Option<String>,
    pub application_credential_secret: Option<SecretString>,
    /// `None`: tokens are validated each time.
    #[serde(deserialize_with = "perhaps_seconds")]
    pub token_cache_time: Option<Duration>,
    pub cafile: Option<PathBuf>,
    pub certfile: Option<PathBuf>,
    pub keyfile: Option<PathBuf>,
    pub insecure: bool,
    pub service_token_roles: Vec<String>,
    pub service_token_roles_required: bool,
    #[serde(deserialize_with = "perhaps_seconds")]
    pub http_connect_timeout: Option<Duration>,
    pub http_request_max_retries: u64,
}

/// A service that the daemon asks, and as whom: `[neutron]`, `[nova]` or `[barbican]`.
#[derive(Debug, Clone, Deserialize)]
pub struct CloudService {
    pub auth_type: Option<String>,
    pub auth_url: Option<String>,
    pub username: Option<String>,
    pub password: Option<SecretString>,
    pub project_name: Option<String>,
    pub project_id: Option<String>,
    pub user_domain_name: Option<String>,
    pub user_domain_id: Option<String>,
    pub project_domain_name: Option<String>,
    pub project_domain_id: Option<String>,
    pub application_credential_id: Option<String>,
    pub application_credential_secret: Option<SecretString>,
    pub region_name: Option<String>,
    pub endpoint_type: String,
    pub cafile: Option<PathBuf>,
    pub insecure: bool,
    #[serde(deserialize_with = "seconds")]
    pub timeout: Duration,
}

/// `[key_manager]`: keys of encrypted share servers.
#[derive(Debug, Clone, Deserialize)]
pub struct KeyManager {
    pub auth_endpoint: Option<String>,
}
