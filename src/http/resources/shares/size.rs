//! Making a share larger or smaller. Source: resources.md §1, scheduler.md §8.
//!
//! Whether the pool has room is the scheduler's answer, asked for before anything is decided: the decision takes it as a value. A pool
//! without room refuses nothing here; as with the reference, the request is accepted, the share stays as it is, and its owner is
//! sent a message. How to get it wrong: to answer before the status says that the share changes, for clients then read the old size
//! and take it for the result.

use manilad_decisions::share::{self, Action, Extension, NoRoom};
use manilad_domain::{Fault, MessageId};
use manilad_messages::scheduler::JudgeGrowth;

use crate::body;
use crate::body::{Flag, Gib};
use crate::call::Call;
use crate::identity::Owner;

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
    let share = call.share_for(rule, call.param("id"))?;
    let owner = Owner::Of { project: &share.project_id, user: &share.user_id };
    let (size, id) = (wish.new_size.0, share.id);
    let more = size.saturating_sub(share.size);
    let is_judged = !is_forced && more > 0 && Action::Extend.check(share.status(), call.version).is_ok();
    let no_room = match is_judged {
        true => no_room(&call, JudgeGrowth { share: id, more, request_id: call.request_id.to_string() }).await?,
        false => None,
    };
    let beyond_type = call.allows("share:extend_beyond_max_share_size_spec", owner);
    let limits = call.app.settings.limits;
    let asked = Extension { size, beyond_type, judged: is_judged.then_some(more), no_room };
    let (version, cause) = (call.version, call.cause());
    call.decide("extend share", move |draft| share::extend(draft, id, &asked, &limits, version, &cause)).await
}

pub async fn shrink(call: Call, wish: Shrink) -> Result<(), Fault> {
    let id = call.share_for("share:shrink", call.param("id"))?.id;
    let (size, version, cause) = (wish.new_size.0, call.version, call.cause());
    call.decide("shrink share", move |draft| share::shrink(draft, id, size, version, &cause)).await
}

/// Why the pool has no room for the share to grow, if it has none, as a message to its owner.
async fn no_room(call: &Call, asked: JudgeGrowth) -> Result<Option<NoRoom>, Fault> {
    let answer = call.app.judge_growth.ask(asked).await.map_err(|unanswered| {
        Fault::unavailable(format!("The scheduler can't say now whether the share can grow ({unanswered}); try again."))
    })?;
    let (message, lives) = (MessageId(call.app.clock.id()), call.app.settings.message_ttl);
    Ok(answer?.map(|detail| NoRoom { detail, message, lives }))
}
