//! New objects: CREATE, MKDIR, SYMLINK and MKNOD.
//!
//! A client that missed the answer to an exclusive CREATE asks again with the same verifier, perhaps over another
//! connection or after a restart; so the verifier is kept with the file until attributes are set. How to get it wrong:
//! setting owner and mode one after the other, where the second judges by what was there before the first.

use std::os::unix::fs::FileExt;

use nfs3_types::nfs3::*;
use rustix::fd::OwnedFd;
use rustix::fs::{AtFlags, Mode};
use rustix::io::Errno;

use crate::call::{At, Call, LINK_MAX, plain};
use crate::data::{change, shape};
use crate::disk::{self, Node, Owner};
use crate::refusal::Refusal;
use crate::rights::{EXECUTE, WRITE};
use crate::tree::{Found, Tree};

const FILE_MODE: u32 = 0o644;
/// Nobody else sees the file before its client has said which mode it is to have.
const EXCLUSIVE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o755;
const LINK_MODE: u32 = 0o777;

/// The new object and its directory, as all procedures answer.
struct Made {
    obj: post_op_fh3,
    obj_attributes: post_op_attr,
    dir_wcc: wcc_data,
}

pub(crate) fn create(call: &Call<'_>, args: CREATE3args<'_>) -> Result<CREATE3resok, Refusal> {
    let none = sattr3::default();
    let (attributes, verifier, mode) = match &args.how {
        createhow3::UNCHECKED(attributes) | createhow3::GUARDED(attributes) => (attributes, None, FILE_MODE),
        createhow3::EXCLUSIVE(verifier) => (&none, Some(verifier.0), EXCLUSIVE_MODE),
    };
    let unchecked = matches!(args.how, createhow3::UNCHECKED(_));
    let made = make(call, &args.where_, |tree, at, dir, name| {
        match dir.child(name) {
            Err(Errno::NOENT) => {}
            Err(error) => return Err(error.into()),
            Ok(found) if found.object.stat.kind != ftype3::NF3REG => return Err(nfsstat3::NFS3ERR_EXIST.into()),
            Ok(found) if unchecked => {
                // Of what is there already, only the length is changed, as by open(O_CREAT | O_TRUNC).
                return change(tree, at, &found, &sattr3 { size: attributes.size, ..none.clone() });
            }
            Ok(found) if verifier.is_some() && found.object.owner.verifier == verifier => return Ok(()),
            Ok(_) => return Err(nfsstat3::NFS3ERR_EXIST.into()),
        }
        let owner = new(tree, at, dir, ftype3::NF3REG, mode, attributes)?;
        let file = disk::create(dir.object.fd()?, name)?;
        finish(tree, dir, name, AtFlags::empty(), |tree, found| {
            Owner { verifier, ..owner }.write(&file)?;
            shape(tree, found, attributes)
        })
    })?;
    let Made { obj, obj_attributes, dir_wcc } = made;
    Ok(CREATE3resok { obj, obj_attributes, dir_wcc })
}

pub(crate) fn mkdir(call: &Call<'_>, args: MKDIR3args<'_>) -> Result<MKDIR3resok, Refusal> {
    let made = make(call, &args.where_, |tree, at, dir, name| {
        absent(dir, name)?;
        let owner = new(tree, at, dir, ftype3::NF3DIR, DIRECTORY_MODE, &args.attributes)?;
        rustix::fs::mkdirat(dir.object.fd()?, name, Mode::RWXU)?;
        finish(tree, dir, name, AtFlags::REMOVEDIR, |tree, found| {
            owner.write(found.object.fd()?)?;
            shape(tree, found, &sattr3 { size: set_size3::None, ..args.attributes.clone() })
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
    let attributes = sattr3 { mode: set_mode3::None, ..args.symlink.symlink_attributes.clone() };
    let link = Node { kind: ftype3::NF3LNK, device: (0, 0) };
    let made =
        make(call, &args.where_, |tree, at, dir, name| special(tree, at, (dir, name), link, &attributes, target))?;
    let Made { obj, obj_attributes, dir_wcc } = made;
    Ok(SYMLINK3resok { obj, obj_attributes, dir_wcc })
}

/// Devices are root's to make, where the export rules let any be made.
pub(crate) fn mknod(call: &Call<'_>, args: MKNOD3args<'_>) -> Result<MKNOD3resok, Refusal> {
    let device = |data: &devicedata3| (data.spec.specdata1, data.spec.specdata2);
    let (kind, attributes, device) = match &args.what {
        mknoddata3::NF3CHR(data) => (ftype3::NF3CHR, &data.dev_attributes, device(data)),
        mknoddata3::NF3BLK(data) => (ftype3::NF3BLK, &data.dev_attributes, device(data)),
        mknoddata3::NF3SOCK(attributes) => (ftype3::NF3SOCK, attributes, (0, 0)),
        mknoddata3::NF3FIFO(attributes) => (ftype3::NF3FIFO, attributes, (0, 0)),
        mknoddata3::default => {
            call.at(&args.where_.dir)?;
            return Err(nfsstat3::NFS3ERR_BADTYPE.into());
        }
    };
    let made = make(call, &args.where_, |tree, at, dir, name| {
        let is_device = matches!(kind, ftype3::NF3CHR | ftype3::NF3BLK);
        if is_device && !(at.who.is_root() && at.mounted.grant.devices) {
            return Err(nfsstat3::NFS3ERR_PERM.into());
        }
        special(tree, at, (dir, name), Node { kind, device }, attributes, &[])
    })?;
    let Made { obj, obj_attributes, dir_wcc } = made;
    Ok(MKNOD3resok { obj, obj_attributes, dir_wcc })
}

/// An object that is no regular file to clients.
fn special(
    tree: &mut Tree,
    at: &At,
    (dir, name): (&Found, &[u8]),
    node: Node,
    attributes: &sattr3,
    contents: &[u8],
) -> Result<(), Refusal> {
    absent(dir, name)?;
    let mode = if node.kind == ftype3::NF3LNK { LINK_MODE } else { FILE_MODE };
    let owner = Owner { node: Some(node), ..new(tree, at, dir, node.kind, mode, attributes)? };
    let file = disk::create(dir.object.fd()?, name)?;
    // It is marked before the tree is told, which counts what regular files hold.
    let done = owner.write(&file).and_then(|()| fill(file, contents));
    if let Err(error) = done {
        rustix::fs::unlinkat(dir.object.fd()?, name, AtFlags::empty())?;
        return Err(error.into());
    }
    finish(tree, dir, name, AtFlags::empty(), |tree, found| {
        shape(tree, found, &sattr3 { size: set_size3::None, ..attributes.clone() })
    })
}

fn fill(file: OwnedFd, contents: &[u8]) -> Result<(), Errno> {
    let filled = std::fs::File::from(file).write_all_at(contents, 0);
    filled.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// Does `act` in the directory and answers with what then has the name.
fn make(
    call: &Call<'_>,
    place: &diropargs3<'_>,
    act: impl FnOnce(&mut Tree, &At, &Found, &[u8]) -> Result<(), Refusal>,
) -> Result<Made, Refusal> {
    let at = call.at(&place.dir)?;
    let name = plain(place.name.as_ref())?;
    let volume = at.mounted.id;
    at.change(|tree| {
        let dir = tree.directory(&at.handle)?;
        at.who.need(&dir.object, EXECUTE)?;
        at.need_within(tree, &dir, name)?;
        let before = dir.object.stat.weak();
        act(tree, &at, &dir, name)?;
        let made = dir.child(name)?;
        tree.added(dir.inode(), name, &made.object);
        call.owe(made.hold()?);
        call.owe(dir.hold()?);
        Ok(Made {
            obj: post_op_fh3::Some(made.object.stat.handle(volume).wire()),
            obj_attributes: post_op_attr::Some(made.object.attributes(volume)),
            dir_wcc: dir.changed_since(before, volume)?,
        })
    })
}

/// # Errors
/// `NFS3ERR_EXIST` if there is such a name, whatever the caller may do in the directory.
fn absent(dir: &Found, name: &[u8]) -> Result<(), Refusal> {
    match dir.child(name) {
        Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(nfsstat3::NFS3ERR_EXIST.into()),
    }
}

/// Whether there may be one more object in `dir`, and who owns it.
fn new(tree: &Tree, at: &At, dir: &Found, kind: ftype3, mode: u32, attributes: &sattr3) -> Result<Owner, Refusal> {
    at.who.need(&dir.object, WRITE | EXECUTE)?;
    tree.room_for_one(dir.inode(), &at.mounted)?;
    at.who.born(&dir.object, kind, mode, attributes, &at.mounted.grant)
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
    tree.added(dir.inode(), name, &found.object);
    let done = complete(tree, &found);
    if done.is_err() {
        tree.removed(dir.inode(), name, found.inode());
        rustix::fs::unlinkat(dir.object.fd()?, name, removal)?;
    }
    done
}
