//! Bringing an instance to another size.

use manilad_domain::Intent;
use manilad_driver::{ResizeInstance, Subject};

use super::step::{Forming, Step};

/// `size` is in GiB.
pub fn step(intent: &Intent, size: u64, subject: Subject, forming: &Forming<'_>) -> Step {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let subject = Subject { size, ..subject };
    let asked = forming.ports.shares.resize.ask(ResizeInstance { subject, cancellation });
    Step::ask(asked, move |settling, draft, ()| settling.resized(draft, &intent))
}
