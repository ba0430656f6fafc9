//! What the data LIFs serve: the bridge from volumes and export rules to directories of real files.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use manilad_nfs3::{Access, Exports, Flavour, Grant, Mounted, Ownership, Usage};
use uuid::Uuid;

use crate::Error;
use crate::cluster::Cluster;
use crate::lifs::{Lifs, Served};
use crate::lookup::reach::{reaches, served_by};
use crate::lookup::volume::{FILES_USED, living};
use crate::nouns::export_rule;
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
    /// Volumes by number. A number never changes its volume, so this only ever grows by what is asked for.
    numbers: Mutex<HashMap<u64, Uuid>>,
}

impl Namespace {
    pub fn new(cluster: Cluster) -> Self {
        Namespace { cluster, numbers: Mutex::default() }
    }

    fn look<T>(&self, look: impl FnOnce(&State) -> Option<T>) -> Option<T> {
        let found = self.cluster.with(|state| look(state)).ok()?;
        self.cluster.settle_here().ok()?;
        found
    }

    fn by_number(&self, state: &State, number: u64) -> Option<Uuid> {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(uuid) = numbers.get(&number) {
            return Some(*uuid);
        }
        let uuid = state.volumes.iter().find(|volume| volume.number == number)?.uuid;
        numbers.insert(number, uuid);
        Some(uuid)
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
    let (size, files, owner) = (volume.usable(), volume.files_maximum, volume.root_owner());
    Some(Mounted { id: volume.number, junction, root, grant, size, files, own_files: FILES_USED, owner })
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
            let volume = state.volumes.get(&self.by_number(state, id)?)?;
            (served_by(state, lif)? == volume.svm).then(|| mounted(state, volume, client, flavour))?
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
        self.cluster.glance(|state| Some(state.volumes.get(&self.by_number(state, id)?)?.root_owner()))
    }

    fn own_root(&self, id: u64, owner: Ownership) -> bool {
        let kept = self.cluster.with(|state| {
            let uuid = self.by_number(state, id)?;
            state.volumes.change(&uuid, |volume| volume.own_root(owner));
            Some(())
        });
        matches!(kept, Ok(Some(()))) && self.cluster.settle_here().is_ok()
    }

    fn used(&self, id: u64, usage: Usage) {
        // Comes with every write, so it is not journalled by itself; the files tell it again after a restart.
        self.cluster.note(|state| {
            if let Some(uuid) = self.by_number(state, id) {
                state.volumes.note(&uuid, |volume| volume.holds(usage));
            }
        });
    }
}
