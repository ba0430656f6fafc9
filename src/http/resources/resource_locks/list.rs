//! Listing and showing locks: those of the caller's project, or of all projects to whom the policy lets.

use manilad_clock::Uuid;
use manilad_domain::resource_lock::{LockAction, LockContext, LockedKind, index};
use manilad_domain::{Fault, ResourceLock, Stamp};
use manilad_store::{Range, Shared, Snapshot};

use super::find::find;
use crate::call::Call;
use crate::identity::Owner;
use crate::listing::Listing;
use crate::page::{Sortable, Window};
use crate::parameter::{DIRECTION, Form, PAGE, Parameter, Parameters, columns};
use crate::query::Column;
use crate::search::{Passes, Search, Sorting};

type SortedBy = fn(&ResourceLock) -> Sortable;

/// Columns that lists are sorted by.
const COLUMNS: &[(&str, SortedBy)] = &[
    ("created_at", |lock| text(lock.created_at.text())),
    ("id", |lock| text(lock.id)),
    ("lock_context", |lock| text(lock.context.name())),
    ("lock_reason", |lock| lock.reason.as_ref().map_or(Sortable::Nothing, text)),
    ("project_id", |lock| text(&lock.project_id)),
    ("resource_action", |lock| text(lock.action.name())),
    ("resource_id", |lock| text(lock.resource_id())),
    ("resource_type", |lock| text(lock.kind().name())),
    ("updated_at", |lock| lock.updated_at.map_or(Sortable::Nothing, |at| text(at.text()))),
    ("user_id", |lock| text(&lock.user_id)),
];

fn text(value: impl ToString) -> Sortable {
    Sortable::Text(value.to_string())
}

/// Filters that compare ids, however they are written.
const IDS: &[Column<ResourceLock>] = &[
    ("id", |lock| lock.id.to_string()),
    ("user_id", |lock| lock.user_id.clone()),
    ("resource_id", ResourceLock::resource_id),
];
/// Filters that compare words.
const WORDS: &[Column<ResourceLock>] = &[
    ("resource_type", |lock| lock.kind().name().to_owned()),
    ("resource_action", |lock| lock.action.name().to_owned()),
    ("lock_context", |lock| lock.context.name().to_owned()),
    ("project_id", |lock| lock.project_id.clone()),
    ("lock_reason", |lock| lock.reason.clone().unwrap_or_default()),
];

pub const LISTED: Parameters = &[
    PAGE,
    &columns::<_, { IDS.len() }>(IDS, Form::Uuid),
    &[
        Parameter::always("resource_type", Form::OneOf(LockedKind::names)),
        Parameter::always("resource_action", Form::OneOf(LockAction::names)),
        Parameter::always("lock_context", Form::OneOf(LockContext::names)),
        Parameter::always("project_id", Form::Text),
        Parameter::always("lock_reason", Form::Text),
        Parameter::always("lock_reason~", Form::Text),
        Parameter::always("created_since", Form::Instant),
        Parameter::always("created_before", Form::Instant),
        Parameter::always("all_projects", Form::Flag),
        Parameter::always("with_count", Form::Flag),
        Parameter::always("sort_key", Form::OneOf(|| COLUMNS.iter().map(|(name, _)| *name).collect())),
        DIRECTION,
    ],
];

pub async fn list(call: Call) -> Result<Listing<Shared<ResourceLock>>, Fault> {
    call.query.judge(LISTED, call.version)?;
    let window = Window::bounded(&call)?;
    let by = call.query.get("sort_key").filter(|key| *key != "created_at");
    let by = by.and_then(|key| COLUMNS.iter().find(|(name, _)| *name == key)).map(|(_, read)| *read);
    let descending = call.query.get("sort_dir").is_none_or(|direction| direction == "desc");
    let sorting = Sorting { by, descending, made: |one: &ResourceLock| one.created_at };
    let project = project(&call)?;
    let range = match (call.query.get("resource_id"), &project) {
        (Some(resource), _) => Range::of(index::BY_RESOURCE, [canonical(resource)]),
        (None, Some(project)) => Range::of(index::BY_PROJECT, [project]),
        (None, None) => Range::all(index::BY_CREATION),
    };
    let passes = filter(&call, project);
    let search = Search {
        ranges: vec![range],
        passes,
        sorting,
        window: window.clone(),
        counts: call.query.flag("with_count")? == Some(true),
    };
    let itemise = |_: &Snapshot, lock, items: &mut Vec<_>| {
        items.push(lock);
        Ok(())
    };
    let (items, count) = call.search(search, itemise).await?;
    let marker = move |lock: &Shared<ResourceLock>| sorting.position(lock);
    // The reference leaves a count of nothing out.
    Ok(window.listing(&call, items, count.filter(|count| *count > 0), "resource_locks_links", marker))
}

/// Whose locks are listed; none: everybody's. That the policy does not let the caller see all goes unsaid.
///
/// # Errors
/// Forbidden where another project's are asked for by whom the policy does not let.
fn project(call: &Call) -> Result<Option<String>, Fault> {
    const ALL: &str = "resource_lock:get_all_projects";
    let named = call.query.get("project_id");
    if named.is_some_and(|project| project != call.project()) {
        call.require(ALL, Owner::Own)?;
        return Ok(named.map(str::to_owned));
    }
    let asks_for_all = call.query.flag("all_projects")? == Some(true);
    let sees_all = named.is_none() && asks_for_all && call.allows(ALL, Owner::Own);
    Ok((!sees_all).then(|| call.project().to_owned()))
}

/// What the query and the project leave; none where it is all that the index of the list holds.
fn filter(call: &Call, project: Option<String>) -> Option<Passes<ResourceLock>> {
    let given = |name: &str| call.query.get(name).map(str::to_owned);
    let ids: Vec<_> = IDS.iter().filter_map(|(name, read)| Some((*read, canonical(call.query.get(name)?)))).collect();
    let words: Vec<_> = WORDS.iter().filter_map(|(name, read)| Some((*read, given(name)?))).collect();
    let part = given("lock_reason~");
    let [since, before] = ["created_since", "created_before"].map(|name| call.query.get(name).and_then(Stamp::parse));
    let is_all = ids.is_empty() && words.is_empty() && part.is_none() && since.is_none() && before.is_none();
    (!is_all).then(|| -> Passes<ResourceLock> {
        Box::new(move |lock| {
            project.as_ref().is_none_or(|project| *project == lock.project_id)
                && ids.iter().all(|(read, value)| canonical(&read(lock)) == *value)
                && words.iter().all(|(read, value)| read(lock) == *value)
                && part.as_ref().is_none_or(|part| lock.reason.as_ref().is_some_and(|reason| reason.contains(part)))
                && since.is_none_or(|since| lock.created_at >= since)
                && before.is_none_or(|before| lock.created_at <= before)
        })
    })
}

/// An id with dashes, in lower case; what is no UUID as it is.
fn canonical(id: &str) -> String {
    id.parse::<Uuid>().map_or_else(|_| id.to_owned(), |id| id.hyphenated().to_string())
}

pub async fn show(call: Call) -> Result<Shared<ResourceLock>, Fault> {
    find(&call, "resource_lock:get")
}
