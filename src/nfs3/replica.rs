//! Copies of whole volumes, as snapshots and clones need them.
//!
//! Nothing is shared between a copy and its source but what the file system shares by itself, for files change in place.
//! What clients see comes along: owners, modes, what a file stands for, times, holes, and that several names are one
//! file. How to get it wrong: copying while clients write; the caller keeps them out, see `Server::alone`.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use nfs3_types::nfs3::ftype3;
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, SeekFrom, Timespec, Timestamps, UTIME_NOW};
use rustix::io::Errno;

use crate::disk::{self, Object};

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY);

/// Makes the directory `to` hold what `from` holds, and nothing else. If it was there it stays the same directory, so that
/// handles of it stay valid. Can be done again after it was broken off. Real special files, which no client can make, are
/// left out.
///
/// # Errors
/// The file system's error. `to` then holds a part.
pub fn replicate(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() { fs::remove_dir_all(entry.path())? } else { fs::remove_file(entry.path())? }
    }
    let open = |path| rustix::fs::open(path, DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    Ok(copy(open(from)?, open(to)?)?)
}

/// Has all of the file system that `directory` is in on stable storage.
///
/// # Errors
/// The file system's error.
pub fn persist(directory: &Path) -> std::io::Result<()> {
    Ok(rustix::fs::syncfs(fs::File::open(directory)?)?)
}

/// Gives a directory the time of now, by which clients notice that what they have listed of it is out of date.
///
/// # Errors
/// The file system's error, such as a directory that is not there.
pub fn touch(directory: &Path) -> std::io::Result<()> {
    const NOW: Timespec = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
    let now = Timestamps { last_access: NOW, last_modification: NOW };
    Ok(rustix::fs::utimensat(CWD, directory, &now, AtFlags::SYMLINK_NOFOLLOW)?)
}

/// A directory that is being copied.
struct Level {
    /// What it is called in the one above.
    name: Vec<u8>,
    times: Timestamps,
    /// What of it is still to be copied.
    ahead: Vec<Vec<u8>>,
}

impl Level {
    fn of(name: Vec<u8>, dir: &Object) -> Result<Self, Errno> {
        let ahead = disk::names(dir.fd()?)?.into_iter().map(|(name, _)| name).collect();
        Ok(Level { name, times: dir.stat.times(), ahead })
    }
}

/// Goes down and up again directory by directory, with two of them open at a time.
fn copy(from: OwnedFd, to: OwnedFd) -> Result<(), Errno> {
    let top = to.try_clone().map_err(|_| Errno::MFILE)?;
    let root = Object::look(&from, b".")?;
    root.owner.write(&to)?;
    let mut levels = vec![Level::of(b".".to_vec(), &root)?];
    let (mut from, mut to) = (from, to);
    // Where the first name of each file of several names is.
    let mut twins: HashMap<u64, Vec<Vec<u8>>> = HashMap::new();
    while let Some(level) = levels.last_mut() {
        let Some(name) = level.ahead.pop() else {
            let Some(Level { name, times, .. }) = levels.pop() else { break };
            if !levels.is_empty() {
                (from, to) = (disk::open(&from, b"..", DIRECTORY)?, disk::open(&to, b"..", DIRECTORY)?);
            }
            rustix::fs::utimensat(&to, &name[..], &times, AtFlags::SYMLINK_NOFOLLOW)?;
            continue;
        };
        let object = Object::look(&from, &name)?;
        if object.stat.kind == ftype3::NF3DIR {
            rustix::fs::mkdirat(&to, &name[..], Mode::RWXU)?;
            (from, to) = (disk::open(&from, &name, DIRECTORY)?, disk::open(&to, &name, DIRECTORY)?);
            object.owner.write(&to)?;
            levels.push(Level::of(name, &object)?);
            continue;
        }
        if object.stat.links > 1 {
            let path = || levels.iter().skip(1).map(|level| level.name.clone()).chain([name.clone()]).collect();
            match twins.get(&object.stat.inode) {
                Some(twin) => {
                    link(&top, twin, &to, &name)?;
                    continue;
                }
                None => drop(twins.insert(object.stat.inode, path())),
            }
        }
        leaf(&object, &from, &to, &name)?;
    }
    Ok(())
}

/// Gives the file at `twin`, steps below `top`, one more name.
fn link(top: &OwnedFd, twin: &[Vec<u8>], to: &OwnedFd, name: &[u8]) -> Result<(), Errno> {
    let Some((last, above)) = twin.split_last() else { return Err(Errno::NOENT) };
    let mut dir = top.try_clone().map_err(|_| Errno::MFILE)?;
    for step in above {
        dir = disk::open(&dir, step, DIRECTORY)?;
    }
    rustix::fs::linkat(&dir, &last[..], to, name, AtFlags::empty())
}

/// Copies what is no directory.
fn leaf(object: &Object, from: &OwnedFd, to: &OwnedFd, name: &[u8]) -> Result<(), Errno> {
    match object.fd() {
        Ok(file) => {
            let made = disk::create(to, name)?;
            contents(file, made.as_fd(), object.stat.size)?;
            object.owner.write(&made)?;
        }
        Err(_) if object.stat.kind == ftype3::NF3LNK => {
            rustix::fs::symlinkat(rustix::fs::readlinkat(from, name, Vec::new())?, to, name)?;
        }
        Err(_) => return Ok(()),
    }
    rustix::fs::utimensat(to, name, &object.stat.times(), AtFlags::SYMLINK_NOFOLLOW)
}

/// Copies `size` bytes and leaves out the holes. Where the file system can't tell, nothing is a hole.
fn contents(from: BorrowedFd<'_>, to: BorrowedFd<'_>, size: u64) -> Result<(), Errno> {
    rustix::fs::ftruncate(to, size)?;
    let mut end = 0;
    while end < size {
        let (mut read, hole) = match rustix::fs::seek(from, SeekFrom::Data(end)) {
            Ok(data) => (data, rustix::fs::seek(from, SeekFrom::Hole(data))?),
            Err(Errno::NXIO) => break,
            Err(_) => (end, size),
        };
        end = hole.min(size);
        let mut written = read;
        while read < end {
            let left = usize::try_from(end - read).unwrap_or(usize::MAX);
            match rustix::fs::copy_file_range(from, Some(&mut read), to, Some(&mut written), left) {
                Ok(0) => return Err(Errno::IO),
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::{Node, Owner};
    use crate::usage;
    use std::os::unix::fs::{FileExt, MetadataExt};

    #[test]
    fn a_copy_looks_like_its_source_and_shares_nothing_with_it() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        fs::create_dir_all(from.join("sub/deeper")).unwrap();
        fs::write(from.join("sub/file"), "before").unwrap();
        fs::hard_link(from.join("sub/file"), from.join("sub/deeper/twin")).unwrap();
        std::os::unix::fs::symlink("/etc", from.join("out")).unwrap();
        let sparse = fs::File::create(from.join("sparse")).unwrap();
        sparse.set_len(10 << 30).unwrap();
        sparse.write_all_at(b"x", 5 << 30).unwrap();
        let node = Some(Node { kind: ftype3::NF3FIFO, device: (0, 0) });
        let owner = Owner { mode: 0o4640, uid: 7, gid: 8, verifier: None, node };
        owner.write(fs::File::create(from.join("fifo")).unwrap()).unwrap();
        let old = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        fs::File::open(from.join("sub")).unwrap().set_modified(old).unwrap();
        replicate(&from, &to).unwrap();
        fs::File::options().write(true).open(from.join("sub/file")).unwrap().write_all_at(b"BEFORE", 0).unwrap();
        let copied = |path: &str| fs::symlink_metadata(to.join(path)).unwrap();
        assert_eq!(fs::read(to.join("sub/file")).unwrap(), b"before");
        assert_eq!(copied("sub/file").ino(), copied("sub/deeper/twin").ino());
        assert_ne!(copied("sub/file").ino(), fs::metadata(from.join("sub/file")).unwrap().ino());
        assert_eq!(fs::read_link(to.join("out")).unwrap(), Path::new("/etc"));
        assert_eq!((copied("sparse").size(), copied("sparse").blocks() < 64), (10 << 30, true));
        assert_eq!(copied("sub").modified().unwrap(), old);
        let dir = fs::File::open(&to).unwrap();
        assert_eq!(Object::look(&dir, b"fifo").unwrap().owner, owner);
        assert_eq!(usage(&to).unwrap(), usage(&from).unwrap());
    }

    #[test]
    fn what_was_there_is_replaced_and_the_directory_stays() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        fs::create_dir_all(to.join("old/deep")).unwrap();
        fs::write(to.join("file"), "old").unwrap();
        let before = fs::metadata(&to).unwrap().ino();
        fs::create_dir(&from).unwrap();
        fs::write(from.join("file"), "new").unwrap();
        for _ in 0..2 {
            replicate(&from, &to).unwrap();
            assert_eq!(fs::read(to.join("file")).unwrap(), b"new");
            assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
        }
        assert_eq!(fs::metadata(&to).unwrap().ino(), before);
    }

    #[test]
    fn a_deep_tree_is_copied() {
        let directory = tempfile::tempdir().unwrap();
        let (from, to) = (directory.path().join("from"), directory.path().join("to"));
        fs::create_dir(&from).unwrap();
        let open = |path: &Path| rustix::fs::open(path, DIRECTORY, Mode::empty()).unwrap();
        let mut dir = open(&from);
        for _ in 0..1500 {
            rustix::fs::mkdirat(&dir, "d", Mode::RWXU).unwrap();
            dir = disk::open(&dir, b"d", DIRECTORY).unwrap();
        }
        replicate(&from, &to).unwrap();
        assert_eq!(usage(&to).unwrap().files, 1500);
    }
}
