//! FPolicy: the array refuses operations on files with certain extensions, where the type of a share says so.
//!
//! A policy is shared among shares, so all that changes policies of an SVM goes one after another, each after a look, and ends with a look
//! that finds nothing to do. A call without an answer may change the policy of other shares too: until it can't land any more, nobody
//! changes anything in that SVM, and what an earlier incarnation may have sent counts for each SVM. How to get it wrong: to note such calls
//! by instance, as everything else is. Source: operations.md §18; `docs/decisions/0027`.

mod plan;
pub mod screening;

use manilad_clock::Uuid;
use manilad_domain::message::Detail;
use manilad_driver::{Subject, Trouble};
use manilad_ontap::{Class, Client, Error, fpolicy};

use plan::{Act, Obstacle, Seen};
use screening::Screening;

use crate::array::Array;
use crate::naming::FpolicyNames;
use crate::session::Session;
use crate::share::uuid_of_svm;
use crate::trouble;

/// More looks than it takes unless somebody else changes policies meanwhile.
const LOOKS: usize = 4;

/// The volume of an instance is under one policy that says what is wanted, or under none.
///
/// # Errors
/// `Elsewhere` where the SVM has no room for another policy, or where a name is taken.
pub async fn apply(
    array: &Array,
    session: &Session,
    subject: &Subject,
    volume: &str,
    wanted: Option<&Screening>,
) -> Result<(), Trouble> {
    let svm = uuid_of_svm(session)?;
    let names = FpolicyNames::of(&array.templates.fpolicy, subject.instance);
    let _one_after_another = array.screening.lock().await;
    if let Some(left) = array.late_screenings.left(svm, true) {
        return Err(trouble::wait(left, "a call that changes FPolicy policies may still be carried out"));
    }
    for _ in 0..LOOKS {
        let seen = look(&session.client, svm).await.map_err(|error| trouble::of(&error))?;
        let acts = plan::plan(&seen, &array.templates.fpolicy, &names, volume, wanted);
        let acts = acts.map_err(|obstacle| refuse(session, &obstacle))?;
        if acts.is_empty() {
            return Ok(());
        }
        for act in acts {
            let carrying = carry_out(&session.client, svm, &act);
            let outcome = array.late_screenings.during(svm, (), carrying).await;
            outcome.map_err(|error| trouble::of(&error))?;
            tracing::debug!(service = array.service, volume, ?act, "FPolicy is changed");
        }
    }
    Err(trouble::again(format!("the FPolicy policies of SVM {} change meanwhile", session.svm)))
}

fn refuse(session: &Session, obstacle: &Obstacle) -> Trouble {
    let svm = &session.svm;
    let reason = match obstacle {
        Obstacle::TooMany => {
            format!("SVM {svm} has {} FPolicy policies, which is all that it can have", fpolicy::MOST_POLICIES)
        }
        Obstacle::Taken(name) => {
            format!("FPolicy's {name} is there in SVM {svm}, and says other than the share type")
        }
    };
    trouble::elsewhere(Detail::FilterCapabilities, reason)
}

async fn look(client: &Client, svm: Uuid) -> Result<Seen, Error> {
    let policies = fpolicy::policies(client, svm).await?;
    let events = fpolicy::events(client, svm).await?;
    Ok(Seen { policies, events })
}

async fn carry_out(client: &Client, svm: Uuid, act: &Act) -> Result<(), Error> {
    let outcome = match act {
        Act::MakeEvent(event) => fpolicy::create_event(client, svm, event).await,
        Act::Make(policy) => fpolicy::create(client, svm, policy).await,
        Act::Disable(name) => fpolicy::disable(client, svm, name).await,
        Act::SetVolumes(name, volumes) => fpolicy::set_volumes(client, svm, name, volumes).await,
        Act::Enable(name, priority) => fpolicy::enable(client, svm, name, *priority).await,
        Act::Remove(name) => fpolicy::delete(client, svm, name).await,
        Act::RemoveEvent(name) => fpolicy::delete_event(client, svm, name).await,
    };
    match outcome {
        // Somebody else was quicker: the next look tells.
        Err(error) if matches!(error.class(), Class::Exists | Class::Absent) => Ok(()),
        outcome => outcome,
    }
}
