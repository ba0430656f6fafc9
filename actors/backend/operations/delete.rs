//! Removing whatever of an instance is on the array.

use manilad_domain::{Intent, Share};
use manilad_driver::{DeleteInstance, Subject};

use super::{Forming, Step};

pub fn step(intent: &Intent, subject: Subject, share: &Share, forming: &Forming<'_>) -> Step {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    // Until it is managed, what it is managed by is its only path.
    let managed_path = share.instance(intent.instance).and_then(|one| Some(one.exports.first()?.path.clone()));
    let subject = Subject { may_be_let_go: intent.arguments.may_be_let_go, managed_path, ..subject };
    let asked = forming.ports.shares.delete.ask(DeleteInstance { subject, cancellation });
    Step::ask(asked, move |settling, draft, ()| settling.deleted(draft, &intent))
}
