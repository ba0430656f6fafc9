//! Lists of resources that are not built: there are none of these things, so each list is empty, and that is true.
//!
//! Dashboards and clean-up tools ask for these lists before they do anything else, and fail as a whole where one is
//! missing. All other routes of these resources are [`missing`](crate::missing) until they are built. How to get it wrong: to leave
//! a row here when its resource is built, or to let a value pass that the real list would refuse; every parameter is
//! judged by its form. Source: resources.md §6, §11, §18.

use futures::future::{FutureExt, ready};
use manilad_domain::fault::Kind;
use manilad_domain::{Fault, Microversion, span};
use serde_json::{Value, json};

use crate::call::Call;
use crate::parameter::{self, DIRECTION, Form, PAGE, Parameter, Parameters};
use crate::query::Query;
use crate::route::{Answer, Handled, Method, Route, Shows};
use crate::schema;
use crate::stream::Content;

/// Declares the lists: path, microversions, rule, the key of the list, what else is asked and told, and the query.
macro_rules! empty_lists {
    ($($path:literal $span:tt $policy:literal => $key:literal $answer:ident ? $QUERY:ident;)+) => {
        /// The lists of resources that are not built.
        pub const ROUTES: &[Route] = &[$(Route {
            method: Method::GET,
            path: $path,
            action: None,
            span: span!($span),
            policy: $policy,
            status: 200,
            status_unchanged: None,
            shows: Shows::Json(|version| shown($key, $QUERY, version)),
            body: None,
            query: $QUERY,
            handle: |call, _| list(&call, $key, $QUERY, $answer),
        }),+];
    };
}

empty_lists! {
    "/share-groups"        [2.31.. experimental ..=2.54] "share_group:get_all" => "share_groups" known_only ? GROUPS;
    "/share-groups/detail" [2.31.. experimental ..=2.54] "share_group:get_all" => "share_groups" known_only ? GROUPS;
    "/share-group-types"   [2.31.. experimental ..=2.54] "share_group_type:index" => "share_group_types" none ? GROUP_TYPES;
    "/share-group-snapshots" [2.31.. experimental ..=2.54] "share_group_snapshot:get_all"
        => "share_group_snapshots" none ? GROUP_SNAPSHOTS;
    "/share-group-snapshots/detail" [2.31.. experimental ..=2.54] "share_group_snapshot:get_all"
        => "share_group_snapshots" none ? GROUP_SNAPSHOTS;
    "/share-replicas"         [2.11.. experimental ..=2.55] "share_replica:get_all" => "share_replicas" none ? REPLICAS;
    "/share-replicas/detail"  [2.11.. experimental ..=2.55] "share_replica:get_all" => "share_replicas" none ? REPLICAS;
    "/share-backups"          [2.80.. experimental] "share_backup:get_all" => "share_backups" of_a_share ? BACKUPS;
    "/share-backups/detail"   [2.80.. experimental] "share_backup:get_all" => "share_backups" of_a_share ? BACKUPS;
}

const fn all<const N: usize>(names: [&'static str; N], form: Form) -> [Parameter; N] {
    let mut parameters = [Parameter::always("", form); N];
    let mut at = 0;
    while at < N {
        parameters[at].name = names[at];
        at += 1;
    }
    parameters
}

/// Parts of names and descriptions.
const PARTS: &[Parameter] = &[
    Parameter::new("name~", span!([2.36..]), Form::Text),
    Parameter::new("description~", span!([2.36..]), Form::Text),
];
const ALL_TENANTS: &[Parameter] = &[Parameter::always("all_tenants", Form::Flag)];
const COUNT: Parameter = Parameter::always("with_count", Form::Flag);

const GROUP_COLUMNS: [&str; 16] = [
    "availability_zone_id",
    "consistent_snapshot_support",
    "created_at",
    "description",
    "group_type_id",
    "host",
    "id",
    "name",
    "project_id",
    "share_group_type_id",
    "share_network_id",
    "share_server_id",
    "source_share_group_snapshot_id",
    "status",
    "updated_at",
    "user_id",
];
const GROUPS: Parameters = &[
    PAGE,
    ALL_TENANTS,
    PARTS,
    &all(GROUP_COLUMNS, Form::Text),
    &[DIRECTION, Parameter::always("sort_key", Form::OneOf(|| GROUP_COLUMNS.to_vec()))],
];
const GROUP_TYPES: Parameters = &[
    PAGE,
    &[
        Parameter::always("is_public", Form::Text), // administrators' only, and not heard of others
        Parameter::new("group_specs", span!([2.66..]), Form::Dictionary),
    ],
];
const GROUP_SNAPSHOT_COLUMNS: [&str; 9] =
    ["created_at", "description", "id", "name", "project_id", "share_group_id", "status", "updated_at", "user_id"];
const GROUP_SNAPSHOTS: Parameters = &[
    PAGE,
    ALL_TENANTS,
    PARTS,
    &all(GROUP_SNAPSHOT_COLUMNS, Form::Text),
    &[DIRECTION, Parameter::always("sort_key", Form::OneOf(|| GROUP_SNAPSHOT_COLUMNS.to_vec()))],
];
const REPLICAS: Parameters = &[PAGE, &[Parameter::always("share_id", Form::Text)]];
const BACKUP_COLUMNS: [&str; 9] =
    ["created_at", "description", "host", "id", "name", "share_id", "status", "topic", "updated_at"];
const BACKUPS: Parameters = &[
    PAGE,
    ALL_TENANTS,
    PARTS,
    &all(BACKUP_COLUMNS, Form::Text),
    &[
        DIRECTION,
        Parameter::always("all_projects", Form::Flag),
        Parameter::always("sort_key", Form::OneOf(|| BACKUP_COLUMNS.to_vec())),
    ],
];

fn list(call: &Call, key: &str, tables: Parameters, answer: fn(&Call, &str) -> Result<Value, Fault>) -> Handled {
    let body = call.query.judge(tables, call.version).and_then(|()| answer(call, key));
    ready(body.map(|body| Answer { status: 200, body: Content::Whole(body.to_string().into_bytes()) })).boxed_local()
}

/// What a list answers.
fn shown(key: &str, tables: Parameters, version: Microversion) -> Value {
    let list = (key.to_owned(), json!({ "type": "array", "maxItems": 0 }));
    let counts = parameter::at(tables, version).any(|one| one.name == COUNT.name);
    let count = counts.then(|| ("count".to_owned(), json!({ "const": 0 })));
    schema::closed(&[key], [list].into_iter().chain(count))
}

fn none(_: &Call, key: &str) -> Result<Value, Fault> {
    Ok(json!({ key: [] }))
}

/// A filter that does not exist is refused.
fn known_only(call: &Call, key: &str) -> Result<Value, Fault> {
    let given = Query::parse(call.query.raw());
    let unknown = given.pairs().find(|(name, _)| call.query.get(name).is_none());
    match unknown {
        Some((name, _)) => Err(Fault::invalid(format!("{name:?} is not a column that share groups are filtered by."))),
        None => none(call, key),
    }
}

/// A share that is named must be there.
fn of_a_share(call: &Call, key: &str) -> Result<Value, Fault> {
    let share = call.query.get("share_id").map(|id| call.share(id)).transpose();
    share.map_err(|fault| if fault.kind == Kind::Missing { Fault { kind: Kind::Invalid, ..fault } } else { fault })?;
    none(call, key)
}
