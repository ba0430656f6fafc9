//! Having what is left of an instance served again, after its removal was given up or an administrator called it available.

use manilad_domain::Intent;
use manilad_driver::{RescueInstance, Subject};

use super::{Forming, Step};

pub fn step(intent: &Intent, subject: Subject, forming: &Forming<'_>) -> Step {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let asked = forming.ports.shares.rescue.ask(RescueInstance { subject, cancellation });
    Step::ask(asked, move |settling, draft, found| settling.rescued(draft, &intent, found))
}
