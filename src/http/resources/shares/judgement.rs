//! Asking the scheduler for a judgement that a request waits for.
//!
//! How to get it wrong: to wait longer for the first report of a back end than clients wait for an answer.

use std::time::Duration;

use manilad_decisions::share::NoRoom;
use manilad_domain::message::Detail;
use manilad_domain::verb::Pauses;
use manilad_domain::{Fault, MessageId};
use manilad_kit::Unanswered;

use crate::call::Call;

/// How long the first report of a back end is waited for. No more than the clients' own patience.
pub const REPORT_PATIENCE: Duration = Duration::from_secs(30);
/// Pauses between two questions whether it has reported.
pub const REPORT_PAUSES: Pauses = Pauses { first: Duration::from_millis(100), longest: Duration::from_secs(2) };

/// What the scheduler answers, as soon as it is more than that the back end has not reported yet. `what` is being judged.
///
/// # Errors
/// What the scheduler refuses; unavailable where it does not answer, or the back end does not report in time.
pub async fn once_reported<T>(
    call: &Call,
    what: &str,
    ask: impl AsyncFn() -> Result<Result<Option<T>, Fault>, Unanswered>,
) -> Result<T, Fault> {
    let clock = &call.app.clock;
    let until = clock.running() + REPORT_PATIENCE;
    let mut asked = 0;
    loop {
        asked += 1;
        let answer = ask().await.map_err(|unanswered| {
            Fault::unavailable(format!("The scheduler can't say now {what} ({unanswered}); try again."))
        })?;
        if let Some(judgement) = answer? {
            return Ok(judgement);
        }
        let left = until.saturating_sub(clock.running());
        if left.is_zero() {
            return Err(Fault::unavailable("The back end has not told yet how much room it has; try again."));
        }
        clock.sleep(clock.jittered(REPORT_PAUSES.after(asked)).min(left)).await;
    }
}

/// What is told of a pool that the scheduler refuses, by a message under a fresh id.
pub fn no_room(call: &Call, detail: Detail) -> NoRoom {
    NoRoom { detail, message: MessageId(call.app.clock.id()), lives: call.app.settings.message_ttl }
}
