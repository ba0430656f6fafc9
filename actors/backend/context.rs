//! What a back end is there for, and whom it works with.
//!
//! How to get it wrong: to keep what one incarnation has learnt in it; the next one would begin with that.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::Message;
use manilad_clock::Clock;
use manilad_decisions::share_server::Rules;
use manilad_driver::Driver;
use manilad_kit::{Port, Registry};
use manilad_messages::Look;
use manilad_messages::presence::Presence;
use manilad_messages::scheduler::{NoReport, Report};
use manilad_network::NetworksFactory;
use manilad_store::Store;

/// Report the pools now. Sent by the timer, and by the scheduler when it was raised.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "()")]
pub struct ReportNow;

/// What a back end is there for, and whom it works with. The same for all its incarnations.
#[derive(Clone)]
pub struct BackendContext {
    /// `host@backend`
    pub service: String,
    pub availability_zone: String,
    pub clock: Clock,
    pub store: Store,
    pub presence: Presence,
    pub registry: Registry,
    pub driver: Arc<dyn Driver>,
    /// Where share servers get their addresses; none where the driver makes no share servers.
    pub networks: Option<NetworksFactory>,
    pub rules: Rules,
    pub looks: Port<Look>,
    pub report_now: Port<ReportNow>,
    pub reports: Port<Report>,
    pub no_reports: Port<NoReport>,
    /// Has the scheduler look.
    pub scheduler: Port<Look>,
    /// The looks of all back ends, by service.
    pub peers: Arc<BTreeMap<String, Port<Look>>>,
    pub report_every: Duration,
    /// `service_down_time`: how long reports may fail before the back end is down.
    pub down_after: Duration,
    pub look_every: Duration,
    pub beat_every: Duration,
    /// None: never.
    pub sweep_every: Option<Duration>,
    /// Records that a sweep reads in one go, and shares that are ensured at a time.
    pub sweep_page: usize,
    /// `unmanage_remove_access_rules`
    pub unmanaging_takes_rules: bool,
    /// `update_shares_status_on_ensure`
    pub ensuring_is_shown: bool,
    /// The longest pause between tries of a removal: `periodic_deferred_delete_interval`, where deletion is deferred.
    pub removal_pause: Duration,
    /// Tasks of a kind in hand, where the driver would take on more.
    pub most_tasks: usize,
    /// Seconds that user messages live.
    pub message_ttl: u64,
}
