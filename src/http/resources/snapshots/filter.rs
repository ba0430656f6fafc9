//! Filters and sort keys of lists of snapshots, as tables. Source: resources.md §5, "Filters".
//!
//! A filter below its microversion is dropped silently, as is any that no row names.

use manilad_domain::{Fault, ShareSnapshot, Span, span};

use crate::call::Call;
use crate::identity::Owner;
use crate::page::Sortable;
use crate::parameter::{DIRECTION, Form, PAGE, Parameter, Parameters};
use crate::search::Sorting;

/// A filter that compares text.
struct Row {
    key: &'static str,
    span: Span,
    /// Dropped for others.
    for_admin: bool,
    matches: fn(&ShareSnapshot, &str) -> bool,
}

const fn row(key: &'static str, matches: fn(&ShareSnapshot, &str) -> bool) -> Row {
    Row { key, span: span!([..]), for_admin: false, matches }
}

const fn of_admins(key: &'static str, matches: fn(&ShareSnapshot, &str) -> bool) -> Row {
    Row { for_admin: true, ..row(key, matches) }
}

const SHARE: &str = "share_id";
const USAGE: &str = "usage";
const EXACT_NAME: fn(&ShareSnapshot, &str) -> bool = |snapshot, text| snapshot.name.as_deref() == Some(text);
const EXACT_DESCRIPTION: fn(&ShareSnapshot, &str) -> bool =
    |snapshot, text| snapshot.description.as_deref() == Some(text);

const FILTERS: &[Row] = &[
    row("name", EXACT_NAME),
    row("display_name", EXACT_NAME),
    row("description", EXACT_DESCRIPTION),
    row("display_description", EXACT_DESCRIPTION),
    Row { span: span!([2.36..]), ..row("name~", |snapshot, text| contains(&snapshot.name, text)) },
    Row { span: span!([2.36..]), ..row("description~", |snapshot, text| contains(&snapshot.description, text)) },
    row("status", |snapshot, text| snapshot.status.name() == text),
    row(SHARE, |snapshot, text| snapshot.share_id.to_string() == text),
    row("size", |snapshot, text| snapshot.size.is_some_and(|size| size.to_string() == text)),
    of_admins("id", |snapshot, text| snapshot.id.to_string() == text),
    of_admins("user_id", |snapshot, text| snapshot.user_id == text),
    of_admins("project_id", |snapshot, text| snapshot.project_id == text),
    of_admins("share_proto", |snapshot, text| snapshot.protocol.name() == text),
    of_admins("share_size", |snapshot, text| snapshot.share_size.to_string() == text),
    // Judged by what there is besides.
    of_admins(USAGE, |_, _| true),
];

const TEXTS: &[Parameter] = &{
    let mut filters = [Parameter::always("", Form::Filled); FILTERS.len()];
    let mut at = 0;
    while at < FILTERS.len() {
        (filters[at].name, filters[at].span) = (FILTERS[at].key, FILTERS[at].span);
        at += 1;
    }
    filters[FILTERS.len() - 1].form = Form::OneOf(|| vec!["any", "used", "unused"]);
    filters
};

const OTHERS: &[Parameter] = &[
    DIRECTION,
    Parameter::always("sort_key", Form::OneOf(sort_keys)),
    Parameter::always("all_tenants", Form::Flag),
    Parameter::new("metadata", span!([2.73..]), Form::Dictionary),
];

const COUNT: Parameter = Parameter::always("with_count", Form::Flag);

/// What is refused where it has not the form of its parameter, empty filters too.
pub const FORMED: Parameters = &[PAGE, OTHERS, TEXTS];
/// The query of the list of names.
pub const LISTED: Parameters = &[PAGE, OTHERS, TEXTS, &[Parameter { span: span!([2.79..]), ..COUNT }]];
/// The query of the list in full.
pub const DETAILED: Parameters = &[PAGE, OTHERS, TEXTS, &[COUNT]];

fn contains(field: &Option<String>, text: &str) -> bool {
    field.as_ref().is_some_and(|field| field.contains(text))
}

/// The filters of one request.
#[derive(Default)]
pub struct Filters {
    rows: Vec<(&'static Row, String)>,
    metadata: Vec<(String, String)>,
}

impl Filters {
    /// Reads the filters of a request.
    ///
    /// # Errors
    /// Invalid for malformed values; forbidden for statuses that the caller may not list by.
    pub fn of(call: &Call) -> Result<Self, Fault> {
        let mut filters = Filters::default();
        for row in FILTERS.iter().filter(|row| call.caller.is_admin || !row.for_admin) {
            let Some(value) = call.query.get(row.key) else { continue };
            if row.key == "status" && value.contains("deferred") {
                call.require("share_snapshot:list_snapshots_in_deferred_deletion_states", Owner::Own)?;
            }
            filters.rows.push((row, value.to_owned()));
        }
        filters.metadata = call.query.dictionary("metadata")?.unwrap_or_default().into_iter().collect();
        Ok(filters)
    }

    /// Whether only snapshots are listed that shares began with, or only others; none: both.
    pub fn usage(&self) -> Option<bool> {
        let usage = self.rows.iter().find(|(row, _)| row.key == USAGE).map(|(_, usage)| usage.as_str());
        usage.and_then(|usage| match usage {
            "used" => Some(true),
            "unused" => Some(false),
            _ => None,
        })
    }

    /// The share that the list is confined to, if it is.
    pub fn share(&self) -> Option<&str> {
        self.rows.iter().find(|(row, _)| row.key == SHARE).map(|(_, share)| share.as_str())
    }

    /// Whether every snapshot passes.
    pub fn are_none(&self) -> bool {
        self.rows.is_empty() && self.metadata.is_empty()
    }

    pub fn pass(&self, snapshot: &ShareSnapshot) -> bool {
        self.rows.iter().all(|(row, value)| (row.matches)(snapshot, value))
            && self.metadata.iter().all(|(key, value)| snapshot.metadata.get(key) == Some(value))
    }
}

fn text(value: Option<impl ToString>) -> Sortable {
    value.map_or(Sortable::Nothing, |value| Sortable::Text(value.to_string()))
}

fn number(value: Option<u64>) -> Sortable {
    value.map_or(Sortable::Nothing, Sortable::Number)
}

/// How one column sorts.
type Column = (&'static str, fn(&ShareSnapshot) -> Sortable);

const COLUMNS: &[Column] = &[
    ("created_at", |snapshot| Sortable::Text(snapshot.created_at.text())),
    ("updated_at", |snapshot| text(snapshot.updated_at.map(|at| at.text()))),
    ("id", |snapshot| text(Some(snapshot.id))),
    ("name", |snapshot| text(snapshot.name.as_deref())),
    ("display_name", |snapshot| text(snapshot.name.as_deref())),
    ("description", |snapshot| text(snapshot.description.as_deref())),
    ("display_description", |snapshot| text(snapshot.description.as_deref())),
    ("project_id", |snapshot| text(Some(&snapshot.project_id))),
    ("user_id", |snapshot| text(Some(&snapshot.user_id))),
    ("share_id", |snapshot| text(Some(snapshot.share_id))),
    ("size", |snapshot| number(snapshot.size)),
    ("share_size", |snapshot| number(Some(snapshot.share_size))),
    ("share_proto", |snapshot| text(Some(snapshot.protocol.name()))),
    ("status", |snapshot| text(Some(snapshot.status))),
    ("progress", |snapshot| number(snapshot.progress.map(u64::from))),
];

fn sort_keys() -> Vec<&'static str> {
    COLUMNS.iter().map(|(name, _)| *name).collect()
}

/// Reads `sort_key` and `sort_dir`; without them, the newest come first.
///
/// # Errors
/// Invalid, naming what was expected.
pub fn sorting(call: &Call) -> Result<Sorting<ShareSnapshot>, Fault> {
    let descending = match call.query.get("sort_dir") {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(other) => return Err(Fault::invalid(format!("sort_dir must be asc or desc, not {other:?}."))),
    };
    let by = match call.query.get("sort_key") {
        None | Some("created_at") => None,
        Some(key) => {
            let column = COLUMNS.iter().find(|(name, _)| *name == key);
            let wrong = || Fault::invalid(format!("{key:?} is not a column that snapshots sort by."));
            Some(column.ok_or_else(wrong)?.1)
        }
    };
    Ok(Sorting { by, descending, made: |snapshot| snapshot.created_at })
}
