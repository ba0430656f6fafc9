//! Services: the scheduler and the back ends, for administrators. Source: resources.md §13.

mod change;
mod ensure;

use std::time::Duration;

use manilad_domain::service::Service;
use manilad_domain::{Fault, Stamp, span};

pub use change::VERBS;
use change::{Which, change, changed};
use ensure::{EnsureShares, ensure};

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
    SERVICE = "service" / "services" of view: ServiceView, seen by viewer {
        "id"              [..]     int            => view.service.number,
        "binary"          [..]     string         => view.service.binary.name(),
        "host"            [..]     string         => view.service.host,
        "zone"            [..]     string         => view.service.availability_zone,
        "status"          [..]     string         => status(view),
        "state"           [..]     string         => state(view),
        "updated_at"      [..]     stamp or null  => view.last,
        "disabled_reason" [2.83..] string or null => view.service.disabled_reason,
        "ensuring"        [2.86..] bool           => view.service.ensured_for.is_some(),
    }
}

crate::routes! {
    GET "/os-services" [..=2.6] "service:index" => list ? LISTED -> 200 many SERVICE;
    GET "/services"    [2.7..]  "service:index" => list ? LISTED -> 200 many SERVICE;
    PUT "/os-services/{verb}" [..=2.6] "service:update" => change(Which) -> 200 json changed;
    PUT "/services/{verb}"    [2.7..]  "service:update" => change(Which) -> 200 json changed;
    POST "/services/ensure-shares" [2.86..] "service:ensure_shares" => ensure(EnsureShares) -> 202;
}

fn status(view: &ServiceView) -> &'static str {
    if view.service.disabled { "disabled" } else { "enabled" }
}

fn state(view: &ServiceView) -> &'static str {
    if view.is_up { "up" } else { "down" }
}

/// Filters of the list; a value that matches nothing gives an empty list.
const FILTERS: &[Column<ServiceView>] = &[
    ("host", |view| view.service.host.clone()),
    ("binary", |view| view.service.binary.name().to_owned()),
    ("topic", |view| view.service.binary.name().to_owned()),
    ("zone", |view| view.service.availability_zone.clone()),
    ("status", |view| status(view).to_owned()),
    ("state", |view| state(view).to_owned()),
];

const LISTED: Parameters = &[
    &columns::<_, { FILTERS.len() }>(FILTERS, Form::Text),
    &[Parameter::new("ensuring", span!([2.93..]), Form::Flag)],
];

async fn list(call: Call) -> Result<Listing<ServiceView>, Fault> {
    let services: Vec<Service> = call.app.all()?;
    let patience = Duration::from_secs(call.app.settings.service_down_time);
    let presence = &call.app.presence;
    // Nothing is what can't be read.
    let ensuring = call.query.get("ensuring").map(crate::body::flag_word);
    let mut views: Vec<ServiceView> = services
        .into_iter()
        .map(|service| ServiceView {
            is_up: presence.is_up(&service.host, patience),
            last: presence.last(&service.host),
            service,
        })
        .filter(|view| {
            ensuring.is_none_or(|asked| asked == Some(view.service.ensured_for.is_some()))
                && FILTERS.iter().all(|(key, read)| call.query.get(key).is_none_or(|v| read(view) == v))
        })
        .collect();
    views.sort_by_key(|view| view.service.number);
    Ok(views.into())
}
