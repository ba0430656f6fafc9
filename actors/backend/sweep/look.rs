//! What the store holds of a back end, in bounded chunks that are read on the blocking pool.
//!
//! How to get it wrong: taking up an instance with open work. What its array is like is that work's business.

use std::collections::HashSet;

use manilad_domain::access::{self, AccessRule};
use manilad_domain::intent::Lane;
use manilad_domain::outcome::Export;
use manilad_domain::share::{ExportLocation, index};
use manilad_domain::share_server::allocation;
use manilad_domain::status::Status;
use manilad_domain::{
    Allocation, DetachedInstance, Instance, InstanceId, Intent, PoolName, Record, Share, ShareServer, ShareType,
};
use manilad_driver::{DesiredRule, Subject};
use manilad_store::{Cursor, Error, Range, Snapshot};

use crate::subject;

/// An instance for which no work is owed, and that the array is to serve, or that is in error.
pub struct Held {
    pub subject: Subject,
    pub status: Status,
    pub desired: Vec<DesiredRule>,
    /// All rules of its share.
    pub rules: Vec<AccessRule>,
    /// Where it can be mounted, as recorded.
    pub exports: Vec<ExportLocation>,
}

pub struct Page {
    pub held: Vec<Held>,
    pub next: Option<Cursor>,
}

/// The instances of the next `most` shares of a back end. One may come twice, on two pages.
pub fn page(snapshot: &Snapshot, service: &str, after: Option<Cursor>, most: usize) -> Result<Page, Error> {
    let mut range = Range::of(index::BY_HOST, [service]).limit(most);
    range.after = after;
    let shares = snapshot.scan::<Share>(&range)?;
    let mut held = Vec::new();
    for share in &shares.records {
        for instance in share.live().filter(|one| one.status.is_swept() || one.status == Status::Error) {
            let Some(pool) = instance.pool.as_ref().filter(|pool| pool.service() == service) else { continue };
            if !is_owed(snapshot, instance)? {
                held.extend(hold(snapshot, share, instance, pool)?);
            }
        }
    }
    Ok(Page { held, next: shares.next })
}

fn is_owed(snapshot: &Snapshot, instance: &Instance) -> Result<bool, Error> {
    for lane in [Lane::Life, Lane::Access] {
        if snapshot.get::<Intent>(&Intent::key_of(instance.id, lane))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn hold(snapshot: &Snapshot, share: &Share, instance: &Instance, pool: &PoolName) -> Result<Option<Held>, Error> {
    let rules = snapshot.scan::<AccessRule>(&Range::of(access::BY_SHARE, [share.key()]))?.owned().records;
    if rules.iter().any(|rule| rule.state.is_owed()) {
        return Ok(None);
    }
    let share_type = match share.type_id {
        Some(id) => snapshot.get::<ShareType>(&id.to_string())?,
        None => None,
    };
    let server = match instance.server {
        Some(id) => snapshot.get::<ShareServer>(&id.to_string())?,
        None => None,
    };
    let seat = match server {
        Some(server) => {
            let allocations = snapshot.scan::<Allocation>(&Range::of(allocation::BY_SERVER, [server.key()]))?.owned();
            Some(subject::seat_of(&server, &allocations.records))
        }
        None => None,
    };
    let qos = subject::qos(snapshot, share)?;
    let subject = Subject { server: seat, qos, ..subject::subject(share, instance, pool, share_type.as_deref(), "") };
    let (status, exports) = (instance.status, instance.exports.clone());
    Ok(Some(Held { subject, status, desired: subject::desired(&rules), rules, exports }))
}

/// Those of `asked` that no share owns, on any back end, and whose removal is not owed either.
pub fn unknown(snapshot: &Snapshot, asked: &[InstanceId]) -> Result<HashSet<InstanceId>, Error> {
    let mut unknown = HashSet::new();
    for instance in asked {
        let range = Range::of(index::BY_INSTANCE, [instance.to_string()]).limit(1);
        let is_detached = snapshot.get::<DetachedInstance>(&instance.to_string())?.is_some();
        if !is_detached && snapshot.count::<Share>(&range)? == 0 {
            unknown.insert(*instance);
        }
    }
    Ok(unknown)
}

/// Whether what is recorded says the same as what was seen, in whatever order.
pub fn is_same(recorded: &[ExportLocation], observed: &[Export]) -> bool {
    let says = |one: &ExportLocation, other: &Export| {
        one.path == other.path && one.preferred == other.preferred && one.is_admin_only == other.is_admin_only
    };
    recorded.len() == observed.len() && recorded.iter().all(|one| observed.iter().any(|other| says(one, other)))
}
