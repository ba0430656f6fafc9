//! One call: who asks for what, over which LIF, and what must reach the disk before it is answered.

use std::cell::RefCell;
use std::net::IpAddr;
use std::sync::Arc;

use nfs3_types::nfs3::{nfs_fh3, nfsstat3};
use rustix::fd::OwnedFd;
use rustix::io::Errno;

use crate::handle::Handle;
use crate::refusal::Refusal;
use crate::rights::Identity;
use crate::rpc::Caller;
use crate::service::Service;
use crate::tree::{Found, Tree};
use crate::volume::Volume;
use crate::{Access, Mapping, Mounted, Submount};

pub(crate) struct Call<'a> {
    pub service: &'a Service,
    /// Whether its procedure changes anything.
    changes: bool,
    pub lif: IpAddr,
    pub client: IpAddr,
    pub caller: Caller,
    owed: RefCell<Vec<OwnedFd>>,
}

/// What a handle names, as this client sees it now.
pub(crate) struct At {
    pub handle: Handle,
    pub mounted: Mounted,
    pub volume: Arc<Volume>,
    /// As whom the caller does what this procedure does.
    pub who: Identity,
}

impl At {
    /// Looks at the volume beside other readers.
    pub fn look<T>(&self, act: impl FnOnce(&Tree) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.volume.look(self.mounted.owner, act)
    }

    /// Changes the volume, alone.
    pub fn change<T>(&self, act: impl FnOnce(&mut Tree) -> Result<T, Refusal>) -> Result<T, Refusal> {
        self.volume.change(self.mounted.owner, act)
    }

    /// The volumes that are seen in this directory.
    pub fn submounts(&self, tree: &Tree, dir: &Found) -> &[Submount] {
        if tree.is_root(dir) { &self.mounted.submounts } else { &[] }
    }

    /// # Errors
    /// `NFS3ERR_ROFS` if the name in this directory leads to another volume.
    pub fn need_within(&self, tree: &Tree, dir: &Found, name: &[u8]) -> Result<(), Refusal> {
        match named(self.submounts(tree, dir), name) {
            Some(_) => Err(nfsstat3::NFS3ERR_ROFS.into()),
            None => Ok(()),
        }
    }
}

pub(crate) fn named<'a>(submounts: &'a [Submount], name: &[u8]) -> Option<&'a Submount> {
    submounts.iter().find(|submount| submount.name.as_bytes() == name)
}

impl<'a> Call<'a> {
    pub fn new(service: &'a Service, changes: bool, lif: IpAddr, client: IpAddr, caller: Caller) -> Self {
        Call { service, changes, lif, client, caller, owed: RefCell::default() }
    }

    /// Resolves a handle and asks whether this client may do with its volume what this procedure does.
    ///
    /// # Errors
    /// `NFS3ERR_BADHANDLE`, `NFS3ERR_STALE` if the volume is gone, `NFS3ERR_ACCES` if the client or the caller is denied
    /// and `NFS3ERR_ROFS` if the client may not change anything.
    pub fn at(&self, handle: &nfs_fh3) -> Result<At, Refusal> {
        let handle = Handle::parse(handle)?;
        let mounted = self.mounted(handle.volume)?;
        let grant = mounted.grant;
        let who = self.identity(&mounted, if self.changes { grant.changes } else { grant.looks })?;
        let volume = self.service.volumes.get(&mounted);
        Ok(At { handle, mounted, volume, who })
    }

    /// The volume of this number, if this client may do with it what this procedure does.
    ///
    /// # Errors
    /// Those of [`Call::at`], but for bad handles.
    pub fn mounted(&self, volume: u64) -> Result<Mounted, Refusal> {
        let Some(mounted) = self.service.exports.volume(self.lif, volume, self.client, self.caller.flavour) else {
            self.service.volumes.forget(volume);
            return Err(nfsstat3::NFS3ERR_STALE.into());
        };
        match mounted.grant.access {
            Access::Denied => Err(nfsstat3::NFS3ERR_ACCES.into()),
            Access::ReadOnly if self.changes => Err(nfsstat3::NFS3ERR_ROFS.into()),
            Access::ReadOnly | Access::ReadWrite => Ok(mounted),
        }
    }

    /// The caller as whom it counts.
    ///
    /// # Errors
    /// `NFS3ERR_ACCES` if it would be mapped to a user that is none.
    pub fn identity(&self, mounted: &Mounted, mapping: Mapping) -> Result<Identity, Refusal> {
        Ok(Identity::of(&self.caller, mapping, mounted.grant.anonymous).ok_or(nfsstat3::NFS3ERR_ACCES)?)
    }

    /// Remembers that this must be on the disk before the answer goes out.
    pub fn owe(&self, fd: OwnedFd) {
        self.owed.borrow_mut().push(fd);
    }

    /// Syncs what is owed. Done when no lock is held any more.
    pub fn settle(&self) -> Result<(), Refusal> {
        Ok(self.owed.take().iter().try_for_each(rustix::fs::fsync)?)
    }
}

/// A name of one step: not empty, not `.` or `..`, without `/` and NUL, at most 255 bytes.
///
/// # Errors
/// `NFS3ERR_INVAL`, `NFS3ERR_NAMETOOLONG`.
pub(crate) fn plain(name: &[u8]) -> Result<&[u8], Refusal> {
    match name {
        b"" | b"." | b".." => Err(nfsstat3::NFS3ERR_INVAL.into()),
        _ if name.iter().any(|byte| matches!(byte, b'/' | 0)) => Err(nfsstat3::NFS3ERR_INVAL.into()),
        _ if name.len() > NAME_MAX => Err(Errno::NAMETOOLONG.into()),
        _ => Ok(name),
    }
}

/// Longest name, in bytes.
pub(crate) const NAME_MAX: usize = 255;
/// Longest target of a symbolic link, in bytes: what Linux allows.
pub(crate) const LINK_MAX: usize = 4095;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_would_lead_elsewhere_are_refused() {
        for name in [&b""[..], b".", b"..", b"/", b"a/b", b"../a", b"a\0b"] {
            assert_eq!(plain(name).unwrap_err().0, nfsstat3::NFS3ERR_INVAL, "{name:?}");
        }
        assert_eq!(plain(&[b'a'; 256]).unwrap_err().0, nfsstat3::NFS3ERR_NAMETOOLONG);
        assert!(plain(b"..a").is_ok());
    }

    proptest! {
        #[test]
        fn a_plain_name_is_exactly_one_step(name in proptest::collection::vec(any::<u8>(), 0..8)) {
            if plain(&name).is_ok() {
                use std::os::unix::ffi::OsStrExt;
                let path = std::path::Path::new(std::ffi::OsStr::from_bytes(&name));
                let steps: Vec<_> = path.components().collect();
                prop_assert!(matches!(steps[..], [std::path::Component::Normal(step)] if step.as_bytes() == name));
            }
        }
    }
}
