//! Asking for a share. Everything that can be refused at once is refused here; where it will live is the
//! scheduler's business, after the answer.

use manilad_domain::hints::{Affinity, Hints};
use manilad_domain::intent::Verb;
use manilad_domain::service::Zone;
use manilad_domain::share_type::{self, ShareType};
use manilad_domain::{Fault, Instance, Intent, Record, Share, extra_specs};
use manilad_messages::api::Owed;
use manilad_store::{Draft, Range, Shared};
use serde_json::{Map, Value};

use super::body::NewShare;
use super::network;
use super::view::Seen;
use crate::body::Label;
use crate::call::{Call, Owner, unreadable};
use crate::metadata::{self, Reserved};
use crate::{quotas, zones};

pub async fn create(call: Call, wish: NewShare) -> Result<Seen, Fault> {
    let settings = &call.face.settings;
    if !settings.enabled_protocols.contains(&wish.share_proto) {
        return Err(Fault::invalid(format!("Share protocol {} is not enabled.", wish.share_proto.name())));
    }
    let is_public = wish.is_public.is_some_and(|flag| flag.0);
    if is_public {
        call.require("share:create_public_share", Owner::Own)?;
    }
    let metadata = metadata::initial(&call, &Reserved::of_shares(settings), wish.metadata.clone())?;
    refuse_unknown_parents(&wish)?;
    let network = network::wanted(&call, wish.share_network_id.as_deref())?;
    let hints = wanted_place(&call, wish.scheduler_hints.clone())?;
    let zone = wish.availability_zone.as_deref().map(|given| find_zone(&call, given)).transpose()?;
    let share_type = wanted_type(&call, &wish)?;
    if let Some(share_type) = &share_type {
        check_against_type(&call, &wish, share_type, zone.as_ref())?;
    }
    network::check(&call, network.as_deref(), share_type.as_deref(), zone.as_ref())?;
    let mount_point_name = mount_point_name(&call, wish.mount_point_name.as_deref(), share_type.as_deref())?;
    let now = call.now();
    let label = |first: Option<Label>, second: Option<Label>| first.or(second).map(|label| label.0);
    let network = network.map(|network| network.id);
    let instance =
        Instance { network, ..Instance::creating(call.face.clock.id().into(), zone.map(|zone| zone.name), now) };
    let mut share = Share {
        id: call.face.clock.id().into(),
        project_id: call.project().to_owned(),
        user_id: call.caller.user().to_owned(),
        name: label(wish.name, wish.display_name),
        description: label(wish.description, wish.display_description),
        protocol: wish.share_proto,
        size: wish.size.0,
        is_public,
        metadata,
        type_id: share_type.as_ref().map(|one| one.id),
        abilities: share_type.as_ref().map(|one| one.abilities()).unwrap_or_default(),
        mount_point_name,
        task_state: None,
        created_at: now,
        updated_at: None,
        instances: vec![instance],
    };
    let (limits, request_id, asker) = (settings.limits, call.request_id.to_string(), call.clone());
    let committed = call
        .decide("create share", move |draft| {
            let quota = quotas::state::quota(draft, &limits, &share.project_id, &share.user_id, share.type_id)?;
            quota.admit_size(share.size)?;
            quota.admit(&draft.usage(&share.project_id).map_err(unreadable)?, &share.charges())?;
            network::again(draft, network)?;
            make_neighbours(&asker, draft, &mut share, &hints)?;
            let hints = hints.without_neighbours();
            for instance in &share.instances {
                let intent = Intent {
                    instance: instance.id,
                    share: share.id,
                    verb: Verb::Place,
                    serial: draft.next_serial().map_err(unreadable)?,
                    service: None,
                    candidates: Vec::new(),
                    attempt: 0,
                    spent_seconds: 0,
                    hints: hints.clone(),
                    request_id: request_id.clone(),
                    project_id: share.project_id.clone(),
                    user_id: share.user_id.clone(),
                    created_at: now,
                };
                draft.put(&intent).map_err(unreadable)?;
            }
            draft.put(&share).map_err(unreadable)?;
            Ok((share, vec![Owed::Scheduler]))
        })
        .await?;
    Ok(Seen { share: committed.into(), share_type })
}

/// Things that a share could be made from or in, of which none can exist yet.
fn refuse_unknown_parents(wish: &NewShare) -> Result<(), Fault> {
    for (noun, given) in [("share snapshot", &wish.snapshot_id), ("share group", &wish.share_group_id)] {
        if let Some(id) = given {
            return Err(Fault::no_such(noun, id));
        }
    }
    if wish.encryption_key_ref.is_some() {
        return Err(Fault::invalid("Encryption keys need a share type with encryption_support and share servers."));
    }
    Ok(())
}

/// Where the client wants the share. `only_host` is ignored before 2.67, and for everybody but administrators.
///
/// # Errors
/// Invalid for a malformed hint, missing for a neighbour that the caller may not know of.
fn wanted_place(call: &Call, given: Option<Map<String, Value>>) -> Result<Hints, Fault> {
    let mut given = given.unwrap_or_default();
    if !call.at_least("2.67") || !call.caller.is_host_admin {
        given.remove("only_host");
    }
    let hints = Hints::read(&given, call.caller.is_host_admin)?;
    for affinity in Affinity::ALL {
        for id in hints.neighbours(affinity) {
            call.share(&id.to_string())?;
        }
    }
    Ok(hints)
}

/// Lets a new share remember its neighbours, and those of its own project remember it. Another project's share is named
/// and never written to: it belongs to others, and what it remembers would grow by the wishes of strangers.
fn make_neighbours(call: &Call, draft: &mut Draft<'_>, share: &mut Share, hints: &Hints) -> Result<(), Fault> {
    for affinity in Affinity::ALL {
        for id in hints.neighbours(affinity) {
            let neighbour: Option<Share> = draft.get(&id.to_string()).map_err(unreadable)?;
            let seen = neighbour.filter(|neighbour| call.may_see(neighbour));
            let mut neighbour = seen.ok_or_else(|| Fault::no_such("share", id))?;
            affinity.remember(&mut share.metadata, *id)?;
            if neighbour.project_id == share.project_id {
                affinity.remember(&mut neighbour.metadata, share.id)?;
                draft.put(&neighbour).map_err(unreadable)?;
            }
        }
    }
    Ok(())
}

/// A zone by name or id.
fn find_zone(call: &Call, given: &str) -> Result<Zone, Fault> {
    zones::find(call, given)?.ok_or_else(|| Fault::no_such("availability zone", given))
}

/// The type that was asked for, or the configured default. Without a usable default the request is accepted, and the
/// scheduler tells the tenant why it fails.
fn wanted_type(call: &Call, wish: &NewShare) -> Result<Option<Shared<ShareType>>, Fault> {
    let given = match (&wish.share_type, &wish.volume_type) {
        (Some(_), Some(_)) => {
            return Err(Fault::invalid("Members \"share_type\" and \"volume_type\" exclude one another."));
        }
        (given, alias) => given.as_ref().or(alias.as_ref()),
    };
    match given {
        Some(given) => find_type(call, given).map(Some),
        None => match &call.face.settings.default_share_type {
            Some(name) => Ok(type_named(call, name)?.filter(|one| one.is_open_to(call.project()))),
            None => Ok(None),
        },
    }
}

/// A type by id or name that the caller's project may use.
///
/// # Errors
/// Missing when there is none, or none the project may know of.
pub fn find_type(call: &Call, given: &str) -> Result<Shared<ShareType>, Fault> {
    let by_id = match given.parse::<manilad_domain::ShareTypeId>() {
        Ok(id) => call.face.get::<ShareType>(&id.to_string())?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(found) => Some(found),
        None => type_named(call, given)?,
    };
    found
        .filter(|one| call.caller.is_admin || one.is_open_to(call.project()))
        .ok_or_else(|| Fault::no_such("share type", given))
}

fn type_named(call: &Call, name: &str) -> Result<Option<Shared<ShareType>>, Fault> {
    let range = Range::of(share_type::BY_NAME, [name.to_owned()]).limit(1);
    let found = call.face.store.snapshot().and_then(|snapshot| snapshot.scan(&range)).map_err(unreadable)?;
    Ok(found.records.into_iter().next())
}

fn check_against_type(call: &Call, wish: &NewShare, of: &ShareType, zone: Option<&Zone>) -> Result<(), Fault> {
    let size = wish.size.0;
    let (least, most) = (of.number(extra_specs::MIN_SHARE_SIZE), of.number(extra_specs::MAX_SHARE_SIZE));
    if least.is_some_and(|least| size < least) || most.is_some_and(|most| size > most) {
        return Err(Fault::invalid(format!(
            "Share type {} takes sizes from {} to {} GiB, not {size}.",
            of.name,
            least.unwrap_or(1),
            most.map_or("any".to_owned(), |most| most.to_string())
        )));
    }
    let zones = of.availability_zones();
    match zone {
        Some(zone) if call.at_least("2.48") && !zones.is_empty() && !zones.contains(&zone.name.as_str()) => {
            Err(Fault::invalid(format!("Share type {} is not available in zone {}.", of.name, zone.name)))
        }
        _ => Ok(()),
    }
}

/// The name under which the share is to be mounted: the type's or the configured prefix, and what the client gave.
fn mount_point_name(call: &Call, given: Option<&str>, of: Option<&ShareType>) -> Result<Option<String>, Fault> {
    let Some(given) = given else { return Ok(None) };
    let of = of
        .filter(|one| one.flag(extra_specs::MOUNT_POINT_NAME_SUPPORT))
        .ok_or_else(|| Fault::invalid("A mount point name needs a share type with mount_point_name_support."))?;
    let template =
        of.extra_specs.get(extra_specs::MOUNT_POINT_PREFIX).unwrap_or(&call.face.settings.default_mount_point_prefix);
    let name = format!("{}{given}", template.replace("{project_id}", call.project()));
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.len() > 255 || !name.chars().all(plain) {
        return Err(Fault::invalid(format!(
            "The mount point name would be {name:?}; it may have 255 letters, digits, _ and -."
        )));
    }
    Ok(Some(name))
}
