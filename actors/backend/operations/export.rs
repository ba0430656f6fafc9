//! Looking up where an instance can be mounted by now.

use manilad_domain::Intent;
use manilad_driver::{FindExports, Subject};

use super::{Forming, Step};

pub fn step(intent: &Intent, subject: Subject, forming: &Forming<'_>) -> Step {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let asked = forming.ports.shares.find_exports.ask(FindExports { subject, cancellation });
    Step::ask(asked, move |settling, draft, exports| settling.exported(draft, &intent, exports))
}
