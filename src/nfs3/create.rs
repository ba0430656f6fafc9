//! New objects: CREATE, MKDIR and SYMLINK. Devices, sockets and FIFOs (MKNOD) are not made.
//!
//! A client that missed the answer to an exclusive CREATE asks again with the same verifier, perhaps over another
//! connection or after a restart; so the verifier is kept with the file until attributes are set.

use nfs3_types::nfs3::*;
use rustix::fs::{AtFlags, Mode};
use rustix::io::Errno;

use crate::call::{Call, LINK_MAX, plain};
use crate::data::apply;
use crate::disk::{self, Owner};
use crate::refusal::Refusal;
use crate::tree::{Found, Tree};

const FILE_MODE: u32 = 0o644;
const DIRECTORY_MODE: u32 = 0o755;
const SET_GID: u32 = 0o2000;

/// The new object and its directory, as all three procedures answer.
struct Made {
    obj: post_op_fh3,
    obj_attributes: post_op_attr,
    dir_wcc: wcc_data,
}

pub(crate) fn create(call: &Call<'_>, args: CREATE3args<'_>) -> Result<CREATE3resok, Refusal> {
    let none = sattr3::default();
    let (attributes, verifier) = match &args.how {
        createhow3::UNCHECKED(attributes) | createhow3::GUARDED(attributes) => (attributes, None),
        createhow3::EXCLUSIVE(verifier) => (&none, Some(verifier.0)),
    };
    let unchecked = matches!(args.how, createhow3::UNCHECKED(_));
    let made = make(call, &args.where_, |tree, dir, name, space| {
        match dir.child(name) {
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
            Ok(found) if found.object.stat.kind != ftype3::NF3REG => return Err(nfsstat3::NFS3ERR_EXIST.into()),
            Ok(found) if unchecked => {
                // Of what is there already, only the length is changed, as by open(O_CREAT | O_TRUNC).
                return apply(tree, &found, &sattr3 { size: attributes.size, ..none.clone() }, space);
            }
            Ok(found) if verifier.is_some() && found.object.owner.verifier == verifier => return Ok(()),
            Ok(_) => return Err(nfsstat3::NFS3ERR_EXIST.into()),
        }
        tree.room_for_one(dir.inode(), space)?;
        let file = disk::create(dir.object.fd()?, name)?;
        let owner = Owner { verifier, ..inherited(call, dir, FILE_MODE) };
        finish(tree, dir, name, AtFlags::empty(), |tree, found| {
            owner.write(&file)?;
            if verifier.is_some() { Ok(()) } else { apply(tree, found, attributes, space) }
        })
    })?;
    let Made { obj, obj_attributes, dir_wcc } = made;
    Ok(CREATE3resok { obj, obj_attributes, dir_wcc })
}

pub(crate) fn mkdir(call: &Call<'_>, args: MKDIR3args<'_>) -> Result<MKDIR3resok, Refusal> {
    let made = make(call, &args.where_, |tree, dir, name, space| {
        tree.room_for_one(dir.inode(), space)?;
        rustix::fs::mkdirat(dir.object.fd()?, name, Mode::RWXU)?;
        let mut owner = inherited(call, dir, DIRECTORY_MODE);
        owner.mode |= dir.object.owner.mode & SET_GID;
        finish(tree, dir, name, AtFlags::REMOVEDIR, |tree, found| {
            owner.write(found.object.fd()?)?;
            apply(tree, found, &sattr3 { size: set_size3::None, ..args.attributes.clone() }, space)
        })
    })?;
    let Made { obj, obj_attributes, dir_wcc } = made;
    Ok(MKDIR3resok { obj, obj_attributes, dir_wcc })
}

/// The link is kept as the client wrote it; nothing on the server ever follows it.
pub(crate) fn symlink(call: &Call<'_>, args: SYMLINK3args<'_>) -> Result<SYMLINK3resok, Refusal> {
    let target = args.symlink.symlink_data.as_ref();
    if target.len() > LINK_MAX {
        return Err(nfsstat3::NFS3ERR_NAMETOOLONG.into());
    }
    let made = make(call, &args.where_, |tree, dir, name, space| {
        tree.room_for_one(dir.inode(), space)?;
        rustix::fs::symlinkat(target, dir.object.fd()?, name)?;
        finish(tree, dir, name, AtFlags::empty(), |_, _| Ok(()))
    })?;
    let Made { obj, obj_attributes, dir_wcc } = made;
    Ok(SYMLINK3resok { obj, obj_attributes, dir_wcc })
}

/// Never makes anything: says so, or that the client has no right to ask.
pub(crate) fn mknod(call: &Call<'_>, args: nfs_fh3) -> Result<MKNOD3resok, Refusal> {
    call.at(&args)?;
    Err(nfsstat3::NFS3ERR_NOTSUPP.into())
}

/// Does `act` in the directory and answers with what then has the name.
fn make(
    call: &Call<'_>,
    place: &diropargs3<'_>,
    act: impl FnOnce(&mut Tree, &Found, &[u8], u64) -> Result<(), Refusal>,
) -> Result<Made, Refusal> {
    let at = call.at(&place.dir)?;
    let name = plain(place.name.as_ref())?;
    let volume = at.mounted.id;
    at.volume.change(|tree| {
        let dir = tree.directory(&at.handle)?;
        let before = dir.object.stat.weak();
        act(tree, &dir, name, at.mounted.size)?;
        let made = dir.child(name)?;
        tree.added(dir.inode(), name, &made.object.stat);
        if let Ok(held) = made.hold() {
            call.owe(held); // links can't be synced by themselves
        }
        call.owe(dir.hold()?);
        Ok(Made {
            obj: post_op_fh3::Some(made.object.stat.handle(volume).wire()),
            obj_attributes: post_op_attr::Some(made.object.attributes(volume)),
            dir_wcc: dir.changed_since(before, volume)?,
        })
    })
}

/// Enters a new object into the tree and completes it; what can't be completed is removed again.
fn finish(
    tree: &mut Tree,
    dir: &Found,
    name: &[u8],
    removal: AtFlags,
    complete: impl FnOnce(&mut Tree, &Found) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let found = dir.child(name)?;
    tree.added(dir.inode(), name, &found.object.stat);
    let done = complete(tree, &found);
    if done.is_err() {
        tree.removed(dir.inode(), name, &dir.child(name)?.object.stat);
        rustix::fs::unlinkat(dir.object.fd()?, name, removal)?;
    }
    done
}

/// Owned by the caller; by the directory's group if that is set-gid.
fn inherited(call: &Call<'_>, dir: &Found, mode: u32) -> Owner {
    let above = dir.object.owner;
    let gid = if above.mode & SET_GID != 0 { above.gid } else { call.caller.gid };
    Owner { mode, uid: call.caller.uid, gid, verifier: None }
}
