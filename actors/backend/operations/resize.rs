//! Bringing an instance to another size.

use manilad_domain::Intent;
use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_driver::{ResizeInstance, Subject};

use super::{Forming, Step};

pub fn step(intent: &Intent, subject: Subject, forming: &Forming<'_>) -> Step {
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let Some(resize) = &intent.resize else { return Step::unserved(&intent, sizeless()) };
    let subject = Subject { size: resize.size, ..subject };
    let asked = forming.parts.shares.resize.ask(ResizeInstance { subject, cancellation });
    Step::ask(asked, move |settling, draft, ()| settling.resized(draft, &intent))
}

fn sizeless() -> Trouble {
    let told = "its size is to be changed, and the intent does not tell to which".to_owned();
    Trouble { remedy: Remedy::Never, detail: Detail::UnknownError, told }
}
