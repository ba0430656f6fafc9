//! Asking for a share. Everything that can be refused at once is refused here; where it will live is the
//! scheduler's business, after the answer.

use manilad_decisions::Owed;
use manilad_decisions::quota;
use manilad_domain::access::check_squash;
use manilad_domain::hints::{Affinity, Hints};
use manilad_domain::intent::{Cause, Verb};
use manilad_domain::service::Zone;
use manilad_domain::{Fault, Instance, Intent, Record, Share};
use manilad_store::{Draft, Shared};
use serde_json::{Map, Value};

use super::basis::{Basis, find_zone, ignores_type_zones};
use super::body::NewShare;
use super::view::Seen;
use crate::body::Label;
use crate::call::{Call, Owner};
use crate::metadata::{self, Entries, Reserved};

pub async fn create(call: Call, wish: NewShare) -> Result<Seen, Fault> {
    let settings = &call.face.settings;
    if !settings.enabled_protocols.contains(&wish.share_proto) {
        return Err(Fault::invalid(format!("Share protocol {} is not enabled.", wish.share_proto.name())));
    }
    if wish.is_public.is_some_and(|flag| flag.0) {
        call.require("share:create_public_share", Owner::Own)?;
    }
    let metadata = metadata::initial(&call, &Reserved::of_shares(settings), wish.metadata.clone())?;
    check_squash(&metadata)?;
    refuse_unknown_parents(&wish)?;
    let hints = wanted_place(&call, wish.scheduler_hints.clone())?;
    let zone = wish.availability_zone.as_deref().map(|given| find_zone(&call, given)).transpose()?;
    Basis::read(&call, &call.face.store, &wish, zone.as_ref())?;
    let asker = call.clone();
    let (share, share_type) = call
        .decide("create share", move |draft| {
            let basis = Basis::read(&asker, draft, &wish, zone.as_ref())?;
            let mut share = new_share(&asker, wish, metadata, &basis, zone);
            let (limits, type_id) = (&asker.face.settings.limits, share.type_id);
            let quota = quota::of(draft, limits, &share.project_id, &share.user_id, type_id)?;
            quota.admit_size(share.size)?;
            quota.admit(&draft.usage(&share.project_id)?, &share.charges())?;
            make_neighbours(&asker, draft, &mut share, &hints)?;
            let hints = hints.without_neighbours();
            let cause = Cause { now: share.created_at, ..asker.cause() };
            for instance in &share.instances {
                let owed = Intent::new(&share, instance, Verb::Place, draft.next_serial()?, &cause);
                let intent = Intent { hints: hints.clone(), ..owed };
                draft.put(&intent)?;
            }
            draft.put(&share)?;
            Ok(((share, basis.share_type), vec![Owed::Scheduler]))
        })
        .await?;
    Ok(Seen { share: share.into(), share_type: share_type.map(Shared::from) })
}

/// The share that a wish comes to, with one instance that has no place yet.
fn new_share(call: &Call, wish: NewShare, metadata: Entries, basis: &Basis, zone: Option<Zone>) -> Share {
    let now = call.now();
    let label = |first: Option<Label>, second: Option<Label>| first.or(second).map(|label| label.0);
    let network = basis.network.as_ref().map(|network| network.id);
    let instance =
        Instance { network, ..Instance::creating(call.face.clock.id().into(), zone.map(|zone| zone.name), now) };
    Share {
        id: call.face.clock.id().into(),
        project_id: call.project().to_owned(),
        user_id: call.caller.user().to_owned(),
        name: label(wish.name, wish.display_name),
        description: label(wish.description, wish.display_description),
        protocol: wish.share_proto,
        size: wish.size.0,
        is_public: wish.is_public.is_some_and(|flag| flag.0),
        metadata,
        type_id: basis.share_type.as_ref().map(|one| one.id),
        abilities: basis.share_type.as_ref().map(|one| one.abilities()).unwrap_or_default(),
        mount_point_name: basis.mount_point_name.clone(),
        task_state: None,
        created_at: now,
        updated_at: None,
        instances: vec![instance],
    }
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
    let mut hints = Hints::read(&given, call.caller.is_host_admin)?;
    hints.ignores_type_zones = ignores_type_zones(call);
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
            let neighbour: Option<Share> = draft.get(&id.to_string())?;
            let seen = neighbour.filter(|neighbour| call.may_see(neighbour));
            let mut neighbour = seen.ok_or_else(|| Fault::no_such("share", id))?;
            affinity.remember(&mut share.metadata, *id)?;
            if neighbour.project_id == share.project_id {
                affinity.remember(&mut neighbour.metadata, share.id)?;
                draft.put(&neighbour)?;
            }
        }
    }
    Ok(())
}
