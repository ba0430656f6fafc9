//! Objects in a volume's directory: the only place that touches the file system's names and attributes.
//!
//! Every step goes from an open directory to one plain name without following links, so no path that a client composes
//! can lead out of the volume. Clients' owners and modes live in one extended attribute: the server need not be root,
//! keeps access to a file of mode 0, and a set-uid bit stays a number. Only files and directories can have such
//! attributes, so links, FIFOs, sockets and devices are regular files that are marked as what they are; the target of
//! a link is what its file holds. How to get it wrong: opening by a joined path.

use nfs3_types::nfs3::{fattr3, ftype3, nfstime3, specdata3, wcc_attr};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{
    AtFlags, Mode, OFlags, SeekFrom, Statx, StatxFlags, StatxTimestamp, Timespec, Timestamps, XattrFlags,
};
use rustix::io::Errno;

use crate::handle::Handle;

/// Space is counted in blocks of this many bytes, as WAFL does.
pub(crate) const BLOCK: u64 = 4096;
const OWNER: &str = "user.manilad.nfs3";

/// What the file system says of an object.
#[derive(Debug, Clone)]
pub(crate) struct Stat {
    pub kind: ftype3,
    pub inode: u64,
    pub generation: u64,
    pub links: u32,
    pub size: u64,
    allocated: u64,
    mode: u32,
    uid: u32,
    gid: u32,
    atime: nfstime3,
    mtime: nfstime3,
    pub ctime: nfstime3,
}

impl Stat {
    /// Of `name` in `dir`, itself and not what it links to. The name `.` is the directory itself.
    pub fn of(dir: impl AsFd, name: &[u8]) -> Result<Self, Errno> {
        let mask = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        rustix::fs::statx(dir, name, AtFlags::SYMLINK_NOFOLLOW, mask).map(|stat| Stat::from(&stat))
    }

    /// The part of the attributes by which a client notices other people's changes.
    pub fn weak(&self) -> wcc_attr {
        wcc_attr { size: self.size, mtime: self.mtime, ctime: self.ctime }
    }

    /// Of the last access and the last modification.
    pub fn times(&self) -> Timestamps {
        let timespec = |time: nfstime3| Timespec { tv_sec: time.seconds.into(), tv_nsec: time.nseconds.into() };
        Timestamps { last_access: timespec(self.atime), last_modification: timespec(self.mtime) }
    }

    pub fn handle(&self, volume: u64) -> Handle {
        Handle { volume, inode: self.inode, generation: self.generation }
    }
}

impl From<&Statx> for Stat {
    fn from(stat: &Statx) -> Self {
        let born = &stat.stx_btime;
        let has_birth_time = stat.stx_mask & StatxFlags::BTIME.bits() != 0;
        Stat {
            kind: kind(stat.stx_mode),
            inode: stat.stx_ino,
            generation: if has_birth_time { nanoseconds(born) } else { 0 },
            links: stat.stx_nlink,
            size: stat.stx_size,
            allocated: stat.stx_blocks.saturating_mul(512),
            mode: u32::from(stat.stx_mode) & 0o7777,
            uid: stat.stx_uid,
            gid: stat.stx_gid,
            atime: time(&stat.stx_atime),
            mtime: time(&stat.stx_mtime),
            ctime: time(&stat.stx_ctime),
        }
    }
}

/// A number that differs between two births, whatever their date.
fn nanoseconds(at: &StatxTimestamp) -> u64 {
    (at.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(u64::from(at.tv_nsec))
}

/// `size` bytes in whole blocks.
pub(crate) fn blocks(size: u64) -> u64 {
    size.div_ceil(BLOCK).saturating_mul(BLOCK)
}

fn kind(mode: u16) -> ftype3 {
    match mode & 0o170_000 {
        0o040_000 => ftype3::NF3DIR,
        0o120_000 => ftype3::NF3LNK,
        0o060_000 => ftype3::NF3BLK,
        0o020_000 => ftype3::NF3CHR,
        0o140_000 => ftype3::NF3SOCK,
        0o010_000 => ftype3::NF3FIFO,
        _ => ftype3::NF3REG,
    }
}

/// The protocol's time begins in 1970 and ends in 2106.
fn time(at: &StatxTimestamp) -> nfstime3 {
    nfstime3 { seconds: at.tv_sec.clamp(0, i64::from(u32::MAX)) as u32, nseconds: at.tv_nsec }
}

/// Owner and mode as clients see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    /// Of an exclusive CREATE, until the client sets attributes.
    pub verifier: Option<[u8; 8]>,
    /// What a file stands for that is no regular one to clients.
    pub node: Option<Node>,
}

/// A link, FIFO, socket or device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Node {
    pub kind: ftype3,
    /// Major and minor number of a device.
    pub device: (u32, u32),
}

impl Owner {
    fn read(object: BorrowedFd<'_>) -> Result<Option<Self>, Errno> {
        let mut bytes = [0; 24];
        let length = match rustix::fs::fgetxattr(object, OWNER, &mut bytes[..]) {
            Err(Errno::NODATA) => return Ok(None),
            length => length?,
        };
        let word = |at: usize| bytes[at..at + 4].iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        let mut owner = Owner { mode: word(0), uid: word(4), gid: word(8), verifier: None, node: None };
        match length {
            12 => {}
            20 => owner.verifier = Some(std::array::from_fn(|at| bytes[12 + at])),
            24 => owner.node = Some(Node { kind: marked(word(12))?, device: (word(16), word(20)) }),
            _ => return Err(Errno::IO),
        }
        Ok(Some(owner))
    }

    pub fn write(&self, object: impl AsFd) -> Result<(), Errno> {
        let mut bytes = Vec::with_capacity(24);
        [self.mode, self.uid, self.gid].iter().for_each(|word| bytes.extend(word.to_be_bytes()));
        match self.node {
            Some(Node { kind, device }) => {
                [kind as u32, device.0, device.1].iter().for_each(|word| bytes.extend(word.to_be_bytes()));
            }
            None => bytes.extend(self.verifier.iter().flatten()),
        }
        rustix::fs::fsetxattr(object, OWNER, &bytes, XattrFlags::empty())
    }
}

/// What a file may be marked as.
fn marked(number: u32) -> Result<ftype3, Errno> {
    let kinds = [ftype3::NF3LNK, ftype3::NF3FIFO, ftype3::NF3SOCK, ftype3::NF3CHR, ftype3::NF3BLK];
    kinds.into_iter().find(|kind| *kind as u32 == number).ok_or(Errno::IO)
}

/// An object, looked at once. Files and directories are open for reading, so that they can be read, synced and entered.
#[derive(Debug)]
pub(crate) struct Object {
    pub stat: Stat,
    pub owner: Owner,
    fd: Option<OwnedFd>,
}

impl Object {
    pub fn look(dir: impl AsFd, name: &[u8]) -> Result<Self, Errno> {
        let mut stat = Stat::of(&dir, name)?;
        let fd = match stat.kind {
            ftype3::NF3REG => Some(open(&dir, name, OFlags::RDONLY)?),
            ftype3::NF3DIR => Some(open(&dir, name, OFlags::RDONLY | OFlags::DIRECTORY)?),
            _ => None,
        };
        let kept = fd.as_ref().map(|fd| Owner::read(fd.as_fd())).transpose()?.flatten();
        let own = Owner { mode: stat.mode, uid: stat.uid, gid: stat.gid, verifier: None, node: None };
        let owner = kept.unwrap_or(own);
        if let Some(node) = owner.node {
            stat.kind = node.kind;
        }
        Ok(Object { stat, owner, fd })
    }

    /// The open file or directory.
    ///
    /// # Errors
    /// `INVAL` for real links and special files, which are never opened.
    pub fn fd(&self) -> Result<BorrowedFd<'_>, Errno> {
        self.fd.as_ref().map(AsFd::as_fd).ok_or(Errno::INVAL)
    }

    /// Bytes the object is charged with: the blocks in which a regular file holds something.
    pub fn charge(&self) -> u64 {
        match (self.stat.kind, &self.fd) {
            (ftype3::NF3REG, Some(file)) => held(file.as_fd(), 0, self.stat.size),
            _ => 0,
        }
    }

    pub fn attributes(&self, volume: u64) -> fattr3 {
        let Stat { kind, inode, links, size, atime, mtime, ctime, .. } = self.stat;
        let device = self.owner.node.map_or((0, 0), |node| node.device);
        fattr3 {
            type_: kind,
            mode: self.owner.mode,
            nlink: links,
            uid: self.owner.uid,
            gid: self.owner.gid,
            size,
            used: match kind {
                ftype3::NF3DIR => BLOCK,
                ftype3::NF3REG => self.stat.allocated.min(blocks(size)),
                _ => 0,
            },
            rdev: specdata3 { specdata1: device.0, specdata2: device.1 },
            fsid: volume,
            fileid: inode,
            atime,
            mtime,
            ctime,
        }
    }
}

/// Opens `name` in `dir` without following a link and without waiting, as one would for the writer of a FIFO.
pub(crate) fn open(dir: impl AsFd, name: &[u8], flags: OFlags) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(dir, name, flags | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC, Mode::empty())
}

/// Bytes of the blocks between `from` and `to` in which a file holds something; the others are holes. Where the file
/// system can't tell, nothing is a hole.
pub(crate) fn held(file: BorrowedFd<'_>, from: u64, to: u64) -> u64 {
    let (mut at, end, mut sum) = (from - from % BLOCK, blocks(to), 0);
    while at < end {
        let data = match rustix::fs::seek(file, SeekFrom::Data(at)) {
            Ok(data) if data < end => data,
            Ok(_) | Err(Errno::NXIO) => break,
            Err(_) => return sum + (end - at),
        };
        let hole = rustix::fs::seek(file, SeekFrom::Hole(data)).unwrap_or(end);
        let first = (data - data % BLOCK).max(at);
        at = blocks(hole.max(data + 1)).min(end);
        sum += at - first;
    }
    sum
}

/// At most `count` bytes of a file from `offset`; fewer at its end.
pub(crate) fn contents(file: BorrowedFd<'_>, offset: u64, count: usize) -> Result<Vec<u8>, Errno> {
    let mut data = vec![0; count];
    let mut filled = 0;
    while filled < data.len() {
        match rustix::io::pread(file, &mut data[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(more) => filled += more,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    data.truncate(filled);
    Ok(data)
}

/// Creates a regular file that was not there.
pub(crate) fn create(dir: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat(dir, name, flags, Mode::RUSR | Mode::WUSR)
}

/// Names in a directory with inode numbers, without `.` and `..`, in the file system's order.
pub(crate) fn names(dir: impl AsFd) -> Result<Vec<(Vec<u8>, u64)>, Errno> {
    let mut names = Vec::new();
    for entry in rustix::fs::Dir::read_from(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            names.push((name.to_vec(), entry.ino()));
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory() -> (tempfile::TempDir, OwnedFd) {
        let path = tempfile::tempdir().unwrap();
        let fd = rustix::fs::open(path.path(), OFlags::RDONLY | OFlags::DIRECTORY, Mode::empty()).unwrap();
        (path, fd)
    }

    #[test]
    fn a_link_is_looked_at_and_never_followed() {
        let (path, dir) = directory();
        std::os::unix::fs::symlink("/etc/passwd", path.path().join("link")).unwrap();
        let link = Object::look(&dir, b"link").unwrap();
        assert_eq!(link.stat.kind, ftype3::NF3LNK);
        assert_eq!(link.fd().unwrap_err(), Errno::INVAL);
        assert_eq!(open(&dir, b"link", OFlags::RDONLY).unwrap_err(), Errno::LOOP);
    }

    #[test]
    fn owner_verifier_and_what_it_stands_for_are_kept_beside_the_file() {
        let (_path, dir) = directory();
        let file = create(&dir, b"file").unwrap();
        assert_eq!(Object::look(&dir, b"file").unwrap().owner.mode, 0o600, "until set, the file's own");
        let fifo = Node { kind: ftype3::NF3FIFO, device: (0, 0) };
        let device = Node { kind: ftype3::NF3CHR, device: (10, 200) };
        for (verifier, node) in [(Some(*b"verifier"), None), (None, Some(fifo)), (None, Some(device)), (None, None)] {
            let owner = Owner { mode: 0o4000, uid: 1000, gid: 7, verifier, node };
            owner.write(&file).unwrap();
            assert_eq!(Object::look(&dir, b"file").unwrap().owner, owner);
        }
    }

    #[test]
    fn holes_are_not_held_and_the_rest_is_in_whole_blocks() {
        use std::os::unix::fs::FileExt;
        let (_path, dir) = directory();
        let file = std::fs::File::from(create(&dir, b"file").unwrap());
        file.set_len(100 << 30).unwrap();
        assert_eq!(held(file.as_fd(), 0, 100 << 30), 0);
        file.write_all_at(b"x", 5000).unwrap();
        file.write_all_at(&[1; 8192], 50 << 30).unwrap();
        file.write_all_at(b"x", (100 << 30) - 1).unwrap();
        for (from, to, expected) in [
            (0, 100 << 30, 4 * BLOCK),
            (0, 4096, 0),
            (0, 4097, BLOCK),
            (6000, 6001, BLOCK),
            (50 << 30, (50 << 30) + 1, BLOCK),
            ((50 << 30) + 8191, 100 << 30, 2 * BLOCK),
        ] {
            assert_eq!(held(file.as_fd(), from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn space_is_counted_in_whole_blocks() {
        assert_eq!([0, 1, 4096, 4097].map(blocks), [0, 4096, 4096, 8192]);
    }
}
