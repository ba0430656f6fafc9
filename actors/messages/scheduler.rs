//! What SchedulerActor receives, besides [`crate::Look`], and the ways to it: a row for each message. They outlive its incarnations.
//!
//! A new question is a message, a row here, and a handler. How to get it wrong: to wait longer for an answer than clients do.

use std::collections::BTreeMap;
use std::time::Duration;

use actix::{Actor, Context, Handler, Message};
use manilad_clock::Clock;
use manilad_decisions::promised_capacity::Promised;
use manilad_domain::message::Detail;
use manilad_domain::pool::{Ceiling, Pool, PoolReport};
use manilad_domain::{Fault, PoolName, Share, ShareId, Stamp};
use manilad_kit::{Port, Raising};
use serde::Serialize;

use crate::Look;

/// A back end tells of its pools.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct Report {
    pub report: PoolReport,
    /// When its array was asked for the report.
    pub promised: Promised,
}

/// A back end could not report. What it reported before stays true until it is down; a share that finds a place elsewhere
/// no longer waits for its first report.
#[derive(Debug, Clone, Message)]
#[rtype(result = "()")]
pub struct NoReport {
    /// `host@backend`.
    pub service: String,
    /// It could not for so long that nothing is to be sent to it.
    pub is_down: bool,
}

/// Which pools are there, and how full are they? For the administrators' statistics.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Vec<Pool>")]
pub struct ShowPools {
    /// Only pools that satisfy these extra specs.
    pub of: Option<BTreeMap<String, String>>,
}

/// Where would this share go now, and why? Nothing is placed or booked by asking. A share that has a place is judged as
/// if it were to be placed again, in its own zone, with what it takes where it is. For administrators.
///
/// Answers missing where there is no such share, and invalid where it has no type.
#[derive(Debug, Clone, Copy, Message)]
#[rtype(result = "Result<Explanation, Fault>")]
pub struct Explain {
    pub share: ShareId,
}

/// Has the pool of a share room for so many GiB more? Nothing is booked by asking: whoever lets the share grow compares what is
/// promised on the pool by then with the ceiling of the answer.
///
/// Answers missing where there is no such share.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<GrowthRoom, Fault>")]
pub struct JudgeGrowth {
    pub share: ShareId,
    pub more: u64,
    /// For the log.
    pub request_id: String,
}

/// Whether a pool has room for a share to grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrowthRoom {
    /// It has, as long as no more is promised on the pool.
    Enough(Ceiling),
    /// It has none; this is what the owner of the share is told.
    None(Detail),
    /// The back end may still report for the first time: ask again.
    Unreported,
}

/// Does the pool of a share that is to be managed, and not on record yet, pass the filters by which shares are placed?
///
/// Answers invalid where the share has no type or pool.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<PoolVerdict, Fault>")]
pub struct JudgePool {
    pub share: Box<Share>,
    /// For the log.
    pub request_id: String,
}

/// Whether a pool may hold a share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolVerdict {
    Passes,
    /// This is what the owner of the share is told.
    Refused(Detail),
    /// The back end may still report for the first time: ask again.
    Unreported,
}

/// Why a share goes where it goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    pub share: ShareId,
    /// Where it is, if it has a place.
    pub present: Option<PoolName>,
    /// Where it would go, best first; as many as would be tried.
    pub candidates: Vec<PoolName>,
    /// The filter that left none.
    pub refused_by: Option<&'static str>,
    /// All of it in one line.
    pub summary: String,
    /// Why it did not grow when it last was to and did not; none where no message tells.
    pub failed_growth: Option<FailedGrowth>,
    /// Every pool that is known: those that pass all filters best first, then the others by name.
    pub pools: Vec<JudgedPool>,
}

/// Why a share did not grow, by the message to its owner.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FailedGrowth {
    pub at: Stamp,
    /// The filter that refused its pool; none where it was not a filter.
    pub filter: Option<&'static str>,
    pub reason: &'static str,
    /// The log tells the figures under it.
    pub request_id: String,
}

/// How one pool fared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct JudgedPool {
    pub pool: PoolName,
    /// Why its back end can't be sent to.
    pub unusable: Option<String>,
    /// GiB, as reported and booked since; `None` where the array doesn't tell.
    pub total_capacity_gb: Option<f64>,
    pub free_capacity_gb: Option<f64>,
    pub allocated_capacity_gb: f64,
    pub provisioned_capacity_gb: f64,
    /// What each filter says, in the order of the chain.
    pub filters: Vec<Ruling>,
    /// What each weigher gives; empty unless all filters pass.
    pub weights: Vec<Weight>,
    /// The sum by which candidates are ordered.
    pub weight: Option<f64>,
}

/// What one filter says of a pool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Ruling {
    pub filter: &'static str,
    /// Why the pool is refused; `None` if it passes.
    pub refusal: Option<String>,
}

/// What one weigher gives a pool.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Weight {
    pub weigher: &'static str,
    /// In the weigher's own measure; `None` where the pool doesn't tell enough.
    pub raw: Option<f64>,
    /// Over the candidates, from 0 to the multiplier.
    pub weight: f64,
}

/// Looks that may wait: one is as good as many.
const LOOKS: usize = 64;
/// Reports that may wait: one of each back end, and some to spare.
const REPORTS: usize = 256;
/// Questions that may wait.
const QUESTIONS: usize = 64;
/// How long somebody waits for an answer. No more than the clients' own patience.
const PATIENCE: Duration = Duration::from_secs(30);

macro_rules! ports {
    ($($port:ident: $message:ident = $name:literal, $bound:ident;)+) => {
        /// The ways to the scheduler.
        #[derive(Debug, Clone)]
        pub struct SchedulerPorts {
            $(pub $port: Port<$message>),+
        }

        impl SchedulerPorts {
            /// Ports that nobody is plugged into yet.
            pub fn new(clock: &Clock) -> Self {
                SchedulerPorts {
                    $($port: Port::new(concat!("scheduler/", $name), $bound, PATIENCE, clock.clone())),+
                }
            }

            /// Plugs an incarnation in; for its factory.
            pub fn plug<A>(&self, raising: &mut Raising<A>)
            where
                A: Actor<Context = Context<A>> $(+ Handler<$message>)+,
            {
                $(raising.plug(&self.$port);)+
            }

            /// Whether somebody is plugged into each.
            pub fn are_served(&self) -> bool {
                [$(self.$port.is_served()),+].into_iter().all(|is_served| is_served)
            }
        }
    };
}

ports! {
    look: Look = "look", LOOKS;
    report: Report = "report", REPORTS;
    no_report: NoReport = "no-report", REPORTS;
    show_pools: ShowPools = "show-pools", QUESTIONS;
    explain: Explain = "explain", QUESTIONS;
    judge_growth: JudgeGrowth = "judge-growth", QUESTIONS;
    judge_pool: JudgePool = "judge-pool", QUESTIONS;
}
