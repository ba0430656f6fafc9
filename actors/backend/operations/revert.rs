//! Bringing what an instance holds back to what a snapshot of it holds.

use manilad_domain::{Intent, ShareSnapshot};
use manilad_driver::{RevertInstance, Subject};
use manilad_store::Error;

use super::step::{Forming, Step};
use crate::subject;

/// None where the snapshot is gone.
pub fn step(intent: &Intent, subject: Subject, forming: &Forming<'_>) -> Result<Option<Step>, Error> {
    let target = intent.arguments.revert.as_ref().map(|revert| revert.snapshot.to_string());
    let target = target.map(|id| forming.snapshot.get::<ShareSnapshot>(&id)).transpose()?.flatten();
    let Some(target) = target else { return Ok(None) };
    let source = subject::source(forming.snapshot, &target)?;
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let subject = Subject { source: Some(source), ..subject };
    let asked = forming.ports.shares.revert.ask(RevertInstance { subject, cancellation });
    Ok(Some(Step::ask(asked, move |settling, draft, ()| settling.reverted(draft, &intent))))
}
