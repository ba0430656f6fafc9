//! The files of a sled database: listed, summed up, copied.
//!
//! Opening a database, sled writes: it cuts what it takes for a torn end, makes a new snapshot and removes the old one.
//! So a database that may be damaged is opened as a copy ([`Copied`]) first. That costs time, and is not needed after
//! a clean close, which reads such a copy and leaves checksums of it ([`Seal`]): as long as they fit, the files are as
//! they were found whole. How to get it wrong: trusting a seal of an earlier close, which is why it bears the number of
//! the last group; or sealing what was not read, in which bits may have flipped since it was written.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

const SEAL: &str = "sealed";
const COPY: &str = "copy";
/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;
/// Milliseconds that a closed database may stay locked, and between two looks.
const RELEASE: u64 = 10_000;
const PAUSE: u64 = 2;

/// Names of sled's files in `dir`, in order; a snapshot that was not finished is none.
fn names(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let text = name.to_string_lossy();
        let ours = text == "db" || text == "conf" || text.starts_with("snap.");
        if ours && !text.ends_with(".generating") {
            names.push(PathBuf::from(name));
        }
    }
    match fs::read_dir(dir.join("blobs")) {
        Ok(blobs) => {
            for entry in blobs {
                names.push(Path::new("blobs").join(entry?.file_name()));
            }
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    names.sort();
    Ok(names)
}

/// Bytes that the files of a database take up.
pub(crate) fn size(dir: &Path) -> io::Result<u64> {
    names(dir)?.iter().map(|name| Ok(fs::metadata(dir.join(name))?.len())).sum()
}

/// Whether there is nothing of a database in `dir`.
pub(crate) fn none(dir: &Path) -> io::Result<bool> {
    Ok(names(dir)?.is_empty())
}

/// Returns once sled has let go of its database: what it does in the background may go on for a moment after it was
/// closed, and a child that was forked meanwhile has its lock until it runs its own program.
#[expect(clippy::disallowed_methods, reason = "no actor runs before the store is open, nor when it is closed")]
pub(crate) fn wait_until_released(dir: &Path) -> io::Result<()> {
    let file = match File::open(dir.join("db")) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for _ in 0..RELEASE / PAUSE {
        match file.try_lock() {
            // Not left to closing, for the sake of forks once more.
            Ok(()) => return file.unlock(),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(PAUSE)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(ErrorKind::WouldBlock, format!("something has had its database locked for {RELEASE} ms")))
}

/// Removes the snapshots that sled was writing when its process died.
pub(crate) fn remove_unfinished_snapshots(dir: &Path) -> io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// The files as they are now, and the last group.
fn sums(dir: &Path, group: u64) -> io::Result<String> {
    let mut text = format!("closed after group {group}\n");
    let mut buffer = vec![0; CHUNK];
    for name in names(dir)? {
        let mut file = File::open(dir.join(&name))?;
        let (mut size, mut hasher) = (0, crc32fast::Hasher::new());
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            size += read;
            hasher.update(&buffer[..read]);
        }
        let _ = writeln!(text, "{:08x} {size} {}", hasher.finalize(), name.display());
    }
    Ok(text)
}

/// What the files of a database were that was closed.
pub(crate) struct Seal(String);

impl Seal {
    /// Of the files in `dir`, closed after `group`.
    pub(crate) fn of(dir: &Path, group: u64) -> io::Result<Self> {
        sums(dir, group).map(Seal)
    }

    pub(crate) fn put(&self, dir: &Path) -> io::Result<()> {
        let making = dir.join(format!("{SEAL}.new"));
        fs::write(&making, &self.0)?;
        fs::rename(making, dir.join(SEAL))
    }
}

/// Whether the files are as they were when the database was closed after `group`.
pub(crate) fn sealed(dir: &Path, group: u64) -> io::Result<bool> {
    match fs::read(dir.join(SEAL)) {
        Ok(seal) if seal.starts_with(format!("closed after group {group}\n").as_bytes()) => {
            Ok(seal == sums(dir, group)?.as_bytes())
        }
        Ok(_) => Ok(false),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

pub(crate) fn break_seal(dir: &Path) -> io::Result<()> {
    match fs::remove_file(dir.join(SEAL)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A copy of a database's files, in a directory within its own that goes with this value.
pub(crate) struct Copied {
    dir: PathBuf,
}

impl Copied {
    /// Without the files whose names begin so.
    pub(crate) fn of(dir: &Path, left_out: &[&str]) -> io::Result<Self> {
        let copied = Copied { dir: dir.join(COPY) };
        copied.remove()?;
        DirBuilder::new().mode(0o700).create(&copied.dir)?;
        DirBuilder::new().mode(0o700).create(copied.dir.join("blobs"))?;
        let is_copied = |name: &PathBuf| !left_out.iter().any(|start| name.to_string_lossy().starts_with(start));
        for name in names(dir)?.into_iter().filter(is_copied) {
            fs::copy(dir.join(&name), copied.dir.join(&name))?;
        }
        Ok(copied)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    fn remove(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.dir) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl Drop for Copied {
    fn drop(&mut self) {
        if let Err(error) = self.remove() {
            tracing::warn!(dir = %self.dir.display(), %error, "a copy of the store could not be removed");
        }
    }
}
