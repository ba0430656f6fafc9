//! One daemon per store directory. The lock is the operating system's and ends with the process, however it ends; the
//! pid in the file is only for the message. How to get it wrong: removing the file, which lets two daemons lock two
//! files of one name.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::Path;

use crate::error::Error;

/// Held as long as it lives.
pub(crate) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing the file is not enough: a child that was forked and does not run its program yet has it open too.
    fn drop(&mut self) {
        if let Err(error) = self.file.unlock() {
            tracing::warn!(%error, "the lock of the store could not be released");
        }
    }
}

impl Lock {
    /// Locks a directory that exists.
    pub(crate) fn take(dir: &Path) -> Result<Self, Error> {
        let path = dir.join("lock");
        let failed = |reason: std::io::Error| Error::io(format!("lock {}", path.display()), reason);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let pid = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
                return Err(Error::Locked { dir: dir.to_owned(), pid });
            }
            Err(TryLockError::Error(reason)) => return Err(failed(reason)),
        }
        file.set_len(0).map_err(failed)?;
        writeln!(file, "{}", std::process::id()).map_err(failed)?;
        Ok(Lock { file })
    }
}
