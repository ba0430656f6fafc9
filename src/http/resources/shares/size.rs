//! Making a share larger or smaller. Source: resources.md §1, scheduler.md §8.
//!
//! Whether the pool has room is the scheduler's answer, asked for once nothing else refuses the request, quota included: the decision
//! takes it as a value, and has it asked for again where more is promised on the pool by then. A pool
//! without room refuses nothing here; as with the reference, the request is accepted, the share stays as it is, and its owner is
//! sent a message. How to get it wrong: to answer before the status says that the share changes, for clients then read the old size
//! and take it for the result.

use manilad_decisions::share::{self, Extended, Extension, Judged, Judgement};
use manilad_domain::{Fault, ShareId};
use manilad_messages::scheduler::{GrowthRoom, JudgeGrowth};
use manilad_store::Draft;

use super::judgement;
use crate::body;
use crate::body::{Flag, Gib};
use crate::call::Call;
use crate::identity::Owner;

/// How often the scheduler is asked while what it judged by changes before its answer is used. One that finds no room ends it.
const JUDGEMENTS: usize = 8;

body! {
    /// Makes a share larger.
    Extend in "extend" | "os-extend" else invalid {
        new_size [..]    required Gib,
        force    [2.64..] optional Flag,
    }

    /// Makes a share smaller.
    Shrink in "shrink" | "os-shrink" else invalid {
        new_size [..] required Gib,
    }
}

pub async fn extend(call: Call, wish: Extend) -> Result<(), Fault> {
    let is_forced = wish.force.is_some_and(|flag| flag.0);
    let rule = if is_forced { "share:force_extend" } else { "share:extend" };
    // What is refused whatever the scheduler would say is not asked of it.
    let mut judgement = if is_forced { Judged::Forced } else { Judged::NotAsked };
    let mut left = JUDGEMENTS;
    loop {
        let share = call.share_for(rule, call.param("id"))?;
        let owner = Owner::Of { project: &share.project_id, user: &share.user_id };
        let (size, id) = (wish.new_size.0, share.id);
        let more = size.saturating_sub(share.size);
        let beyond_type = call.allows("share:extend_beyond_max_share_size_spec", owner);
        let extension = Extension { size, beyond_type, judgement };
        let (limits, version, cause) = (call.app.settings.limits, call.version, call.cause());
        let decision = move |draft: &mut Draft<'_>| share::extend(draft, id, &extension, &limits, version, &cause);
        if call.decide("extend share", decision).await? == Extended::Settled {
            return Ok(());
        }
        if left == 0 {
            return Err(Fault::unavailable(
                "Other requests take room on the pool of the share at the same time; try again.",
            ));
        }
        left -= 1;
        judgement = Judged::Asked(judged(&call, id, more).await?);
    }
}

pub async fn shrink(call: Call, wish: Shrink) -> Result<(), Fault> {
    let id = call.share_for("share:shrink", call.param("id"))?.id;
    let (size, version, cause) = (wish.new_size.0, call.version, call.cause());
    call.decide("shrink share", move |draft| share::shrink(draft, id, size, version, &cause)).await
}

/// What the scheduler says of the room for a share to grow. A back end that may still report for the first time is waited for.
async fn judged(call: &Call, share: ShareId, more: u64) -> Result<Judgement, Fault> {
    let room = judgement::once_reported(call, "whether the share can grow", async || {
        let question = JudgeGrowth { share, more, request_id: call.request_id.to_string() };
        let answer = call.app.scheduler.judge_growth.ask(question).await?;
        Ok(answer.map(|room| match room {
            GrowthRoom::Enough(ceiling) => Some(Ok(ceiling)),
            GrowthRoom::None(detail) => Some(Err(judgement::no_room(call, detail))),
            GrowthRoom::Unreported => None,
        }))
    });
    Ok(Judgement { more, room: room.await? })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::time::Duration;

    use actix::{Actor, Context, Handler};
    use manilad_domain::fault::Kind;
    use manilad_domain::pool::Ceiling;
    use manilad_kit::lab::Lab;
    use manilad_kit::{Watch, lab, raise};

    use super::judgement::{REPORT_PATIENCE, REPORT_PAUSES};
    use super::*;

    /// A scheduler to which a back end reports before it is asked for the last time.
    struct Reported {
        before: usize,
        asked: Arc<AtomicUsize>,
    }

    impl Actor for Reported {
        type Context = Context<Self>;
    }

    impl Handler<JudgeGrowth> for Reported {
        type Result = Result<GrowthRoom, Fault>;

        fn handle(&mut self, _: JudgeGrowth, _: &mut Self::Context) -> Self::Result {
            let asked = self.asked.fetch_add(1, SeqCst) + 1;
            Ok(if asked < self.before { GrowthRoom::Unreported } else { GrowthRoom::Enough(Ceiling(Some(7))) })
        }
    }

    /// The answer to a request that is judged while time goes on, how often the scheduler was asked for it, and how long it took.
    async fn waited(lab: Lab, before: usize) -> (Result<Judgement, Fault>, usize, Duration) {
        let call = crate::lab::call_at(lab.clock.clone());
        let asked = Arc::new(AtomicUsize::new(0));
        let (port, counted) = (call.app.scheduler.judge_growth.clone(), asked.clone());
        let _life = raise(&lab.vitals.vitals("scheduler"), Watch::default(), move |raising| {
            raising.plug(&port);
            Reported { before, asked: counted }
        });
        let began = lab.clock.running();
        let judging =
            actix::spawn(
                async move { judged(&call, "00000000-0000-0000-0000-000000000001".parse().unwrap(), 1).await },
            );
        while !judging.is_finished() {
            lab.step(REPORT_PAUSES.first).await;
        }
        (judging.await.unwrap(), asked.load(SeqCst), lab.clock.running() - began)
    }

    #[test]
    fn a_back_end_that_reports_while_a_share_waits_to_grow_is_asked_of_again() {
        lab::run(async |lab| {
            let (answer, asked, _) = waited(lab, 4).await;
            assert_eq!((answer.unwrap().room.ok(), asked), (Some(Ceiling(Some(7))), 4));
        });
    }

    #[test]
    fn a_back_end_that_does_not_report_is_waited_for_no_longer_than_clients_wait() {
        lab::run(async |lab| {
            let (answer, asked, took) = waited(lab, usize::MAX).await;
            assert_eq!(answer.unwrap_err().kind, Kind::Unavailable);
            assert!((10..30).contains(&asked), "the pauses grow, and it was asked {asked} times");
            assert!((REPORT_PATIENCE..REPORT_PATIENCE * 2).contains(&took), "{took:?}");
        });
    }
}
