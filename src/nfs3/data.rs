//! What files hold and how they are kept: READ, WRITE, COMMIT and SETATTR.
//!
//! A write over what the file holds shares the volume with readers; one that takes more blocks has the volume alone, as
//! the space is counted with it. How to get it wrong: counting before the write what the write then did not do.

use std::os::unix::fs::FileExt;

use nfs3_types::nfs3::*;
use nfs3_types::xdr_codec::Opaque;
use rustix::fs::{AtFlags, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT};
use rustix::io::Errno;

use crate::Ownership;
use crate::call::{At, Call};
use crate::disk::{self, BLOCK, Object, Owner, blocks, contents, held};
use crate::look::FILE_MAX;
use crate::refusal::Refusal;
use crate::tree::{Found, Tree};

pub(crate) fn read(call: &Call<'_>, args: READ3args) -> Result<READ3resok<'static>, Refusal> {
    let at = call.at(&args.file)?;
    at.look(|tree| {
        let found = tree.regular(&at.handle)?;
        at.who.need_contents(&found.object)?;
        let size = found.object.stat.size;
        let most = call.service.limits.transfer as u64;
        let count = size.saturating_sub(args.offset).min(u64::from(args.count)).min(most);
        let data = contents(found.object.fd()?, args.offset, count as usize)?;
        Ok(READ3resok {
            file_attributes: post_op_attr::Some(found.object.attributes(at.mounted.id)),
            count: data.len() as u32,
            eof: args.offset.saturating_add(data.len() as u64) >= size,
            data: Opaque::owned(data),
        })
    })
}

pub(crate) fn write(call: &Call<'_>, args: WRITE3args<'_>) -> Result<WRITE3resok, Refusal> {
    let at = call.at(&args.file)?;
    let data = args.data.get(..args.count as usize).ok_or(nfsstat3::NFS3ERR_INVAL)?;
    let end = match data.len() as u64 {
        0 => 0,
        length => args.offset.checked_add(length).filter(|end| *end <= FILE_MAX).ok_or(nfsstat3::NFS3ERR_FBIG)?,
    };
    let put = |found: &Found| put(call, &at, found, data, args.offset, args.stable);
    let within = at.look(|tree| {
        let found = tree.regular(&at.handle)?;
        at.who.need_to_write(&found.object)?;
        if missing(&found, args.offset, end)? > 0 { Ok(None) } else { put(&found).map(Some) }
    })?;
    if let Some(within) = within {
        return Ok(within);
    }
    at.change(|tree| {
        let found = tree.regular(&at.handle)?;
        at.who.need_to_write(&found.object)?;
        let more = missing(&found, args.offset, end)?;
        tree.room(more, &at.mounted)?;
        let done = put(&found);
        let taken = more.saturating_sub(missing(&found, args.offset, end)?);
        tree.charge(found.inode(), tree.charged(found.inode()) + taken);
        done
    })
}

/// Bytes of the blocks that a write up to `end` takes and the file does not hold yet.
fn missing(found: &Found, offset: u64, end: u64) -> Result<u64, Refusal> {
    if end <= offset {
        return Ok(0);
    }
    let whole = blocks(end) - (offset - offset % BLOCK);
    Ok(whole.saturating_sub(held(found.object.fd()?, offset, end)))
}

fn put(
    call: &Call<'_>,
    at: &At,
    found: &Found,
    data: &[u8],
    offset: u64,
    stable: stable_how,
) -> Result<WRITE3resok, Refusal> {
    let before = found.object.stat.weak();
    let file = std::fs::File::from(disk::open(&found.dir, &found.name, OFlags::WRONLY)?);
    file.write_all_at(data, offset).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    let kept = found.object.owner;
    let mode = at.who.written(kept.mode);
    if mode != kept.mode {
        Owner { mode, ..kept }.write(&file)?;
    }
    let committed = match stable {
        stable_how::UNSTABLE => stable_how::UNSTABLE,
        stable_how::DATA_SYNC | stable_how::FILE_SYNC => {
            call.owe(file.into());
            stable_how::FILE_SYNC
        }
    };
    Ok(WRITE3resok {
        file_wcc: found.changed_since(before, at.mounted.id)?,
        count: data.len() as u32,
        committed,
        verf: writeverf3(call.service.incarnation),
    })
}

/// Syncs the whole file, whatever range is asked for.
pub(crate) fn commit(call: &Call<'_>, args: COMMIT3args) -> Result<COMMIT3resok, Refusal> {
    let at = call.at(&args.file)?;
    at.look(|tree| {
        let found = tree.regular(&at.handle)?;
        at.who.need_to_write(&found.object)?;
        call.owe(found.hold()?);
        let file_wcc = found.changed_since(found.object.stat.weak(), at.mounted.id)?;
        Ok(COMMIT3resok { file_wcc, verf: writeverf3(call.service.incarnation) })
    })
}

pub(crate) fn setattr(call: &Call<'_>, args: SETATTR3args) -> Result<SETATTR3resok, Refusal> {
    let at = call.at(&args.object)?;
    at.change(|tree| {
        let found = tree.find(&at.handle)?;
        if matches!(args.guard, sattrguard3::Some(ctime) if ctime != found.object.stat.ctime) {
            return Err(nfsstat3::NFS3ERR_NOT_SYNC.into());
        }
        let before = found.object.stat.weak();
        change(tree, &at, &found, &args.new_attributes)?;
        if let Ok(held) = found.hold() {
            call.owe(held); // real links can't be synced by themselves
        }
        Ok(SETATTR3resok { obj_wcc: found.changed_since(before, at.mounted.id)? })
    })
}

/// Sets attributes of an object that was there, as far as the caller may. All is judged before anything is done.
pub(crate) fn change(tree: &mut Tree, at: &At, found: &Found, new: &sattr3) -> Result<(), Refusal> {
    let (object, kept) = (&found.object, found.object.owner);
    let link = object.stat.kind == ftype3::NF3LNK;
    if link && new.mode.is_some() {
        return Err(nfsstat3::NFS3ERR_NOTSUPP.into());
    }
    let mut owner = at.who.changed(&kept, object.stat.kind, new, &at.mounted.grant)?;
    at.who.need_to_set_times(object, new)?;
    if let set_size3::Some(_) = new.size {
        check_resizable(object)?;
        at.who.need_to_write(object)?;
        if !new.mode.is_some() {
            owner.mode = at.who.written(owner.mode);
        }
    }
    if (owner.uid, owner.gid) != (kept.uid, kept.gid) && object.fd().is_err() {
        return Err(nfsstat3::NFS3ERR_NOTSUPP.into()); // a real link, made by others than clients, has no place for it
    }
    shape(tree, found, new)?;
    if owner != kept
        && let Ok(file) = object.fd()
    {
        match owner {
            Owner { mode, uid, gid, .. } if tree.is_root(found) => {
                at.volume.own_root(tree, Ownership { mode, uid, gid })?;
            }
            owner => owner.write(file)?,
        }
    }
    Ok(())
}

/// Sets length and times, which the caller may.
pub(crate) fn shape(tree: &mut Tree, found: &Found, new: &sattr3) -> Result<(), Refusal> {
    let times = times(new)?;
    if let set_size3::Some(size) = new.size {
        resize(tree, found, size)?;
    }
    if let Some(times) = times {
        rustix::fs::utimensat(&found.dir, &found.name[..], &times, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

fn check_resizable(object: &Object) -> Result<(), Refusal> {
    match object.stat.kind {
        ftype3::NF3REG => Ok(()),
        ftype3::NF3DIR => Err(nfsstat3::NFS3ERR_ISDIR.into()),
        _ => Err(nfsstat3::NFS3ERR_INVAL.into()),
    }
}

/// What is added at the end is a hole, and takes nothing.
fn resize(tree: &mut Tree, found: &Found, size: u64) -> Result<(), Refusal> {
    if size > FILE_MAX {
        return Err(nfsstat3::NFS3ERR_FBIG.into());
    }
    let gone = match found.object.stat.size {
        before if before > size => held(found.object.fd()?, blocks(size), before),
        _ => 0,
    };
    rustix::fs::ftruncate(disk::open(&found.dir, &found.name, OFlags::WRONLY)?, size)?;
    tree.charge(found.inode(), tree.charged(found.inode()).saturating_sub(gone));
    Ok(())
}

/// # Errors
/// `NFS3ERR_INVAL` for a second of more than 10⁹ nanoseconds; beyond it the system's call has signals of its own.
fn times(new: &sattr3) -> Result<Option<Timestamps>, Refusal> {
    const OMIT: Timespec = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let timespec = |time: nfstime3| match time.nseconds {
        0..1_000_000_000 => Ok(Timespec { tv_sec: time.seconds.into(), tv_nsec: time.nseconds.into() }),
        _ => Err(Refusal(nfsstat3::NFS3ERR_INVAL)),
    };
    let last_access = match new.atime {
        set_atime::DONT_CHANGE => OMIT,
        set_atime::SET_TO_SERVER_TIME => NOW,
        set_atime::SET_TO_CLIENT_TIME(time) => timespec(time)?,
    };
    let last_modification = match new.mtime {
        set_mtime::DONT_CHANGE => OMIT,
        set_mtime::SET_TO_SERVER_TIME => NOW,
        set_mtime::SET_TO_CLIENT_TIME(time) => timespec(time)?,
    };
    let omitted = last_access.tv_nsec == UTIME_OMIT && last_modification.tv_nsec == UTIME_OMIT;
    Ok((!omitted).then_some(Timestamps { last_access, last_modification }))
}
