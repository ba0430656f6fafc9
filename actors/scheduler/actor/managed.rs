//! Whether the pool of a share that is to be managed passes the filters by which shares are placed.
//!
//! What the share takes is on the pool already, so its size, which nobody knows yet, counts for nothing. How to get it wrong: to pass a
//! pool for want of a filter that the configuration names. Source: scheduler.md §4, §9.

use actix::Handler;
use manilad_domain::Fault;
use manilad_domain::hints::Hints;
use manilad_messages::scheduler::{JudgePool, PoolVerdict};
use manilad_store::Error;

use crate::actor::SchedulerActor;
use crate::filters::Asked;
use crate::request::request;

impl Handler<JudgePool> for SchedulerActor {
    type Result = Result<PoolVerdict, Fault>;

    fn handle(&mut self, JudgePool { share, request_id }: JudgePool, _: &mut Self::Context) -> Self::Result {
        let id = share.id;
        let unreadable = |error: Error| {
            tracing::error!(share = %id, %error, "whether a pool may hold a share can't be judged");
            Fault::internal("The records of the share can't be read.")
        };
        self.review();
        let placed = share.main_instance().and_then(|instance| Some((instance, instance.pool.as_ref()?)));
        let (instance, pool) = placed.ok_or_else(|| Fault::invalid(format!("Share {id} has no pool.")))?;
        let store = self.context.store.clone();
        let placement = request(&store, &share, instance, &Hints::default(), &[], &|_| None).map_err(unreadable)?;
        let placement = placement.ok_or_else(|| Fault::invalid(format!("Share {id} has no type to be judged by.")))?;
        let Some(candidate) = self.pools.candidate(pool) else {
            let Some((detail, reason)) = self.why_unusable(pool) else { return Ok(PoolVerdict::Unreported) };
            tracing::info!(request_id, share = %id, %pool, reason, "the share can't be managed");
            return Ok(PoolVerdict::Refused(detail));
        };
        let asked = Asked { placement: &placement, growth: None, keys: self.pools.keys() };
        for rule in &self.context.chain.filters {
            let Some(judge) = (rule.prepare)(&asked) else { continue };
            if let Err(reason) = judge.judge(candidate) {
                tracing::info!(request_id, share = %id, %pool, filter = rule.name, %reason, "the share can't be managed");
                return Ok(PoolVerdict::Refused(rule.detail));
            }
        }
        Ok(PoolVerdict::Passes)
    }
}
