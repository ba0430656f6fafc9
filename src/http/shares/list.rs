//! Listing and showing shares.
//!
//! A list in its default order without filters is a page of an index: only the shares it returns are decoded. Any
//! other list looks through the caller's shares (or, where a name is asked for, those of that name) one by one off the
//! worker's thread and keeps what it sorts by of those that pass. What falls into its window is read again as the list is
//! written.

use manilad_domain::share::index;
use manilad_domain::{Fault, Record, Share, ShareId};
use manilad_store::{Cursor, Error, Range, Shared, Snapshot};

use super::filter::{self, Filters, Sorting};
use super::view::ShareView;
use crate::call::{Call, Owner};
use crate::listing::{self, Items, Listing};
use crate::look::are_few;
use crate::page::{self, Marker, Position, Window};

pub async fn show(call: Call) -> Result<ShareView, Fault> {
    seen(&call, call.share(call.param("id"))?)
}

/// A share with its type.
///
/// # Errors
/// Internal when the store can't be read.
pub fn seen(call: &Call, share: Shared<Share>) -> Result<ShareView, Fault> {
    with_type(&call.face.snapshot()?, share).map_err(Fault::from)
}

fn with_type(snapshot: &Snapshot, share: Shared<Share>) -> Result<ShareView, Error> {
    let share_type = share.type_id.map(|id| snapshot.get(&id.to_string())).transpose()?.flatten();
    Ok(ShareView { share, share_type })
}

fn itemise(snapshot: &Snapshot, share: Shared<Share>, items: &mut Vec<ShareView>) -> Result<(), Error> {
    items.push(with_type(snapshot, share)?);
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
    let sorting = filter::sorting(&call)?;
    // Who makes up positions learns from the answers where things stand.
    if let (false, Some(marker @ Marker::Position(_))) = (sorting.is_told, &window.marker) {
        return Err(page::lost(marker));
    }
    let whose = match (call.query.flag("all_tenants")?, call.query.flag("is_public")?) {
        (Some(true), _) if call.allows("share:list_all_projects", Owner::Own) => Whose::Everybodys,
        (_, Some(true)) => Whose::ProjectsAndPublic,
        _ => Whose::Projects,
    };
    let filters = Filters::of(&call, matches!(whose, Whose::Everybodys))?;
    let counts = call.query.flag("with_count")?.unwrap_or(false);
    let is_a_page_of_an_index =
        filters.are_none() && sorting.by.is_none() && !matches!(whose, Whose::ProjectsAndPublic);
    let (items, count) = if is_a_page_of_an_index {
        let all = range(&call, &whose);
        let all = if sorting.descending { all.descending() } else { all };
        let count = match counts {
            true => Some(call.count::<Share>(all.clone()).await?),
            false => None,
        };
        let page = behind_marker(&call, all, &window)?.skip(window.skip).limit(window.take.unwrap_or(usize::MAX));
        (call.items(page, itemise).await?, count)
    } else {
        let search = Search { ranges: ranges(&call, &whose, &filters), filters, sorting, window: window.clone() };
        let snapshot = call.face.snapshot()?;
        let (items, count) = if are_few::<Share>(&snapshot, &search.ranges)? {
            let (keys, count) = search.run(&snapshot)??;
            (listing::under(snapshot, keys, itemise)().map(Items::Read)?, count)
        } else {
            let place = call.place::<Share>().await?;
            let searched = place.run(&call.face.clock, move || (search.run(&snapshot), snapshot));
            let (place, (found, snapshot)) = searched.await?;
            let (keys, count) = found??;
            (Items::Unread(place, listing::under(snapshot, keys, itemise)), count)
        };
        (items, counts.then_some(count))
    };
    let marker = move |seen: &ShareView| match sorting.is_told {
        true => position(&sorting, &seen.share).to_string(),
        false => seen.share.key(),
    };
    Ok(window.listing(&call, items, count, "shares_links", marker))
}

/// What decides where a share stands in a list.
fn position(sorting: &Sorting, share: &Share) -> Position {
    Position { by: sorting.by.map(|read| read(share)), made: share.created_at, id: share.key() }
}

/// The part of a range that lies behind the window's marker.
fn behind_marker(call: &Call, range: Range, window: &Window) -> Result<Range, Fault> {
    let Some(marker) = &window.marker else { return Ok(range) };
    let share: Option<Shared<Share>> = match marker {
        Marker::Position(Position { by: None, made, id }) => {
            let place = Cursor::at(range.at.iter().chain([&made.text(), id]));
            return Ok(range.after(place));
        }
        Marker::Position(_) => None,
        Marker::Thing(id) => match id.parse::<ShareId>() {
            Ok(id) => call.face.get(&id.to_string())?,
            Err(_) => None,
        },
    };
    let place = share.and_then(|share| Cursor::of::<Share>(&share, &range)).ok_or_else(|| page::lost(marker))?;
    Ok(range.after(place))
}

fn range(call: &Call, whose: &Whose) -> Range {
    match whose {
        Whose::Everybodys => Range::all(index::BY_CREATION),
        _ => Range::of(index::BY_PROJECT, [call.project().to_owned()]),
    }
}

/// Where shares are looked for that no index has in the order that is asked for. A project's public shares are met
/// twice, and found once.
fn ranges(call: &Call, whose: &Whose, filters: &Filters) -> Vec<Range> {
    let own = match (whose, filters.name()) {
        (Whose::Projects | Whose::ProjectsAndPublic, Some(name)) => {
            Range::of(index::BY_NAME, [call.project().to_owned(), name.to_owned()])
        }
        _ => range(call, whose),
    };
    match whose {
        Whose::ProjectsAndPublic => vec![own, Range::all(index::PUBLIC)],
        _ => vec![own],
    }
}

/// A look through many shares for a few.
struct Search {
    ranges: Vec<Range>,
    filters: Filters,
    sorting: Sorting,
    window: Window,
}

/// The keys of a window, and how many shares there are in all.
type Found = (Vec<String>, usize);

impl Search {
    /// What falls into the window, if its marker is among the shares that pass.
    fn run(&self, snapshot: &Snapshot) -> Result<Result<Found, Fault>, Error> {
        let mut found: Vec<Position> = Vec::new();
        for range in &self.ranges {
            for share in snapshot.along::<Share>(range) {
                let share = share?;
                if self.filters.pass(&share) {
                    found.push(position(&self.sorting, &share));
                }
            }
        }
        found.sort();
        found.dedup();
        if self.sorting.descending {
            found.reverse();
        }
        let count = found.len();
        let page = self.window.cut_sorted(found, self.sorting.descending, Position::clone);
        Ok(page.map(|page| (page.into_iter().map(|one| one.id).collect(), count)))
    }
}
