//! Filters and sort keys of share lists, as tables. Source: resources.md §1, "Filters".
//!
//! The recycle bin is listed by indexes of its own, so `is_soft_deleted` chooses the index and is no filter. A filter below its microversion is dropped silently, as is any key that no row names.

use manilad_domain::Microversion;
use manilad_domain::{Fault, Share, Span, span};

use crate::call::Call;
use crate::identity::Owner;
use crate::page::Sortable;
use crate::parameter::{DIRECTION, Form, PAGE, Parameter, Parameters};
use crate::search::Sorting;

/// Who may use a filter.
enum Gate {
    Anyone,
    /// Dropped for others.
    Admin,
    /// Refused to others, by this rule.
    Rule(&'static str),
}

/// A filter that compares text.
struct Row {
    key: &'static str,
    span: Span,
    gate: Gate,
    matches: fn(&Share, &str) -> bool,
}

const fn row(key: &'static str, span: Span, gate: Gate, matches: fn(&Share, &str) -> bool) -> Row {
    Row { key, span, gate, matches }
}

const EXACT_NAME: fn(&Share, &str) -> bool = |share, text| share.name.as_deref() == Some(text);
const EXACT_DESCRIPTION: fn(&Share, &str) -> bool = |share, text| share.description.as_deref() == Some(text);
/// The last version whose clients know nothing of `creating_from_snapshot`.
const BEFORE_CLONES: Microversion = Microversion::written("2.53");
/// Nothing has such a thing yet, so asking for one finds nothing.
const NOTHING_HAS_IT: fn(&Share, &str) -> bool = |_, _| false;

const FILTERS: &[Row] = &[
    row("name", span!([..]), Gate::Anyone, EXACT_NAME),
    row("display_name", span!([..]), Gate::Anyone, EXACT_NAME),
    row("description", span!([..]), Gate::Anyone, EXACT_DESCRIPTION),
    row("display_description", span!([..]), Gate::Anyone, EXACT_DESCRIPTION),
    row("name~", span!([2.36..]), Gate::Anyone, |share, text| contains(&share.name, text)),
    row("description~", span!([2.36..]), Gate::Anyone, |share, text| contains(&share.description, text)),
    row("status", span!([..=2.53]), Gate::Anyone, |share, text| share.status().at(BEFORE_CLONES).name() == text),
    row("status", span!([2.54..]), Gate::Anyone, |share, text| share.status().name() == text),
    row("share_type_id", span!([..]), Gate::Anyone, |share, text| {
        share.type_id.is_some_and(|id| id.to_string() == text)
    }),
    row("snapshot_id", span!([..]), Gate::Anyone, |share, text| {
        share.snapshot_id.is_some_and(|id| id.to_string() == text)
    }),
    row("share_network_id", span!([..]), Gate::Anyone, |share, text| {
        share.live().filter_map(|one| one.network).any(|id| id.to_string() == text)
    }),
    row("share_group_id", span!([..]), Gate::Anyone, NOTHING_HAS_IT),
    row("mount_point_name", span!([..]), Gate::Anyone, |share, text| share.mount_point_name.as_deref() == Some(text)),
    row("export_location_id", span!([2.35..]), Gate::Anyone, |share, text| {
        exports(share).any(|export| export.id.to_string() == text)
    }),
    row("export_location_path", span!([2.35..]), Gate::Anyone, |share, text| {
        exports(share).any(|export| export.path == text)
    }),
    row("availability_zone", span!([2.97..]), Gate::Anyone, |share, text| {
        share.main_instance().is_some_and(|one| one.availability_zone.as_deref() == Some(text))
    }),
    row("host", span!([..]), Gate::Rule("share:list_by_host"), |share, text| {
        share.live().filter_map(|one| one.pool.as_ref()).any(|pool| pool.to_string() == text || pool.service() == text)
    }),
    row("share_server_id", span!([..]), Gate::Rule("share:list_by_share_server_id"), |share, text| {
        share.live().filter_map(|one| one.server).any(|id| id.to_string() == text)
    }),
    row("encryption_key_ref", span!([..]), Gate::Admin, |share, text| {
        share.encryption_key.is_some_and(|id| id.to_string() == text)
    }),
];

const TEXTS: &[Parameter] = &{
    let mut filters = [Parameter::always("", Form::Text); FILTERS.len()];
    let mut at = 0;
    while at < FILTERS.len() {
        (filters[at].name, filters[at].span) = (FILTERS[at].key, FILTERS[at].span);
        at += 1;
    }
    filters
};

const OTHERS: &[Parameter] = &[
    Parameter::always("sort_key", Form::OneOf(sort_keys)),
    DIRECTION,
    Parameter::always("all_tenants", Form::Flag),
    Parameter::always("is_public", Form::Flag),
    Parameter::always("metadata", Form::Dictionary),
    Parameter::always("extra_specs", Form::Dictionary),
    Parameter::always("project_id", Form::Text),
    Parameter::new("is_soft_deleted", span!([2.69..]), Form::Flag),
];

const COUNT: Parameter = Parameter::always("with_count", Form::Flag);

/// The query of the list of names.
pub const LISTED: Parameters = &[PAGE, OTHERS, TEXTS, &[Parameter { span: span!([2.42..]), ..COUNT }]];
/// The query of the list in full.
pub const DETAILED: Parameters = &[PAGE, OTHERS, TEXTS, &[COUNT]];

fn contains(field: &Option<String>, text: &str) -> bool {
    field.as_ref().is_some_and(|field| field.contains(text))
}

fn exports(share: &Share) -> impl Iterator<Item = &manilad_domain::share::ExportLocation> {
    share.live().flat_map(|one| &one.exports)
}

/// The filters of one request.
#[derive(Default)]
pub struct Filters {
    rows: Vec<(&'static Row, String)>,
    metadata: Vec<(String, String)>,
    /// Ids of the types whose extra specs match; `None`: not asked for.
    types: Option<Vec<manilad_domain::ShareTypeId>>,
    project: Option<String>,
    /// Whether the recycle bin is listed.
    pub in_bin: bool,
}

impl Filters {
    /// Reads the filters of a request; `sees_all` tells whether shares of all projects are listed.
    ///
    /// # Errors
    /// Invalid for malformed values; forbidden for filters that the caller may not use.
    pub fn of(call: &Call, sees_all: bool) -> Result<Self, Fault> {
        let mut filters = Filters::default();
        for row in FILTERS.iter().filter(|row| row.span.contains(call.version)) {
            let Some(value) = call.query.get(row.key) else { continue };
            match row.gate {
                Gate::Admin if !call.caller.is_admin => continue,
                Gate::Rule(rule) => call.require(rule, Owner::Own)?,
                _ => {}
            }
            let value = if row.key == "availability_zone" { zone_name(call, value)? } else { value.to_owned() };
            if row.key == "status" && value.contains("deferred") {
                call.require("share:list_shares_in_deferred_deletion_states", Owner::Own)?;
            }
            filters.rows.push((row, value));
        }
        filters.metadata = call.query.dictionary("metadata")?.unwrap_or_default().into_iter().collect();
        if let Some(specs) = call.query.dictionary("extra_specs")? {
            call.require("share_types_extra_spec:index", Owner::Own)?;
            let types: Vec<manilad_domain::ShareType> = call.app.all()?;
            let has = |one: &manilad_domain::ShareType| specs.iter().all(|(k, v)| one.extra_specs.get(k) == Some(v));
            filters.types = Some(types.into_iter().filter(has).map(|one| one.id).collect());
        }
        if sees_all {
            filters.project = call.query.get("project_id").map(str::to_owned);
        }
        filters.in_bin = call.query.flag("is_soft_deleted")?.unwrap_or(false);
        Ok(filters)
    }

    /// Whether every share passes.
    pub fn are_none(&self) -> bool {
        self.rows.is_empty() && self.metadata.is_empty() && self.types.is_none() && self.project.is_none()
    }

    /// The name that the list is confined to, if it is.
    pub fn name(&self) -> Option<&str> {
        self.rows.iter().find(|(row, _)| matches!(row.key, "name" | "display_name")).map(|(_, name)| name.as_str())
    }

    pub fn pass(&self, share: &Share) -> bool {
        self.rows.iter().all(|(row, value)| (row.matches)(share, value))
            && self.metadata.iter().all(|(key, value)| share.metadata.get(key) == Some(value))
            && self.types.as_ref().is_none_or(|types| share.type_id.is_some_and(|id| types.contains(&id)))
            && self.project.as_ref().is_none_or(|project| *project == share.project_id)
    }
}

/// A zone may be given by id; an unknown one matches nothing.
fn zone_name(call: &Call, given: &str) -> Result<String, Fault> {
    let zones: Vec<manilad_domain::service::Zone> = call.app.all()?;
    Ok(zones.into_iter().find(|zone| zone.id.to_string() == given).map_or(given.to_owned(), |zone| zone.name))
}

fn text(value: Option<impl ToString>) -> Sortable {
    value.map_or(Sortable::Nothing, |value| Sortable::Text(value.to_string()))
}

fn flag(value: bool) -> Sortable {
    Sortable::Number(u64::from(value))
}

/// How one column sorts.
type Column = (&'static str, fn(&Share) -> Sortable);

const COLUMNS: &[Column] = &[
    ("created_at", |share| Sortable::Text(share.created_at.text())),
    ("updated_at", |share| text(share.updated_at.map(|at| at.text()))),
    ("id", |share| text(Some(share.id))),
    ("name", |share| text(share.name.as_deref())),
    ("display_name", |share| text(share.name.as_deref())),
    ("display_description", |share| text(share.description.as_deref())),
    ("project_id", |share| text(Some(&share.project_id))),
    ("user_id", |share| text(Some(&share.user_id))),
    ("size", |share| Sortable::Number(share.size)),
    ("share_proto", |share| text(Some(share.protocol.name()))),
    ("status", |share| text(Some(share.status()))),
    ("is_public", |share| flag(share.is_public)),
    ("share_type_id", |share| text(share.type_id)),
    ("snapshot_id", |share| text(share.snapshot_id)),
    ("host", |share| text(share.main_instance().and_then(|one| one.pool.as_ref()))),
    ("availability_zone_id", |share| text(share.main_instance().and_then(|one| one.availability_zone.as_deref()))),
    ("share_network_id", |share| text(share.main_instance().and_then(|one| one.network))),
    ("share_server_id", |share| text(share.main_instance().and_then(|one| one.server))),
    ("encryption_key_ref", |share| text(share.encryption_key)),
    ("mount_point_name", |share| text(share.mount_point_name.as_deref())),
    ("is_soft_deleted", |share| flag(share.is_soft_deleted())),
    ("scheduled_to_be_deleted_at", |share| text(share.scheduled_to_be_deleted_at.map(|at| at.text()))),
    ("task_state", |share| text(share.task_state)),
    ("progress", |share| text(share.main_instance().and_then(|one| one.progress))),
    ("access_rules_status", |share| text(share.main_instance().map(|one| one.rules_status))),
    ("snapshot_support", |share| flag(share.abilities.snapshot_support)),
    ("create_share_from_snapshot_support", |share| flag(share.abilities.create_share_from_snapshot_support)),
    ("revert_to_snapshot_support", |share| flag(share.abilities.revert_to_snapshot_support)),
    ("mount_snapshot_support", |share| flag(share.abilities.mount_snapshot_support)),
    ("snapshot_inherit_share_access_support", |share| flag(share.abilities.snapshot_inherit_share_access_support)),
];

/// Columns that Manila knows and that hold the same in all shares as yet.
const BLANK_COLUMNS: &[&str] = &[
    "cast_rules_to_readonly",
    "deleted",
    "deleted_at",
    "launched_at",
    "replica_state",
    "replication_type",
    "scheduled_at",
    "share_group_id",
    "source_backup_id",
    "source_share_group_snapshot_member_id",
    "terminated_at",
];

fn sort_keys() -> Vec<&'static str> {
    COLUMNS.iter().map(|(name, _)| *name).chain(BLANK_COLUMNS.iter().copied()).collect()
}

fn column(key: &str) -> Option<fn(&Share) -> Sortable> {
    let read = COLUMNS.iter().find(|(name, _)| *name == key).map(|(_, read)| *read);
    read.or_else(|| BLANK_COLUMNS.contains(&key).then_some(|_| Sortable::Nothing))
}

/// Columns that only administrators of hosts see. Others may sort by them, and are not told their values in links.
const UNTOLD: &[&str] = &["host", "share_server_id"];

/// Reads `sort_key` and `sort_dir`; without them, the newest come first. With the order, whether the caller may know the
/// column that the shares are sorted by.
///
/// # Errors
/// Invalid, naming what was expected.
pub fn sorting(call: &Call) -> Result<(Sorting<Share>, bool), Fault> {
    let descending = match call.query.get("sort_dir") {
        None | Some("desc") => true,
        Some("asc") => false,
        Some(other) => return Err(Fault::invalid(format!("sort_dir must be asc or desc, not {other:?}."))),
    };
    let key = call.query.get("sort_key");
    let by = match key {
        None | Some("created_at") => None,
        Some(key) => {
            Some(column(key).ok_or_else(|| Fault::invalid(format!("{key:?} is not a column that shares sort by.")))?)
        }
    };
    let is_told = call.caller.is_host_admin || key.is_none_or(|key| !UNTOLD.contains(&key));
    Ok((Sorting { by, descending, made: |share| share.created_at }, is_told))
}
