//! From an answer to what happens next: settle, give up, or try again. Pure.

use std::time::Duration;

use manilad_decisions::settle::{Outcome, ServerOutcome, Settlement};
use manilad_domain::address::Offer;
use manilad_domain::intent::Verb;
use manilad_domain::message::Detail;
use manilad_domain::share_server::ServerVerb;
use manilad_domain::{AccessRule, ShareNetworkSubnetId};
use manilad_kit::Unanswered;
use manilad_messages::driver::{Remedy, Settled, Trouble};

use crate::work::Work;

/// What came of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Done {
    Driver(Settled),
    /// By subnet; none for the administrative network.
    Offered(Vec<(Option<ShareNetworkSubnetId>, Offer)>),
    Released,
}

/// What an actor said, or why it said nothing.
pub type Answer = Result<Result<Done, Trouble>, Unanswered>;

/// What to do about an answer.
#[derive(Debug)]
pub struct Course {
    pub settlement: Settlement,
    /// The intent stays open: try again after a rest, because of this.
    pub rests: Option<Trouble>,
}

/// Decides. `spent_seconds` is what this try has cost, the pause before it included.
pub fn course(work: Work, rules: Vec<AccessRule>, answer: Answer, spent_seconds: u64) -> Course {
    let settle = |settlement| Course { settlement, rests: None };
    let trouble = match (answer, &work) {
        (Ok(Ok(done)), Work::Share(intent)) => match of_share(intent.verb, done, rules) {
            Ok(outcome) => return settle(Settlement::Share(intent.clone(), outcome)),
            Err(trouble) => trouble,
        },
        (Ok(Ok(done)), Work::Server(intent)) => match of_server(intent.verb, done) {
            Ok(outcome) => return settle(Settlement::Server(intent.clone(), outcome)),
            Err(trouble) => trouble,
        },
        (Ok(Err(trouble)), _) => trouble,
        (Err(unanswered), _) => again(format!("no answer came: {unanswered}")),
    };
    // Whatever the first try cost, there is a second one.
    let is_over =
        work.spent_seconds() > 0 && Duration::from_secs(work.spent_seconds() + spent_seconds) > work.patience().in_all;
    // Waiting has an end of its own, and costs nothing of what the work may take.
    let waits = matches!(trouble.remedy, Remedy::Wait(_));
    let spent_seconds = if waits { 0 } else { spent_seconds };
    let goes_on = waits || trouble.remedy == Remedy::Again && !is_over;
    // The array, or the network, has to let go some day: removal is never given up.
    let rests = (goes_on || work.is_removal()).then(|| trouble.clone());
    let settlement = match (work, goes_on) {
        (Work::Share(intent), true) => Settlement::Share(intent, Outcome::Postponed { spent_seconds }),
        (Work::Share(intent), false) if intent.verb == Verb::Access && trouble.remedy == Remedy::Absent => {
            Settlement::Share(intent, Outcome::Unserved(trouble))
        }
        (Work::Share(intent), false) => Settlement::Share(intent, Outcome::Failed(trouble)),
        (Work::Server(intent), true) => Settlement::Server(intent, ServerOutcome::Postponed { spent_seconds }),
        (Work::Server(intent), false) => Settlement::Server(intent, ServerOutcome::Failed(trouble)),
    };
    Course { settlement, rests }
}

fn of_share(verb: Verb, done: Done, rules: Vec<AccessRule>) -> Result<Outcome, Trouble> {
    let outcome = match done {
        Done::Driver(Settled::Created(exports)) => Outcome::Created(exports),
        Done::Driver(Settled::Deleted) => Outcome::Deleted,
        Done::Driver(Settled::Exported(exports)) => Outcome::Exported(exports),
        Done::Driver(Settled::Applied { refused }) => Outcome::Applied { rules, refused },
        Done::Driver(Settled::PartlyApplied { refused }) => Outcome::PartlyApplied { rules, refused },
        other => return Err(another(&other)),
    };
    if outcome.fits(verb) { Ok(outcome) } else { Err(another(&outcome)) }
}

fn of_server(verb: ServerVerb, done: Done) -> Result<ServerOutcome, Trouble> {
    let outcome = match done {
        Done::Driver(Settled::SetUp { details }) => ServerOutcome::SetUp { details },
        Done::Driver(Settled::TornDown) => ServerOutcome::OffArray,
        Done::Offered(offers) => ServerOutcome::Allocated(offers),
        Done::Released => ServerOutcome::Gone,
        other => return Err(another(&other)),
    };
    if outcome.fits(verb) { Ok(outcome) } else { Err(another(&outcome)) }
}

fn another(answer: &impl std::fmt::Debug) -> Trouble {
    again(format!("another question was answered: {answer:?}"))
}

fn again(told: String) -> Trouble {
    Trouble { remedy: Remedy::Again, detail: Detail::UnknownError, told }
}
