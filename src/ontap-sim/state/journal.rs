//! Objects on disk: one log of changes, appended before a reply is sent, rewritten when it is opened or has grown.
//!
//! A line holds all changes of one act, so an act is kept wholly or not at all; a last line without its end was never
//! acknowledged and is cut off. How to get it wrong: answering before [`Log::sync`], or replacing the log before its successor
//! is on disk.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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
    progress: Mutex<Progress>,
    synced: Mutex<u64>,
}

struct Progress {
    file: Arc<File>,
    appended: u64,
}

impl Journal {
    /// Opens the directory and hands each change that was kept to `load`.
    pub fn open(dir: &Path, mut load: impl FnMut(Change) -> Result<(), Error>) -> Result<Self, Error> {
        let told = |what: &str, problem: std::io::Error| Error::Directory(dir.to_owned(), format!("{what}: {problem}"));
        fs::create_dir_all(dir).map_err(|problem| told("make it", problem))?;
        let lock = File::create(dir.join("lock")).map_err(|problem| told("lock it", problem))?;
        lock.try_lock().map_err(|problem| told("lock it", problem.into()))?;
        let path = dir.join(FILE);
        if path.exists() {
            let text = fs::read_to_string(&path).map_err(|problem| told("read objects", problem))?;
            let whole = text.rfind('\n').map_or("", |end| &text[..end]);
            for line in whole.lines() {
                let changes: Vec<Change> = serde_json::from_str(line)
                    .map_err(|problem| Error::Strange(format!("{}: {problem}", path.display())))?;
                changes.into_iter().try_for_each(&mut load)?;
            }
        }
        let progress = Progress { file: Arc::new(lock.try_clone().map_err(|problem| told("lock it", problem))?), appended: 0 };
        let log = Arc::new(Log { progress: Mutex::new(progress), synced: Mutex::new(0) });
        Ok(Journal { dir: dir.to_owned(), log, written: 0, compact: 0, _lock: lock })
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
        let (file, length) = write().map_err(|problem| Error::Directory(self.dir.clone(), format!("rewrite: {problem}")))?;
        self.log.progress().file = Arc::new(file);
        (self.written, self.compact) = (length, 2 * length + SLACK);
        Ok(())
    }

    /// Appends the changes of one act. They are kept once [`Log::sync`] has been called with the number returned.
    pub fn append(&mut self, changes: &[Change]) -> Result<u64, Error> {
        let mut progress = self.log.progress();
        let mut line = serde_json::to_vec(changes)?;
        line.push(b'\n');
        (&*progress.file).write_all(&line).map_err(|problem| Error::Directory(self.dir.clone(), format!("append: {problem}")))?;
        self.written += line.len() as u64;
        progress.appended += 1;
        Ok(progress.appended)
    }

    pub fn has_grown(&self) -> bool {
        self.written > self.compact
    }

    pub fn log(&self) -> Arc<Log> {
        self.log.clone()
    }
}

impl Log {
    fn progress(&self) -> std::sync::MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the change of this number is on disk. Those who wait at the same time share one sync.
    pub fn sync(&self, number: u64) -> std::io::Result<()> {
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        if *synced < number {
            let (file, appended) = {
                let progress = self.progress();
                (progress.file.clone(), progress.appended)
            };
            file.sync_data()?;
            *synced = appended;
        }
        Ok(())
    }
}
