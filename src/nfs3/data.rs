//! What files hold and how they are kept: READ, WRITE, COMMIT and SETATTR.
//!
//! A write that stays within the file shares the volume with readers; one that makes it longer has the volume alone, as
//! the space is counted with it. How to get it wrong: counting before the write what the write then did not do.

use std::os::unix::fs::FileExt;

use nfs3_types::nfs3::*;
use nfs3_types::xdr_codec::Opaque;
use rustix::fs::{AtFlags, Gid, OFlags, Timespec, Timestamps, UTIME_NOW, UTIME_OMIT, Uid};
use rustix::io::Errno;

use crate::call::Call;
use crate::disk::{self, Owner, Stat, blocks};
use crate::look::FILE_MAX;
use crate::refusal::Refusal;
use crate::tree::{Found, Tree};

pub(crate) fn read(call: &Call<'_>, args: READ3args) -> Result<READ3resok<'static>, Refusal> {
    let at = call.at(&args.file)?;
    at.volume.look(|tree| {
        let found = tree.regular(&at.handle)?;
        let size = found.object.stat.size;
        let most = call.service.limits.transfer as u64;
        let count = size.saturating_sub(args.offset).min(u64::from(args.count)).min(most);
        let mut data = vec![0; count as usize];
        let mut filled = 0;
        while filled < data.len() {
            match rustix::io::pread(found.object.fd()?, &mut data[filled..], args.offset + filled as u64) {
                Ok(0) => break,
                Ok(more) => filled += more,
                Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        data.truncate(filled);
        Ok(READ3resok {
            file_attributes: post_op_attr::Some(found.object.attributes(at.mounted.id)),
            count: filled as u32,
            eof: args.offset.saturating_add(filled as u64) >= size,
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
    let put = |found: &Found| put(call, found, data, args.offset, args.stable, at.mounted.id);
    let within = at.volume.look(|tree| {
        let found = tree.regular(&at.handle)?;
        if end > found.object.stat.size { Ok(None) } else { put(&found).map(Some) }
    })?;
    if let Some(within) = within {
        return Ok(within);
    }
    at.volume.change(|tree| {
        let found = tree.regular(&at.handle)?;
        let before = found.object.stat.charge();
        tree.room(blocks(end).saturating_sub(before), at.mounted.size)?;
        let done = put(&found);
        tree.recharge(before, Stat::of(&found.dir, &found.name)?.charge());
        done
    })
}

fn put(
    call: &Call<'_>,
    found: &Found,
    data: &[u8],
    offset: u64,
    stable: stable_how,
    volume: u64,
) -> Result<WRITE3resok, Refusal> {
    let before = found.object.stat.weak();
    let file = std::fs::File::from(disk::open(&found.dir, &found.name, OFlags::WRONLY)?);
    file.write_all_at(data, offset).map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    let committed = match stable {
        stable_how::UNSTABLE => stable_how::UNSTABLE,
        stable_how::DATA_SYNC | stable_how::FILE_SYNC => {
            call.owe(file.into());
            stable_how::FILE_SYNC
        }
    };
    Ok(WRITE3resok {
        file_wcc: found.changed_since(before, volume)?,
        count: data.len() as u32,
        committed,
        verf: writeverf3(call.service.incarnation),
    })
}

/// Syncs the whole file, whatever range is asked for.
pub(crate) fn commit(call: &Call<'_>, args: COMMIT3args) -> Result<COMMIT3resok, Refusal> {
    let at = call.at(&args.file)?;
    at.volume.look(|tree| {
        let found = tree.regular(&at.handle)?;
        call.owe(found.hold()?);
        let file_wcc = found.changed_since(found.object.stat.weak(), at.mounted.id)?;
        Ok(COMMIT3resok { file_wcc, verf: writeverf3(call.service.incarnation) })
    })
}

pub(crate) fn setattr(call: &Call<'_>, args: SETATTR3args) -> Result<SETATTR3resok, Refusal> {
    let at = call.at(&args.object)?;
    at.volume.change(|tree| {
        let found = tree.find(&at.handle)?;
        if matches!(args.guard, sattrguard3::Some(ctime) if ctime != found.object.stat.ctime) {
            return Err(nfsstat3::NFS3ERR_NOT_SYNC.into());
        }
        let before = found.object.stat.weak();
        apply(tree, &found, &args.new_attributes, at.mounted.size)?;
        if let Ok(held) = found.hold() {
            call.owe(held); // links can't be synced by themselves
        }
        Ok(SETATTR3resok { obj_wcc: found.changed_since(before, at.mounted.id)? })
    })
}

/// Sets attributes of an object in a volume of `space` bytes.
pub(crate) fn apply(tree: &mut Tree, found: &Found, new: &sattr3, space: u64) -> Result<(), Refusal> {
    let times = times(new)?;
    if let set_size3::Some(size) = new.size {
        resize(tree, found, size, space)?;
    }
    if found.object.stat.kind == ftype3::NF3LNK {
        own_link(found, new)?;
    } else {
        let kept = found.object.owner;
        let wanted = Owner {
            mode: value(&new.mode).map_or(kept.mode, |mode| mode & 0o7777),
            uid: value(&new.uid).unwrap_or(kept.uid),
            gid: value(&new.gid).unwrap_or(kept.gid),
            verifier: None,
        };
        if wanted != kept {
            wanted.write(found.object.fd()?)?;
        }
    }
    if let Some(times) = times {
        rustix::fs::utimensat(&found.dir, &found.name[..], &times, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

fn resize(tree: &mut Tree, found: &Found, size: u64, space: u64) -> Result<(), Refusal> {
    match found.object.stat.kind {
        ftype3::NF3REG => {}
        ftype3::NF3DIR => return Err(nfsstat3::NFS3ERR_ISDIR.into()),
        _ => return Err(nfsstat3::NFS3ERR_INVAL.into()),
    }
    if size > FILE_MAX {
        return Err(nfsstat3::NFS3ERR_FBIG.into());
    }
    let before = found.object.stat.charge();
    tree.room(blocks(size).saturating_sub(before), space)?;
    rustix::fs::ftruncate(disk::open(&found.dir, &found.name, OFlags::WRONLY)?, size)?;
    tree.recharge(before, blocks(size));
    Ok(())
}

/// A link carries no user attributes, so its owner is the file system's, which only a privileged server may change.
fn own_link(found: &Found, new: &sattr3) -> Result<(), Refusal> {
    if new.mode.is_some() {
        return Err(nfsstat3::NFS3ERR_NOTSUPP.into());
    }
    let (uid, gid) = (value(&new.uid).map(Uid::from_raw), value(&new.gid).map(Gid::from_raw));
    if uid.is_some() || gid.is_some() {
        rustix::fs::chownat(&found.dir, &found.name[..], uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}

fn value(option: &Nfs3Option<u32>) -> Option<u32> {
    match option {
        Nfs3Option::Some(value) => Some(*value),
        Nfs3Option::None => None,
    }
}

/// # Errors
/// `NFS3ERR_INVAL` for a second of more than 10⁹ nanoseconds; beyond it the system's call has signals of its own.
fn times(new: &sattr3) -> Result<Option<Timestamps>, Refusal> {
    const OMIT: Timespec = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
    const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let given = |time: nfstime3| match time.nseconds {
        0..1_000_000_000 => Ok(Timespec { tv_sec: time.seconds.into(), tv_nsec: time.nseconds.into() }),
        _ => Err(Refusal(nfsstat3::NFS3ERR_INVAL)),
    };
    let last_access = match new.atime {
        set_atime::DONT_CHANGE => OMIT,
        set_atime::SET_TO_SERVER_TIME => NOW,
        set_atime::SET_TO_CLIENT_TIME(time) => given(time)?,
    };
    let last_modification = match new.mtime {
        set_mtime::DONT_CHANGE => OMIT,
        set_mtime::SET_TO_SERVER_TIME => NOW,
        set_mtime::SET_TO_CLIENT_TIME(time) => given(time)?,
    };
    let omitted = last_access.tv_nsec == UTIME_OMIT && last_modification.tv_nsec == UTIME_OMIT;
    Ok((!omitted).then_some(Timestamps { last_access, last_modification }))
}
