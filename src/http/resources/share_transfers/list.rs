//! Listing and showing share transfers: those of shares that the caller's project offers, or everybody's to whom the policy
//! lets.

use manilad_decisions::share_transfer::missing;
use manilad_domain::share_transfer::index;
use manilad_domain::{Fault, ShareTransfer, ShareTransferId};
use manilad_store::{Range, Shared, Snapshot};

use crate::call::Call;
use crate::identity::Owner;
use crate::listing::Listing;
use crate::page::Window;
use crate::parameter::{Form, PAGE, Parameter, Parameters, columns};
use crate::query::Column;
use crate::search::{Passes, Search, Sorting};

/// Filters that compare texts.
const COLUMNS: &[Column<ShareTransfer>] = &[
    ("id", |transfer| transfer.id.to_string()),
    ("name", |transfer| transfer.name.clone().unwrap_or_default()),
    ("resource_type", |_| ShareTransfer::RESOURCE_TYPE.to_owned()),
    ("resource_id", |transfer| transfer.share_id.to_string()),
    ("source_project_id", |transfer| transfer.source_project_id.clone()),
    ("destination_project_id", |transfer| transfer.destination_project_id.clone().unwrap_or_default()),
];

pub const LISTED: Parameters = &[
    PAGE,
    &columns::<_, { COLUMNS.len() }>(COLUMNS, Form::Text),
    &[Parameter::always("name~", Form::Text), Parameter::always("all_tenants", Form::Flag)],
];

/// The newest first. The view of the row says whether by name or in full. That the policy does not let the caller see all
/// goes unsaid.
pub async fn list(call: Call) -> Result<Listing<Shared<ShareTransfer>>, Fault> {
    let window = Window::bounded(&call)?;
    let sorting = Sorting { by: None, descending: true, made: |one: &ShareTransfer| one.created_at };
    let asks_for_all = call.query.flag("all_tenants")? == Some(true);
    let range = match asks_for_all && call.allows("share_transfer:get_all_tenant", Owner::Own) {
        true => Range::all(index::BY_CREATION),
        false => Range::of(index::BY_PROJECT, [call.project()]),
    };
    let search = Search { ranges: vec![range], passes: filter(&call), sorting, window: window.clone(), counts: false };
    let itemise = |_: &Snapshot, transfer, items: &mut Vec<_>| {
        items.push(transfer);
        Ok(())
    };
    let (items, _) = call.search(search, itemise).await?;
    let marker = move |transfer: &Shared<ShareTransfer>| sorting.position(transfer);
    Ok(window.listing(&call, items, None, "transfers_links", marker))
}

/// What the query leaves of the range; none: all of it.
fn filter(call: &Call) -> Option<Passes<ShareTransfer>> {
    let given = |name: &str| call.query.get(name).map(str::to_owned);
    let texts: Vec<_> = COLUMNS.iter().filter_map(|(name, read)| Some((*read, given(name)?))).collect();
    let part = given("name~");
    let is_all = texts.is_empty() && part.is_none();
    (!is_all).then(|| -> Passes<ShareTransfer> {
        Box::new(move |transfer| {
            texts.iter().all(|(read, value)| read(transfer) == *value)
                && part.as_ref().is_none_or(|part| transfer.name.as_ref().is_some_and(|name| name.contains(part)))
        })
    })
}

pub async fn show(call: Call) -> Result<Shared<ShareTransfer>, Fault> {
    find(&call)
}

pub fn owner(transfer: &ShareTransfer) -> Owner<'_> {
    Owner::Of { project: &transfer.source_project_id, user: "" }
}

/// The transfer of the path. Whoever is of the project that offers the share may know of it, whatever their role; of others,
/// those whom the policy lets.
///
/// # Errors
/// Missing when there is none, or none the caller may know of.
pub fn find(call: &Call) -> Result<Shared<ShareTransfer>, Fault> {
    let id: ShareTransferId = call.id("id", "share transfer")?;
    let transfer: Shared<ShareTransfer> = call.app.get(&id.to_string())?.ok_or_else(|| missing(id))?;
    let is_own = transfer.source_project_id == call.project();
    if is_own || call.allows("share_transfer:get", owner(&transfer)) { Ok(transfer) } else { Err(missing(id)) }
}
