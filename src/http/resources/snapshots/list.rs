//! Listing and showing snapshots.

use std::collections::BTreeSet;

use manilad_domain::snapshot::index;
use manilad_domain::{Fault, Share, ShareSnapshot, SnapshotId, share};
use manilad_store::{Range, Shared};

use super::filter::{self, Filters};
use crate::call::Call;
use crate::identity::Owner;
use crate::listing::Listing;
use crate::page::Window;
use crate::search::{Passes, Search};

/// The view of the row says whether by name or in full.
pub async fn list(call: Call) -> Result<Listing<Shared<ShareSnapshot>>, Fault> {
    call.query.judge(filter::FORMED, call.version)?;
    let window = Window::bounded(&call)?;
    let sorting = filter::sorting(&call)?;
    let is_everybodys =
        call.query.flag("all_tenants")? == Some(true) && call.allows("share_snapshot:list_all_projects", Owner::Own);
    let filters = Filters::of(&call)?;
    let counts = call.query.flag("with_count")?.unwrap_or(false);
    let range = match (filters.share(), is_everybodys) {
        (Some(share), _) => Range::of(index::BY_SHARE, [share.to_owned()]),
        (None, true) => Range::all(index::BY_CREATION),
        (None, false) => Range::of(index::BY_PROJECT, [call.project().to_owned()]),
    };
    let project = call.project().to_owned();
    let (usage, mut used) = (filters.usage(), BTreeSet::new());
    if usage.is_some() {
        let shares: Vec<Shared<Share>> = call.scan(Range::all(share::index::BY_SNAPSHOT)).await?;
        used.extend(shares.iter().filter_map(|share| share.snapshot_id));
    }
    // Where there is none of these the rest are listed by an index alone.
    let are_hidden = !sees_deferred(&call) && call.finds_any::<ShareSnapshot>(Range::all(index::DEFERRED_DELETION))?;
    let passes = (are_hidden || !filters.are_none()).then(|| -> Passes<ShareSnapshot> {
        Box::new(move |snapshot| {
            (is_everybodys || snapshot.project_id == project)
                && !(are_hidden && snapshot.status.is_deferred_deletion())
                && usage.is_none_or(|is_used| used.contains(&snapshot.id) == is_used)
                && filters.pass(snapshot)
        })
    });
    let search = Search { ranges: vec![range], passes, sorting, window: window.clone(), counts };
    let itemise = |_: &_, snapshot, items: &mut Vec<_>| {
        items.push(snapshot);
        Ok(())
    };
    let (items, count) = call.search(search, itemise).await?;
    let marker = move |snapshot: &Shared<ShareSnapshot>| sorting.position(snapshot).to_string();
    Ok(window.listing(&call, items, count, "share_snapshots_links", marker))
}

pub async fn show(call: Call) -> Result<Shared<ShareSnapshot>, Fault> {
    find(&call, "share_snapshot:get_snapshot", "id")
}

/// Whether the caller may know of snapshots that are gone for their owners, while an array has still to let go of them.
fn sees_deferred(call: &Call) -> bool {
    call.allows("share_snapshot:list_snapshots_in_deferred_deletion_states", Owner::Own)
}

/// Whether the caller may know of a snapshot.
pub fn may_see(call: &Call, snapshot: &ShareSnapshot) -> bool {
    let is_gone = snapshot.status.is_deferred_deletion() && !sees_deferred(call);
    !is_gone && call.allows("share_snapshot:get_snapshot", owner(snapshot))
}

/// Whose a snapshot is.
pub fn owner(snapshot: &ShareSnapshot) -> Owner<'_> {
    Owner::Of { project: &snapshot.project_id, user: &snapshot.user_id }
}

/// The snapshot that a parameter of the path names, and the caller may do `rule` to.
///
/// # Errors
/// Missing where the caller may not see it; forbidden, naming the rule.
pub fn find(call: &Call, rule: &str, param: &str) -> Result<Shared<ShareSnapshot>, Fault> {
    let id: SnapshotId = call.id(param, "share snapshot")?;
    let snapshot: Option<Shared<ShareSnapshot>> = call.app.get(&id.to_string())?;
    let snapshot = snapshot.filter(|snapshot| may_see(call, snapshot));
    let snapshot = snapshot.ok_or_else(|| Fault::no_such("share snapshot", id))?;
    call.require(rule, owner(&snapshot))?;
    Ok(snapshot)
}
