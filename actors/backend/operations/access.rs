//! Bringing the array to the rules of a share.
//!
//! How to get it wrong: to settle by the rules as they are when the answer comes; those that changed meanwhile were not
//! asked for.

use manilad_domain::access::{self, AccessRule};
use manilad_domain::status::RuleState;
use manilad_domain::{Intent, Record, Share};
use manilad_driver::{ApplyRules, Subject};
use manilad_store::{Error, Range};

use super::{Forming, Step};
use crate::subject::desired;

pub fn step(intent: &Intent, subject: Subject, share: &Share, forming: &Forming<'_>) -> Result<Step, Error> {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let rules = forming.snapshot.scan::<AccessRule>(&Range::of(access::BY_SHARE, [share.key()]))?.owned().records;
    let in_flight = subject.in_flight && counts_earlier(&subject, forming.rule_switches, &rules);
    let subject = Subject { in_flight, ..subject };
    let asked = forming.ports.access.apply.ask(ApplyRules { subject, rules: desired(&rules), cancellation });
    Ok(Step::ask(asked, move |settling, draft, applied| settling.applied(draft, &intent, &rules, &applied)))
}

/// Whether calls of an earlier incarnation matter. Rules that are only added need no certainty: what such a call takes away
/// again is no more than is put back, and the sweep does that. But where a switch of the driver says how they are enforced,
/// such a call may know nothing of it.
fn counts_earlier(subject: &Subject, switches: &[&str], rules: &[AccessRule]) -> bool {
    switches.iter().any(|key| subject.metadata.contains_key(*key)) || !only_adds(rules)
}

/// Whether all that is owed is to let more in, and nobody is to be kept out.
fn only_adds(rules: &[AccessRule]) -> bool {
    let is_new = |rule: &AccessRule| matches!(rule.state, RuleState::QueuedToApply | RuleState::Applying);
    rules.iter().any(is_new) && rules.iter().all(|rule| is_new(rule) || rule.state == RuleState::Active)
}
