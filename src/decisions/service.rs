//! Services and availability zones: recorded when the daemon starts, and taken out of use and back by administrators.
//!
//! A service keeps its number, and whether an administrator has disabled it, over restarts. The zone follows the
//! configuration. How to get it wrong: to move what a disabled back end has; it gets no new shares, and that is all.

use manilad_domain::service::{Binary, EnsureRequest, Service, ZONE_BY_NAME, Zone};
use manilad_domain::{
    Fault, Intent, Record, ServerIntent, SnapshotIntent, Stamp, ZoneId, intent, share_server, snapshot,
};
use manilad_store::{Draft, Error, Range, Store};

use crate::Decided;

/// A part of the daemon, as the configuration has it.
#[derive(Debug, Clone)]
pub struct Part {
    pub binary: Binary,
    /// `host`, or `host@backend`.
    pub host: String,
    pub availability_zone: String,
    /// Whether a service that is seen for the first time starts enabled.
    pub starts_enabled: bool,
    /// What of its settings reaches the shares that it has only when they are ensured.
    pub ensured_as: String,
}

/// Records the parts and their zones; each comes with an id for its zone, should that be new. Where settings that reach shares only
/// when they are ensured have changed, they are owed that, as if the request of this id had asked for it.
pub fn register(draft: &mut Draft<'_>, parts: Vec<(Part, ZoneId)>, request_id: &str, now: Stamp) -> Result<(), Error> {
    for (part, zone) in parts {
        keep_zone(draft, &part.availability_zone, zone, now)?;
        keep_service(draft, part, request_id, now)?;
    }
    Ok(())
}

fn keep_zone(draft: &mut Draft<'_>, name: &str, id: ZoneId, now: Stamp) -> Result<(), Error> {
    let existing: Vec<Zone> = draft.scan(Range::of(ZONE_BY_NAME, [name]).limit(1))?;
    if existing.is_empty() {
        draft.put(&Zone { id, name: name.to_owned(), created_at: now, updated_at: None })?;
    }
    Ok(())
}

fn keep_service(draft: &mut Draft<'_>, part: Part, request_id: &str, now: Stamp) -> Result<(), Error> {
    let fresh = Service {
        number: 0,
        binary: part.binary,
        host: part.host,
        availability_zone: part.availability_zone.clone(),
        disabled: !part.starts_enabled,
        disabled_reason: None,
        ensured_as: part.ensured_as.clone(),
        ensured_for: None,
        created_at: now,
    };
    let existing: Option<Service> = draft.get(&fresh.key())?;
    let service = match existing {
        Some(existing) => {
            let asked = existing.ensured_for.map(|asked| asked.request_id);
            let changed = (existing.ensured_as != part.ensured_as).then(|| request_id.to_owned());
            let ensured_for = changed.or(asked).map(|request_id| EnsureRequest {
                request_id,
                settings: part.ensured_as,
                is_unfinished: false,
            });
            Service { availability_zone: part.availability_zone, ensured_for, ..existing }
        }
        None => Service { number: draft.next_serial()?, ..fresh },
    };
    draft.put(&service)
}

/// Puts a service back into use.
pub fn enable(draft: &mut Draft<'_>, binary: Binary, host: &str) -> Decided<Service> {
    change(draft, binary, host, false, None)
}

/// Takes a service out of use, and says why, where a reason is given.
pub fn disable(draft: &mut Draft<'_>, binary: Binary, host: &str, reason: Option<String>) -> Decided<Service> {
    change(draft, binary, host, true, reason)
}

fn change(
    draft: &mut Draft<'_>,
    binary: Binary,
    host: &str,
    disabled: bool,
    disabled_reason: Option<String>,
) -> Decided<Service> {
    let existing: Option<Service> = draft.get(&Service::key_of(binary, host))?;
    let service = Service { disabled, disabled_reason, ..existing.ok_or_else(|| no_service(binary.name(), host))? };
    draft.put(&service)?;
    Ok((service, Vec::new()))
}

pub fn no_service(binary: &str, host: &str) -> Fault {
    Fault::missing(format!("ServiceNotFound: no {binary} on {host:?} could be found."))
}

/// The back ends that were known here once and are not enabled, to which work is owed.
///
/// # Errors
/// As [`Store::all`].
pub fn unserved(store: &Store, is_enabled: impl Fn(&str) -> bool) -> Result<Vec<String>, Error> {
    let now = store.snapshot()?;
    let services: Vec<Service> = store.all()?;
    let is_missing = |service: &&Service| service.binary == Binary::Share && !is_enabled(&service.host);
    let mut unserved = Vec::new();
    for service in services.iter().filter(is_missing) {
        let of = || [service.host.as_str()];
        let owes = now.along::<Intent>(&Range::of(intent::BY_SERVICE, of())).next().is_some()
            || now.along::<SnapshotIntent>(&Range::of(snapshot::INTENTS_BY_SERVICE, of())).next().is_some()
            || now.along::<ServerIntent>(&Range::of(share_server::INTENTS_BY_SERVICE, of())).next().is_some();
        if owes {
            unserved.push(service.host.clone());
        }
    }
    Ok(unserved)
}

#[cfg(test)]
mod tests {
    use manilad_domain::share_server::ServerVerb;

    use super::*;
    use crate::share::samples::{decide, now, store};

    fn service(number: u64, host: &str) -> Service {
        Service {
            number,
            binary: Binary::Share,
            host: host.to_owned(),
            availability_zone: "nova".to_owned(),
            disabled: false,
            disabled_reason: None,
            ensured_as: String::new(),
            ensured_for: None,
            created_at: now(),
        }
    }

    fn owed_by(number: u64, host: &str) -> ServerIntent {
        ServerIntent {
            server: format!("00000000-0000-4000-8000-00000000000{number}").parse().unwrap(),
            verb: ServerVerb::TearDown,
            serial: number,
            service: host.to_owned(),
            spent_seconds: 0,
            request_id: "req-1".to_owned(),
            created_at: now(),
        }
    }

    #[test]
    fn a_back_end_that_is_not_enabled_is_told_where_work_is_owed_to_it() {
        let store = store();
        let unserved = || unserved(&store, |host| host == "h@b").unwrap();
        for (number, host) in [(1, "h@b"), (2, "h@gone"), (3, "h@idle")] {
            decide(&store, move |draft| Ok(draft.put(&service(number, host))?)).unwrap();
        }
        assert_eq!(unserved(), [""; 0]);
        for (number, host) in [(1, "h@b"), (2, "h@gone")] {
            decide(&store, move |draft| Ok(draft.put(&owed_by(number, host))?)).unwrap();
        }
        assert_eq!(unserved(), ["h@gone"]);
    }
}
