//! From a driver's answer to what happens next: settle, give up, or try again. Pure.

use std::time::Duration;

use manilad_domain::intent::Verb;
use manilad_domain::message::Detail;
use manilad_domain::{AccessRule, Intent};
use manilad_kit::Unanswered;
use manilad_messages::driver::{Remedy, Settled, Trouble};

use crate::patience;
use crate::settle::Outcome;

/// What a driver actor said, or why it said nothing.
pub type Answer = Result<Result<Settled, Trouble>, Unanswered>;

/// What to do about an answer.
#[derive(Debug)]
pub enum Course {
    /// Commit this; the work is done with.
    Settle(Outcome),
    /// Commit this, and try again after a rest: the intent stays open.
    SettleAndRest(Outcome, Trouble),
}

/// Decides. `spent_seconds` is what this try has cost, the pause before it included.
pub fn course(intent: &Intent, rules: Vec<AccessRule>, answer: Answer, spent_seconds: u64) -> Course {
    let trouble = match answer {
        Ok(Ok(Settled::Created(exports))) => return Course::Settle(Outcome::Created(exports)),
        Ok(Ok(Settled::Deleted)) => return Course::Settle(Outcome::Deleted),
        Ok(Ok(Settled::Applied { refused })) => return Course::Settle(Outcome::Applied { rules, refused }),
        Ok(Ok(other)) => Trouble {
            remedy: Remedy::Again,
            detail: Detail::UnknownError,
            told: format!("the driver answered another question: {other:?}"),
        },
        Ok(Err(trouble)) => trouble,
        Err(unanswered) => Trouble {
            remedy: Remedy::Again,
            detail: Detail::UnknownError,
            told: format!("the driver gave no answer: {unanswered}"),
        },
    };
    // Whatever the first try cost, there is a second one.
    let is_over = intent.spent_seconds > 0
        && Duration::from_secs(intent.spent_seconds + spent_seconds) > patience::of(intent.verb).in_all;
    let postponed = Outcome::Postponed { spent_seconds };
    match (intent.verb, trouble.remedy) {
        // The array has to let go some day: removal is never given up.
        (Verb::Delete, Remedy::Again) if !is_over => Course::SettleAndRest(postponed, trouble),
        (Verb::Delete, _) => Course::SettleAndRest(Outcome::Failed(trouble.clone()), trouble),
        (_, Remedy::Again) if !is_over => Course::SettleAndRest(postponed, trouble),
        _ => Course::Settle(Outcome::Failed(trouble)),
    }
}
