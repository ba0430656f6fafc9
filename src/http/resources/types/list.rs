//! Listing and showing share types.

use manilad_domain::share_type::BY_NAME;
use manilad_domain::{Fault, ShareType, span};
use manilad_store::{Range, Shared};

use super::view::ShareTypeView;
use crate::body::flag_word;
use crate::call::Call;
use crate::listing::Listing;
use crate::parameter::{Form, Parameter, Parameters};
use crate::resources::shares::find_type;

pub const LISTED: Parameters = &[&[
    Parameter::always("is_public", Form::OneOf(|| vec!["true", "false", "all"])),
    Parameter::new("extra_specs", span!([..=2.42]), Form::Refused),
    Parameter::new("extra_specs", span!([2.43..]), Form::Dictionary),
]];

pub async fn list(call: Call) -> Result<Listing<ShareTypeView>, Fault> {
    let publicity = wanted_publicity(&call)?;
    let specs = call.query.dictionary("extra_specs")?;
    if specs.is_some() && !call.at_least("2.43") {
        return Err(Fault::invalid("Share types can be filtered by extra specs from microversion 2.43 on."));
    }
    let specs = specs.unwrap_or_default();
    let all: Vec<Shared<ShareType>> = call.scan(Range::all(BY_NAME).limit(usize::MAX)).await?;
    let types = all.into_iter().filter(|one| {
        let visible = match publicity {
            Some(false) if call.caller.is_admin => !one.is_public,
            None if call.caller.is_admin => true,
            _ => one.is_open_to(call.project()),
        };
        visible && specs.iter().all(|(key, value)| has_spec(one, key, value))
    });
    Ok(types.map(|one| view(&call, one)).collect::<Vec<_>>().into())
}

/// Which types an administrator asks for: those that are open to the own project by default, as everybody sees them;
/// private ones; or (`None`) all.
fn wanted_publicity(call: &Call) -> Result<Option<bool>, Fault> {
    match call.query.get("is_public").filter(|_| call.caller.is_admin) {
        None => Ok(Some(true)),
        Some(word) if word.eq_ignore_ascii_case("all") || word.eq_ignore_ascii_case("none") => Ok(None),
        Some(word) => flag_word(word)
            .map(Some)
            .ok_or_else(|| Fault::invalid(format!("is_public must be true, false or all, not {word:?}."))),
    }
}

fn has_spec(one: &ShareType, key: &str, value: &str) -> bool {
    if key == manilad_domain::extra_specs::AVAILABILITY_ZONES {
        let zones = one.availability_zones();
        return zones.is_empty() || value.split(',').all(|zone| zones.contains(&zone.trim()));
    }
    one.extra_specs.get(key).is_some_and(|has| has == value)
}

pub async fn show(call: Call) -> Result<ShareTypeView, Fault> {
    let given = call.param("id");
    let found = find_type(&call, &call.app.store, given)?;
    if found.id.to_string() != given.to_ascii_lowercase() {
        return Err(Fault::no_such("share type", given)); // a type is shown by its id only
    }
    Ok(view(&call, found))
}

pub async fn default(call: Call) -> Result<ShareTypeView, Fault> {
    let missing = || Fault::missing("No default share type is configured, or it does not exist.");
    let name = call.app.settings.default_share_type.clone().ok_or_else(missing)?;
    find_type(&call, &call.app.store, &name).map(|one| view(&call, one)).map_err(|_| missing())
}

pub fn view(call: &Call, one: impl Into<Shared<ShareType>>) -> ShareTypeView {
    let one = one.into();
    let is_default = call.app.settings.default_share_type.as_deref() == Some(one.name.as_str());
    ShareTypeView { one, is_default }
}
