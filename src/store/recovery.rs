//! What sled makes of the files of a database: it opened again, with what it says of itself and what it holds.
//!
//! How to get it wrong: to have sled open files that nobody has looked at yet; what it can't read it cuts off.

use std::path::Path;

use crate::contained::contained;
use crate::error::Error;
use crate::files;
use crate::tally::Tally;

/// The key of the database's own tally. The store's keys begin with a letter.
pub(crate) const NOTE: &[u8] = &[0];

/// Has sled open a database. It may write to every file.
pub(crate) fn recover(dir: &Path, cache: u64) -> Result<::sled::Db, Error> {
    files::wait_until_released(dir).map_err(|reason| unopened(dir, reason))?;
    let config = ::sled::Config::new().path(dir).cache_capacity(cache).flush_every_ms(None);
    contained(|| config.open())
        .map_err(|words| Error::corrupt(dir, format!("its recovery panicked: {words}")))?
        .map_err(|error| translate(dir, "open the database", error))
}

/// What the database in `dir` says of itself, and what it holds, once sled has recovered it.
pub(crate) fn take_stock(dir: &Path, cache: u64) -> Result<(Option<Tally>, Tally), Error> {
    let db = recover(dir, cache)?;
    let taken = contained(|| {
        let noted = noted(&db, dir)?;
        Ok((noted, count(&db, dir, noted.map_or(0, |tally| tally.group))?))
    });
    taken.unwrap_or_else(|words| Err(Error::corrupt(dir, format!("reading it panicked: {words}"))))
}

pub(crate) fn noted(db: &::sled::Db, dir: &Path) -> Result<Option<Tally>, Error> {
    let Some(bytes) = db.get(NOTE).map_err(|error| translate(dir, "read", error))? else { return Ok(None) };
    let tally = Tally::decode(&bytes).ok_or_else(|| Error::corrupt(dir, "the note of its last group is damaged"))?;
    Ok(Some(tally))
}

pub(crate) fn count(db: &::sled::Db, dir: &Path, group: u64) -> Result<Tally, Error> {
    let mut tally = Tally::empty(group);
    for entry in db.iter() {
        let (key, value) = entry.map_err(|error| translate(dir, "read", error))?;
        if key != NOTE {
            tally.add(&key, &value);
        }
    }
    Ok(tally)
}

pub(crate) fn unopened(dir: &Path, reason: std::io::Error) -> Error {
    Error::of_opening(format!("open the store in {}", dir.display()), &reason)
}

pub(crate) fn translate(dir: &Path, action: &str, error: ::sled::Error) -> Error {
    match error {
        ::sled::Error::Io(reason) => Error::of_opening(format!("{action} in {}", dir.display()), &reason),
        ::sled::Error::Corruption { .. } => Error::corrupt(dir, "its log, or a snapshot of it, can't be read"),
        other => Error::corrupt(dir, other),
    }
}
