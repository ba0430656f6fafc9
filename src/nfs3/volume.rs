//! Volumes in use: a lock around each tree, and word to the exports when its usage changed.
//!
//! Reads of a volume share its lock and changes have it alone, so every answer is of one moment. Syncs are done by the
//! caller after the lock is free. How to get it wrong: reporting usage outside of `reported`, where an older figure may
//! overtake a newer one, or calling into the exports under the tree's lock for more than the owner of the root directory.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use nfs3_types::nfs3::nfsstat3;
use rustix::io::Errno;

use crate::refusal::Refusal;
use crate::tree::Tree;
use crate::{Exports, Mounted, Ownership, Usage};

pub(crate) struct Volume {
    id: u64,
    root: PathBuf,
    exports: Arc<dyn Exports>,
    tree: RwLock<Option<Tree>>,
    usage: Mutex<Usage>,
    reported: Mutex<Option<Usage>>,
}

impl Volume {
    /// Looks at the volume, whose root directory has this owner, beside other readers.
    pub fn look<T>(&self, owner: Ownership, act: impl FnOnce(&Tree) -> Result<T, Refusal>) -> Result<T, Refusal> {
        {
            let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(tree) = tree.as_ref().filter(|tree| tree.owner == owner && tree.is_at(&self.root)) {
                return act(tree);
            }
        }
        self.change(owner, |tree| act(tree))
    }

    /// Changes the volume, whose root directory has this owner, alone.
    pub fn change<T>(&self, owner: Ownership, act: impl FnOnce(&mut Tree) -> Result<T, Refusal>) -> Result<T, Refusal> {
        let done = {
            let mut slot = self.tree.write().unwrap_or_else(PoisonError::into_inner);
            let kept = slot.take().filter(|tree| tree.is_at(&self.root));
            let tree = slot.insert(match kept {
                Some(tree) => tree,
                None => self.read()?,
            });
            if tree.owner != owner {
                self.follow(tree)?;
            }
            let done = act(tree);
            *held(&self.usage) = tree.usage();
            done
        };
        self.report();
        done
    }

    /// Acts while no call touches the volume's files. What is remembered of them is dropped.
    pub fn alone<T>(&self, act: impl FnOnce() -> T) -> T {
        let mut slot = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        *slot = None;
        *held(&self.reported) = None;
        act()
    }

    /// Gives the root directory the owner that it has by now: what a call was told may be older than what another did.
    fn follow(&self, tree: &mut Tree) -> Result<(), Refusal> {
        let owner = self.exports.root_owner(self.id).ok_or(nfsstat3::NFS3ERR_STALE)?;
        if tree.owner != owner { Ok(tree.own_root(owner)?) } else { Ok(()) }
    }

    /// Gives the root directory another owner.
    ///
    /// # Errors
    /// `NFS3ERR_IO` if it can't be kept.
    pub fn own_root(&self, tree: &mut Tree, owner: Ownership) -> Result<(), Refusal> {
        if !self.exports.own_root(self.id, owner) {
            return Err(nfsstat3::NFS3ERR_IO.into());
        }
        Ok(tree.own_root(owner)?)
    }

    fn read(&self) -> Result<Tree, Refusal> {
        Tree::walk(&self.root).map_err(|error| match error {
            Errno::NOENT | Errno::NOTDIR => Refusal(nfsstat3::NFS3ERR_STALE),
            error => {
                let root = self.root.display();
                tracing::error!(volume = self.id, %root, %error, "cannot read the volume: is it on a file system with user attributes?");
                Refusal(nfsstat3::NFS3ERR_SERVERFAULT)
            }
        })
    }

    fn report(&self) {
        let mut reported = held(&self.reported);
        let usage = *held(&self.usage);
        if *reported != Some(usage) {
            *reported = Some(usage);
            self.exports.used(self.id, usage);
        }
    }
}

/// The volumes that were asked for since the start.
pub(crate) struct Volumes {
    exports: Arc<dyn Exports>,
    open: Mutex<HashMap<u64, Arc<Volume>>>,
}

impl Volumes {
    pub fn new(exports: Arc<dyn Exports>) -> Self {
        Volumes { exports, open: Mutex::default() }
    }

    pub fn get(&self, mounted: &Mounted) -> Arc<Volume> {
        self.at(mounted.id, &mounted.root)
    }

    /// The volume of this number, whose files are in this directory.
    pub fn at(&self, id: u64, root: &Path) -> Arc<Volume> {
        let mut open = held(&self.open);
        match open.get(&id) {
            Some(volume) if volume.root == root => volume.clone(),
            _ => {
                let volume = Arc::new(Volume {
                    id,
                    root: root.to_owned(),
                    exports: self.exports.clone(),
                    tree: RwLock::default(),
                    usage: Mutex::default(),
                    reported: Mutex::default(),
                });
                open.insert(id, volume.clone());
                volume
            }
        }
    }

    pub fn forget(&self, id: u64) {
        held(&self.open).remove(&id);
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a volume's directory holds, counted as the server counts.
///
/// # Errors
/// The file system's error, such as a directory that is not there.
pub fn usage(root: &Path) -> std::io::Result<Usage> {
    Ok(Tree::walk(root)?.usage())
}
