//! Making, changing and removing share types.

use std::collections::{BTreeMap, BTreeSet};

use manilad_decisions::quota;
use manilad_domain::share::index::BY_TYPE;
use manilad_domain::share_type::BY_NAME;
use manilad_domain::{Fault, Record, Share, ShareType, ShareTypeId, extra_specs};
use manilad_store::{Draft, Range};

use super::body::{NewType, UpdateType};
use super::list::seen;
use super::view::Seen;
use crate::call::Call;

pub async fn create(call: Call, wish: NewType) -> Result<Seen, Fault> {
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
        id: call.face.clock.id().into(),
        name: wish.name.0,
        description,
        is_public: wish.was_public.or(wish.is_public).is_none_or(|flag| flag.0),
        projects: BTreeSet::new(),
        extra_specs: specs,
        created_at: call.now(),
        updated_at: None,
    };
    let made = one.clone();
    call.decide("create share type", move |draft| {
        refuse_taken(draft, &one.name, None)?;
        draft.put(&one)?;
        Ok(((), Vec::new()))
    })
    .await?;
    Ok(seen(&call, made))
}

fn refuse_taken(draft: &Draft<'_>, name: &str, except: Option<ShareTypeId>) -> Result<(), Fault> {
    let range = Range::of(BY_NAME, [name.to_owned()]).limit(2);
    let taken: Vec<ShareType> = draft.scan(range)?;
    match taken.iter().any(|other| Some(other.id) != except) {
        true => Err(Fault::conflict(format!("ShareTypeExists: a share type {name} exists already."))),
        false => Ok(()),
    }
}

pub async fn update(call: Call, wish: UpdateType) -> Result<Seen, Fault> {
    if wish.name.is_none() && wish.description.is_none() && wish.is_public.is_none() {
        return Err(Fault::invalid("Give name, description or share_type_access:is_public."));
    }
    let changed = change(&call, "update share type", move |draft, one| {
        if let Some(name) = wish.name {
            refuse_taken(draft, &name.0, Some(one.id))?;
            one.name = name.0;
        }
        if let Some(description) = wish.description {
            one.description = Some(description.0).filter(|text| !text.is_empty());
        }
        if let Some(flag) = wish.is_public {
            one.is_public = flag.0;
        }
        Ok(())
    })
    .await?;
    Ok(seen(&call, changed))
}

/// Changes the type that the path names.
pub async fn change(
    call: &Call,
    what: &'static str,
    change: impl FnOnce(&mut Draft<'_>, &mut ShareType) -> Result<(), Fault> + Send + 'static,
) -> Result<ShareType, Fault> {
    let (id, now) = (call.id::<ShareTypeId>("id", "share type")?.to_string(), call.now());
    call.decide(what, move |draft| {
        let mut one: ShareType = draft.get(&id)?.ok_or_else(|| Fault::no_such("share type", &id))?;
        change(draft, &mut one)?;
        one.updated_at = Some(now);
        draft.put(&one)?;
        Ok((one, Vec::new()))
    })
    .await
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let id = call.id::<ShareTypeId>("id", "share type")?.to_string();
    call.decide_freeing("delete share type", move |draft| {
        let one: ShareType = draft.get(&id)?.ok_or_else(|| Fault::no_such("share type", &id))?;
        let users: Vec<Share> = draft.scan(Range::of(BY_TYPE, [one.key()]).limit(1))?;
        if !users.is_empty() {
            return Err(Fault::invalid(format!("ShareTypeInUse: shares of type {} exist.", one.name)));
        }
        quota::forget_type(draft, one.id)?;
        draft.remove(&one)?;
        Ok(((), Vec::new()))
    })
    .await
}
