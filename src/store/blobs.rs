//! The files that sled puts large nodes in, and never syncs.
//!
//! Once a group is applied its sync must not fail for want of a file descriptor, which is no fault of the disk and
//! passes. So the directory stays open, and where a file can't be opened the whole file system is synced instead, which
//! takes no descriptor. How to get it wrong: opening anything between `apply` and the acknowledgement that can't be
//! done without.

use std::collections::BTreeSet;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::path::Path;

use rustix::fs::{Dir, Mode, OFlags, fsync, open, openat, syncfs};
use rustix::io::Errno;

/// Descriptors that one batch may need: of a file that is written, one that is read, and some for readers beside it.
const NEEDED: usize = 4;

pub(crate) struct Blobs {
    dir: Dir,
    /// Those that are synced.
    synced: BTreeSet<CString>,
}

impl Blobs {
    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        Ok(Blobs { dir: Dir::new(File::open(dir.join("blobs"))?)?, synced: BTreeSet::new() })
    }

    /// Syncs the files that came since the last sync.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.dir.rewind();
        let mut present = BTreeSet::new();
        while let Some(entry) = self.dir.read() {
            let entry = entry?;
            if !entry.file_name().to_bytes().starts_with(b".") {
                present.insert(entry.file_name().to_owned());
            }
        }
        let fresh: Vec<_> = present.difference(&self.synced).collect();
        if !fresh.is_empty() {
            let dir = self.dir.fd()?;
            for name in fresh {
                match openat(dir, name.as_c_str(), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
                    Ok(file) => fsync(file)?,
                    Err(Errno::NOENT) => {} // replaced meanwhile
                    Err(Errno::MFILE | Errno::NFILE) => {
                        syncfs(dir)?;
                        break;
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            fsync(dir)?;
        }
        self.synced = present;
        Ok(())
    }
}

/// Whether there are descriptors for one more batch.
pub(crate) fn descriptors() -> io::Result<()> {
    let opened = |_| open("/", OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
    let spare: Result<Vec<_>, Errno> = (0..NEEDED).map(opened).collect();
    spare.map(drop).map_err(io::Error::from)
}
