//! Seeing to it that an instance is as it should be, because an administrator asked for it.

use manilad_domain::Intent;
use manilad_driver::{EnsureInstance, Subject};

use super::{Forming, Step};

pub fn step(intent: &Intent, subject: Subject, forming: &Forming<'_>) -> Step {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let asked = forming.ports.shares.ensure.ask(EnsureInstance { subject, cancellation });
    Step::ask(asked, move |settling, draft, found| settling.ensured(draft, &intent, found))
}
