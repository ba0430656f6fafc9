//! Snapshots: taken, looked for and removed, in one step each.
//!
//! How to get it wrong: to let a removal end because the share can't be asked for; what it was to remove would stay.

use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_domain::snapshot::SnapshotVerb;
use manilad_domain::{Record, Share, ShareServer, ShareSnapshot, ShareType, SnapshotIntent};
use manilad_driver::{DeleteSnapshot, FindSnapshot, SnapshotSubject, Subject, TakeSnapshot};
use manilad_store::{Error, Shared};

use super::{Forming, Step};
use crate::subject;

pub fn step(intent: &SnapshotIntent, forming: &Forming<'_>) -> Result<Step, Error> {
    let (ports, cancellation) = (&forming.ports.snapshots, forming.cancellation.clone());
    let Some(record) = forming.snapshot.get::<ShareSnapshot>(&intent.snapshot.to_string())? else {
        let intent = intent.clone();
        return Ok(Step::Decide(Box::new(move |settling, draft| settling.snapshot_moot(draft, &intent))));
    };
    let Some(share) = share_of(&record, intent, forming)? else { return Ok(unserved(intent)) };
    let in_flight = forming.late.concerns(record.id.0);
    let location = record.location.clone();
    let subject = Box::new(SnapshotSubject { snapshot: record.instance, location, share, in_flight });
    let intent = intent.clone();
    Ok(match intent.verb {
        SnapshotVerb::CreateSnapshot => {
            let asked = ports.take.ask(TakeSnapshot { subject, cancellation });
            Step::ask(asked, move |settling, draft, location| settling.snapshot_taken(draft, &intent, location))
        }
        SnapshotVerb::DeleteSnapshot => {
            let asked = ports.delete.ask(DeleteSnapshot { subject, cancellation });
            Step::ask(asked, move |settling, draft, ()| settling.snapshot_deleted(draft, &intent))
        }
        SnapshotVerb::FindSnapshot | SnapshotVerb::ManageSnapshot => {
            let asked = ports.find.ask(FindSnapshot { subject, cancellation });
            Step::ask(asked, move |settling, draft, found| settling.snapshot_found(draft, &intent, found))
        }
    })
}

/// What a driver is told of the instance that a snapshot is of; none where it is on no back end any more.
fn share_of(record: &ShareSnapshot, intent: &SnapshotIntent, forming: &Forming<'_>) -> Result<Option<Subject>, Error> {
    let snapshot = forming.snapshot;
    let Some(share) = snapshot.get::<Share>(&record.share_id.to_string())? else { return Ok(None) };
    let Some(instance) = share.instance(record.share_instance) else { return Ok(None) };
    let Some(pool) = &instance.pool else { return Ok(None) };
    let share_type = share.type_id.map(|id| snapshot.get::<ShareType>(&id.to_string())).transpose()?.flatten();
    let server = instance.server.map(|id| snapshot.get::<ShareServer>(&id.to_string())).transpose()?.flatten();
    let server = server.filter(|server: &Shared<ShareServer>| server.stands());
    let seat = server.map(|server| subject::seat(snapshot, &server)).transpose()?;
    let in_flight = forming.late.concerns(instance.id.0);
    let of_records = subject::subject(&share, instance, pool, share_type.as_deref(), &intent.request_id);
    Ok(Some(Subject { server: seat, in_flight, ..of_records }))
}

/// How work ends on a snapshot of what is on no back end: there is nothing of it.
fn unserved(intent: &SnapshotIntent) -> Step {
    let intent = intent.clone();
    if intent.verb == SnapshotVerb::DeleteSnapshot {
        return Step::End(Ok(()), Box::new(move |settling, draft| settling.snapshot_deleted(draft, &intent)));
    }
    let reason = format!("the share of snapshot {} is on no back end", intent.key());
    let trouble = Trouble { remedy: Remedy::Never, detail: Detail::VolumeAbsent, reason };
    let reason = trouble.clone();
    Step::End(Err(reason), Box::new(move |settling, draft| settling.snapshot_failed(draft, &intent, &trouble)))
}
