//! Listing and showing share servers.

use manilad_domain::share_server::index;
use manilad_domain::{Fault, Microversion, ShareNetwork, ShareServer, ShareServerId};
use manilad_store::{Error, Range, Shared, Snapshot};
use serde_json::{Value, json};

use super::filter::Filters;
use super::view::ShareServerView;
use crate::call::Call;
use crate::listing::Listing;
use crate::schema;
use crate::view::Kind;

/// Servers of a list, in the order in which they were made.
pub async fn list(call: Call) -> Result<Listing<ShareServerView>, Fault> {
    let filters = Filters::of(&call);
    let all = Range::all(index::BY_CREATION);
    let items = call.items(all, move |snapshot, server: Shared<ShareServer>, items: &mut Vec<ShareServerView>| {
        items.extend(Some(view(snapshot, server)?).filter(|view| filters.pass(view)));
        Ok(())
    });
    items.await.map(Listing::from)
}

pub fn view(snapshot: &Snapshot, server: Shared<ShareServer>) -> Result<ShareServerView, Error> {
    let network: Option<Shared<ShareNetwork>> = snapshot.get(&server.share_network_id.to_string())?;
    Ok(ShareServerView { network_name: network.and_then(|network| network.name.clone()), server })
}

/// The server that the path names.
///
/// # Errors
/// Missing when there is none.
pub fn find(call: &Call) -> Result<Shared<ShareServer>, Fault> {
    let id: ShareServerId = call.id("id", "share server")?;
    call.app.get(&id.to_string())?.ok_or_else(|| Fault::no_such("share server", id))
}

pub async fn show(call: Call) -> Result<ShareServerView, Fault> {
    let server = find(&call)?;
    call.app.store.snapshot().and_then(|snapshot| view(&snapshot, server)).map_err(Fault::from)
}

/// What its back end wants to be told again of it.
pub async fn details(call: Call) -> Result<Value, Fault> {
    Ok(json!({ "details": find(&call)?.details }))
}

/// The schema of [`details`].
pub fn schema_of_details(_: Microversion) -> Value {
    schema::wrapped("details", Kind::texts.schema())
}
