//! Removing whatever of an instance is on the array.

use manilad_domain::Intent;
use manilad_driver::{DeleteInstance, Subject};

use super::{Forming, Step};

pub fn step(intent: &Intent, subject: Subject, forming: &Forming<'_>) -> Step {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let subject = Subject { may_be_let_go: intent.arguments.may_be_let_go, ..subject };
    let asked = forming.ports.shares.delete.ask(DeleteInstance { subject, cancellation });
    Step::ask(asked, move |settling, draft, ()| settling.deleted(draft, &intent))
}
