//! Availability zones. Source: resources.md §14.

use manilad_domain::Fault;
use manilad_domain::service::Zone;

use crate::call::Call;
use crate::listing::Listing;
use crate::view;

view! {
    /// A zone: made when a service first names it.
    ZONE = "availability_zone" / "availability_zones" of zone: Zone, seen by viewer {
        "id"         [..] uuid          => zone.id,
        "name"       [..] string        => zone.name,
        "created_at" [..] stamp         => zone.created_at,
        "updated_at" [..] stamp or null => zone.updated_at,
    }
}

crate::routes! {
    GET "/os-availability-zone" [..=2.6] "availability_zone:index" => list -> 200 many ZONE;
    GET "/availability-zones"   [2.7..]  "availability_zone:index" => list -> 200 many ZONE;
}

/// A zone by name or id.
///
/// # Errors
/// Internal when the store can't be read.
pub fn find(call: &Call, given: &str) -> Result<Option<Zone>, Fault> {
    let zones: Vec<Zone> = call.app.all()?;
    Ok(zones.into_iter().find(|zone| zone.name == given || zone.id.to_string() == given))
}

async fn list(call: Call) -> Result<Listing<Zone>, Fault> {
    let mut zones: Vec<Zone> = call.app.all()?;
    zones.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(zones.into())
}
