//! Listing and showing access rules.
//!
//! Whoever may see a share may ask for its rules; those of another project's public share are not told, so the list is
//! empty there. How to get it wrong: to refuse instead, for dashboards then can't show the share at all (decision 0016).

use manilad_domain::access::{self, AccessLevel, AccessType};
use manilad_domain::fault::Kind;
use manilad_domain::{AccessRule, AccessRuleId, Fault, Record, Share};
use manilad_store::{Range, Shared};

use super::body::AnyBody;
use super::view::AccessRuleView;
use crate::call::Call;
use crate::identity::Owner;
use crate::listing::Listing;
use crate::parameter::{Form, Parameter, Parameters, columns};
use crate::query::Column;
use crate::resources::resource_locks::of_rules;

/// The rule for listing; asked of the caller's own project to let them ask, and of the share's to tell them.
const SEE_RULES: &str = "share:access_get_all";

/// Filters of the list that compare text.
const FILTERS: &[Column<AccessRule>] = &[
    ("access_type", |rule| rule.kind.name().to_owned()),
    ("access_to", |rule| rule.to.clone()),
    ("access_level", |rule| rule.level.name().to_owned()),
    ("access_key", |rule| rule.key.clone().unwrap_or_default()),
    ("id", |rule| rule.id.to_string()),
];

pub const LISTED: Parameters = &[
    &[Parameter::always("share_id", Form::Text).required(), Parameter::always("metadata", Form::Dictionary)],
    &columns::<_, { FILTERS.len() }>(FILTERS, Form::Text),
];

pub async fn list_of_share(call: Call, _: AnyBody) -> Result<Listing<AccessRuleView>, Fault> {
    let share = call.share(call.param("id"))?;
    rules(&call, share).await.map(Listing::from)
}

pub async fn list_rules(call: Call) -> Result<Listing<AccessRuleView>, Fault> {
    let id = call.query.get("share_id").ok_or_else(|| Fault::invalid("Query parameter share_id is missing."))?;
    check_filters(&call)?;
    let metadata = call.query.dictionary("metadata")?.unwrap_or_default();
    call.require(SEE_RULES, Owner::Own)?;
    let share = call.share(id).map_err(|fault| match fault.kind {
        Kind::Missing => Fault { kind: Kind::Invalid, ..fault },
        _ => fault,
    })?;
    let mut found = rules(&call, share).await?;
    let asks_whom = ["access_to", "access_key"].iter().any(|key| call.query.get(key).is_some());
    found.retain(|view| {
        !(asks_whom && view.is_hidden)
            && FILTERS.iter().all(|(key, read)| call.query.get(key).is_none_or(|value| read(&view.rule) == value))
            && metadata.iter().all(|(key, value)| view.rule.metadata.get(key) == Some(value))
    });
    Ok(found.into())
}

fn check_filters(call: &Call) -> Result<(), Fault> {
    let (kind, to) = (call.query.get("access_type"), call.query.get("access_to"));
    if to.is_some() && kind.is_none() {
        return Err(Fault::invalid("Filter access_to needs access_type."));
    }
    if !call.at_least("2.82") {
        return Ok(());
    }
    if kind.is_some_and(|kind| AccessType::named(kind).is_none()) {
        return Err(Fault::invalid("Filter access_type must be ip, user, cert or cephx."));
    }
    if call.query.get("access_level").is_some_and(|level| AccessLevel::named(level).is_none()) {
        return Err(Fault::invalid("Filter access_level must be rw or ro."));
    }
    Ok(())
}

/// The rules of a share, as far as the caller may know of them.
async fn rules(call: &Call, share: Shared<Share>) -> Result<Vec<AccessRuleView>, Fault> {
    if !call.allows(SEE_RULES, Owner::Of { project: &share.project_id, user: &share.user_id }) {
        return Ok(Vec::new());
    }
    let range = Range::of(access::BY_SHARE, [share.key()]).limit(usize::MAX);
    let rules: Vec<Shared<AccessRule>> = call.scan(range).await?;
    let hidden = of_rules::hidden(call, &share).await?;
    let view =
        |rule: Shared<AccessRule>| AccessRuleView { is_hidden: hidden.contains(&rule.id), rule, share: share.clone() };
    Ok(rules.into_iter().map(view).collect())
}

pub async fn show(call: Call) -> Result<AccessRuleView, Fault> {
    let (rule, share) = find(&call, call.param("id"))?;
    let is_hidden = of_rules::hidden(&call, &share).await?.contains(&rule.id);
    Ok(AccessRuleView { rule, share, is_hidden })
}

/// A rule that the caller may see, with its share.
///
/// # Errors
/// Missing when there is none, or none the caller may know of.
pub fn find(call: &Call, id: &str) -> Result<(Shared<AccessRule>, Shared<Share>), Fault> {
    let missing = || Fault::no_such("share access rule", id);
    let key: AccessRuleId = id.parse().map_err(|_| missing())?;
    let rule: Shared<AccessRule> = call.app.get(&key.to_string())?.ok_or_else(missing)?;
    let share = call.known_share(rule.share_id)?.ok_or_else(missing)?;
    let owner = Owner::Of { project: &share.project_id, user: &share.user_id };
    if call.allows("share:access_get", owner) { Ok((rule, share)) } else { Err(missing()) }
}
