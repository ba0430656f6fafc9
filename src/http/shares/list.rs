//! Listing and showing shares.
//!
//! A list in its default order without filters is a page of an index: only the shares it returns are decoded. Any
//! other list reads the caller's shares (or, where a name is asked for, those of that name), off the worker's thread.

use manilad_domain::share::index;
use manilad_domain::{Fault, Share};
use manilad_store::Range;

use super::create::type_names;
use super::filter::{self, Filters};
use super::view::Seen;
use crate::call::{Call, Owner};
use crate::page::Window;
use crate::view::Listing;

pub async fn list(call: Call) -> Result<Listing<Seen>, Fault> {
    let counts = call.at_least("2.42");
    listing(call, counts).await
}

pub async fn list_detail(call: Call) -> Result<Listing<Seen>, Fault> {
    listing(call, true).await
}

pub async fn show(call: Call) -> Result<Seen, Fault> {
    let share = call.share(call.param("id"))?;
    let type_name = match share.type_id {
        Some(id) => call.face.get::<manilad_domain::ShareType>(&id.to_string())?.map(|one| one.name.into()),
        None => None,
    };
    Ok(Seen { share, type_name })
}

/// Whose shares are listed.
enum Whose {
    Everybodys,
    Projects,
    /// The project's, and the public ones of others.
    ProjectsAndPublic,
}

async fn listing(call: Call, may_count: bool) -> Result<Listing<Seen>, Fault> {
    let window = Window::of(&call)?;
    let sorting = filter::sorting(&call)?;
    let whose = match (call.query.flag("all_tenants")?, call.query.flag("is_public")?) {
        (Some(true), _) if call.allows("share:list_all_projects", Owner::Own) => Whose::Everybodys,
        (_, Some(true)) => Whose::ProjectsAndPublic,
        _ => Whose::Projects,
    };
    let filters = Filters::of(&call, matches!(whose, Whose::Everybodys))?;
    let counts = may_count && call.query.flag("with_count")?.unwrap_or(false);
    let is_a_page_of_an_index =
        filters.are_none() && sorting.by.is_none() && !matches!(whose, Whose::ProjectsAndPublic);
    let (shares, count) = if is_a_page_of_an_index {
        let all = range(&call, &whose);
        let all = if sorting.descending { all.descending() } else { all };
        let count = if counts { Some(call.face.count::<Share>(all.clone())?) } else { None };
        let page = all.skip(window.skip).limit(window.take.unwrap_or(usize::MAX));
        (call.face.scan(page).await?.records, count)
    } else {
        let mut found = candidates(&call, &whose, &filters).await?;
        found.retain(|share| filters.pass(share));
        match sorting.by {
            Some(read) => found.sort_by_cached_key(|share| (read(share), share.created_at)),
            None => found.sort_by_key(|share| share.created_at),
        }
        if sorting.descending {
            found.reverse();
        }
        let count = counts.then_some(found.len());
        (window.cut(found), count)
    };
    let names = if shares.is_empty() { Default::default() } else { type_names(&call)? };
    let seen = |share: Share| Seen { type_name: share.type_id.and_then(|id| names.get(&id).cloned()), share };
    let items: Vec<Seen> = shares.into_iter().map(seen).collect();
    Ok(Window::listing(&call, items, count, "shares_links", |seen| seen.share.id))
}

fn range(call: &Call, whose: &Whose) -> Range {
    match whose {
        Whose::Everybodys => Range::all(index::BY_CREATION),
        _ => Range::of(index::BY_PROJECT, [call.project().to_owned()]),
    }
}

async fn candidates(call: &Call, whose: &Whose, filters: &Filters) -> Result<Vec<Share>, Fault> {
    let own = match (whose, filters.name()) {
        (Whose::Projects | Whose::ProjectsAndPublic, Some(name)) => {
            Range::of(index::BY_NAME, [call.project().to_owned(), name.to_owned()])
        }
        _ => range(call, whose),
    };
    let mut found: Vec<Share> = call.face.scan(own.limit(usize::MAX)).await?.records;
    if matches!(whose, Whose::ProjectsAndPublic) {
        let public: Vec<Share> = call.face.scan(Range::all(index::PUBLIC).limit(usize::MAX)).await?.records;
        found.extend(public.into_iter().filter(|share| share.project_id != call.project()));
    }
    Ok(found)
}
