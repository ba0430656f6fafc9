//! Services and availability zones are recorded when the daemon starts: a service keeps its number, and whether an
//! administrator has disabled it, over restarts. The zone follows the configuration.

use manilad_clock::Clock;
use manilad_domain::Stamp;
use manilad_domain::service::{Binary, Service, ZONE_BY_NAME, Zone};
use manilad_store::{Draft, Error, Failed, Range, Store};

/// A part of the daemon, as the configuration has it.
#[derive(Debug, Clone)]
pub struct Part {
    pub binary: Binary,
    /// `host`, or `host@backend`.
    pub host: String,
    pub availability_zone: String,
    /// Whether a service that is seen for the first time starts enabled.
    pub starts_enabled: bool,
}

/// Records the parts and their zones.
///
/// # Errors
/// What the store meets with.
pub async fn register(store: &Store, clock: &Clock, parts: Vec<Part>) -> Result<(), Failed<Error>> {
    let now: Stamp = clock.now().into();
    let ids: Vec<_> = parts.iter().map(|_| clock.id()).collect();
    store
        .commit("register services", move |draft| {
            for (part, id) in parts.into_iter().zip(ids) {
                keep_zone(draft, &part.availability_zone, id, now)?;
                keep_service(draft, part, now)?;
            }
            Ok(())
        })
        .await
}

fn keep_zone(draft: &mut Draft<'_>, name: &str, id: uuid::Uuid, now: Stamp) -> Result<(), Error> {
    let known: Vec<Zone> = draft.scan(Range::of(ZONE_BY_NAME, [name]).limit(1))?;
    if known.is_empty() {
        draft.put(&Zone { id: id.into(), name: name.to_owned(), created_at: now, updated_at: None })?;
    }
    Ok(())
}

fn keep_service(draft: &mut Draft<'_>, part: Part, now: Stamp) -> Result<(), Error> {
    let fresh = Service {
        number: 0,
        binary: part.binary,
        host: part.host,
        availability_zone: part.availability_zone.clone(),
        disabled: !part.starts_enabled,
        disabled_reason: None,
        created_at: now,
    };
    let known: Option<Service> = draft.get(&manilad_domain::Record::key(&fresh))?;
    let service = match known {
        Some(known) => Service { availability_zone: part.availability_zone, ..known },
        None => Service { number: draft.next_serial()?, ..fresh },
    };
    draft.put(&service)
}
