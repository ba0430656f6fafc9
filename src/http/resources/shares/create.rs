//! Asking for a share. Where it will live is the scheduler's business, after the answer.

use manilad_decisions::share::{self, Basis, Context};
use manilad_domain::abilities::check_switches;
use manilad_domain::hints::{Affinity, Hints};
use manilad_domain::{Fault, Share, ShareNetwork, ShareSnapshot};
use manilad_store::Shared;
use serde_json::{Map, Value};

use super::body::NewShare;
use super::encryption_key;
use super::view::ShareView;
use crate::body::Label;
use crate::call::Call;
use crate::identity::Owner;
use crate::resources::metadata::{self, Entries, Reserved};
use crate::resources::{share_networks, snapshots, zones};

pub async fn create(call: Call, wish: NewShare) -> Result<ShareView, Fault> {
    let settings = &call.app.settings;
    if !settings.enabled_protocols.contains(&wish.share_proto) {
        return Err(Fault::invalid(format!("Share protocol {} is not enabled.", wish.share_proto.name())));
    }
    if wish.is_public.is_some_and(|flag| flag.0) {
        call.require("share:create_public_share", Owner::Own)?;
    }
    let metadata = metadata::initial(&call, &Reserved::of_shares(settings), wish.metadata.clone())?;
    check_switches(&call.app.rule_switches, &metadata)?;
    refuse_unknown_parents(&wish)?;
    let asked = asked(&call, wish, metadata)?;
    in_context(&call, |context| Basis::read(&call.app.store, &asked, context))?;
    if let Some(key) = asked.encryption_key {
        encryption_key::admit(&call, key).await?;
    }
    let asker = call.clone();
    let (share, share_type) = call
        .decide("create share", move |draft| {
            in_context(&asker, |context| share::create(draft, asked, context, &asker.cause()))
        })
        .await?;
    Ok(ShareView { share: share.into(), share_type: share_type.map(Shared::from) })
}

/// What the wish comes to.
fn asked(call: &Call, wish: NewShare, metadata: Entries) -> Result<share::NewShare, Fault> {
    let hints = wanted_place(call, wish.scheduler_hints)?;
    let zone = wish
        .availability_zone
        .map(|name| zones::find(call, &name)?.ok_or_else(|| Fault::no_such("availability zone", &name)));
    let label = |first: Option<Label>, second: Option<Label>| first.or(second).map(|label| label.0);
    Ok(share::NewShare {
        id: call.app.clock.id().into(),
        instance: call.app.clock.id().into(),
        project_id: call.project().to_owned(),
        user_id: call.caller.user().to_owned(),
        name: label(wish.name, wish.display_name),
        description: label(wish.description, wish.display_description),
        protocol: wish.share_proto,
        size: wish.size.map(|size| size.0),
        is_public: wish.is_public.is_some_and(|flag| flag.0),
        metadata,
        share_type: wish.share_type,
        volume_type: wish.volume_type,
        network: wish.share_network_id,
        zone: zone.transpose()?,
        snapshot: wish.snapshot_id,
        mount_point_name: wish.mount_point_name.map(|name| name.0),
        encryption_key: wish.encryption_key_ref.as_deref().map(encryption_key::named).transpose()?,
        hints,
    })
}

/// What the configuration and the policy say about the request.
pub(super) fn in_context<T>(call: &Call, then: impl FnOnce(&Context<'_>) -> T) -> T {
    let settings = &call.app.settings;
    then(&Context {
        default_type: settings.default_share_type.as_deref(),
        mount_point_prefix: &settings.default_mount_point_prefix,
        limits: &settings.limits,
        is_admin: call.caller.is_admin,
        checks_clone_ability: call.at_least("2.24"),
        places_clones: settings.places_clones,
        sees_share: &|share: &Share| call.may_see(share),
        sees_snapshot: &|snapshot: &ShareSnapshot| snapshots::may_see(call, snapshot),
        sees_network: &|network: &ShareNetwork| call.allows("share_network:show", share_networks::owner(network)),
    })
}

/// Things that a share could be made from or in, of which none can exist yet.
fn refuse_unknown_parents(wish: &NewShare) -> Result<(), Fault> {
    if let Some(id) = &wish.share_group_id {
        return Err(Fault::no_such("share group", id));
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
    hints.ignores_type_zones = !call.at_least("2.48");
    for affinity in Affinity::ALL {
        for id in hints.neighbours(affinity) {
            call.share(&id.to_string())?;
        }
    }
    Ok(hints)
}
