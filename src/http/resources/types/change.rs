//! Making, changing and removing share types.

use std::collections::{BTreeMap, BTreeSet};

use manilad_decisions::share_type::{self, Update};
use manilad_domain::{Fault, ShareType, ShareTypeId, extra_specs};

use super::body::{NewType, UpdateType};
use super::list::view;
use super::view::ShareTypeView;
use crate::call::Call;

pub async fn create(call: Call, wish: NewType) -> Result<ShareTypeView, Fault> {
    let stored = |(key, value): (String, String)| (key.clone(), extra_specs::stored(&key, value));
    let mut specs: BTreeMap<_, _> = wish.extra_specs.0.into_iter().map(stored).collect();
    if !specs.contains_key(extra_specs::DRIVER_HANDLES_SHARE_SERVERS) {
        return Err(Fault::invalid("Extra spec driver_handles_share_servers is missing: it must be a boolean."));
    }
    if !call.at_least("2.24") {
        specs.entry("snapshot_support".to_owned()).or_insert_with(|| "True".to_owned());
    }
    specs.iter().try_for_each(|(key, value)| extra_specs::check(key, value))?;
    let description = wish.description.map(|label| label.0);
    if description.as_ref().is_some_and(|text| !text.is_empty()) && !call.at_least("2.41") {
        return Err(Fault::invalid("Share types have a description from microversion 2.41 on."));
    }
    let one = ShareType {
        id: call.app.clock.id().into(),
        name: wish.name.0,
        description,
        is_public: wish.was_public.or(wish.is_public).is_none_or(|flag| flag.0),
        projects: BTreeSet::new(),
        extra_specs: specs,
        created_at: call.now(),
        updated_at: None,
    };
    let made = call.decide("create share type", move |draft| share_type::create(draft, one)).await?;
    Ok(view(&call, made))
}

pub async fn update(call: Call, wish: UpdateType) -> Result<ShareTypeView, Fault> {
    if wish.name.is_none() && wish.description.is_none() && wish.is_public.is_none() {
        return Err(Fault::invalid("Give name, description or share_type_access:is_public."));
    }
    let (id, now) = (id(&call)?, call.now());
    let update = Update {
        name: wish.name.map(|name| name.0),
        description: wish.description.map(|description| description.0),
        is_public: wish.is_public.map(|flag| flag.0),
    };
    let changed = call.decide("update share type", move |draft| share_type::update(draft, id, update, now)).await?;
    Ok(view(&call, changed))
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let id = id(&call)?;
    call.decide_freeing("delete share type", move |draft| share_type::delete(draft, id)).await
}

/// The type that the path names.
pub fn id(call: &Call) -> Result<ShareTypeId, Fault> {
    call.id("id", "share type")
}
