//! Taking over what is on the array already as an instance, and letting go of an instance.

use manilad_domain::{Intent, Share};
use manilad_driver::{ManageInstance, Subject, UnmanageInstance};

use super::{Forming, Step};

/// None where no path of it is on record.
pub fn manage(intent: &Intent, subject: Subject, share: &Share, forming: &Forming<'_>) -> Option<Step> {
    let path = share.instance(intent.instance)?.exports.first()?.path.clone();
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let subject = Subject { managed_path: Some(path), ..subject };
    let asked = forming.ports.shares.manage.ask(ManageInstance { subject, cancellation });
    Some(Step::ask(asked, move |settling, draft, managed| settling.managed(draft, &intent, managed)))
}

pub fn unmanage(intent: &Intent, subject: Subject, forming: &Forming<'_>) -> Step {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let subject = Subject { loses_rules: forming.unmanaging_takes_rules, ..subject };
    let asked = forming.ports.shares.unmanage.ask(UnmanageInstance { subject, cancellation });
    Step::ask(asked, move |settling, draft, ()| settling.unmanaged(draft, &intent))
}
