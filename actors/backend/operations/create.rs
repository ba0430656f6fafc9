//! Making an instance on its pool, on a share server where it is in a share network.

use manilad_domain::Intent;
use manilad_driver::{CreateInstance, Subject};

use super::{Forming, Step};

pub fn step(intent: &Intent, subject: Subject, forming: &Forming<'_>) -> Step {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let asked = forming.ports.shares.create.ask(CreateInstance { subject, cancellation });
    Step::ask(asked, move |settling, draft, created| settling.created(draft, &intent, created))
}

/// The instance gets a share server, found or to be made.
pub fn find_server(intent: &Intent) -> Step {
    let intent = intent.clone();
    Step::Decide(Box::new(move |settling, draft| settling.choose_server(draft, &intent)))
}
