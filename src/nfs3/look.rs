//! Procedures that only look: attributes, names, rights and what the file system can do.
//!
//! ACCESS tells what the other procedures would do, except that an owner is told its mode and not that it may go on with
//! what it has opened: clients decide by it what they let a user open.

use nfs3_types::nfs3::*;
use nfs3_types::xdr_codec::Opaque;

use crate::call::{At, Call, NAME_MAX, named, plain};
use crate::disk::{BLOCK, Object, contents};
use crate::refusal::Refusal;
use crate::rights::{EXECUTE, READ, WRITE};
use crate::tree::{Found, Tree};
use crate::{Access, Mounted, Submount};

/// Largest file, in bytes: that of an array, 16 TiB.
pub(crate) const FILE_MAX: u64 = 16 << 40;
/// Preferred size of a READDIR, in bytes.
const LISTING: u32 = 32 << 10;
const LINKS_MAX: u32 = 65_000;

pub(crate) fn getattr(call: &Call<'_>, args: GETATTR3args) -> Result<GETATTR3resok, Refusal> {
    let at = call.at(&args.object)?;
    at.look(|tree| {
        let obj_attributes = tree.find(&at.handle)?.object.attributes(at.mounted.id);
        Ok(GETATTR3resok { obj_attributes })
    })
}

/// Also answers `.` and `..`, from the index: the parent of the volume's root is the root.
pub(crate) fn lookup(call: &Call<'_>, args: LOOKUP3args<'_>) -> Result<LOOKUP3resok, Refusal> {
    let at = call.at(&args.what.dir)?;
    let volume = at.mounted.id;
    let name = args.what.name.as_ref();
    let answer = |dir: &Found, child: &Found| LOOKUP3resok {
        object: child.object.stat.handle(volume).wire(),
        obj_attributes: post_op_attr::Some(child.object.attributes(volume)),
        dir_attributes: post_op_attr::Some(dir.object.attributes(volume)),
    };
    let found = at.look(|tree| {
        let dir = tree.directory(&at.handle)?;
        at.who.need(&dir.object, EXECUTE)?;
        if let Some(submount) = named(at.submounts(tree, &dir), name) {
            return Ok(Place::Submount(submount.clone(), dir.object.attributes(volume)));
        }
        let child = child_of(tree, &dir, name)?;
        let known = matches!(name, b"." | b"..") || tree.knows(&dir, &child);
        Ok(if known { Place::Known(answer(&dir, &child)) } else { Place::Unknown })
    })?;
    match found {
        Place::Known(answer) => return Ok(answer),
        Place::Submount(submount, dir_attributes) => return enter(call, &submount, dir_attributes),
        Place::Unknown => {}
    }
    at.change(|tree| {
        let dir = tree.directory(&at.handle)?;
        at.who.need(&dir.object, EXECUTE)?;
        let child = dir.child(plain(name)?)?;
        tree.added(dir.inode(), name, &child.object);
        Ok(answer(&dir, &child))
    })
}

/// What a name in a directory leads to.
enum Place {
    Known(LOOKUP3resok),
    /// What the tree has not been told of.
    Unknown,
    Submount(Submount, fattr3),
}

/// Answers with the root of the volume that a name leads to.
fn enter(call: &Call<'_>, submount: &Submount, dir_attributes: fattr3) -> Result<LOOKUP3resok, Refusal> {
    if submount.hidden {
        return Err(nfsstat3::NFS3ERR_NOENT.into());
    }
    let mounted = call.mounted(submount.volume)?;
    let root = call.service.volumes.get(&mounted).look(mounted.owner, Tree::root)?.object;
    Ok(LOOKUP3resok {
        object: root.stat.handle(mounted.id).wire(),
        obj_attributes: post_op_attr::Some(root.attributes(mounted.id)),
        dir_attributes: post_op_attr::Some(dir_attributes),
    })
}

fn child_of(tree: &Tree, dir: &Found, name: &[u8]) -> Result<Found, Refusal> {
    match name {
        b"." => tree.reach(dir.inode()),
        b".." => tree.reach(tree.index.parent(dir.inode()).ok_or(nfsstat3::NFS3ERR_STALE)?),
        name => Ok(dir.child(plain(name)?)?),
    }
}

pub(crate) fn access(call: &Call<'_>, args: ACCESS3args) -> Result<ACCESS3resok, Refusal> {
    let at = call.at(&args.object)?;
    let object = at.look(|tree| Ok(tree.find(&at.handle)?.object))?;
    let directory = object.stat.kind == ftype3::NF3DIR;
    let (looks, changes) = (at.who.has(&object), changing(call, &at, &object));
    let whole = |has: u32, required: u32| has & required == required;
    let rows = match directory {
        true => &[
            (ACCESS3_READ, whole(looks, READ)),
            (ACCESS3_LOOKUP, whole(looks, EXECUTE)),
            (ACCESS3_MODIFY | ACCESS3_EXTEND | ACCESS3_DELETE, whole(changes, WRITE | EXECUTE)),
        ],
        false => &[
            (ACCESS3_READ, whole(looks, READ)),
            (ACCESS3_EXECUTE, whole(looks, EXECUTE)),
            (ACCESS3_MODIFY | ACCESS3_EXTEND, whole(changes, WRITE)),
        ],
    };
    let granted: u32 = rows.iter().filter(|(_, has)| *has).map(|(right, _)| right).sum();
    let obj_attributes = post_op_attr::Some(object.attributes(at.mounted.id));
    Ok(ACCESS3resok { obj_attributes, access: args.access & granted })
}

/// The caller's rights in calls that change something.
fn changing(call: &Call<'_>, at: &At, object: &Object) -> u32 {
    let grant = at.mounted.grant;
    match call.identity(&at.mounted, grant.changes) {
        Ok(who) if grant.access == Access::ReadWrite => who.has(object),
        _ => 0,
    }
}

pub(crate) fn readlink(call: &Call<'_>, args: READLINK3args) -> Result<READLINK3resok<'static>, Refusal> {
    let at = call.at(&args.symlink)?;
    at.look(|tree| {
        let found = tree.find(&at.handle)?;
        if found.object.stat.kind != ftype3::NF3LNK {
            return Err(nfsstat3::NFS3ERR_INVAL.into());
        }
        let target = match found.object.fd() {
            Ok(file) => contents(file, 0, found.object.stat.size as usize)?,
            Err(_) => rustix::fs::readlinkat(&found.dir, &found.name[..], Vec::new())?.into_bytes(),
        };
        Ok(READLINK3resok {
            symlink_attributes: post_op_attr::Some(found.object.attributes(at.mounted.id)),
            data: nfspath3(Opaque::owned(target)),
        })
    })
}

/// Space and files, from the same figures by which writes are refused.
pub(crate) fn fsstat(call: &Call<'_>, args: FSSTAT3args) -> Result<FSSTAT3resok, Refusal> {
    let at = call.at(&args.fsroot)?;
    at.look(|tree| {
        let attributes = tree.find(&at.handle)?.object.attributes(at.mounted.id);
        let (&Mounted { size, files, own_files, .. }, usage) = (&at.mounted, tree.usage());
        let (free, spare) = (size.saturating_sub(usage.bytes), files.saturating_sub(own_files + usage.files));
        Ok(FSSTAT3resok {
            obj_attributes: post_op_attr::Some(attributes),
            tbytes: size,
            fbytes: free,
            abytes: free,
            tfiles: files,
            ffiles: spare,
            afiles: spare,
            invarsec: 0,
        })
    })
}

pub(crate) fn fsinfo(call: &Call<'_>, args: FSINFO3args) -> Result<FSINFO3resok, Refusal> {
    let at = call.at(&args.fsroot)?;
    let attributes = at.look(|tree| Ok(tree.find(&at.handle)?.object.attributes(at.mounted.id)))?;
    let transfer = call.service.limits.transfer as u32;
    Ok(FSINFO3resok {
        obj_attributes: post_op_attr::Some(attributes),
        rtmax: transfer,
        rtpref: transfer,
        rtmult: BLOCK as u32,
        wtmax: transfer,
        wtpref: transfer,
        wtmult: BLOCK as u32,
        dtpref: transfer.min(LISTING),
        maxfilesize: FILE_MAX,
        time_delta: nfstime3 { seconds: 0, nseconds: 1 },
        properties: FSF3_LINK | FSF3_SYMLINK | FSF3_HOMOGENEOUS | FSF3_CANSETTIME,
    })
}

pub(crate) fn pathconf(call: &Call<'_>, args: PATHCONF3args) -> Result<PATHCONF3resok, Refusal> {
    let at = call.at(&args.object)?;
    let attributes = at.look(|tree| Ok(tree.find(&at.handle)?.object.attributes(at.mounted.id)))?;
    Ok(PATHCONF3resok {
        obj_attributes: post_op_attr::Some(attributes),
        linkmax: LINKS_MAX,
        name_max: NAME_MAX as u32,
        no_trunc: true,
        chown_restricted: !at.mounted.grant.giving_away,
        case_insensitive: false,
        case_preserving: true,
    })
}
