//! Whether the pool of a share has room for the share to grow: by the filters for that, on its own pool, without weighers.
//!
//! What was promised since the back end reported is taken off first. What is promised after this answer shows in the sum that
//! the store keeps, so the answer tells up to which sum it holds, and whoever lets the share grow compares. How to get it wrong:
//! to judge the whole new size; what the share has already is taken from the pool. Source: scheduler.md §3, §5, §8.

use actix::Handler;
use manilad_domain::hints::Hints;
use manilad_domain::message::Detail;
use manilad_domain::{Fault, PoolName, Share};
use manilad_messages::scheduler::{GrowthRoom, JudgeGrowth};
use manilad_store::Error;

use crate::actor::SchedulerActor;
use crate::filters::Asked;
use crate::pools::{BackendState, Unusable};
use crate::request::request;

impl SchedulerActor {
    /// Why a pool is no candidate: what the owner of a share is told, and the reason for the log. None while its back end may still
    /// report for the first time.
    pub(super) fn why_unusable(&self, pool: &PoolName) -> Option<(Detail, String)> {
        match self.pools.service(&pool.service()).and_then(BackendState::unusable) {
            Some(Unusable::NeverReported) if self.pools.is_unreported(pool, self.context.clock.running()) => None,
            Some(Unusable::Disabled) => Some((Detail::BackendsDisabled, "its back end is disabled".to_owned())),
            Some(why) => Some((Detail::BackendNotReady, format!("its back end is {why}"))),
            None => Some((Detail::NoValidHost, "no back end reports its pool".to_owned())),
        }
    }
}

impl Handler<JudgeGrowth> for SchedulerActor {
    type Result = Result<GrowthRoom, Fault>;

    fn handle(
        &mut self,
        JudgeGrowth { share: id, more, request_id }: JudgeGrowth,
        _: &mut Self::Context,
    ) -> Self::Result {
        let unreadable = |error: Error| {
            tracing::error!(share = %id, %error, "whether a share can grow can't be judged");
            Fault::internal("The records of the share can't be read.")
        };
        self.review();
        let store = self.context.store.clone();
        let share = store.get::<Share>(&id.to_string()).map_err(unreadable)?;
        let share = share.ok_or_else(|| Fault::no_such("share", id))?;
        let placed = share.main_instance().and_then(|instance| Some((instance, instance.pool.as_ref()?)));
        let (instance, pool) = placed.ok_or_else(|| Fault::invalid(format!("Share {id} has no pool yet.")))?;
        let placement = request(&store, &share, instance, &Hints::default(), &[], &|_| None).map_err(unreadable)?;
        let placement = placement.ok_or_else(|| Fault::invalid(format!("Share {id} has no type to be judged by.")))?;
        self.count(pool).map_err(unreadable)?;
        self.uncounted.insert(pool.clone());
        let Some(candidate) = self.pools.candidate(pool) else {
            let Some((detail, reason)) = self.why_unusable(pool) else { return Ok(GrowthRoom::Unreported) };
            tracing::info!(request_id, share = %id, %pool, reason, "the share can't grow");
            return Ok(GrowthRoom::None(detail));
        };
        let asked = Asked { placement: &placement, growth: Some(more), keys: self.pools.keys() };
        let mut spare: Option<f64> = None;
        for rule in &self.context.chain.extend_filters {
            let Some(judge) = (rule.prepare)(&asked) else { continue };
            if let Err(reason) = judge.judge(candidate) {
                tracing::info!(request_id, share = %id, %pool, filter = rule.name, %reason, "the share can't grow");
                return Ok(GrowthRoom::None(rule.detail));
            }
            spare = [spare, judge.spare(candidate)].into_iter().flatten().reduce(f64::min);
        }
        Ok(GrowthRoom::Enough(candidate.entry.ceiling(spare)))
    }
}
