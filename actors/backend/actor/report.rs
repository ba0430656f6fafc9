//! Reporting: what the pools are like now, and for how long that could not be told.
//!
//! A report that fails takes nothing back. What was reported before stays true for the scheduler, work that is sent here
//! meanwhile waits here, and the report is repeated in seconds, and as soon as any work ends. Only a back end that
//! can't report for `service_down_time` is down. How to get it wrong: to take one odd answer for an array that is gone, or
//! to count from the last good report, though the next one comes a whole period later. What was promised when a report began goes with
//! it: the array's figures are of a later time than that, and need not know of anything later.

use std::time::Duration;

use actix::fut::{ActorFutureExt, WrapFuture};
use actix::{AsyncContext, Context};
use manilad_decisions::promised_capacity::Promised;
use manilad_domain::deadlines::REPORT;
use manilad_domain::pool::{Pool, PoolReport};
use manilad_domain::verb::Pauses;
use manilad_messages::scheduler::{NoReport, Report};

use super::BackendActor;
use super::reporting::Failing;
use super::times::is_due;
use crate::meter;

/// Least time between reports out of turn, however much succeeds.
const EARLY: Duration = Duration::from_secs(1);

impl BackendActor {
    /// Reports, unless that is under way.
    pub(super) fn report(&mut self, ctx: &mut Context<Self>) {
        if self.reporting.is_under_way {
            return;
        }
        let began = self.context.clock.running();
        let snapshot = self.context.store.snapshot();
        let promised = match snapshot.and_then(|snapshot| Promised::read(&snapshot, &self.context.service)) {
            Ok(promised) => promised,
            Err(error) => {
                let reason = format!("what is promised on its pools can't be read: {error}");
                return self.not_reported(began, reason, ctx);
            }
        };
        self.reporting.is_under_way = true;
        let work = manilad_kit::contained(&self.context.clock, REPORT, self.running.report());
        ctx.spawn(work.into_actor(self).map(move |report, actor, ctx| {
            actor.reporting.is_under_way = false;
            match report {
                Ok(Ok(pools)) => actor.reported(pools, promised),
                Ok(Err(trouble)) => actor.not_reported(began, trouble.reason, ctx),
                Err(lost) => actor.not_reported(began, lost.to_string(), ctx),
            }
        }));
    }

    /// Reports out of turn where work has just ended though reports fail: the array may answer again.
    pub(super) fn report_early(&mut self, ctx: &mut Context<Self>) {
        let now = self.context.clock.running();
        if self.reporting.failing.is_some() && is_due(&mut self.times.reported_early, EARLY, now) {
            self.report(ctx);
        }
    }

    fn reported(&mut self, pools: Vec<Pool>, promised: Promised) {
        let (service, context) = (self.context.service.clone(), &self.context);
        if let Some(failing) = self.reporting.failing.take() {
            let failed_for = context.clock.running().saturating_sub(failing.since);
            tracing::info!(backend = service, failures = failing.failures, ?failed_for, "the back end works again");
        }
        meter::reported(&service, true);
        meter::up(&service, true);
        self.beat.set_able(true);
        context.presence.beat(&service);
        let report = PoolReport { service, availability_zone: context.availability_zone.clone(), pools };
        let _the_next_one_follows = context.reports.nudge(Report { report, promised });
    }

    fn not_reported(&mut self, began: Duration, why: String, ctx: &mut Context<Self>) {
        let (service, context) = (self.context.service.clone(), &self.context);
        meter::reported(&service, false);
        let failing = self.reporting.failing.get_or_insert_with(|| Failing {
            since: began,
            failures: 0,
            is_down: false,
            reason: String::new(),
        });
        failing.failures = failing.failures.saturating_add(1);
        let left = (failing.since + context.down_after).saturating_sub(context.clock.running());
        if failing.reason == why {
            tracing::debug!(backend = service, why, "the back end still can't work");
        } else {
            tracing::warn!(backend = service, why, down_in_seconds = left.as_secs(), "the back end can't work");
            failing.reason.clone_from(&why);
        }
        let is_down = left.is_zero();
        if is_down {
            if !std::mem::replace(&mut failing.is_down, true) {
                tracing::warn!(backend = service, why, failures = failing.failures, "the back end is down");
            }
            meter::up(&service, false);
            self.beat.set_able(false);
            context.presence.down(&service);
        }
        let _the_next_one_follows = context.no_reports.nudge(NoReport { service, is_down });
        let pauses = Pauses { longest: context.report_every, ..Pauses::UNREADABLE };
        let pause = context.clock.jittered(pauses.after(failing.failures));
        self.repeat(if is_down { pause } else { pause.min(left) }, ctx);
    }

    /// Reports again after a pause; once, however often that is asked for meanwhile.
    fn repeat(&mut self, pause: Duration, ctx: &mut Context<Self>) {
        if std::mem::replace(&mut self.reporting.is_to_be_repeated, true) {
            return;
        }
        let clock = self.context.clock.clone();
        ctx.spawn(async move { clock.sleep(pause).await }.into_actor(self).map(|(), actor, ctx| {
            actor.reporting.is_to_be_repeated = false;
            if actor.reporting.failing.is_some() {
                actor.report(ctx);
            }
        }));
    }
}
