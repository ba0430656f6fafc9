//! The operations of a back end, a file for each: whom it asks, and which decision settles what was answered.
//!
//! An answer and the decision about it have one type between them, so an outcome can't be taken for that of another
//! operation. How to get it wrong: to ask by what was known when the work was read; all of a step is formed from one snapshot.

mod access;
mod create;
mod delete;
mod ensure;
mod export;
mod manage;
mod relocate;
mod rescue;
mod resize;
mod revert;
mod server;
mod snapshot;
mod step;

use manilad_domain::intent::Verb;
use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_domain::status::ServerStatus;
use manilad_domain::{Intent, Share, ShareServer, ShareServerId, ShareSnapshot};
use manilad_driver::{SnapshotSource, Subject};
use manilad_store::{Error, Shared, Snapshot};

use crate::subject;
use crate::work::Work;
pub use step::{Answer, Forming, Settle, Step};

/// The next step of a piece of work.
pub fn next(work: &Work, forming: &Forming<'_>) -> Result<Step, Error> {
    match work {
        Work::Share(intent) => of_instance(intent, forming),
        Work::Snapshot(intent) => snapshot::step(intent, forming),
        Work::Server(intent) => server::step(intent, forming),
    }
}

fn of_instance(intent: &Intent, forming: &Forming<'_>) -> Result<Step, Error> {
    let (subject, share) = match subject_of(intent, forming)? {
        Ok(found) => found,
        Err(step) => return Ok(*step),
    };
    match intent.verb {
        Verb::Place => Ok(unserved(intent, unplaced())),
        Verb::Create => match source(&share, forming.snapshot)? {
            Ok(source) => {
                let qos = subject::qos(forming.snapshot, &share)?;
                Ok(create::step(intent, Subject { source, qos, ..subject }, forming))
            }
            Err(gone) => Ok(unserved(intent, gone)),
        },
        Verb::Relocate => Ok(relocate::step(intent, subject, forming)),
        Verb::Delete => Ok(delete::step(intent, subject, &share, forming)),
        Verb::Export => Ok(export::step(intent, subject, forming)),
        Verb::Ensure => {
            let qos = subject::qos(forming.snapshot, &share)?;
            Ok(ensure::step(intent, Subject { qos, ..subject }, forming))
        }
        Verb::Rescue => Ok(rescue::step(intent, subject, forming)),
        Verb::Extend | Verb::Shrink => Ok(match &intent.arguments.resize {
            Some(resize) => resize::step(intent, resize.size, subject, forming),
            None => unserved(intent, sizeless()),
        }),
        Verb::Revert => Ok(revert::step(intent, subject, forming)?.unwrap_or_else(|| unserved(intent, no_snapshot()))),
        Verb::Manage => {
            let qos = subject::qos(forming.snapshot, &share)?;
            let step = manage::manage(intent, Subject { qos, ..subject }, &share, forming);
            Ok(step.unwrap_or_else(|| unserved(intent, pathless())))
        }
        Verb::Unmanage => Ok(manage::unmanage(intent, subject, forming)),
        Verb::Access => access::step(intent, subject, &share, forming),
    }
}

/// How work ends on an instance of which nothing is on any array.
fn unserved(intent: &Intent, trouble: Trouble) -> Step {
    let intent = intent.clone();
    match intent.verb {
        Verb::Delete => Step::End(Ok(()), Box::new(move |settling, draft| settling.deleted(draft, &intent))),
        _ => {
            let reason = trouble.clone();
            Step::End(Err(reason), Box::new(move |settling, draft| settling.unserved(draft, &intent, &trouble)))
        }
    }
}

/// The snapshot that a share begins with, if it begins with one; or that this is gone.
fn source(share: &Share, snapshot: &Snapshot) -> Result<Result<Option<SnapshotSource>, Trouble>, Error> {
    let Some(id) = share.snapshot_id else { return Ok(Ok(None)) };
    let found = snapshot.get::<ShareSnapshot>(&id.to_string())?;
    let found = found.map(|found| subject::source(snapshot, &found)).transpose()?;
    Ok(found.map(Some).ok_or_else(no_snapshot))
}

/// What a driver is told of the instance of an intent, and its share; or what is to be done instead of asking one.
type Found = Result<(Subject, Shared<Share>), Box<Step>>;

fn subject_of(intent: &Intent, forming: &Forming<'_>) -> Result<Found, Error> {
    let snapshot = forming.snapshot;
    let instead = |step| Ok(Err(Box::new(step)));
    let moot = || {
        let intent = intent.clone();
        Step::Decide(Box::new(move |settling, draft| settling.moot(draft, &intent)))
    };
    let Some((share, share_type)) = subject::holder(snapshot, intent)? else { return instead(moot()) };
    let Some(instance) = share.instance(intent.instance) else { return instead(moot()) };
    let Some(pool) = instance.pool.clone() else { return instead(unserved(intent, unplaced())) };
    let seat = match (instance.network, instance.server) {
        (None, _) => None,
        (Some(_), None) if intent.verb == Verb::Create => return instead(create::find_server(intent)),
        (Some(_), None) => return instead(unserved(intent, no_server(None))),
        (Some(_), Some(id)) => match standing(intent, id, &pool.service(), forming)? {
            Ok(server) => Some(subject::seat(snapshot, &server)?),
            Err(step) => return Ok(Err(step)),
        },
    };
    let of_records = subject::subject(&share, instance, &pool, share_type.as_deref(), &intent.request_id);
    let in_flight = forming.late.concerns(intent.instance.0);
    Ok(Ok((Subject { server: seat, in_flight, ..of_records }, share)))
}

/// The share server of an instance, if work on the instance can be done there; else what is to be done instead. One of another
/// back end serves nobody here.
fn standing(
    intent: &Intent,
    id: ShareServerId,
    service: &str,
    forming: &Forming<'_>,
) -> Result<Result<ShareServer, Box<Step>>, Error> {
    let server = forming.snapshot.get::<ShareServer>(&id.to_string())?.map(Shared::into_owned);
    let server = server.filter(|server| server.service == service);
    let stands = server.as_ref().is_some_and(ShareServer::stands);
    let instead = match (intent.verb, server) {
        (Verb::Create, Some(server)) if stands && server.status == ServerStatus::Active => return Ok(Ok(server)),
        // It gets the paths of the server as that is then.
        (Verb::Create | Verb::Relocate, Some(server)) if subject::is_being_set_up(forming.snapshot, server.id)? => {
            Step::Wait(server.id)
        }
        (_, Some(server)) if stands && intent.verb != Verb::Create => return Ok(Ok(server)),
        (_, server) => unserved(intent, no_server(server)),
    };
    Ok(Err(Box::new(instead)))
}

fn no_server(server: Option<ShareServer>) -> Trouble {
    Trouble {
        remedy: Remedy::Elsewhere,
        detail: server.and_then(|server| server.failure).unwrap_or(Detail::NoShareServer),
        reason: "its share server could not be made, or does not stand any more".to_owned(),
    }
}

fn sizeless() -> Trouble {
    let reason = "its size is to be changed, and the intent does not tell to which".to_owned();
    Trouble { remedy: Remedy::Never, detail: Detail::UnknownError, reason }
}

fn pathless() -> Trouble {
    let reason = "it is to be managed, and no path of it is on record".to_owned();
    Trouble { remedy: Remedy::Never, detail: Detail::UnknownError, reason }
}

fn no_snapshot() -> Trouble {
    let reason = "the snapshot that it was to have its data from is gone".to_owned();
    Trouble { remedy: Remedy::Never, detail: Detail::UnknownError, reason }
}

fn unplaced() -> Trouble {
    let reason = "it has no pool, and a back end was asked to work on it".to_owned();
    Trouble { remedy: Remedy::Elsewhere, detail: Detail::UnknownError, reason }
}
