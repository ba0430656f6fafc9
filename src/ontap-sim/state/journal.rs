//! Objects on disk: one log of changes, appended before a reply is sent, rewritten when it is opened or has grown.
//!
//! A line holds all changes of one act, so an act is kept wholly or not at all; a last line without its end was never
//! acknowledged and is cut off. How to get it wrong: answering before [`Log::sync`], or replacing the log before its
//! successor is on disk.

use std::fs::{self, File, TryLockError};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Error;
use crate::state::table::Change;

const FILE: &str = "objects.jsonl";
/// The log is rewritten when it has grown by this many bytes beyond twice its size when last rewritten.
const SLACK: u64 = 16 << 20;

/// The open log. Owned by the state; its [`Log`] is shared with those who wait for the disk.
pub struct Journal {
    dir: PathBuf,
    log: Arc<Log>,
    written: u64,
    compact: u64,
    /// Held for as long as the journal is open: one cluster per directory.
    _lock: File,
}

/// What has been appended, and what of it is on disk.
pub struct Log {
    file: Mutex<Arc<File>>,
    appended: AtomicU64,
    synced: AtomicU64,
    /// Held while the disk works, so that those who wait at the same time share one sync.
    syncing: Mutex<()>,
}

impl Journal {
    /// Opens the directory and hands each change that was kept to `load`.
    pub fn open(dir: &Path, mut load: impl FnMut(Change) -> Result<(), Error>) -> Result<Self, Error> {
        let failed =
            |what: &str, problem: std::io::Error| Error::Directory(dir.to_owned(), format!("{what}: {problem}"));
        fs::create_dir_all(dir).map_err(|problem| failed("make it", problem))?;
        let lock = File::create(dir.join("lock")).map_err(|problem| failed("lock it", problem))?;
        lock.try_lock().map_err(|problem| match problem {
            TryLockError::WouldBlock => Error::Directory(dir.to_owned(), "another process has it open".to_owned()),
            TryLockError::Error(problem) => failed("lock it", problem),
        })?;
        let path = dir.join(FILE);
        if path.exists() {
            let text = fs::read_to_string(&path).map_err(|problem| failed("read objects", problem))?;
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            for line in whole.lines() {
                let changes: Vec<Change> = serde_json::from_str(line)
                    .map_err(|problem| Error::Strange(format!("{}: {problem}", path.display())))?;
                changes.into_iter().try_for_each(&mut load)?;
            }
        }
        let log = Log {
            // Stands in until the log is rewritten, which is done before anything is appended.
            file: Mutex::new(Arc::new(lock.try_clone().map_err(|problem| failed("lock it", problem))?)),
            appended: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            syncing: Mutex::new(()),
        };
        Ok(Journal { dir: dir.to_owned(), log: Arc::new(log), written: 0, compact: 0, _lock: lock })
    }

    /// Writes a new log that holds just these objects, and goes on with it.
    pub fn rewrite(&mut self, objects: Vec<Change>) -> Result<(), Error> {
        let (path, temporary) = (self.dir.join(FILE), self.dir.join("objects.new"));
        let write = || -> std::io::Result<(File, u64)> {
            let mut out = BufWriter::new(File::create(&temporary)?);
            for object in objects {
                serde_json::to_writer(&mut out, &[object])?;
                out.write_all(b"\n")?;
            }
            let file = out.into_inner()?;
            file.sync_all()?;
            fs::rename(&temporary, &path)?;
            File::open(&self.dir)?.sync_all()?;
            let length = file.metadata()?.len();
            Ok((file, length))
        };
        let (file, length) =
            write().map_err(|problem| Error::Directory(self.dir.clone(), format!("rewrite: {problem}")))?;
        *self.log.file() = Arc::new(file);
        (self.written, self.compact) = (length, 2 * length + SLACK);
        Ok(())
    }

    /// Appends the changes of one act. They are kept once [`Log::sync`] has returned.
    pub fn append(&mut self, changes: &[Change]) -> Result<(), Error> {
        let mut line = serde_json::to_vec(changes)?;
        line.push(b'\n');
        let file = self.log.file().clone();
        (&*file)
            .write_all(&line)
            .map_err(|problem| Error::Directory(self.dir.clone(), format!("append: {problem}")))?;
        self.written += line.len() as u64;
        self.log.appended.fetch_add(1, Ordering::AcqRel);
        Ok(())
    }

    pub fn has_grown(&self) -> bool {
        self.written > self.compact
    }

    pub fn log(&self) -> Arc<Log> {
        self.log.clone()
    }
}

impl Log {
    fn file(&self) -> MutexGuard<'_, Arc<File>> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether all that has been appended is on disk.
    pub fn is_synced(&self) -> bool {
        self.synced.load(Ordering::Acquire) == self.appended.load(Ordering::Acquire)
    }

    /// Returns when all that has been appended until now is on disk.
    pub fn sync(&self) -> std::io::Result<()> {
        let needed = self.appended.load(Ordering::Acquire);
        let _turn = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        if self.synced.load(Ordering::Acquire) < needed {
            let appended = self.appended.load(Ordering::Acquire);
            let file = self.file().clone();
            file.sync_data()?;
            self.synced.store(appended, Ordering::Release);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn change(key: &str, row: Option<Value>) -> Change {
        ("thing".to_owned(), key.to_owned(), row)
    }

    /// The journal, opened again, and what it held.
    fn opened(dir: &Path) -> (Journal, Vec<Change>) {
        let mut held = Vec::new();
        let journal = Journal::open(dir, |change| {
            held.push(change);
            Ok(())
        });
        (journal.unwrap(), held)
    }

    #[test]
    fn what_was_appended_is_read_in_its_order() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, held) = opened(dir.path());
        assert!(held.is_empty());
        journal.rewrite(vec![change("a", Some(json!(1)))]).unwrap();
        journal.append(&[change("b", Some(json!(2))), change("a", None)]).unwrap();
        assert!(!journal.log().is_synced());
        journal.log().sync().unwrap();
        assert!(journal.log().is_synced());
        drop(journal);
        let expected = [change("a", Some(json!(1))), change("b", Some(json!(2))), change("a", None)];
        assert_eq!(opened(dir.path()).1, expected);
    }

    #[test]
    fn a_log_that_has_grown_is_rewritten_and_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = opened(dir.path());
        journal.rewrite(Vec::new()).unwrap();
        let long = json!("x".repeat(1 << 20));
        while !journal.has_grown() {
            journal.append(&[change("a", Some(long.clone()))]).unwrap();
        }
        journal.rewrite(vec![change("a", Some(long.clone()))]).unwrap();
        assert!(!journal.has_grown());
        assert!(fs::metadata(dir.path().join(FILE)).unwrap().len() < 2 << 20);
        journal.append(&[change("b", Some(json!(2)))]).unwrap();
        journal.log().sync().unwrap();
        drop(journal);
        assert_eq!(opened(dir.path()).1, [change("a", Some(long)), change("b", Some(json!(2)))]);
    }
}
