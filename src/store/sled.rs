//! The embedded engine: sled 0.34, with the parts of durability that it leaves to us.
//!
//! On Linux sled's `flush` ends in `sync_file_range`, which survives a killed process but not a power cut. So we keep
//! our own handle on its file and `sync_data` it, after syncing the files that sled puts large nodes in and syncs
//! never. What it then holds is noted beside it, and compared when it is opened (`proof.rs`). Two more of its holes are
//! closed at opening: a snapshot that was being written when the process died is taken for the newest one and then
//! found corrupt, so it is removed (the one before is still there); and recovery writes a durable snapshot of a log
//! that may not be durable yet, so the log is synced first. How to get it wrong: trusting `flush`, or syncing a handle
//! that was opened after the write (it misses errors reported before).

use std::fs::{DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::acknowledged::Acknowledged;
use crate::blobs::{self, Blobs};
use crate::engine::{Changes, Engine, Entry, Order, Space, Span};
use crate::error::Error;
use crate::files::{self, Copied};
use crate::lock::Lock;
use crate::proof::{self, Proof, Seals};
use crate::recovery::{NOTE, count, noted, recover, translate, unopened};
use crate::tally::Tally;

/// A sled database in a directory of its own, locked as long as the value lives.
pub struct Sled {
    // Dropped first: what `end` does, it does to files that sled has closed.
    db: ::sled::Db,
    /// As of the last batch that was applied.
    tally: Mutex<Tally>,
    acknowledged: Acknowledged,
    file: File,
    blobs: Mutex<Blobs>,
    dir: PathBuf,
    end: End,
    _lock: Arc<Lock>,
}

/// What is left to do when the database is closed.
enum End {
    /// It was not found sound yet.
    Nothing,
    Seal {
        dir: PathBuf,
        cache: u64,
    },
    Remove {
        _copied: Copied,
    },
}

impl Drop for End {
    fn drop(&mut self) {
        let End::Seal { dir, cache } = self else { return };
        match proof::after_closing(dir, *cache) {
            Ok(()) => {}
            Err(error @ Error::Corrupt { .. }) => tracing::error!(%error, "the store was damaged while it was open"),
            Err(error) => {
                let dir = dir.display();
                tracing::warn!(%dir, %error, "the store is closed without a seal: the next start reads all of it");
            }
        }
    }
}

impl Sled {
    /// Bytes of page cache, where nothing else is asked for. sled takes it for a hint.
    pub const CACHE: u64 = 16 << 20;

    /// Opens the database in `dir`, which is made where it is missing. Blocks for as long as recovery takes.
    ///
    /// # Errors
    /// [`Error::Locked`] where another process has it open; [`Error::Corrupt`] where it can't be read or holds less
    /// than was acknowledged, and then its files are left as they were; else [`Error::Io`].
    pub fn open(dir: &Path, cache: u64) -> Result<Self, Error> {
        Sled::proven(dir, cache, Seals::Trusted, locked(dir)?)
    }

    /// As [`Sled::open`], and reads all of it first even where it was closed and its files are as they were then.
    ///
    /// # Errors
    /// As [`Sled::open`].
    pub fn open_counted(dir: &Path, cache: u64) -> Result<Self, Error> {
        Sled::proven(dir, cache, Seals::Ignored, locked(dir)?)
    }

    /// Makes the database in `dir`, where there is none. From before it is there, the empty file `mark` stands beside it.
    ///
    /// # Errors
    /// As [`Sled::open`]; [`Error::Io`] where there is a database. Then there is no new mark.
    pub fn make(dir: &Path, cache: u64, mark: &str) -> Result<Self, Error> {
        let failed = |reason| unopened(dir, reason);
        let lock = locked(dir)?;
        if dir.join("db").try_exists().map_err(failed)? {
            return Err(Error::io(format!("make a store in {}", dir.display()), "there is one already"));
        }
        File::create(dir.join(mark)).and_then(|file| file.sync_all()).map_err(failed)?;
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(failed)?;
        Sled::proven(dir, cache, Seals::Trusted, lock)
    }

    fn proven(dir: &Path, cache: u64, seals: Seals, lock: Arc<Lock>) -> Result<Self, Error> {
        let failed = |reason| unopened(dir, reason);
        let proof = proof::before_opening(dir, cache, seals)?;
        files::remove_unfinished_snapshots(dir).map_err(failed)?;
        files::break_seal(dir).map_err(failed)?;
        let mut engine = Sled::opened(dir, cache, lock)?;
        engine.flush()?;
        engine.compare(&proof)?;
        engine.end = End::Seal { dir: dir.to_owned(), cache };
        for made in [dir.join("blobs"), dir.to_owned()].iter().map(PathBuf::as_path).chain(dir.parent()) {
            let made = if made.as_os_str().is_empty() { Path::new(".") } else { made };
            File::open(made).and_then(|dir| dir.sync_all()).map_err(failed)?;
        }
        Ok(engine)
    }

    /// Opens a copy of the database in `dir` whatever it holds, to save what can be read of one that is damaged. The
    /// copy lies in `dir` and goes when it is closed. With it comes what is missing of what was acknowledged.
    ///
    /// # Errors
    /// As [`Sled::open`]; [`Error::Corrupt`] only where nothing can be read.
    pub(crate) fn salvage(dir: &Path, cache: u64) -> Result<(Self, Option<String>), Error> {
        let lock = Arc::new(Lock::take(dir)?);
        let missing = proof::missing(dir, cache);
        let engine = match Sled::copied(dir, cache, &lock, proof::SETTINGS) {
            // The log may be whole where the snapshot of its earlier part is not.
            Err(Error::Corrupt { .. } | Error::Io { .. }) => Sled::copied(dir, cache, &lock, &["conf", "snap."]),
            other => other,
        };
        Ok((engine?, missing))
    }

    fn copied(dir: &Path, cache: u64, lock: &Arc<Lock>, left_out: &[&str]) -> Result<Self, Error> {
        let failed = |reason| unopened(dir, reason);
        let copied = Copied::of(dir, left_out).map_err(failed)?;
        Acknowledged::create(copied.dir()).map_err(failed)?;
        let mut engine = Sled::opened(copied.dir(), cache, lock.clone())?;
        engine.end = End::Remove { _copied: copied };
        Ok(engine)
    }

    fn opened(dir: &Path, cache: u64, lock: Arc<Lock>) -> Result<Self, Error> {
        let failed = |reason| unopened(dir, reason);
        let path = dir.join("db");
        if path.exists() {
            File::open(&path).and_then(|file| file.sync_all()).map_err(failed)?;
        }
        let db = recover(dir, cache)?;
        Ok(Sled {
            db,
            tally: Mutex::default(),
            acknowledged: Acknowledged::open(dir).map_err(failed)?,
            file: File::open(&path).map_err(failed)?,
            blobs: Mutex::new(Blobs::open(dir).map_err(failed)?),
            dir: dir.to_owned(),
            end: End::Nothing,
            _lock: lock,
        })
    }

    /// Takes the tally of the database over, once it is what it was shown to be. Counts where there is none yet.
    fn compare(&self, proof: &Proof) -> Result<(), Error> {
        let noted = noted(&self.db, &self.dir)?;
        proof.compare(&self.dir, noted)?;
        let tally = noted.map_or_else(|| count(&self.db, &self.dir, 0), Ok)?;
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner) = tally;
        if noted.is_none() {
            self.apply(&Changes::new())?;
        }
        self.sync()
    }

    fn flush(&self) -> Result<(), Error> {
        self.db.flush().map_err(|error| self.unwritten("flush", error))?;
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        blobs.sync().and_then(|()| self.file.sync_data()).map_err(|reason| self.unsynced(reason))
    }

    fn failed(&self, action: &str, error: ::sled::Error) -> Error {
        translate(&self.dir, action, error)
    }

    /// A failure after which a part may be written: never [`Error::Descriptors`], which says that nothing is.
    fn unwritten(&self, action: &str, error: ::sled::Error) -> Error {
        match error {
            ::sled::Error::Io(reason) => Error::io(format!("{action} in {}", self.dir.display()), reason),
            other => self.failed(action, other),
        }
    }

    fn unsynced(&self, reason: std::io::Error) -> Error {
        Error::io(format!("sync the store in {}", self.dir.display()), reason)
    }
}

/// Locks a directory, which is made where it is missing.
fn locked(dir: &Path) -> Result<Arc<Lock>, Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(|reason| unopened(dir, reason))?;
    Lock::take(dir).map(Arc::new)
}

impl Engine for Sled {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let found = self.db.get(key).map_err(|error| self.failed("read", error))?;
        Ok(found.map(|value| value.to_vec()))
    }

    fn scan(&self, span: &Span, order: Order, limit: usize) -> Result<Vec<Entry>, Error> {
        let found = self.db.range(span.from.as_slice()..span.to.as_slice());
        let found = found.filter(|entry| !entry.as_ref().is_ok_and(|(key, _)| key == NOTE));
        let own = |entry: ::sled::Result<(::sled::IVec, ::sled::IVec)>| match entry {
            Ok((key, value)) => Ok((key.to_vec(), value.to_vec())),
            Err(error) => Err(self.failed("scan", error)),
        };
        match order {
            Order::Ascending => found.take(limit).map(own).collect(),
            Order::Descending => found.rev().take(limit).map(own).collect(),
        }
    }

    fn ready(&self) -> Result<(), Error> {
        blobs::descriptors().map_err(|reason| Error::of_opening("write", &reason))
    }

    fn apply(&self, batch: &Changes) -> Result<(), Error> {
        let mut tally = *self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        let mut writes = ::sled::Batch::default();
        for (key, value) in batch {
            if let Some(old) = self.db.get(key).map_err(|error| self.failed("read", error))? {
                tally.take(key, &old);
            }
            match value {
                Some(value) => {
                    tally.add(key, value);
                    writes.insert(key.as_slice(), value.as_slice());
                }
                None => writes.remove(key.as_slice()),
            }
        }
        tally.group += 1;
        writes.insert(NOTE, tally.encode().as_slice());
        self.db.apply_batch(writes).map_err(|error| self.unwritten("write", error))?;
        *self.tally.lock().unwrap_or_else(PoisonError::into_inner) = tally;
        Ok(())
    }

    fn sync(&self) -> Result<(), Error> {
        let tally = *self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        self.flush()?;
        self.acknowledged.write(&tally).map_err(|reason| self.unsynced(reason))
    }

    fn space(&self) -> Result<Space, Error> {
        let size = self.db.size_on_disk().map_err(|error| self.failed("measure the database", error))?;
        let free = fs4::available_space(&self.dir).map_err(|reason| {
            Error::of_opening(format!("ask for the free space of {}", self.dir.display()), &reason)
        })?;
        Ok(Space { size, free: Some(free) })
    }
}
