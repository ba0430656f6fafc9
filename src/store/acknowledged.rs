//! The last group that was acknowledged, in a file beside the database, synced with each group.
//!
//! A database whose end is gone looks like one that was never written to: only something outside of it can tell. The
//! file has two slots, written in turn, so that a write that a crash tears leaves the one before. How to get it wrong:
//! acknowledging before this file is synced, or writing it before the database is.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::tally::{SIZE, Tally};

pub(crate) const NAME: &str = "acknowledged";
/// A slot lies in a block of its own.
const SLOT: u64 = 4096;

pub(crate) struct Acknowledged {
    file: File,
    /// The slot that is written next: not the one with the newest tally.
    next: AtomicU64,
}

/// What the file says.
pub(crate) enum Found {
    Missing,
    /// Neither slot is whole.
    Unreadable,
    Last(Tally),
}

impl Acknowledged {
    pub(crate) fn read(dir: &Path) -> io::Result<Found> {
        match File::open(dir.join(NAME)) {
            Ok(file) => Ok(newest(&file)?.map_or(Found::Unreadable, |(_, tally)| Found::Last(tally))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Found::Missing),
            Err(error) => Err(error),
        }
    }

    /// Makes the file, whole from the first moment: no group is acknowledged yet.
    pub(crate) fn create(dir: &Path) -> io::Result<()> {
        let making = dir.join(format!("{NAME}.new"));
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&making)?;
        let mut bytes = vec![0; 2 * SLOT as usize];
        bytes[..SIZE].copy_from_slice(&Tally::default().encode());
        file.write_all_at(&bytes, 0)?;
        file.sync_all()?;
        fs::rename(&making, dir.join(NAME))?;
        File::open(dir)?.sync_all()
    }

    pub(crate) fn open(dir: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).open(dir.join(NAME))?;
        let next = newest(&file)?.map_or(0, |(slot, _)| 1 - slot);
        Ok(Acknowledged { file, next: AtomicU64::new(next) })
    }

    /// Returns once the tally is on disk.
    pub(crate) fn write(&self, tally: &Tally) -> io::Result<()> {
        let slot = self.next.load(Ordering::Relaxed);
        self.file.write_all_at(&tally.encode(), slot * SLOT)?;
        self.file.sync_data()?;
        self.next.store(1 - slot, Ordering::Relaxed);
        Ok(())
    }
}

fn newest(file: &File) -> io::Result<Option<(u64, Tally)>> {
    let mut newest: Option<(u64, Tally)> = None;
    for slot in [0, 1] {
        let mut bytes = [0; SIZE];
        match file.read_exact_at(&mut bytes, slot * SLOT) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => continue,
            Err(error) => return Err(error),
        }
        if let Some(tally) = Tally::decode(&bytes)
            && newest.is_none_or(|(_, other)| other.group < tally.group)
        {
            newest = Some((slot, tally));
        }
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn last(dir: &Path) -> Option<u64> {
        match Acknowledged::read(dir).unwrap() {
            Found::Last(tally) => Some(tally.group),
            Found::Missing | Found::Unreadable => None,
        }
    }

    #[test]
    fn a_torn_write_leaves_the_one_before() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(last(dir.path()), None);
        Acknowledged::create(dir.path()).unwrap();
        assert_eq!(last(dir.path()), Some(0));
        for group in [3, 4, 8, 9, 10, 12] {
            let before = last(dir.path());
            let file = Acknowledged::open(dir.path()).unwrap();
            let whole = fs::read(dir.path().join(NAME)).unwrap();
            file.write(&Tally::empty(group)).unwrap();
            assert_eq!(last(dir.path()), Some(group));
            let written = fs::read(dir.path().join(NAME)).unwrap();
            let torn = whole.iter().zip(&written).enumerate().filter(|(_, (old, new))| old != new);
            let (first, _) = torn.clone().next().unwrap();
            let half = torn.count() / 2;
            let mut torn = written.clone();
            torn[first + half..].copy_from_slice(&whole[first + half..]);
            fs::write(dir.path().join(NAME), torn).unwrap();
            assert_eq!(last(dir.path()), before);
            fs::write(dir.path().join(NAME), written).unwrap();
        }
    }

    #[test]
    fn a_file_without_a_whole_slot_is_unreadable() {
        let dir = tempfile::tempdir().unwrap();
        for bytes in [&b""[..], &[0; 8192], &[0xFF; 100]] {
            fs::write(dir.path().join(NAME), bytes).unwrap();
            assert!(matches!(Acknowledged::read(dir.path()).unwrap(), Found::Unreadable));
        }
    }
}
