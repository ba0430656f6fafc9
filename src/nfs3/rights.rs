//! Who may do what with an object: mode bits, owner and groups, as POSIX has it and RFC 1813 section 4.4 applies it.
//!
//! How to get it wrong: asking the class of the group when the owner's says no. Only the first class that a caller
//! belongs to counts. Root may do all but execute what nobody may execute.

use nfs3_types::nfs3::{Nfs3Option, ftype3, nfsstat3, sattr3, set_atime, set_mtime, set_size3};

use crate::disk::{Object, Owner};
use crate::refusal::Refusal;
use crate::rpc::Caller;
use crate::{Grant, Mapping};

pub(crate) const READ: u32 = 4;
pub(crate) const WRITE: u32 = 2;
/// Of a directory: to look up names in it.
pub(crate) const EXECUTE: u32 = 1;

pub(crate) const SET_UID: u32 = 0o4000;
pub(crate) const SET_GID: u32 = 0o2000;
pub(crate) const STICKY: u32 = 0o1000;
const GROUP_EXECUTES: u32 = 0o010;
const ROOT: u32 = 0;

/// Whose rights a call is made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub uid: u32,
    pub gid: u32,
    groups: Vec<u32>,
}

impl Identity {
    /// `None` if the caller is mapped to a user that is none.
    pub fn of(caller: &Caller, mapping: Mapping, anonymous: Option<u32>) -> Option<Self> {
        let mapped = match mapping {
            Mapping::Own => false,
            Mapping::RootIsAnonymous => caller.uid == ROOT,
            Mapping::Anonymous => true,
        };
        if mapped {
            return anonymous.map(|user| Identity { uid: user, gid: user, groups: Vec::new() });
        }
        Some(Identity { uid: caller.uid, gid: caller.gid, groups: caller.groups.clone() })
    }

    pub fn is_root(&self) -> bool {
        self.uid == ROOT
    }

    fn is_in(&self, group: u32) -> bool {
        self.gid == group || self.groups.contains(&group)
    }

    fn owns(&self, owner: &Owner) -> bool {
        self.is_root() || self.uid == owner.uid
    }

    /// Of [`READ`], [`WRITE`] and [`EXECUTE`] what the caller has.
    pub fn has(&self, object: &Object) -> u32 {
        let (owner, directory) = (&object.owner, object.stat.kind == ftype3::NF3DIR);
        if self.is_root() {
            let executes = directory || owner.mode & 0o111 != 0;
            return READ | WRITE | if executes { EXECUTE } else { 0 };
        }
        let class = match owner {
            owner if self.uid == owner.uid => owner.mode >> 6,
            owner if self.is_in(owner.gid) => owner.mode >> 3,
            owner => owner.mode,
        };
        class & (READ | WRITE | EXECUTE)
    }

    /// # Errors
    /// `NFS3ERR_ACCES` if the caller has not all that is wanted.
    pub fn need(&self, object: &Object, required: u32) -> Result<(), Refusal> {
        if self.has(object) & required == required { Ok(()) } else { Err(nfsstat3::NFS3ERR_ACCES.into()) }
    }

    /// To read a file. The owner may: it may have opened the file before it took the right away. Who may execute it may,
    /// as that is how its client executes it.
    ///
    /// # Errors
    /// `NFS3ERR_ACCES`.
    pub fn need_contents(&self, file: &Object) -> Result<(), Refusal> {
        let may = self.owns(&file.owner) || self.has(file) & (READ | EXECUTE) != 0;
        if may { Ok(()) } else { Err(nfsstat3::NFS3ERR_ACCES.into()) }
    }

    /// To write to a file, or change its length. The owner may, as it may have made and opened the file read-only.
    ///
    /// # Errors
    /// `NFS3ERR_ACCES`.
    pub fn need_to_write(&self, file: &Object) -> Result<(), Refusal> {
        if self.owns(&file.owner) { Ok(()) } else { self.need(file, WRITE) }
    }

    /// To take the name of `object` out of `dir`, or put another object there.
    ///
    /// # Errors
    /// `NFS3ERR_ACCES`; `NFS3ERR_PERM` in a sticky directory, if neither it nor the object is the caller's.
    pub fn need_to_unlink(&self, dir: &Object, object: &Object) -> Result<(), Refusal> {
        self.need(dir, WRITE | EXECUTE)?;
        if dir.owner.mode & STICKY == 0 || self.owns(&dir.owner) || self.owns(&object.owner) {
            return Ok(());
        }
        Err(nfsstat3::NFS3ERR_PERM.into())
    }

    /// Owner and mode of a new object in `dir`: the caller's, and the directory's group if that is set-gid.
    ///
    /// # Errors
    /// As of [`Identity::changed`].
    pub fn born(&self, dir: &Object, kind: ftype3, mode: u32, new: &sattr3, grant: &Grant) -> Result<Owner, Refusal> {
        let inherits = dir.owner.mode & SET_GID;
        let gid = if inherits == 0 { self.gid } else { dir.owner.gid };
        let owner = Owner { mode, uid: self.uid, gid, verifier: None, node: None };
        let mut owner = self.changed(&owner, kind, new, grant)?;
        if kind == ftype3::NF3DIR {
            owner.mode |= inherits;
        }
        Ok(owner)
    }

    /// Owner and mode when the caller sets attributes.
    ///
    /// # Errors
    /// `NFS3ERR_PERM` for what only the owner or only root may set.
    pub fn changed(&self, kept: &Owner, kind: ftype3, new: &sattr3, grant: &Grant) -> Result<Owner, Refusal> {
        let (mode, uid, gid) = (value(&new.mode), value(&new.uid), value(&new.gid));
        let owns = self.owns(kept);
        let gives = self.is_root() || (owns && grant.giving_away);
        let may_give = uid.is_none_or(|uid| gives || (owns && uid == kept.uid))
            && gid.is_none_or(|gid| gives || (owns && (gid == kept.gid || self.is_in(gid))));
        if !may_give || (mode.is_some() && !owns) {
            return Err(nfsstat3::NFS3ERR_PERM.into());
        }
        let mut owner = Owner { uid: uid.unwrap_or(kept.uid), gid: gid.unwrap_or(kept.gid), verifier: None, ..*kept };
        match mode {
            Some(mode) => {
                owner.mode = mode & if grant.set_id { 0o7777 } else { 0o1777 };
                if !self.is_root() && !self.is_in(owner.gid) {
                    owner.mode &= !SET_GID;
                }
            }
            // Who becomes the owner has not chosen these bits.
            None if (uid.is_some() || gid.is_some()) && kind != ftype3::NF3DIR => {
                owner.mode = without_set_id(owner.mode)
            }
            None => {}
        }
        Ok(owner)
    }

    /// The mode of a file after the caller has written to it.
    pub fn written(&self, mode: u32) -> u32 {
        if self.is_root() { mode } else { without_set_id(mode) }
    }

    /// To set the times as asked.
    ///
    /// # Errors
    /// `NFS3ERR_PERM` for times of the client's choice, which only the owner may set; `NFS3ERR_ACCES` for the server's,
    /// which come with every write.
    pub fn need_to_set_times(&self, object: &Object, new: &sattr3) -> Result<(), Refusal> {
        let chosen = matches!(new.atime, set_atime::SET_TO_CLIENT_TIME(_))
            || matches!(new.mtime, set_mtime::SET_TO_CLIENT_TIME(_));
        let now =
            matches!(new.atime, set_atime::SET_TO_SERVER_TIME) || matches!(new.mtime, set_mtime::SET_TO_SERVER_TIME);
        match () {
            () if self.owns(&object.owner) => Ok(()),
            () if chosen => Err(nfsstat3::NFS3ERR_PERM.into()),
            // A client that cuts a file sends the time along; the cut is judged by itself.
            () if now && !matches!(new.size, set_size3::Some(_)) => self.need(object, WRITE),
            () => Ok(()),
        }
    }
}

/// Set-gid without the right to execute means mandatory locking, not a group.
fn without_set_id(mode: u32) -> u32 {
    let group = if mode & GROUP_EXECUTES == 0 { 0 } else { SET_GID };
    mode & !(SET_UID | group)
}

fn value(option: &Nfs3Option<u32>) -> Option<u32> {
    match option {
        Nfs3Option::Some(value) => Some(*value),
        Nfs3Option::None => None,
    }
}
