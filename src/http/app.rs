//! What every request shares: the ports of the daemon and the settings of the API.

use std::sync::Arc;

use arc_swap::ArcSwap;
use manilad_clock::Clock;
use manilad_domain::quota::Limits;
use manilad_domain::share::Protocol;
use manilad_domain::status::Deletion;
use manilad_domain::{Fault, Record};
use manilad_kit::Port;
use manilad_messages::SchedulerPorts;
use manilad_messages::api::Committed;
use manilad_messages::presence::Presence;
use manilad_openstack::KeyStore;
use manilad_policy::Engine;
use manilad_store::{Shared, Snapshot, Store};

use crate::bounds::Bounds;
use crate::cors::Cors;
use crate::health::Health;
use crate::identity::{Caller, IdentitySource, Owner};

/// Settings of the API, as `manila.conf` has them.
#[derive(Clone)]
pub struct Settings {
    /// `[DEFAULT] osapi_share_base_URL`: replaces scheme and host in links.
    pub base_url: Option<String>,
    /// `[oslo_middleware] max_request_body_size`, bytes.
    pub max_body: usize,
    /// `[oslo_middleware] enable_proxy_headers_parsing`.
    pub proxy_headers: bool,
    /// Whether a path segment is a project's id: `[DEFAULT] project_id_regex`.
    pub is_project_id: Arc<dyn Fn(&str) -> bool + Send + Sync>,
    /// `[DEFAULT] osapi_max_limit`.
    pub max_limit: usize,
    pub default_share_type: Option<String>,
    pub enabled_protocols: Vec<Protocol>,
    /// Metadata keys of shares that only administrators may change.
    pub admin_only_metadata: Arc<[String]>,
    /// The same for export locations.
    pub admin_only_el_metadata: Arc<[String]>,
    pub default_mount_point_prefix: String,
    /// `[DEFAULT] use_scheduler_creating_share_from_snapshot`.
    pub places_clones: bool,
    pub limits: Limits,
    /// How long user messages live.
    pub message_ttl: std::time::Duration,
    /// How long a share stays in the recycle bin.
    pub bin_retention: std::time::Duration,
    /// `is_deferred_deletion_enabled`.
    pub deletion: Deletion,
    /// How long a share is offered to other projects.
    pub transfer_retention: std::time::Duration,
    /// Seconds without a heartbeat after which a service counts as down.
    pub service_down_time: u64,
    /// `[cors]`, where it allows any origin.
    pub cors: Option<Cors>,
    /// A file whose presence drains the daemon: the health check answers 503.
    pub drain_file: std::path::PathBuf,
}

/// The state in force. A reload puts another in its place; a request keeps the one that it began with.
pub type Current = Arc<ArcSwap<AppState>>;

/// The ports and values of the daemon that handlers use.
#[derive(Clone)]
pub struct AppState {
    pub store: Store,
    pub api: Port<Committed>,
    pub scheduler: SchedulerPorts,
    pub policy: Arc<Engine>,
    pub identity: Arc<IdentitySource>,
    /// Where tenants keep the keys that share servers are encrypted with, if there is one.
    pub key_store: Option<Arc<KeyStore>>,
    /// Keys of shares' metadata, each true or false, that say how drivers enforce access rules.
    pub rule_switches: Arc<[&'static str]>,
    pub presence: Presence,
    pub settings: Settings,
    pub clock: Clock,
    /// What all requests share of memory and of the processors; a reload keeps it.
    pub bounds: Arc<Bounds>,
    /// The same for lists of kinds of which there are few.
    pub few: Arc<Bounds>,
    pub health: Arc<Health>,
    /// Renders the metrics of the whole daemon, where they are served.
    pub metrics: Option<Arc<dyn Fn() -> String + Send + Sync>>,
}

impl AppState {
    /// Whether a rule allows `caller` something on a thing of `owner`.
    pub fn allows(&self, rule: &str, owner: Owner<'_>, caller: &Caller) -> bool {
        caller.passes(&self.policy, rule, owner)
    }

    /// A record by its key.
    ///
    /// # Errors
    /// Internal when the store can't be read.
    pub fn get<R: Record>(&self, key: &str) -> Result<Option<Shared<R>>, Fault> {
        self.store.snapshot().and_then(|snapshot| snapshot.get(key)).map_err(Fault::from)
    }

    /// What is durable now.
    ///
    /// # Errors
    /// Internal when the store can't be read.
    pub fn snapshot(&self) -> Result<Snapshot, Fault> {
        self.store.snapshot().map_err(Fault::from)
    }

    /// Every record of a small kind.
    ///
    /// # Errors
    /// Internal when the store can't be read.
    pub fn all<R: Record>(&self) -> Result<Vec<R>, Fault> {
        self.store.all().map_err(Fault::from)
    }
}
