//! Listing and showing security services.

use manilad_domain::security_service::index;
use manilad_domain::share_network::index::BY_SECURITY_SERVICE;
use manilad_domain::{Fault, Record, SecurityService, ShareNetwork};
use manilad_store::{Error, Range, Shared, Snapshot};

use super::find::{find, owner};
use super::view::SecurityServiceView;
use crate::call::Call;
use crate::identity::Owner;
use crate::listing::Listing;
use crate::page::Window;
use crate::parameter::{Form, PAGE, Parameter, Parameters, columns};
use crate::resources::share_networks;

/// A column that lists are filtered by; `None` where a service says nothing.
type Column = (&'static str, fn(&SecurityService) -> Option<String>);

/// What everybody may filter by.
const COLUMNS: &[Column] = &[
    ("name", |one| one.name.clone()),
    ("id", |one| Some(one.id.to_string())),
    ("type", |one| Some(one.directory.name().to_owned())),
    ("user", |one| one.user.clone()),
    ("server", |one| one.server.clone()),
    ("dns_ip", |one| one.dns_ip.clone()),
    ("domain", |one| one.domain.clone()),
];

/// What administrators may filter by besides.
const ADMIN_COLUMNS: &[Column] = &[
    ("description", |one| one.description.clone()),
    ("project_id", |one| Some(one.project_id.clone())),
    ("ou", |one| one.ou.clone()),
    ("default_ad_site", |one| one.default_ad_site.clone()),
    ("created_at", |one| Some(one.created_at.text())),
    ("updated_at", |one| one.updated_at.map(|at| at.text())),
];

/// Parameters that are no columns; `status` is the same for all and not looked at.
const OTHERS: &[Parameter] = &[
    Parameter::always("all_tenants", Form::Flag),
    Parameter::always("share_network_id", Form::Text),
    Parameter::always("status", Form::Text),
];

/// The query of lists. Administrators' other keys are columns too: those that no service has.
pub const LISTED: Parameters = &[
    PAGE,
    OTHERS,
    &columns::<_, { COLUMNS.len() }>(COLUMNS, Form::Text),
    &columns::<_, { ADMIN_COLUMNS.len() }>(ADMIN_COLUMNS, Form::Text),
    &[Parameter::always("others", Form::Others)],
];

/// The columns that the query asks for, each with the value it must have. Tenants' other keys are not heard; those of
/// administrators are columns that no service has.
fn filters(call: &Call) -> Vec<(Option<Column>, String)> {
    let column = |key: &str| {
        let more = if call.caller.is_admin { ADMIN_COLUMNS } else { &[] };
        COLUMNS.iter().chain(more).find(|(name, _)| *name == key).copied()
    };
    let is_column = |key: &str| OTHERS.iter().chain(PAGE).all(|other| other.name != key);
    let asked = call.query.pairs().filter(|(key, _)| is_column(key));
    asked
        .map(|(key, value)| (column(key), value.to_owned()))
        .filter(|(column, _)| column.is_some() || call.caller.is_admin)
        .collect()
}

/// Services of a list, in the order in which they were made.
pub async fn list(call: Call) -> Result<Listing<SecurityServiceView>, Fault> {
    let (window, filters) = (Window::sliced(&call)?, filters(&call));
    let everybodys = call.query.flag("all_tenants")?.unwrap_or(false)
        && call.allows("security_service:get_all_security_services", Owner::Own);
    let of_network = match call.query.get("share_network_id") {
        Some(id) => Some(share_networks::find(&call, "share_network:show", id)?),
        None => None,
    };
    let range = match everybodys {
        true => Range::all(index::BY_CREATION),
        false => Range::of(index::BY_PROJECT, [call.project().to_owned()]),
    };
    let caller = call.clone();
    let items = call.look::<SecurityService, _>(range.clone(), move |snapshot| {
        let candidates: Vec<Shared<SecurityService>> = match &of_network {
            Some(network) => attached(snapshot, network)?,
            None => snapshot.scan(&range)?.records,
        };
        let passes = |one: &Shared<SecurityService>| {
            let read = |column: &Option<Column>| column.and_then(|(_, read)| read(one));
            filters.iter().all(|(column, value)| read(column).as_ref() == Some(value))
                && (of_network.is_none() || caller.allows("security_service:show", owner(one)))
        };
        let found = match window.cut(candidates.into_iter().filter(passes).collect(), |one| one.id) {
            Ok(found) => found,
            Err(lost) => return Ok(Err(lost)),
        };
        found
            .into_iter()
            .map(|service| view(snapshot, service))
            .collect::<Result<Vec<SecurityServiceView>, _>>()
            .map(Ok)
    });
    items.await?.map(Listing::from)
}

/// The services of a network, the oldest first.
fn attached(snapshot: &Snapshot, network: &ShareNetwork) -> Result<Vec<Shared<SecurityService>>, Error> {
    let services = network.security_services.iter().filter_map(|id| snapshot.get(&id.to_string()).transpose());
    let mut services: Vec<Shared<SecurityService>> = services.collect::<Result<_, _>>()?;
    services.sort_by_key(|service| (service.created_at, service.id));
    Ok(services)
}

fn view(snapshot: &Snapshot, service: Shared<SecurityService>) -> Result<SecurityServiceView, Error> {
    let range = Range::of(BY_SECURITY_SERVICE, [service.key()]);
    let networks: Vec<Shared<ShareNetwork>> = snapshot.scan(&range)?.records;
    Ok(SecurityServiceView { service, share_networks: networks.iter().map(|network| network.key()).collect() })
}

pub async fn show(call: Call) -> Result<SecurityServiceView, Fault> {
    Ok(SecurityServiceView { service: find(&call, "security_service:show")?, share_networks: Vec::new() })
}
