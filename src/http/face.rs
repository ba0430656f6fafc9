//! What every request shares: the doors to the daemon and the settings of the face.

use std::sync::Arc;

use arc_swap::ArcSwap;
use manilad_clock::Clock;
use manilad_domain::message::UserMessage;
use manilad_domain::quota::Limits;
use manilad_domain::share::Protocol;
use manilad_domain::{Fault, Record, Share};
use manilad_kit::Port;
use manilad_messages::api::Decide;
use manilad_messages::presence::Presence;
use manilad_messages::scheduler::{Explain, ShowPools};
use manilad_policy::Engine;
use manilad_store::{Range, Shared, Snapshot, Store};

use crate::bounds::Bounds;
use crate::call::{Owner, unreadable};
use crate::cors::Cors;
use crate::health::Health;
use crate::identity::{Caller, Identity};
use crate::listing::{self, Itemise, Items};

/// Settings of the face, as `manila.conf` has them.
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
    pub limits: Limits,
    /// Seconds without a heartbeat after which a service counts as down.
    pub service_down_time: u64,
    /// `[cors]`, where it allows any origin.
    pub cors: Option<Cors>,
    /// A file whose presence drains the daemon: the health check answers 503.
    pub drain_file: std::path::PathBuf,
}

/// Kinds of which there are as many as the cloud is large. Their lists wait for one another; those of all other kinds, of
/// which a project or the whole cloud has few, don't wait for them.
const LARGE: &[&str] = &[Share::KIND, UserMessage::KIND];
/// Records that a worker's thread reads without handing the work on.
const SHORT: usize = 64;

/// The face in force. A reload puts another in its place; a request keeps the one that it began with.
pub type Current = Arc<ArcSwap<Face>>;

/// The doors of the daemon, as handlers use them.
#[derive(Clone)]
pub struct Face {
    pub store: Store,
    pub api: Port<Decide>,
    pub pools: Port<ShowPools>,
    pub explain: Port<Explain>,
    pub policy: Arc<Engine>,
    pub identity: Arc<Identity>,
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

impl Face {
    /// Whether a rule allows `caller` something on a thing of `owner`.
    pub fn allows(&self, rule: &str, owner: Owner<'_>, caller: &Caller) -> bool {
        caller.passes(&self.policy, rule, owner)
    }

    /// A record by its key.
    ///
    /// # Errors
    /// Internal when the store can't be read.
    pub fn get<R: Record>(&self, key: &str) -> Result<Option<Shared<R>>, Fault> {
        self.store.snapshot().and_then(|snapshot| snapshot.get(key)).map_err(unreadable)
    }

    /// Records of an index, in order. Long scans leave the worker's thread; what is passed over is walked too.
    ///
    /// # Errors
    /// Internal when the store can't be read; unavailable when too many search at once.
    pub async fn scan<R: Record>(&self, range: Range) -> Result<Vec<Shared<R>>, Fault> {
        let page = if range.limit.saturating_add(range.skip) <= SHORT {
            self.store.snapshot().and_then(|snapshot| snapshot.scan(&range)).map_err(unreadable)?
        } else if LARGE.contains(&R::KIND) {
            self.look(move |snapshot| snapshot.scan(&range)).await?
        } else {
            self.look_at_few(move |snapshot| snapshot.scan(&range)).await?
        };
        Ok(page.records)
    }

    /// How many records a range holds.
    ///
    /// # Errors
    /// Internal when the store can't be read.
    pub async fn count<R: Record>(&self, range: Range) -> Result<usize, Fault> {
        self.look(move |snapshot| snapshot.count::<R>(&range)).await
    }

    /// Has `work` look through the store off the worker's thread, when its turn comes.
    ///
    /// # Errors
    /// Internal when the store can't be read; unavailable when too many search at once.
    pub async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Snapshot) -> Result<T, manilad_store::Error> + Send + 'static,
    ) -> Result<T, Fault> {
        self.look_within(&self.bounds, work).await
    }

    /// As [`Face::look`], for kinds of which there are few: the searches of shares do not keep it waiting.
    ///
    /// # Errors
    /// As [`Face::look`].
    pub async fn look_at_few<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Snapshot) -> Result<T, manilad_store::Error> + Send + 'static,
    ) -> Result<T, Fault> {
        self.look_within(&self.few, work).await
    }

    async fn look_within<T: Send + 'static>(
        &self,
        bounds: &Bounds,
        work: impl FnOnce(&Snapshot) -> Result<T, manilad_store::Error> + Send + 'static,
    ) -> Result<T, Fault> {
        let (place, snapshot) = (bounds.place()?, self.snapshot()?);
        let (_place, found) = place.run(&self.clock, move || work(&snapshot)).await?;
        found.map_err(unreadable)
    }

    /// What is durable now.
    ///
    /// # Errors
    /// Internal when the store can't be read.
    pub fn snapshot(&self) -> Result<Snapshot, Fault> {
        self.store.snapshot().map_err(unreadable)
    }

    /// What the records of an index come to in a list. A long part of it is read as the list is written.
    ///
    /// # Errors
    /// Internal when the store can't be read; unavailable when too many search at once.
    pub fn items<R: Record, T>(&self, range: Range, itemise: impl Itemise<R, T>) -> Result<Items<T>, Fault> {
        self.items_within(&self.bounds, range, itemise)
    }

    /// As [`Face::items`], for kinds of which there are few.
    ///
    /// # Errors
    /// As [`Face::items`].
    pub fn items_of_few<R: Record, T>(&self, range: Range, itemise: impl Itemise<R, T>) -> Result<Items<T>, Fault> {
        self.items_within(&self.few, range, itemise)
    }

    fn items_within<R: Record, T>(
        &self,
        bounds: &Bounds,
        range: Range,
        itemise: impl Itemise<R, T>,
    ) -> Result<Items<T>, Fault> {
        let is_short = range.limit.saturating_add(range.skip) <= SHORT;
        let mut more = listing::along(self.snapshot()?, range, itemise);
        match is_short {
            true => more().map(Items::Read).map_err(unreadable),
            false => Ok(Items::Unread(bounds.place()?, more)),
        }
    }

    /// Every record of a small kind.
    ///
    /// # Errors
    /// Internal when the store can't be read.
    pub fn all<R: Record>(&self) -> Result<Vec<R>, Fault> {
        self.store.all().map_err(unreadable)
    }
}

#[cfg(test)]
mod tests;
