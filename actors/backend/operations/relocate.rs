//! Bringing an instance that began with a snapshot in another pool to its own, while the array does most of it by itself.

use manilad_domain::Intent;
use manilad_driver::{RelocateInstance, Subject};

use super::{Forming, Step};

pub fn step(intent: &Intent, subject: Subject, forming: &Forming<'_>) -> Step {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let asked = forming.ports.shares.relocate.ask(RelocateInstance { subject, cancellation });
    Step::ask(asked, move |settling, draft, exports| settling.relocated(draft, &intent, exports))
}
