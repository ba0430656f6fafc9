//! Services: the scheduler and the back ends, for administrators. Source: resources.md §13.

mod change;

use std::time::Duration;

use manilad_domain::service::Service;
use manilad_domain::{Fault, Stamp, span};

pub use change::VERBS;
use change::{Which, change, changed};

use crate::call::Call;
use crate::listing::Listing;
use crate::parameter::{Form, Parameter, Parameters, columns};
use crate::query::Column;
use crate::view;

/// A service with its sign of life.
pub struct ServiceView {
    service: Service,
    is_up: bool,
    last: Option<Stamp>,
}

view! {
    /// A part of the daemon.
    SERVICE = "service" / "services" of seen: ServiceView, seen by viewer {
        "id"              [..]     int            => seen.service.number,
        "binary"          [..]     string         => seen.service.binary.name(),
        "host"            [..]     string         => seen.service.host,
        "zone"            [..]     string         => seen.service.availability_zone,
        "status"          [..]     string         => status(seen),
        "state"           [..]     string         => state(seen),
        "updated_at"      [..]     stamp or null  => seen.last,
        "disabled_reason" [2.83..] string or null => seen.service.disabled_reason,
        "ensuring"        [2.86..] bool           => false,
    }
}

crate::routes! {
    GET "/os-services" [..=2.6] "service:index" => list ? LISTED -> 200 many SERVICE;
    GET "/services"    [2.7..]  "service:index" => list ? LISTED -> 200 many SERVICE;
    PUT "/os-services/{verb}" [..=2.6] "service:update" => change(Which) -> 200 json changed;
    PUT "/services/{verb}"    [2.7..]  "service:update" => change(Which) -> 200 json changed;
}

fn status(seen: &ServiceView) -> &'static str {
    if seen.service.disabled { "disabled" } else { "enabled" }
}

fn state(seen: &ServiceView) -> &'static str {
    if seen.is_up { "up" } else { "down" }
}

/// Filters of the list; a value that matches nothing gives an empty list.
const FILTERS: &[Column<ServiceView>] = &[
    ("host", |seen| seen.service.host.clone()),
    ("binary", |seen| seen.service.binary.name().to_owned()),
    ("topic", |seen| seen.service.binary.name().to_owned()),
    ("zone", |seen| seen.service.availability_zone.clone()),
    ("status", |seen| status(seen).to_owned()),
    ("state", |seen| state(seen).to_owned()),
];

const LISTED: Parameters = &[
    &columns::<_, { FILTERS.len() }>(FILTERS, Form::Text),
    &[Parameter::new("ensuring", span!([2.93..]), Form::Flag)],
];

async fn list(call: Call) -> Result<Listing<ServiceView>, Fault> {
    let services: Vec<Service> = call.app.all()?;
    let patience = Duration::from_secs(call.app.settings.service_down_time);
    let presence = &call.app.presence;
    let ensuring = match call.query.get("ensuring") {
        Some(word) => crate::body::flag_word(word).unwrap_or(true), // nothing is ever ensuring, nor is what can't be read
        None => false,
    };
    let mut seen: Vec<ServiceView> = services
        .into_iter()
        .map(|service| ServiceView {
            is_up: presence.is_up(&service.host, patience),
            last: presence.last(&service.host),
            service,
        })
        .filter(|seen| {
            !ensuring && FILTERS.iter().all(|(key, read)| call.query.get(key).is_none_or(|v| read(seen) == v))
        })
        .collect();
    seen.sort_by_key(|seen| seen.service.number);
    Ok(seen.into())
}
