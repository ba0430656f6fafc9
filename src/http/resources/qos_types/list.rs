//! Listing and showing QoS types.

use manilad_decisions::qos_type::missing;
use manilad_domain::qos_type::index;
use manilad_domain::{Fault, QosType};
use manilad_store::{Range, Shared, Snapshot};

use super::change::id;
use crate::call::Call;
use crate::listing::Listing;
use crate::page::{Sortable, Window};
use crate::parameter::{DIRECTION, Form, PAGE, Parameter, Parameters};
use crate::search::{Passes, Search, Sorting};

type SortedBy = fn(&QosType) -> Sortable;

/// Columns that lists are sorted by.
const COLUMNS: &[(&str, SortedBy)] = &[
    ("created_at", |one| Sortable::Text(one.created_at.text())),
    ("id", |one| Sortable::Text(one.id.to_string())),
    ("name", |one| Sortable::Text(one.name.clone())),
    ("updated_at", |one| one.updated_at.map_or(Sortable::Nothing, |at| Sortable::Text(at.text()))),
];

pub const LISTED: Parameters = &[
    PAGE,
    &[
        Parameter::always("name", Form::Text),
        Parameter::always("name~", Form::Text),
        Parameter::always("description", Form::Text),
        Parameter::always("description~", Form::Text),
        Parameter::always("sort_key", Form::OneOf(|| COLUMNS.iter().map(|(name, _)| *name).collect())),
        DIRECTION,
    ],
];

/// The newest first, unless something else is asked for. A full page has no link to the next one.
pub async fn list(call: Call) -> Result<Listing<Shared<QosType>>, Fault> {
    call.query.judge(LISTED, call.version)?;
    let window = Window::bounded(&call)?;
    let by = call.query.get("sort_key").filter(|key| *key != "created_at");
    let by = by.and_then(|key| COLUMNS.iter().find(|(name, _)| *name == key)).map(|(_, read)| *read);
    let descending = call.query.get("sort_dir").is_none_or(|direction| direction == "desc");
    let sorting = Sorting { by, descending, made: |one: &QosType| one.created_at };
    let ranges = vec![Range::all(index::BY_CREATION)];
    let search = Search { ranges, passes: filter(&call), sorting, window, counts: false };
    let itemise = |_: &Snapshot, one, items: &mut Vec<_>| {
        items.push(one);
        Ok(())
    };
    let (items, count) = call.search(search, itemise).await?;
    Ok(Listing { items, count, next: None })
}

/// What the query leaves of them; none: all.
fn filter(call: &Call) -> Option<Passes<QosType>> {
    let given = |name: &str| call.query.get(name).map(str::to_owned);
    let (name, description) = ((given("name"), given("name~")), (given("description"), given("description~")));
    let is_all = [&name.0, &name.1, &description.0, &description.1].iter().all(|given| given.is_none());
    (!is_all).then(|| -> Passes<QosType> {
        Box::new(move |one| passes(Some(&one.name), &name) && passes(one.description.as_deref(), &description))
    })
}

/// Whether a text is the whole, and holds the part, that is asked for.
fn passes(text: Option<&str>, (whole, part): &(Option<String>, Option<String>)) -> bool {
    let is_whole = whole.as_deref().is_none_or(|whole| text == Some(whole));
    is_whole && part.as_deref().is_none_or(|part| text.is_some_and(|text| text.contains(part)))
}

pub async fn show(call: Call) -> Result<Shared<QosType>, Fault> {
    find(&call)
}

/// The QoS type that the path names.
///
/// # Errors
/// Missing when there is none.
pub fn find(call: &Call) -> Result<Shared<QosType>, Fault> {
    let id = id(call)?;
    call.app.get(&id.to_string())?.ok_or_else(|| missing(id))
}
