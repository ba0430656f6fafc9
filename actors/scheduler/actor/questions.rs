//! Questions to the scheduler, answered from its present state without changing it: which pools, and why this one.

use actix::Handler;
use manilad_domain::intent::{Lane, Verb};
use manilad_domain::message::index::BY_RESOURCE;
use manilad_domain::message::{Action, UserMessage};
use manilad_domain::placement::Placed;
use manilad_domain::pool::Pool;
use manilad_domain::{Fault, Intent, Share, ShareId};
use manilad_messages::scheduler::{Explain, Explanation, FailedGrowth, ShowPools};
use manilad_store::{Error, Range};

use crate::actor::SchedulerActor;
use crate::filters::{Judge, capabilities};
use crate::pool_choice::choose_pools;
use crate::request::request;

impl Handler<ShowPools> for SchedulerActor {
    type Result = Vec<Pool>;

    fn handle(&mut self, ShowPools { of }: ShowPools, _: &mut Self::Context) -> Self::Result {
        self.review();
        let keys = self.pools.keys();
        let required = of.as_ref().map(|specs| capabilities::specs(specs, keys));
        let fits = |judge: &dyn Judge, candidate| judge.judge(candidate).is_ok();
        let shown = self.pools.candidates().filter(|one| required.as_ref().is_none_or(|required| fits(required, *one)));
        shown.map(|candidate| candidate.pool(keys)).collect()
    }
}

impl Handler<Explain> for SchedulerActor {
    type Result = Result<Explanation, Fault>;

    fn handle(&mut self, Explain { share: id }: Explain, _: &mut Self::Context) -> Self::Result {
        let unreadable = |error: Error| {
            tracing::error!(share = %id, %error, "a placement could not be explained");
            Fault::internal("The records of the share can't be read.")
        };
        self.review();
        let store = &self.context.store;
        let share = store.get::<Share>(&id.to_string()).map_err(unreadable)?;
        let share = share.ok_or_else(|| Fault::no_such("share", id))?;
        let instance = share.main_instance().ok_or_else(|| Fault::no_such("share", id))?;
        let intent = store.get::<Intent>(&Intent::key_of(instance.id, Lane::Life)).map_err(unreadable)?;
        let left = intent.as_ref().filter(|intent| intent.verb == Verb::Place);
        let left = left.map_or_else(Vec::new, |intent| intent.candidates.clone());
        let hints = intent.map(|intent| intent.hints).unwrap_or_default();
        let placement = request(store, &share, instance, &hints, &left, &|_| None).map_err(unreadable)?;
        let placement = placement.ok_or_else(|| Fault::invalid(format!("Share {id} has no type to be placed by.")))?;
        if placement.has_network_in_vain() {
            let words = "is to be served in a share network, and its type has no share servers";
            return Err(Fault::invalid(format!("Share {id} {words}.")));
        }
        let (placed, why) = choose_pools(&placement, &self.pools, &self.context.chain);
        let refused_by = placed.refused_by();
        let candidates = if let Placed::On(candidates) = placed { candidates } else { Vec::new() };
        Ok(Explanation {
            share: id,
            present: instance.pool.clone(),
            candidates,
            refused_by,
            summary: why.to_string(),
            failed_growth: self.failed_growth(id).map_err(unreadable)?,
            pools: why.judged_pools(),
        })
    }
}

impl SchedulerActor {
    fn failed_growth(&self, share: ShareId) -> Result<Option<FailedGrowth>, Error> {
        let about = Range::of(BY_RESOURCE, [share.to_string()]);
        let messages = self.context.store.scan::<UserMessage>(about)?.records.into_iter();
        let last = messages.filter(|message| message.action == Action::Extend).max_by_key(|message| message.created_at);
        let filters = &self.context.chain.extend_filters;
        Ok(last.map(|message| FailedGrowth {
            at: message.created_at,
            filter: filters.iter().find(|rule| rule.detail == message.detail).map(|rule| rule.name),
            reason: message.detail.text(),
            request_id: message.request_id,
        }))
    }
}
