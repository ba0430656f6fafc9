//! The ways to the scheduler. They outlive its incarnations.

use std::time::Duration;

use manilad_clock::Clock;
use manilad_kit::{Port, Raising};
use manilad_messages::Look;
use manilad_messages::scheduler::{Explain, JudgeGrowth, NoReport, Report, ShowPools};

use crate::actor::SchedulerActor;

/// Looks that may wait: one is as good as many.
const LOOKS: usize = 64;
/// Reports that may wait: one of each back end, and some to spare.
const REPORTS: usize = 256;
/// Questions that may wait.
const QUESTIONS: usize = 64;
/// How long somebody waits for an answer. No more than the clients' own patience.
const PATIENCE: Duration = Duration::from_secs(30);

/// The ways to the scheduler.
#[derive(Debug, Clone)]
pub struct Ports {
    pub look: Port<Look>,
    pub report: Port<Report>,
    pub no_report: Port<NoReport>,
    pub show_pools: Port<ShowPools>,
    pub explain: Port<Explain>,
    pub judge_growth: Port<JudgeGrowth>,
}

impl Ports {
    pub fn new(clock: &Clock) -> Self {
        Ports {
            look: Port::new("scheduler/look", LOOKS, PATIENCE, clock.clone()),
            report: Port::new("scheduler/report", REPORTS, PATIENCE, clock.clone()),
            no_report: Port::new("scheduler/no-report", REPORTS, PATIENCE, clock.clone()),
            show_pools: Port::new("scheduler/show-pools", QUESTIONS, PATIENCE, clock.clone()),
            explain: Port::new("scheduler/explain", QUESTIONS, PATIENCE, clock.clone()),
            judge_growth: Port::new("scheduler/judge-growth", QUESTIONS, PATIENCE, clock.clone()),
        }
    }

    /// Plugs an incarnation in; for its factory.
    pub fn plug(&self, raising: &mut Raising<SchedulerActor>) {
        raising.plug(&self.look);
        raising.plug(&self.report);
        raising.plug(&self.no_report);
        raising.plug(&self.show_pools);
        raising.plug(&self.explain);
        raising.plug(&self.judge_growth);
    }
}
