//! Listing and showing share instances, and where each can be mounted.

use manilad_domain::Microversion;
use manilad_domain::share::index::{BINNED_BY_CREATION, BY_CREATION, BY_INSTANCE};
use manilad_domain::{Fault, Instance, InstanceId, Share, Span, span};
use manilad_store::{Range, Shared};

use super::view::InstanceView;
use crate::call::Call;
use crate::identity::Owner;
use crate::listing::Listing;
use crate::parameter::{Form, Parameter, Parameters};
use crate::resources::exports::view::ExportView;

/// A filter of the list; below its version it is dropped.
struct Row {
    key: &'static str,
    span: Span,
    /// Dropped for others, where a policy lets others list instances.
    for_admin: bool,
    matches: fn(&Share, &Instance, &str) -> bool,
}

const fn row(key: &'static str, span: Span, for_admin: bool, matches: fn(&Share, &Instance, &str) -> bool) -> Row {
    Row { key, span, for_admin, matches }
}

/// The last version whose clients know nothing of `creating_from_snapshot`.
const BEFORE_CLONES: Microversion = Microversion::written("2.53");

const FILTERS: &[Row] = &[
    row("export_location_id", span!([2.35..]), false, |_, one, text| {
        one.exports.iter().any(|export| export.id.to_string() == text)
    }),
    row("export_location_path", span!([2.35..]), false, |_, one, text| {
        one.exports.iter().any(|export| export.path == text)
    }),
    row("status", span!([..=2.53]), true, |_, one, text| one.status.at(BEFORE_CLONES).name() == text),
    row("status", span!([2.54..]), true, |_, one, text| one.status.name() == text),
    row("host", span!([..]), true, |_, one, text| {
        one.pool.as_ref().is_some_and(|pool| pool.to_string() == text || pool.service() == text)
    }),
    row("share_server_id", span!([..]), true, |_, one, text| one.server.is_some_and(|id| id.to_string() == text)),
    row("encryption_key_ref", span!([..]), true, |share, _, text| {
        share.encryption_key.is_some_and(|id| id.to_string() == text)
    }),
];

pub const LISTED: Parameters = &[&[Parameter::new("is_soft_deleted", span!([2.69..]), Form::Flag)], &{
    let mut filters = [Parameter::always("", Form::Text); FILTERS.len()];
    let mut at = 0;
    while at < FILTERS.len() {
        (filters[at].name, filters[at].span) = (FILTERS[at].key, FILTERS[at].span);
        at += 1;
    }
    filters
}];

pub async fn list(call: Call) -> Result<Listing<InstanceView>, Fault> {
    // Those of shares in the recycle bin are listed when they are asked for, and then alone.
    let index = if call.query.flag("is_soft_deleted")? == Some(true) { BINNED_BY_CREATION } else { BY_CREATION };
    let asked: Vec<(&Row, String)> = FILTERS
        .iter()
        .filter(|row| row.span.contains(call.version) && (call.caller.is_admin || !row.for_admin))
        .filter_map(|row| call.query.get(row.key).map(|value| (row, value.to_owned())))
        .collect();
    let items = call.items(Range::all(index), move |_, share: Shared<Share>, items: &mut Vec<InstanceView>| {
        let passing = |one: &&Instance| asked.iter().all(|(row, value)| (row.matches)(&share, one, value));
        items.extend(share.instances.iter().filter(passing).map(|one| view(&share, one)));
        Ok(())
    });
    items.await.map(Listing::from)
}

pub async fn list_of_share(call: Call) -> Result<Listing<InstanceView>, Fault> {
    let share = call.share(call.param("id"))?;
    Ok(share.instances.iter().map(|one| view(&share, one)).collect::<Vec<_>>().into())
}

pub async fn show(call: Call) -> Result<InstanceView, Fault> {
    find(&call, "id")
}

pub async fn list_exports(call: Call) -> Result<Listing<ExportView>, Fault> {
    Ok(exports(&call)?.collect::<Vec<_>>().into())
}

pub async fn show_export(call: Call) -> Result<ExportView, Fault> {
    let id = call.param("id");
    exports(&call)?.find(|view| view.export.id.to_string() == id).ok_or_else(|| Fault::no_such("export location", id))
}

/// All locations of the instance that the path names, those for administrators too.
fn exports(call: &Call) -> Result<impl Iterator<Item = ExportView> + use<>, Fault> {
    call.require("share_instance:show", Owner::Own)?;
    let Instance { id, exports, .. } = find(call, "instance_id")?.one;
    Ok(exports.into_iter().map(move |export| ExportView { export, instance: id }))
}

fn view(share: &Share, one: &Instance) -> InstanceView {
    InstanceView { share: share.id, type_id: share.type_id, one: one.clone() }
}

/// The instance that a parameter of the path names.
///
/// # Errors
/// Missing when there is none.
pub fn find(call: &Call, param: &str) -> Result<InstanceView, Fault> {
    let id: InstanceId = call.id(param, "share instance")?;
    let range = Range::of(BY_INSTANCE, [id.to_string()]).limit(1);
    let owners = call.app.store.snapshot().and_then(|snapshot| snapshot.scan::<Share>(&range))?;
    let mut all = owners.records.iter().flat_map(|share| share.instances.iter().map(|one| view(share, one)));
    all.find(|view| view.one.id == id).ok_or_else(|| Fault::no_such("share instance", id))
}
