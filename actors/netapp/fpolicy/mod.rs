//! FPolicy: the array refuses operations on files with certain extensions, where the type of a share says so.
//!
//! A policy is shared among shares, so all that changes policies of an SVM goes one after another, each after a look, and ends with a look
//! that finds nothing to do. A call without an answer may change the policy of other shares too: until it can't land any more, nothing in
//! that SVM is changed but that what is out of force is put in force again, and what an earlier incarnation may have sent counts for each
//! SVM. How to get it wrong: to note such calls by instance, as everything else is, or to leave a policy out of force with the work that
//! put it there: it is of others, too. Source: operations.md §18; `docs/decisions/0027`.

mod plan;
pub mod screening;
pub mod screenings;

use manilad_clock::Uuid;
use manilad_domain::message::Detail;
use manilad_driver::{Subject, Trouble};
use manilad_ontap::{Class, Client, Error, fpolicy};

use plan::{Act, Seen, TooMany, Wish};
use screening::Screening;

use crate::array::Array;
use crate::session::Session;
use crate::share::uuid_of_svm;
use crate::trouble;

/// More looks than it takes unless somebody else changes policies meanwhile.
const LOOKS: usize = 4;

/// The volume of an instance is under one policy that says what is wanted, or under none.
///
/// # Errors
/// `Elsewhere` where the SVM has no room for another policy.
pub async fn apply(
    array: &Array,
    session: &Session,
    subject: &Subject,
    volume: &str,
    wanted: Option<&Screening>,
) -> Result<(), Trouble> {
    let svm = uuid_of_svm(session)?;
    let wish = Wish { instance: subject.instance, volume, screening: wanted };
    let _one_after_another = array.screenings.lock_of(svm).lock_owned().await;
    let done = bring(array, session, svm, wish).await;
    // Where nothing was put out of force, there is nothing to look for.
    if done.is_err()
        && array.screenings.unsettled().contains(&svm)
        && let Err(error) = reinstate(array, session, svm).await
    {
        tracing::warn!(service = array.service, svm = session.svm, %error, "FPolicy policies may be out of force");
    }
    done
}

/// Puts policies in force that whoever was to does not any more: whose work was given up, refused, or ended with an earlier incarnation.
/// Others are under them, too.
pub async fn settle(array: &Array, session: &Session) {
    let unsettled = array.screenings.unsettled();
    for svm in unsettled {
        let Ok(_alone) = array.screenings.lock_of(svm).try_lock_owned() else { continue };
        if array.late_screenings.left(svm, true).is_some() {
            continue;
        }
        match reinstate(array, session, svm).await {
            Ok(()) => array.screenings.settled(svm),
            // The SVM is not there any more.
            Err(error) if error.class() == Class::Absent => array.screenings.settled(svm),
            Err(error) => {
                tracing::warn!(service = array.service, %svm, %error, "FPolicy policies may be out of force");
            }
        }
    }
}

/// Whether [`apply`] could have a volume under what is wanted now: judged, and nothing changed.
///
/// # Errors
/// As [`apply`].
pub async fn judge(array: &Array, session: &Session, subject: &Subject, wanted: &Screening) -> Result<(), Trouble> {
    let svm = uuid_of_svm(session)?;
    let _one_after_another = array.screenings.lock_of(svm).lock_owned().await;
    wait_for_late(array, svm)?;
    let seen = look(&session.client, svm).await.map_err(|error| trouble::of(&error))?;
    let wish = Wish { instance: subject.instance, volume: "", screening: Some(wanted) };
    plan::plan(&seen, &array.templates.fpolicy, wish).map(drop).map_err(|TooMany| refuse(session))
}

async fn bring(array: &Array, session: &Session, svm: Uuid, wish: Wish<'_>) -> Result<(), Trouble> {
    wait_for_late(array, svm)?;
    for _ in 0..LOOKS {
        let seen = look(&session.client, svm).await.map_err(|error| trouble::of(&error))?;
        let acts = plan::plan(&seen, &array.templates.fpolicy, wish).map_err(|TooMany| refuse(session))?;
        if acts.is_empty() {
            array.screenings.settled(svm);
            return Ok(());
        }
        if acts.iter().any(|act| matches!(act, Act::Disable(_) | Act::Enable(..))) {
            // Until it is seen to be done: this may be given up between any two of them.
            array.screenings.suspect([svm]);
        }
        for act in acts {
            carry_out(array, session, svm, &act).await.map_err(|error| trouble::of(&error))?;
        }
    }
    Err(trouble::again(format!("the FPolicy policies of SVM {} change meanwhile", session.svm)))
}

fn wait_for_late(array: &Array, svm: Uuid) -> Result<(), Trouble> {
    match array.late_screenings.left(svm, true) {
        Some(left) => Err(trouble::wait(left, "a call that changes FPolicy policies may still be carried out")),
        None => Ok(()),
    }
}

/// Puts policies in force that are out of it, as far as the array lets itself be asked; a call that was lost may yet put one out.
async fn reinstate(array: &Array, session: &Session, svm: Uuid) -> Result<(), Error> {
    let policies = fpolicy::policies(&session.client, svm).await?;
    for act in plan::reinstatement(&policies, &array.templates.fpolicy) {
        carry_out(array, session, svm, &act).await?;
        tracing::info!(service = array.service, ?act, "an FPolicy policy that was left out of force is in force again");
    }
    Ok(())
}

fn refuse(session: &Session) -> Trouble {
    let reason =
        format!("SVM {} has {} FPolicy policies, which is all that it can have", session.svm, fpolicy::MOST_POLICIES);
    trouble::elsewhere(Detail::FilterCapabilities, reason)
}

async fn look(client: &Client, svm: Uuid) -> Result<Seen, Error> {
    let policies = fpolicy::policies(client, svm).await?;
    let events = fpolicy::events(client, svm).await?;
    Ok(Seen { policies, events })
}

async fn carry_out(array: &Array, session: &Session, svm: Uuid, act: &Act) -> Result<(), Error> {
    let outcome = array.late_screenings.during(svm, (), send(&session.client, svm, act)).await;
    tracing::debug!(service = array.service, svm = session.svm, ?act, ?outcome, "FPolicy is changed");
    match outcome {
        // Somebody else was quicker: the next look tells.
        Err(error) if matches!(error.class(), Class::Exists | Class::Absent) => Ok(()),
        outcome => outcome,
    }
}

async fn send(client: &Client, svm: Uuid, act: &Act) -> Result<(), Error> {
    match act {
        Act::MakeEvent(event) => fpolicy::create_event(client, svm, event).await,
        Act::Make(policy) => fpolicy::create(client, svm, policy).await,
        Act::Disable(name) => fpolicy::disable(client, svm, name).await,
        Act::SetVolumes(name, volumes) => fpolicy::set_volumes(client, svm, name, volumes).await,
        Act::Enable(name, priority) => fpolicy::enable(client, svm, name, *priority).await,
        Act::Remove(name) => fpolicy::delete(client, svm, name).await,
        Act::RemoveEvent(name) => fpolicy::delete_event(client, svm, name).await,
    }
}
