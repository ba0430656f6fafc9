//! Names of what is there: REMOVE, RMDIR, RENAME and LINK.
//!
//! The kernel does each of them atomically and judges what may replace what; the tree is told afterwards. How to get it
//! wrong: forgetting that the target of a RENAME vanishes, with the space it took.

use nfs3_types::nfs3::*;
use rustix::fs::AtFlags;
use rustix::io::Errno;

use crate::call::{Call, plain};
use crate::disk::Object;
use crate::index::DEPTH;
use crate::refusal::Refusal;
use crate::rights::{EXECUTE, Identity, WRITE};
use crate::tree::{Found, Tree};

pub(crate) fn remove(call: &Call<'_>, args: REMOVE3args<'_>) -> Result<REMOVE3resok, Refusal> {
    unlink(call, &args.object, false).map(|dir_wcc| REMOVE3resok { dir_wcc })
}

pub(crate) fn rmdir(call: &Call<'_>, args: RMDIR3args<'_>) -> Result<RMDIR3resok, Refusal> {
    unlink(call, &args.object, true).map(|dir_wcc| RMDIR3resok { dir_wcc })
}

fn unlink(call: &Call<'_>, place: &diropargs3<'_>, directory: bool) -> Result<wcc_data, Refusal> {
    let at = call.at(&place.dir)?;
    let name = plain(place.name.as_ref())?;
    at.change(|tree| {
        let dir = tree.directory(&at.handle)?;
        at.who.need(&dir.object, EXECUTE)?;
        at.need_within(tree, &dir, name)?;
        let object = dir.child(name)?.object;
        at.who.need_to_unlink(&dir.object, &object)?;
        let gone = object.stat;
        match (directory, gone.kind == ftype3::NF3DIR) {
            (false, true) => return Err(nfsstat3::NFS3ERR_ISDIR.into()),
            (true, false) => return Err(nfsstat3::NFS3ERR_NOTDIR.into()),
            _ => {}
        }
        let flags = if directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        rustix::fs::unlinkat(dir.object.fd()?, name, flags)?;
        tree.removed(dir.inode(), name, gone.inode);
        call.owe(dir.hold()?);
        dir.changed_since(dir.object.stat.weak(), at.mounted.id)
    })
}

pub(crate) fn rename(call: &Call<'_>, args: RENAME3args<'_, '_>) -> Result<RENAME3resok, Refusal> {
    let (from, to) = (call.at(&args.from.dir)?, call.at(&args.to.dir)?);
    if from.handle.volume != to.handle.volume {
        return Err(nfsstat3::NFS3ERR_XDEV.into());
    }
    let (old, new) = (plain(args.from.name.as_ref())?, plain(args.to.name.as_ref())?);
    from.change(|tree| {
        let (source, target) = (tree.directory(&from.handle)?, tree.directory(&to.handle)?);
        from.who.need(&source.object, EXECUTE)?;
        from.who.need(&target.object, EXECUTE)?;
        from.need_within(tree, &source, old)?;
        to.need_within(tree, &target, new)?;
        let moved = source.child(old)?;
        let replaced = match target.child(new) {
            Ok(replaced) => Some(replaced),
            Err(Errno::NOENT) => None,
            Err(error) => return Err(error.into()),
        };
        let same = replaced.as_ref().is_some_and(|replaced| replaced.inode() == moved.inode());
        if !same {
            may_rename(&from.who, (&source.object, &moved.object), &target.object, replaced.as_ref())?;
            check_depth(tree, &moved, &target)?;
            rustix::fs::renameat(source.object.fd()?, old, target.object.fd()?, new)?;
            if let Some(replaced) = &replaced {
                tree.removed(target.inode(), new, replaced.inode());
            }
            // The new name first: a file without any name would count as gone.
            tree.added(target.inode(), new, &moved.object);
            tree.index.remove(moved.inode(), source.inode(), old);
        }
        call.owe(source.hold()?);
        call.owe(target.hold()?);
        Ok(RENAME3resok {
            fromdir_wcc: source.changed_since(source.object.stat.weak(), from.mounted.id)?,
            todir_wcc: target.changed_since(target.object.stat.weak(), to.mounted.id)?,
        })
    })
}

/// A directory that gets another parent is written to as well: its `..` changes.
fn may_rename(
    who: &Identity,
    (source, moved): (&Object, &Object),
    target: &Object,
    replaced: Option<&Found>,
) -> Result<(), Refusal> {
    who.need_to_unlink(source, moved)?;
    match replaced {
        Some(replaced) => who.need_to_unlink(target, &replaced.object)?,
        None => who.need(target, WRITE | EXECUTE)?,
    }
    let elsewhere = source.stat.inode != target.stat.inode;
    if elsewhere && moved.stat.kind == ftype3::NF3DIR { who.need(moved, WRITE) } else { Ok(()) }
}

/// A directory must not come to lie so deep that what is in it is out of reach.
fn check_depth(tree: &Tree, moved: &Found, target: &Found) -> Result<(), Refusal> {
    let depth = tree.index.depth(target.inode()).ok_or(nfsstat3::NFS3ERR_STALE)? + 1;
    let deeper =
        moved.object.stat.kind == ftype3::NF3DIR && tree.index.depth(moved.inode()).is_none_or(|now| depth > now);
    let height = if deeper { tree.index.height(moved.inode()) } else { 0 };
    if depth + height > DEPTH + 1 { Err(nfsstat3::NFS3ERR_NAMETOOLONG.into()) } else { Ok(()) }
}

pub(crate) fn link(call: &Call<'_>, args: LINK3args<'_>) -> Result<LINK3resok, Refusal> {
    let (file, place) = (call.at(&args.file)?, call.at(&args.link.dir)?);
    if file.handle.volume != place.handle.volume {
        return Err(nfsstat3::NFS3ERR_XDEV.into());
    }
    let name = plain(args.link.name.as_ref())?;
    file.change(|tree| {
        let (found, dir) = (tree.find(&file.handle)?, tree.directory(&place.handle)?);
        file.who.need(&dir.object, EXECUTE)?;
        place.need_within(tree, &dir, name)?;
        if dir.child(name).is_ok() {
            return Err(nfsstat3::NFS3ERR_EXIST.into());
        }
        file.who.need(&dir.object, WRITE)?;
        if found.object.stat.kind == ftype3::NF3DIR {
            return Err(nfsstat3::NFS3ERR_ISDIR.into());
        }
        rustix::fs::linkat(&found.dir, &found.name[..], dir.object.fd()?, name, AtFlags::empty())?;
        let linked = dir.child(name)?;
        tree.added(dir.inode(), name, &linked.object);
        call.owe(dir.hold()?);
        Ok(LINK3resok {
            file_attributes: post_op_attr::Some(linked.object.attributes(file.mounted.id)),
            linkdir_wcc: dir.changed_since(dir.object.stat.weak(), place.mounted.id)?,
        })
    })
}
