//! Making a share larger or smaller. Source: resources.md §1, scheduler.md §8.
//!
//! Whether the pool has room is the scheduler's answer, asked for before anything is decided: the decision takes it as a value, and
//! has it asked for again where more is promised on the pool by then. A pool
//! without room refuses nothing here; as with the reference, the request is accepted, the share stays as it is, and its owner is
//! sent a message. How to get it wrong: to answer before the status says that the share changes, for clients then read the old size
//! and take it for the result.

use std::time::Duration;

use manilad_decisions::share::{self, Action, Extended, Extension, Judgement, NoRoom};
use manilad_domain::{Fault, MessageId, ShareId};
use manilad_messages::scheduler::{GrowthRoom, JudgeGrowth};
use manilad_store::Draft;

use crate::body;
use crate::body::{Flag, Gib};
use crate::call::Call;
use crate::identity::Owner;

/// How often the scheduler is asked while what it judged by changes before its answer is used. One that finds no room ends it.
const JUDGEMENTS: usize = 8;
/// How long the first report of a back end is waited for. No more than the clients' own patience.
const REPORT_PATIENCE: Duration = Duration::from_secs(30);
const REPORT_PAUSE: Duration = Duration::from_millis(100);

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
    for _ in 0..JUDGEMENTS {
        let share = call.share_for(rule, call.param("id"))?;
        let owner = Owner::Of { project: &share.project_id, user: &share.user_id };
        let (size, id) = (wish.new_size.0, share.id);
        let more = size.saturating_sub(share.size);
        let is_judged = !is_forced && more > 0 && Action::Extend.check(share.status(), call.version).is_ok();
        let judgement = if is_judged { Some(judged(&call, id, more).await?) } else { None };
        let beyond_type = call.allows("share:extend_beyond_max_share_size_spec", owner);
        let extension = Extension { size, beyond_type, judgement };
        let (limits, version, cause) = (call.app.settings.limits, call.version, call.cause());
        let decision = move |draft: &mut Draft<'_>| share::extend(draft, id, &extension, &limits, version, &cause);
        if call.decide("extend share", decision).await? == Extended::Settled {
            return Ok(());
        }
    }
    Err(Fault::unavailable("Other requests take room on the pool of the share at the same time; try again."))
}

pub async fn shrink(call: Call, wish: Shrink) -> Result<(), Fault> {
    let id = call.share_for("share:shrink", call.param("id"))?.id;
    let (size, version, cause) = (wish.new_size.0, call.version, call.cause());
    call.decide("shrink share", move |draft| share::shrink(draft, id, size, version, &cause)).await
}

/// What the scheduler says of the room for a share to grow. A back end that may still report for the first time is waited for.
async fn judged(call: &Call, share: ShareId, more: u64) -> Result<Judgement, Fault> {
    let clock = &call.app.clock;
    let until = clock.running() + REPORT_PATIENCE;
    loop {
        let question = JudgeGrowth { share, more, request_id: call.request_id.to_string() };
        let answer = call.app.scheduler.judge_growth.ask(question).await.map_err(|unanswered| {
            let text = format!("The scheduler can't say now whether the share can grow ({unanswered}); try again.");
            Fault::unavailable(text)
        })?;
        let room = match answer? {
            GrowthRoom::Enough(ceiling) => Ok(ceiling),
            GrowthRoom::None(detail) => {
                Err(NoRoom { detail, message: MessageId(clock.id()), lives: call.app.settings.message_ttl })
            }
            GrowthRoom::Unreported if clock.running() < until => {
                clock.sleep(REPORT_PAUSE).await;
                continue;
            }
            GrowthRoom::Unreported => {
                return Err(Fault::unavailable("The back end has not told yet how much room it has; try again."));
            }
        };
        return Ok(Judgement { more, room });
    }
}
