//! Listing and showing shares.
//!
//! Where a name is asked for, only the shares of that name are looked through.

use manilad_domain::share::index;
use manilad_domain::{Fault, Record, Share};
use manilad_store::{Error, Range, Shared, Snapshot};

use super::filter::{self, Filters};
use super::view::ShareView;
use crate::call::Call;
use crate::identity::Owner;
use crate::listing::Listing;
use crate::page::{self, Marker, Window};
use crate::search::{Passes, Search};

pub async fn show(call: Call) -> Result<ShareView, Fault> {
    view(&call, call.share(call.param("id"))?)
}

/// A share with its type.
///
/// # Errors
/// Internal when the store can't be read.
pub fn view(call: &Call, share: Shared<Share>) -> Result<ShareView, Fault> {
    with_type(&call.app.snapshot()?, share).map_err(Fault::from)
}

fn with_type(snapshot: &Snapshot, share: Shared<Share>) -> Result<ShareView, Error> {
    let share_type = share.type_id.map(|id| snapshot.get(&id.to_string())).transpose()?.flatten();
    Ok(ShareView { share, share_type })
}

/// Adds a share to a list. Neighbours are mostly of one type, which is then not read again.
fn itemise(snapshot: &Snapshot, share: Shared<Share>, items: &mut Vec<ShareView>) -> Result<(), Error> {
    let item = match items.last() {
        Some(last) if last.share.type_id == share.type_id => ShareView { share_type: last.share_type.clone(), share },
        _ => with_type(snapshot, share)?,
    };
    items.push(item);
    Ok(())
}

/// Whose shares are listed.
enum Whose {
    Everybodys,
    Projects,
    /// The project's, and the public ones of others.
    ProjectsAndPublic,
}

/// The view of the row says whether by name or in full.
pub async fn list(call: Call) -> Result<Listing<ShareView>, Fault> {
    let window = Window::of(&call)?;
    let (sorting, is_told) = filter::sorting(&call)?;
    // Who makes up positions learns from the answers where things stand.
    if let (false, Some(marker @ Marker::Position(_))) = (is_told, &window.marker) {
        return Err(page::lost(marker));
    }
    let whose = match (call.query.flag("all_tenants")?, call.query.flag("is_public")?) {
        (Some(true), _) if call.allows("share:list_all_projects", Owner::Own) => Whose::Everybodys,
        (_, Some(true)) => Whose::ProjectsAndPublic,
        _ => Whose::Projects,
    };
    let filters = Filters::of(&call, matches!(whose, Whose::Everybodys))?;
    let counts = call.query.flag("with_count")?.unwrap_or(false);
    let ranges = ranges(&call, &whose, &filters);
    // Where there is none of these the rest are listed by an index alone.
    let are_hidden = !call.sees_deferred_shares() && call.finds_any::<Share>(Range::all(index::DEFERRED_DELETION))?;
    let passes = (are_hidden || !filters.are_none()).then(|| -> Passes<Share> {
        Box::new(move |share| filters.pass(share) && !(are_hidden && share.status().is_deferred_deletion()))
    });
    let search = Search { ranges, passes, sorting, window: window.clone(), counts };
    let (items, count) = call.search(search, itemise).await?;
    let marker = move |view: &ShareView| match is_told {
        true => sorting.position(&view.share).to_string(),
        false => view.share.key(),
    };
    Ok(window.listing(&call, items, count, "shares_links", marker))
}

/// Where shares are looked for. That is one index in the order of creation, unless a name confines the list to what another
/// index has, or public shares come in. A project's public shares are met twice then, and found once.
fn ranges(call: &Call, whose: &Whose, filters: &Filters) -> Vec<Range> {
    let (all, of_project, public) = match filters.in_bin {
        true => (index::BINNED_BY_CREATION, index::BINNED_BY_PROJECT, index::BINNED_PUBLIC),
        false => (index::BY_CREATION, index::BY_PROJECT, index::PUBLIC),
    };
    let project = || call.project().to_owned();
    let own = match (whose, filters.name()) {
        (Whose::Everybodys, _) => Range::all(all),
        (_, Some(name)) if !filters.in_bin => Range::of(index::BY_NAME, [project(), name.to_owned()]),
        _ => Range::of(of_project, [project()]),
    };
    match whose {
        Whose::ProjectsAndPublic => vec![own, Range::all(public)],
        _ => vec![own],
    }
}
