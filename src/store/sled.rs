//! The embedded engine: sled 0.34, with the parts of durability that it leaves to us.
//!
//! On Linux sled's `flush` ends in `sync_file_range`, which survives a killed process but not a power cut. So we keep
//! our own handle on its file and `sync_data` it, after syncing the files that sled puts large nodes in and syncs
//! never. Two more of its holes are closed when it is opened: a snapshot that was being written when the process died
//! is taken for the newest one and then found corrupt, so it is removed (the one before is still there); and recovery
//! writes a durable snapshot of a log that may not be durable yet, so the log is synced first. How to get it wrong:
//! trusting `flush`, or syncing a handle that was opened after the write (it misses errors reported before).

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::ErrorKind;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::contained::contained;
use crate::engine::{Changes, Engine, Entry, Order, Space, Span};
use crate::error::Error;
use crate::lock::Lock;

/// A sled database in a directory of its own, locked as long as the value lives.
pub struct Sled {
    db: ::sled::Db,
    file: File,
    dir: PathBuf,
    /// Files of large nodes that are synced already.
    blobs: Mutex<BTreeSet<OsString>>,
    _lock: Lock,
}

impl Sled {
    /// Bytes of page cache, where nothing else is asked for. sled takes it for a hint.
    pub const CACHE: u64 = 16 << 20;

    /// Opens the database in `dir`, which is made where it is missing. Blocks for as long as recovery takes.
    ///
    /// # Errors
    /// [`Error::Locked`] where another process has it open, [`Error::Corrupt`] where it can't be read, else
    /// [`Error::Io`].
    pub fn open(dir: &Path, cache: u64) -> Result<Self, Error> {
        let failed = |reason: std::io::Error| Error::io(format!("open the store in {}", dir.display()), reason);
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        let lock = Lock::take(dir)?;
        remove_unfinished_snapshots(dir).map_err(failed)?;
        let path = dir.join("db");
        if path.exists() {
            File::open(&path).and_then(|file| file.sync_all()).map_err(failed)?;
        }
        let config = ::sled::Config::new().path(dir).cache_capacity(cache).flush_every_ms(None);
        let db = contained(|| config.open())
            .map_err(|words| Error::Corrupt { dir: dir.to_owned(), reason: format!("its recovery panicked: {words}") })?
            .map_err(|error| translate(dir, "open the database", error))?;
        let file = File::open(&path).map_err(failed)?;
        let engine = Sled { db, file, dir: dir.to_owned(), blobs: Mutex::default(), _lock: lock };
        engine.sync()?;
        for made in [dir.join("blobs"), dir.to_owned()].iter().map(PathBuf::as_path).chain(dir.parent()) {
            let made = if made.as_os_str().is_empty() { Path::new(".") } else { made };
            File::open(made).and_then(|dir| dir.sync_all()).map_err(failed)?;
        }
        Ok(engine)
    }

    fn failed(&self, action: &str, error: ::sled::Error) -> Error {
        translate(&self.dir, action, error)
    }

    /// Syncs the files of large nodes that came since the last sync.
    fn sync_blobs(&self) -> std::io::Result<()> {
        let mut known = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = self.dir.join("blobs");
        let present =
            fs::read_dir(&dir)?.map(|entry| Ok(entry?.file_name())).collect::<std::io::Result<BTreeSet<_>>>()?;
        let fresh: Vec<_> = present.difference(&known).collect();
        for name in &fresh {
            match File::open(dir.join(name)) {
                Ok(file) => file.sync_all()?,
                Err(error) if error.kind() == ErrorKind::NotFound => {} // replaced meanwhile
                Err(error) => return Err(error),
            }
        }
        if !fresh.is_empty() {
            File::open(&dir)?.sync_all()?;
        }
        *known = present;
        Ok(())
    }
}

fn remove_unfinished_snapshots(dir: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

fn translate(dir: &Path, action: &str, error: ::sled::Error) -> Error {
    match error {
        ::sled::Error::Io(reason) => Error::io(format!("{action} in {}", dir.display()), reason),
        other => Error::Corrupt { dir: dir.to_owned(), reason: other.to_string() },
    }
}

impl Engine for Sled {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let found = self.db.get(key).map_err(|error| self.failed("read", error))?;
        Ok(found.map(|value| value.to_vec()))
    }

    fn scan(&self, span: &Span, order: Order, limit: usize) -> Result<Vec<Entry>, Error> {
        let found = self.db.range(span.from.as_slice()..span.to.as_slice());
        let own = |entry: ::sled::Result<(::sled::IVec, ::sled::IVec)>| match entry {
            Ok((key, value)) => Ok((key.to_vec(), value.to_vec())),
            Err(error) => Err(self.failed("scan", error)),
        };
        match order {
            Order::Ascending => found.take(limit).map(own).collect(),
            Order::Descending => found.rev().take(limit).map(own).collect(),
        }
    }

    fn apply(&self, batch: &Changes) -> Result<(), Error> {
        let mut writes = ::sled::Batch::default();
        for (key, value) in batch {
            match value {
                Some(value) => writes.insert(key.as_slice(), value.as_slice()),
                None => writes.remove(key.as_slice()),
            }
        }
        self.db.apply_batch(writes).map_err(|error| self.failed("write", error))
    }

    fn sync(&self) -> Result<(), Error> {
        self.db.flush().map_err(|error| self.failed("flush", error))?;
        let synced = self.sync_blobs().and_then(|()| self.file.sync_data());
        synced.map_err(|reason| Error::io(format!("sync the store in {}", self.dir.display()), reason))
    }

    fn space(&self) -> Result<Space, Error> {
        let size = self.db.size_on_disk().map_err(|error| self.failed("measure the database", error))?;
        let free = fs4::available_space(&self.dir)
            .map_err(|reason| Error::io(format!("ask for the free space of {}", self.dir.display()), reason))?;
        Ok(Space { size, free: Some(free) })
    }
}
