//! Taking over what is on an array already as a share, letting go of a share that stays there, and what came of either.
//!
//! The size is known when the array has told it: until then it is 0, and counts whatever the quota says. The path that the share was
//! managed by is its only export location meanwhile. What is at that path already is looked for beforehand, among all shares of the pool;
//! what is to be managed, or could not be, has an index of its own, by which it is found here, in the writer. How to get it wrong: to let
//! two take over one volume at once; each finds it where it was, and the second takes it from the first. Source: resources.md §1,
//! quotas-and-limits.md §2, scheduler.md §4.

use std::collections::BTreeMap;

use manilad_domain::fault::Kind;
use manilad_domain::intent::{Cause, Verb};
use manilad_domain::message::{Action as MessageAction, Detail};
use manilad_domain::outcome::{Managed, Remedy, Trouble};
use manilad_domain::service::{Binary, Service};
use manilad_domain::share::{ExportLocation, ManagedPlace, Protocol, index};
use manilad_domain::share_network::NetworkAction;
use manilad_domain::status::{ServerStatus, Status};
use manilad_domain::{
    ExportLocationId, Fault, Instance, InstanceId, Intent, Microversion, PoolName, Share, ShareId, ShareNetwork,
    ShareServer, ShareType, Stamp,
};
use manilad_store::{Draft, Error, Range, Shared, Snapshot, Source};

use super::asked::Context;
use super::basis::{check_size, default_type, find_type, mount_point_name};
use super::begin::{begin, changeable};
use super::resize::NoRoom;
use super::{ShareAction, current};
use crate::message::about_share;
use crate::settle::{Next, Settling, change};
use crate::{Decided, Owed, encryption_key, qos_type, resource_lock, service, share_server, share_transfer, snapshot};

/// Shares that are read at a time.
const AT_A_TIME: usize = 256;

/// What is asked to be managed, under the ids that it is to have.
#[derive(Debug, Clone)]
pub struct ManagedShare {
    pub id: ShareId,
    pub instance: InstanceId,
    pub export: ExportLocationId,
    pub project_id: String,
    pub user_id: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub protocol: Protocol,
    pub is_public: bool,
    /// A type by name or id; none: the default type.
    pub share_type: Option<String>,
    pub pool: PoolName,
    /// Where it can be mounted by now.
    pub path: String,
    /// The id of a share server.
    pub server: Option<String>,
    /// The name under which it is to be mounted, without the prefix.
    pub mount_point_name: Option<String>,
}

/// The share that is asked for, and its type, if they go together.
///
/// # Errors
/// Missing for a type or back end that is not there; invalid for what does not go together; conflict for a share server that does not
/// serve.
pub fn to_manage(
    source: &impl Source,
    asked: &ManagedShare,
    context: &Context<'_>,
    now: Stamp,
) -> Result<(Share, ShareType), Fault> {
    let share_type = match &asked.share_type {
        Some(name) => find_type(source, name, &asked.project_id, context.is_admin)?,
        None => default_type(source, &asked.project_id, context)?
            .ok_or_else(|| Fault::missing("No share type is named, and there is no default share type."))?,
    };
    let place = asked.pool.service();
    let qos_type = qos_type::of_share_type(source, &share_type)?;
    let known: Option<Service> = source.read(&Service::key_of(Binary::Share, &place))?;
    let known = known.ok_or_else(|| service::no_service(Binary::Share.name(), &place))?;
    let server = server(source, asked, &share_type)?;
    let mount_point_name = mount_point_name(
        asked.mount_point_name.as_deref(),
        &asked.project_id,
        Some(&share_type),
        context.mount_point_prefix,
    )?;
    let export = ExportLocation {
        id: asked.export,
        path: asked.path.clone(),
        is_admin_only: false,
        preferred: false,
        preference: None,
        metadata: BTreeMap::new(),
        created_at: now,
        updated_at: None,
    };
    let encryption_key = server.as_ref().and_then(|server| server.encryption.as_ref()).map(|encryption| encryption.key);
    let instance = Instance {
        status: Status::ManageStarting,
        pool: Some(asked.pool.clone()),
        network: server.as_ref().map(|server| server.share_network_id),
        server: server.map(|server| server.id),
        exports: vec![export],
        ..Instance::creating(asked.instance, Some(known.availability_zone), now)
    };
    let share = Share {
        id: asked.id,
        project_id: asked.project_id.clone(),
        user_id: asked.user_id.clone(),
        name: asked.name.clone(),
        description: asked.description.clone(),
        protocol: asked.protocol,
        size: 0,
        is_public: asked.is_public,
        metadata: BTreeMap::new(),
        type_id: Some(share_type.id),
        abilities: share_type.abilities(),
        mount_point_name,
        snapshot_id: None,
        task_state: None,
        encryption_key,
        scheduled_to_be_deleted_at: None,
        qos_type_id: qos_type.map(|one| one.id),
        created_at: now,
        updated_at: None,
        instances: vec![instance],
    };
    Ok((share, share_type))
}

/// The share server that is named, which must serve, on the back end and for the type.
fn server(source: &impl Source, asked: &ManagedShare, of: &ShareType) -> Result<Option<ShareServer>, Fault> {
    let Some(id) = &asked.server else {
        return match of.handles_share_servers() {
            true => Err(Fault::invalid(format!("Share type {} needs the share server of the share.", of.name))),
            false => Ok(None),
        };
    };
    if !of.handles_share_servers() {
        return Err(Fault::invalid(format!("Share type {} has no share servers.", of.name)));
    }
    let unknown = || Fault::invalid(format!("There is no share server {id}."));
    let server: ShareServer = source.read(id)?.ok_or_else(unknown)?;
    if server.service != asked.pool.service() {
        return Err(Fault::invalid(format!("Share server {id} is on {}, not on that of the pool.", server.service)));
    }
    if server.status != ServerStatus::Active || share_server::owes_removal(source, &server)? {
        return Err(Fault::conflict(format!("Share server {id} is {}: expected active.", server.status)));
    }
    // A server that is being removed, and of which somebody says that it is active, can outlive its network.
    let network: Option<ShareNetwork> = source.read(&server.share_network_id.to_string())?;
    let gone = || Fault::conflict(format!("The share network of share server {id} is gone."));
    network.ok_or_else(gone)?.check(NetworkAction::CreateShare)?;
    Ok(Some(server))
}

/// The shares of a pool, by the index that [`mounted_at`] walks.
pub fn of_pool(pool: &PoolName) -> Range {
    Range::of(index::BY_HOST, [pool.service(), pool.pool.clone()])
}

/// The share of a pool that is reached where another one is to be, which would be managed, if there is one. Reads all shares of the pool,
/// a few at a time.
///
/// # Errors
/// As [`Snapshot::scan`].
pub fn mounted_at(snapshot: &Snapshot, pool: &PoolName, wanted: &Share) -> Result<Option<ShareId>, Error> {
    let places = |share: &Share| -> Vec<ManagedPlace> {
        let live = share.live().filter(|instance| instance.pool.as_ref() == Some(pool));
        let exports = live.flat_map(|instance| instance.exports.iter().map(move |export| (instance, export)));
        exports.map(|(instance, export)| ManagedPlace::of(share, instance, &export.path)).collect()
    };
    let wanted = places(wanted);
    let mut range = of_pool(pool).limit(AT_A_TIME);
    loop {
        let page = snapshot.scan::<Share>(&range)?;
        let is_there = |share: &&Shared<Share>| places(share).iter().any(|place| wanted.contains(place));
        if let Some(share) = page.records.iter().find(is_there) {
            return Ok(Some(share.id));
        }
        match page.next {
            Some(next) => range.after = Some(next),
            None => return Ok(None),
        }
    }
}

/// Records a share that is on the array already, and owes that it is taken over; where the scheduler refuses its pool it is recorded as
/// one that could not be managed, and its owner is sent a message.
///
/// # Errors
/// As [`to_manage`]; conflict for what is being managed already.
pub fn manage(
    draft: &mut Draft<'_>,
    asked: &ManagedShare,
    context: &Context<'_>,
    room: Result<(), NoRoom>,
    cause: &Cause,
) -> Decided<(Share, ShareType)> {
    let (mut share, share_type) = to_manage(draft, asked, context, cause.now)?;
    refuse_second(draft, &share, asked)?;
    let serial = draft.next_serial()?;
    let owed: Vec<Intent> =
        share.instances.iter().map(|instance| Intent::new(&share, instance, Verb::Manage, serial, cause)).collect();
    for owed in &owed {
        match &room {
            Ok(()) => draft.put(owed)?,
            Err(NoRoom { detail, message, lives }) => {
                change(&mut share, owed.instance, |instance| instance.status = Status::ManageError);
                draft.put(&about_share(owed, MessageAction::AllocateHost, *detail, *message, cause.now, *lives))?;
            }
        }
    }
    if let Some(key_use) = encryption_key::first_use(draft, &share, cause.now)? {
        draft.put(&key_use)?;
    }
    draft.put(&share)?;
    let owed = if room.is_ok() { vec![Owed::Backend(asked.pool.service())] } else { Vec::new() };
    Ok(((share, share_type), owed))
}

/// Refuses what is being managed already, or could not be and may still be taken over by a call of then: two that took over one volume
/// would take it from each other.
fn refuse_second(draft: &Draft<'_>, share: &Share, asked: &ManagedShare) -> Result<(), Fault> {
    for place in share.instances.iter().map(|instance| ManagedPlace::of(share, instance, &asked.path)) {
        let row = place.key(&asked.pool.service());
        let others: Vec<Share> = draft.scan(Range::of(index::BY_MANAGED_PATH, row).limit(1))?;
        if let Some(other) = others.first() {
            let failed =
                format!("Share {}, which was to manage {:?}, could not: unmanage it first.", other.id, asked.path);
            let has_failed = other.status() == Status::ManageError;
            return Err(if has_failed { Fault::conflict(failed) } else { taken(&asked.path, other.id) });
        }
    }
    Ok(())
}

/// The refusal of a path that is that of a share.
pub fn taken(path: &str, by: ShareId) -> Fault {
    Fault::conflict(format!("Export path {path:?} is that of share {by}."))
}

/// Has the array no longer mark a share as ours, and then forgets it.
///
/// # Errors
/// Missing when the share has gone; as [`ShareAction::Unmanage`] has it; forbidden while it is locked or has snapshots, and before 2.49
/// where a share server serves it; invalid where it is on no back end, and while its back end is still looking for it.
pub fn unmanage(draft: &mut Draft<'_>, id: ShareId, version: Microversion, cause: &Cause) -> Decided<()> {
    resource_lock::refuse_removal(draft, id, Fault::forbidden)?;
    let share = current(draft, id, ShareAction::Unmanage)?;
    let is_served = share.live().any(|instance| instance.server.is_some());
    if is_served && version < Microversion::written("2.49") {
        return Err(Fault::forbidden(format!("Share {id} is on a share server: it can be unmanaged from 2.49 on.")));
    }
    if snapshot::has_any(draft, id)? {
        return Err(Fault::forbidden(format!(
            "Share {id} has snapshots, which have to be unmanaged or deleted first."
        )));
    }
    let busy = |fault: Fault| match fault.kind {
        Kind::Conflict => Fault { kind: Kind::Invalid, ..fault },
        _ => fault,
    };
    let (share, instance, _) = changeable(draft, id, ShareAction::Unmanage, version).map_err(busy)?;
    let of = share.instance(instance).ok_or_else(|| Fault::no_such("share", id))?;
    let owed = Intent::new(&share, of, Verb::Unmanage, 0, cause);
    let begun = begin(draft, share, owed, cause)?;
    share_transfer::end_unless_awaited(draft, &current(draft, id, ShareAction::Unmanage)?)?;
    Ok(begun)
}

impl Settling {
    /// The instance is on the array, with its names and its mark, and this size.
    pub fn managed(mut self, draft: &mut Draft<'_>, snapshot: &Intent, managed: Managed) -> Result<Next, Error> {
        let Some((intent, mut share)) = self.open(draft, snapshot, Verb::Manage)? else { return Ok(Next::Stale) };
        let of = share.type_id.map(|id| draft.get::<ShareType>(&id.to_string())).transpose()?.flatten();
        if let Some(Err(fault)) = of.map(|of| check_size(managed.size, &of)) {
            let trouble = Trouble { remedy: Remedy::Never, detail: Detail::UnknownError, reason: fault.text };
            return self.failed(draft, snapshot, &trouble);
        }
        share.size = managed.size;
        let (locations, _) = self.locations(Vec::new(), managed.exports);
        change(&mut share, intent.instance, |instance| {
            (instance.exports, instance.progress) = (locations, Some(100));
        });
        self.changed(draft, &intent, share)?;
        Ok(Next::NOBODY)
    }

    /// Nothing on the array is marked as of the instance any more: the share goes with its last one.
    pub fn unmanaged(mut self, draft: &mut Draft<'_>, snapshot: &Intent) -> Result<Next, Error> {
        let Some((intent, share)) = self.open(draft, snapshot, Verb::Unmanage)? else { return Ok(Next::Stale) };
        // What stays on its server would go with that, or keep it from going. Of what was never taken over nothing does.
        let server = share_server::of_instance(draft, &share, &intent)?;
        if let Some(server) = server.filter(|_| share.size > 0) {
            draft.put(&ShareServer { is_auto_deletable: false, updated_at: Some(self.now), ..server })?;
        }
        self.let_go(draft, &intent, share)
    }
}

#[cfg(test)]
mod tests;
