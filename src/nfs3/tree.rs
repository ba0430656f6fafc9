//! One volume's directory, indexed: finds what a handle names and keeps count of space and files.
//!
//! Callers hold the volume's lock, so what is found stays true until they are done. How to get it wrong: changing the
//! disk without telling the tree (`added`, `removed`, `charge`): handles go stale and the count drifts.

use std::collections::HashMap;
use std::path::Path;

use nfs3_types::nfs3::{Nfs3Option, ftype3, nfsstat3, wcc_attr, wcc_data};
use rustix::fd::OwnedFd;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

use crate::disk::{self, Object, Owner, Stat};
use crate::handle::Handle;
use crate::index::{DEPTH, Index};
use crate::refusal::Refusal;
use crate::{Mounted, Ownership, Usage};

pub(crate) struct Tree {
    root: OwnedFd,
    identity: (u64, u64),
    pub index: Index,
    /// Of the root directory. The exports know it first; the directory follows.
    pub owner: Ownership,
    /// What each file was charged with that is charged with anything, and the sum.
    charges: HashMap<u64, u64>,
    used: u64,
}

/// An object and where it is: `name` in `dir`. The root is `.` in itself.
pub(crate) struct Found {
    pub dir: OwnedFd,
    pub name: Vec<u8>,
    pub object: Object,
}

impl Found {
    fn look(dir: OwnedFd, name: &[u8]) -> Result<Self, Errno> {
        let object = Object::look(&dir, name)?;
        Ok(Found { dir, name: name.to_vec(), object })
    }

    /// What this directory holds under `name`, which must be plain.
    pub fn child(&self, name: &[u8]) -> Result<Found, Errno> {
        Found::look(self.object.fd()?.try_clone_to_owned().map_err(|_| Errno::MFILE)?, name)
    }

    /// A second hold on the open file or directory, to be synced later.
    pub fn hold(&self) -> Result<OwnedFd, Errno> {
        self.object.fd()?.try_clone_to_owned().map_err(|_| Errno::MFILE)
    }

    pub fn inode(&self) -> u64 {
        self.object.stat.inode
    }

    /// The attributes before a change, and now.
    pub fn changed_since(&self, before: wcc_attr, volume: u64) -> Result<wcc_data, Refusal> {
        let after = Object::look(&self.dir, &self.name)?.attributes(volume);
        Ok(wcc_data { before: Nfs3Option::Some(before), after: Nfs3Option::Some(after) })
    }
}

impl Tree {
    /// Reads the whole directory once.
    pub fn walk(root: &Path) -> Result<Self, Errno> {
        let fd = rustix::fs::open(root, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let Object { stat: top, owner: Owner { mode, uid, gid, .. }, .. } = Object::look(&fd, b".")?;
        let mut tree = Tree {
            root: fd,
            identity: (top.inode, top.generation),
            index: Index::new(top.inode),
            owner: Ownership { mode, uid, gid },
            charges: HashMap::new(),
            used: 0,
        };
        let mut ahead = vec![(top.inode, 0)];
        let mut last: Option<(u64, OwnedFd)> = None;
        while let Some((inode, depth)) = ahead.pop() {
            // Mostly one goes down from where one is; else from the root.
            let below = last.take().and_then(|(above, dir)| {
                let name = tree.index.name_in(inode, above)?;
                Some(disk::open(dir, name, OFlags::RDONLY | OFlags::DIRECTORY))
            });
            let dir = match below.or_else(|| tree.enter(inode)) {
                Some(Err(Errno::NOENT | Errno::NOTDIR)) | None => continue, // gone meanwhile
                Some(dir) => dir?,
            };
            for (name, _) in disk::names(&dir)? {
                let object = match Object::look(&dir, &name) {
                    Err(Errno::NOENT) => continue,
                    object => object?,
                };
                tree.added(inode, &name, &object);
                if object.stat.kind == ftype3::NF3DIR && depth < DEPTH {
                    ahead.push((object.stat.inode, depth + 1));
                }
            }
            last = Some((inode, dir));
        }
        Ok(tree)
    }

    /// Whether this tree is still that of the directory at `root`.
    pub fn is_at(&self, root: &Path) -> bool {
        let now = rustix::fs::open(root, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        now.and_then(|now| Stat::of(now, b".")).is_ok_and(|now| (now.inode, now.generation) == self.identity)
    }

    fn enter(&self, inode: u64) -> Option<Result<OwnedFd, Errno>> {
        let path = self.index.path(inode)?;
        Some(self.descend(&path))
    }

    fn descend(&self, path: &[&[u8]]) -> Result<OwnedFd, Errno> {
        let mut dir = self.root.try_clone().map_err(|_| Errno::MFILE)?;
        for name in path {
            dir = disk::open(&dir, name, OFlags::RDONLY | OFlags::DIRECTORY)?;
        }
        Ok(dir)
    }

    /// # Errors
    /// `NFS3ERR_STALE` if there is no such inode any more.
    pub fn reach(&self, inode: u64) -> Result<Found, Refusal> {
        let path = self.index.path(inode).ok_or(nfsstat3::NFS3ERR_STALE)?;
        let (name, above) = path.split_last().map_or((&b"."[..], &[][..]), |(name, above)| (*name, above));
        let found = self.descend(above).and_then(|dir| Found::look(dir, name)).map_err(|error| match error {
            Errno::NOENT | Errno::NOTDIR | Errno::LOOP => Refusal(nfsstat3::NFS3ERR_STALE),
            other => other.into(),
        })?;
        if found.inode() == inode { Ok(found) } else { Err(nfsstat3::NFS3ERR_STALE.into()) }
    }

    /// # Errors
    /// `NFS3ERR_STALE` if what the handle named is gone.
    pub fn find(&self, handle: &Handle) -> Result<Found, Refusal> {
        let found = self.reach(handle.inode)?;
        if found.object.stat.generation == handle.generation { Ok(found) } else { Err(nfsstat3::NFS3ERR_STALE.into()) }
    }

    pub fn directory(&self, handle: &Handle) -> Result<Found, Refusal> {
        let found = self.find(handle)?;
        if found.object.stat.kind == ftype3::NF3DIR { Ok(found) } else { Err(nfsstat3::NFS3ERR_NOTDIR.into()) }
    }

    pub fn regular(&self, handle: &Handle) -> Result<Found, Refusal> {
        let found = self.find(handle)?;
        match found.object.stat.kind {
            ftype3::NF3REG => Ok(found),
            ftype3::NF3DIR => Err(nfsstat3::NFS3ERR_ISDIR.into()),
            _ => Err(nfsstat3::NFS3ERR_INVAL.into()),
        }
    }

    pub fn root(&self) -> Result<Found, Refusal> {
        self.reach(self.identity.0)
    }

    /// Whether a handle of this child can be found again.
    pub fn knows(&self, parent: &Found, child: &Found) -> bool {
        self.index.knows_name(child.inode(), parent.inode(), &child.name)
    }

    pub fn added(&mut self, parent: u64, name: &[u8], object: &Object) {
        if !self.index.knows(object.stat.inode) {
            self.charge(object.stat.inode, object.charge());
        }
        self.index.add(object.stat.inode, parent, name);
    }

    pub fn removed(&mut self, parent: u64, name: &[u8], inode: u64) {
        self.index.remove(inode, parent, name);
        if !self.index.knows(inode) {
            self.charge(inode, 0);
        }
    }

    /// Bytes that a file is charged with.
    pub fn charged(&self, inode: u64) -> u64 {
        self.charges.get(&inode).copied().unwrap_or(0)
    }

    pub fn charge(&mut self, inode: u64, bytes: u64) {
        let before = match bytes {
            0 => self.charges.remove(&inode),
            bytes => self.charges.insert(inode, bytes),
        };
        self.used = self.used.saturating_sub(before.unwrap_or(0)).saturating_add(bytes);
    }

    pub fn is_root(&self, found: &Found) -> bool {
        found.inode() == self.identity.0
    }

    pub fn own_root(&mut self, owner: Ownership) -> Result<(), Errno> {
        let Ownership { mode, uid, gid } = owner;
        Owner { mode, uid, gid, verifier: None, node: None }.write(&self.root)?;
        self.owner = owner;
        Ok(())
    }

    pub fn usage(&self) -> Usage {
        Usage { bytes: self.used, files: self.index.len() }
    }

    /// # Errors
    /// `NFS3ERR_NOSPC` if `more` bytes do not fit into the volume.
    pub fn room(&self, more: u64, bounds: &Mounted) -> Result<(), Refusal> {
        if more > 0 && self.used.saturating_add(more) > bounds.size {
            return Err(nfsstat3::NFS3ERR_NOSPC.into());
        }
        Ok(())
    }

    /// # Errors
    /// `NFS3ERR_NOSPC` if the volume is full, or has its files; `NFS3ERR_NAMETOOLONG` if `parent` is as deep as a
    /// directory may be.
    pub fn room_for_one(&self, parent: u64, bounds: &Mounted) -> Result<(), Refusal> {
        if self.used >= bounds.size || self.index.len() >= bounds.files.saturating_sub(bounds.own_files) {
            return Err(nfsstat3::NFS3ERR_NOSPC.into());
        }
        match self.index.depth(parent) {
            Some(depth) if depth < DEPTH => Ok(()),
            _ => Err(nfsstat3::NFS3ERR_NAMETOOLONG.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_walk_counts_whole_blocks_once_per_file_and_follows_no_link() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("sub")).unwrap();
        fs::write(root.path().join("sub/one"), [0; 5000]).unwrap();
        fs::hard_link(root.path().join("sub/one"), root.path().join("two")).unwrap();
        std::os::unix::fs::symlink("/", root.path().join("out")).unwrap();
        let tree = Tree::walk(root.path()).unwrap();
        assert_eq!(tree.usage(), Usage { bytes: 8192, files: 3 });
    }

    #[test]
    fn a_handle_of_a_replaced_file_is_stale() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), "a").unwrap();
        let tree = Tree::walk(root.path()).unwrap();
        let found = tree.root().unwrap().child(b"file").unwrap();
        let handle = found.object.stat.handle(1);
        assert!(tree.find(&handle).is_ok());
        let reborn = Handle { generation: handle.generation ^ 1, ..handle };
        assert_eq!(tree.find(&reborn).err(), Some(nfsstat3::NFS3ERR_STALE.into()));
        fs::rename(root.path().join("file"), root.path().join("moved")).unwrap();
        assert_eq!(tree.find(&handle).err(), Some(nfsstat3::NFS3ERR_STALE.into()));
    }

    #[test]
    fn a_root_that_was_replaced_is_noticed() {
        let above = tempfile::tempdir().unwrap();
        let root = above.path().join("volume");
        fs::create_dir(&root).unwrap();
        let tree = Tree::walk(&root).unwrap();
        assert!(tree.is_at(&root));
        fs::rename(&root, above.path().join("old")).unwrap();
        assert!(!tree.is_at(&root));
        fs::create_dir(&root).unwrap();
        assert!(!tree.is_at(&root));
    }
}
