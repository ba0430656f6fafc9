//! What the data LIFs serve: the bridge from volumes and export rules to directories of real files.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use manilad_nfs3::{Access, Exports, Flavour, Grant, Mounted, Ownership, Submount, Usage};
use uuid::Uuid;

use crate::Error;
use crate::cluster::Cluster;
use crate::contents::snapshots_root;
use crate::lifs::{Lifs, Served};
use crate::lookup::reach::{reaches, served_by};
use crate::lookup::snapshot::of_volume;
use crate::lookup::volume::{FILES_USED, living};
use crate::nouns::export_rule;
use crate::rows::snapshot::Snapshot;
use crate::rows::volume::Volume;
use crate::state::State;

impl Cluster {
    /// Serves NFS on `port` of every data LIF, those that are made later too, until the last clone of what is returned
    /// is dropped. To be called on a tokio runtime. A LIF is up before the request that makes it is answered.
    ///
    /// # Errors
    /// A configured LIF has an address that can't be listened on.
    pub fn serve_nfs(&self, port: u16) -> Result<Lifs, Error> {
        let configured = self.config().svms.iter().flat_map(|svm| &svm.lifs).map(|lif| lif.address).collect();
        let lifs = Lifs::open(self.exports(), self.clock().clone(), &configured, self.glance(Served::of), port)?;
        self.let_listen(&lifs);
        Ok(lifs)
    }

    /// What the data LIFs serve.
    pub fn exports(&self) -> Arc<dyn Exports> {
        Arc::new(Namespace::new(self.clone()))
    }
}

/// The namespaces of all SVMs, as clients of their LIFs see them.
pub struct Namespace {
    cluster: Cluster,
    /// Volumes and snapshots by number. A number never changes what it stands for, so this only ever grows by what is
    /// asked for.
    numbers: Mutex<HashMap<u64, Place>>,
}

/// What clients see as a volume of its own.
#[derive(Clone, Copy)]
enum Place {
    Volume(Uuid),
    /// `.snapshot` in the root of a volume.
    Snapshots(Uuid),
    Snapshot(Uuid),
}

/// Makes of the number of a volume that of its `.snapshot`.
const SNAPSHOTS: u64 = 1 << 63;
/// Of `.snapshot`.
const SNAPSHOTS_OWNER: Ownership = Ownership { mode: 0o555, uid: 0, gid: 0 };

impl Namespace {
    pub fn new(cluster: Cluster) -> Self {
        Namespace { cluster, numbers: Mutex::default() }
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> Option<T>) -> Option<T> {
        let found = self.cluster.with(|state| look(state)).ok()?;
        self.cluster.settle_here().ok()?;
        found
    }

    fn by_number(&self, state: &State, number: u64) -> Option<Place> {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = numbers.get(&number) {
            return Some(*place);
        }
        let volume = |number| Some(state.volumes.iter().find(|volume| volume.number == number)?.uuid);
        let snapshot = || Some(state.snapshots.iter().find(|snapshot| snapshot.number == number)?.uuid);
        let place = match number & SNAPSHOTS {
            0 => volume(number).map(Place::Volume).or_else(|| snapshot().map(Place::Snapshot))?,
            _ => Place::Snapshots(volume(number ^ SNAPSHOTS)?),
        };
        numbers.insert(number, place);
        Some(place)
    }

    /// The volume of this number, unless the number is that of something else.
    fn volume_by(&self, state: &State, number: u64) -> Option<Uuid> {
        match self.by_number(state, number)? {
            Place::Volume(uuid) => Some(uuid),
            Place::Snapshots(_) | Place::Snapshot(_) => None,
        }
    }
}

fn grant(state: &State, volume: &Volume, client: IpAddr, flavour: Flavour) -> Grant {
    let policy = state.policies.get(&volume.policy);
    policy.map_or(Grant::own(Access::Denied), |policy| export_rule::grant(&policy.rules, client, flavour))
}

/// The volume as the client sees it. Root volumes and those that are not mounted are not served.
fn mounted(state: &State, volume: &Volume, client: IpAddr, flavour: Flavour) -> Option<Mounted> {
    let junction =
        volume.junction.clone().filter(|_| volume.online() && volume.deleted.is_none() && !volume.is_root)?;
    let root = state.files.join(volume.uuid.to_string());
    let grant = grant(state, volume, client, flavour);
    let (id, size, files, owner) = (volume.number, volume.usable(), volume.files_maximum, volume.root_owner());
    let (name, hidden) = (".snapshot".to_owned(), !volume.snapshot_directory);
    let submounts = vec![Submount { name, volume: id | SNAPSHOTS, hidden }];
    Some(Mounted { id, junction, root, grant, size, files, own_files: FILES_USED, owner, submounts })
}

/// What a client sees below `.snapshot` of a volume, where it sees the volume: it can change nothing there.
fn below(state: &State, volume: &Volume, mounted: Mounted, snapshot: Option<&Snapshot>) -> Option<Mounted> {
    let access = if mounted.grant.access == Access::Denied { Access::Denied } else { Access::ReadOnly };
    let grant = Grant { access, ..mounted.grant };
    let within = Mounted { grant, submounts: Vec::new(), ..mounted };
    let submount = |one: &Snapshot| Submount { name: one.name.clone(), volume: one.number, hidden: false };
    volume.snapshot_directory.then(|| match snapshot {
        Some(snapshot) => Mounted {
            id: snapshot.number,
            root: state.files.join(snapshot.uuid.to_string()),
            owner: snapshot.root_owner(),
            ..within
        },
        None => Mounted {
            id: volume.number | SNAPSHOTS,
            root: snapshots_root(&state.files),
            owner: SNAPSHOTS_OWNER,
            submounts: of_volume(state, volume.uuid).map(submount).collect(),
            ..within
        },
    })
}

impl Exports for Namespace {
    fn reaches(&self, lif: IpAddr, client: IpAddr) -> bool {
        self.cluster.glance(|state| reaches(state, lif, client))
    }

    fn volume_at(&self, lif: IpAddr, junction: &str, client: IpAddr) -> Option<Mounted> {
        let found = self.look(|state| {
            let svm = served_by(state, lif)?;
            let volume = living(state, svm).find(|volume| volume.junction.as_deref() == Some(junction))?;
            mounted(state, volume, client, Flavour::Sys)
        })?;
        // A client gets its first handle here, so this is where the directory is first needed.
        if let Err(problem) = std::fs::create_dir_all(&found.root) {
            tracing::warn!(directory = %found.root.display(), %problem, "the directory of a volume can't be created");
            return None;
        }
        Some(found)
    }

    fn volume(&self, lif: IpAddr, id: u64, client: IpAddr, flavour: Flavour) -> Option<Mounted> {
        self.look(|state| {
            let place = self.by_number(state, id)?;
            let (uuid, snapshot) = match place {
                Place::Volume(uuid) | Place::Snapshots(uuid) => (uuid, None),
                Place::Snapshot(uuid) => {
                    let snapshot = state.snapshots.get(&uuid)?;
                    (snapshot.volume, Some(snapshot))
                }
            };
            let volume = state.volumes.get(&uuid).filter(|volume| served_by(state, lif) == Some(volume.svm))?;
            let mounted = mounted(state, volume, client, flavour)?;
            match place {
                Place::Volume(_) => Some(mounted),
                Place::Snapshots(_) | Place::Snapshot(_) => below(state, volume, mounted, snapshot),
            }
        })
    }

    fn junctions(&self, lif: IpAddr, client: IpAddr) -> Vec<String> {
        let listed = self.look(|state| {
            let svm = served_by(state, lif)?;
            let is_open = |volume: &&Volume| {
                grant(state, volume, client, Flavour::Sys).access != Access::Denied && !volume.is_root
            };
            let open = living(state, svm).filter(is_open);
            Some(open.filter_map(|volume| volume.junction.clone()).collect())
        });
        listed.unwrap_or_default()
    }

    fn root_owner(&self, id: u64) -> Option<Ownership> {
        self.cluster.glance(|state| match self.by_number(state, id)? {
            Place::Volume(uuid) => Some(state.volumes.get(&uuid)?.root_owner()),
            Place::Snapshots(uuid) => state.volumes.get(&uuid).map(|_| SNAPSHOTS_OWNER),
            Place::Snapshot(uuid) => Some(state.snapshots.get(&uuid)?.root_owner()),
        })
    }

    fn own_root(&self, id: u64, owner: Ownership) -> bool {
        let kept = self.cluster.with(|state| {
            let uuid = self.volume_by(state, id)?;
            state.volumes.change(&uuid, |volume| volume.own_root(owner));
            Some(())
        });
        matches!(kept, Ok(Some(()))) && self.cluster.sync().is_ok()
    }

    fn used(&self, id: u64, usage: Usage) {
        // Comes with every write, so it is not journalled by itself; the files tell it again after a restart.
        self.cluster.note(|state| {
            if let Some(uuid) = self.volume_by(state, id) {
                state.volumes.note(&uuid, |volume| volume.holds(usage));
            }
        });
    }
}
