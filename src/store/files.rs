//! The files of a sled database: listed, summed up, copied.
//!
//! Opening a database, sled writes: it cuts what it takes for a torn end, makes a new snapshot and removes the old one.
//! So a database that may be damaged is opened as a copy ([`Copied`]) first. That costs time, and is not needed after
//! a clean close, which leaves checksums of all files ([`seal`]): as long as they fit, the files are as they were. How
//! to get it wrong: trusting a seal of an earlier close, which is why it bears the number of the last group.

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

const SEAL: &str = "sealed";
const COPY: &str = "copy";
/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;

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

/// Whether there is nothing of a database in `dir`.
pub(crate) fn none(dir: &Path) -> io::Result<bool> {
    Ok(names(dir)?.is_empty())
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

/// Notes what the files of a database are that was closed after `group`.
pub(crate) fn seal(dir: &Path, group: u64) -> io::Result<()> {
    let making = dir.join(format!("{SEAL}.new"));
    fs::write(&making, sums(dir, group)?)?;
    fs::rename(making, dir.join(SEAL))
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
    /// With its snapshots, or without.
    pub(crate) fn of(dir: &Path, snapshots: bool) -> io::Result<Self> {
        let copied = Copied { dir: dir.join(COPY) };
        copied.remove()?;
        DirBuilder::new().mode(0o700).create(&copied.dir)?;
        DirBuilder::new().mode(0o700).create(copied.dir.join("blobs"))?;
        let wanted = |name: &PathBuf| snapshots || !name.to_string_lossy().starts_with("snap.");
        for name in names(dir)?.into_iter().filter(wanted) {
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
