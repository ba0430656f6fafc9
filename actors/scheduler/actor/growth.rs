//! Whether the pool of a share has room for the share to grow: by the filters for that, on its own pool, without weighers.
//!
//! How to get it wrong: to judge the whole new size; what the share has already is taken from the pool. Source: scheduler.md §3,
//! §5, §8.

use actix::Handler;
use manilad_domain::hints::Hints;
use manilad_domain::message::Detail;
use manilad_domain::{Fault, Share};
use manilad_messages::scheduler::JudgeGrowth;
use manilad_store::Error;

use crate::actor::SchedulerActor;
use crate::filters::Asked;
use crate::request::request;

impl Handler<JudgeGrowth> for SchedulerActor {
    type Result = Result<Option<Detail>, Fault>;

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
        let store = &self.context.store;
        let share = store.get::<Share>(&id.to_string()).map_err(unreadable)?;
        let share = share.ok_or_else(|| Fault::no_such("share", id))?;
        let placed = share.main_instance().and_then(|instance| Some((instance, instance.pool.as_ref()?)));
        let (instance, pool) = placed.ok_or_else(|| Fault::invalid(format!("Share {id} has no pool yet.")))?;
        let wanted = request(store, &share, instance, &Hints::default(), &[], &|_| None).map_err(unreadable)?;
        let wanted = wanted.ok_or_else(|| Fault::invalid(format!("Share {id} has no type to be judged by.")))?;
        let Some(candidate) = self.pools.candidates().find(|candidate| candidate.entry.name == *pool) else {
            return match self.pools.is_waiting(self.context.clock.running()) {
                true => Err(Fault::unavailable("The back end has not told yet how much room it has; try again.")),
                false => Ok(Some(Detail::NoValidHost)),
            };
        };
        let asked = Asked { placement: &wanted, growth: Some(more), keys: self.pools.keys() };
        for rule in &self.context.chain.extend_filters {
            let judge = (rule.prepare)(&asked);
            if let Some(reason) = judge.as_ref().and_then(|judge| judge.judge(candidate).err()) {
                tracing::info!(request_id, share = %id, %pool, filter = rule.name, %reason, "the share can't grow");
                return Ok(Some(rule.detail));
            }
        }
        Ok(None)
    }
}
