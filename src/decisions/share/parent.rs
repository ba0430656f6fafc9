//! What a share that begins with a snapshot has from the snapshot's share: its type, its network and its place.
//!
//! It is made where its parent is, unless the scheduler is to find a pool for it. How to get it wrong: to let it have another type or
//! network; what it begins with was made by those of its parent. Source: resources.md §1, scheduler.md §2.

use manilad_domain::status::SnapshotStatus;
use manilad_domain::{Fault, Instance, Share, ShareSnapshot, ShareType, SnapshotId};
use manilad_store::Source;

use super::asked::{Context, NewShare};

/// A snapshot that a share is to begin with, and its share.
#[derive(Debug)]
pub struct Parent {
    pub snapshot: ShareSnapshot,
    pub share: Share,
    /// Of the share, which the snapshot was taken of.
    pub instance: Instance,
}

impl Parent {
    /// The snapshot that is asked for, with its share; none where none is asked for.
    ///
    /// # Errors
    /// Missing for a snapshot that is not there or not for the caller to know of; invalid where it is not available, or no share can
    /// begin with it.
    pub fn read(source: &impl Source, asked: &NewShare, context: &Context<'_>) -> Result<Option<Self>, Fault> {
        let Some(id) = &asked.snapshot else { return Ok(None) };
        let missing = || Fault::no_such("share snapshot", id);
        let key: SnapshotId = id.parse().map_err(|_| missing())?;
        let found: Option<ShareSnapshot> = source.read(&key.to_string())?;
        let snapshot = found.filter(|snapshot| (context.sees_snapshot)(snapshot)).ok_or_else(missing)?;
        if snapshot.status != SnapshotStatus::Available {
            return Err(Fault::invalid(format!("Snapshot {id} is {}: expected available.", snapshot.status)));
        }
        let share: Share = source.read(&snapshot.share_id.to_string())?.ok_or_else(missing)?;
        if context.checks_clone_ability && !share.abilities.create_share_from_snapshot_support {
            return Err(Fault::invalid(format!(
                "No share can begin with snapshot {id}: the type of its share has no create_share_from_snapshot_support."
            )));
        }
        let instance = share.instance(snapshot.share_instance).filter(|one| one.pool.is_some()).cloned();
        let instance =
            instance.ok_or_else(|| Fault::invalid(format!("The share of snapshot {id} is on no back end.")))?;
        Ok(Some(Parent { snapshot, share, instance }))
    }

    /// The type, which is that of the parent.
    ///
    /// # Errors
    /// Invalid where another one is asked for.
    pub fn share_type(&self, source: &impl Source, named: Option<ShareType>) -> Result<Option<ShareType>, Fault> {
        match named {
            Some(named) if Some(named.id) != self.share.type_id => Err(Fault::invalid(format!(
                "A share that begins with a snapshot has the type of the snapshot's share, not {}.",
                named.name
            ))),
            Some(named) => Ok(Some(named)),
            None => Ok(self.share.type_id.map(|id| source.read(&id.to_string())).transpose()?.flatten()),
        }
    }

    /// GiB.
    ///
    /// # Errors
    /// Invalid for less than the snapshot holds.
    pub fn size(&self, asked: Option<u64>) -> Result<u64, Fault> {
        let least = self.snapshot.size.unwrap_or(self.snapshot.share_size);
        match asked {
            Some(size) if size < least => Err(Fault::invalid(format!(
                "A share of snapshot {} has at least {least} GiB, not {size}.",
                self.snapshot.id
            ))),
            size => Ok(size.unwrap_or(least)),
        }
    }

    /// Holds that what is asked for is where the parent is, or in its network at least where it is `placed`.
    ///
    /// # Errors
    /// Invalid for another network, zone or protocol.
    pub fn check_place(&self, asked: &NewShare, placed: bool) -> Result<(), Fault> {
        let network = self.instance.network.map(|id| id.to_string());
        let zone = self.instance.availability_zone.as_deref();
        let differs = match asked {
            _ if asked.network.is_some() && asked.network != network => "share network",
            _ if !placed && asked.zone.as_ref().is_some_and(|one| Some(one.name.as_str()) != zone) => {
                "availability zone"
            }
            _ if asked.protocol != self.share.protocol => "protocol",
            _ => return Ok(()),
        };
        Err(Fault::invalid(format!("A share that begins with a snapshot has the {differs} of the snapshot's share.")))
    }
}
