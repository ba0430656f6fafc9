//! Does a database hold all that was acknowledged? Asked before sled may write to its files.
//!
//! sled takes the first message with a wrong checksum for the end of its log, cuts there and goes on. Whether that was
//! the end, or a flipped bit with most of the store behind it, is told by what was noted beside the log
//! (`acknowledged.rs`) and in it (`tally.rs`): groups that are missing at the end by their number, whatever is missing
//! or wrong before it by the digest. A torn end behind the last acknowledged group is none of this, and starts.
//!
//! How to get it wrong: looking after sled has opened the files, when what it cut off can't be told any more.

use std::path::Path;

use crate::acknowledged::{self, Acknowledged, Found};
use crate::error::Error;
use crate::files::{self, Copied, Seal};
use crate::recovery::take_stock;
use crate::tally::Tally;

/// What the database must say of its last group once it is open.
pub(crate) enum Proof {
    /// Nothing yet: it is new, or of a release that took no notes.
    Unnoted,
    /// The same as its copy, all of which was read.
    Read(Tally),
    /// At least this: its files are as they were when it was closed.
    Sealed(Tally),
}

/// sled's settings, which it makes anew where they are not there.
pub(crate) const SETTINGS: &[&str] = &["conf"];

/// Whether a seal is taken for proof.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Seals {
    Trusted,
    /// All is read.
    Ignored,
}

/// Finds out whether the database in `dir` holds all that was acknowledged, and changes nothing of it. The file that
/// acknowledgements go to is made where there were none yet.
///
/// # Errors
/// [`Error::Corrupt`] says what is missing; [`Error::Io`] where it can't be found out.
pub(crate) fn before_opening(dir: &Path, cache: u64, seals: Seals) -> Result<Proof, Error> {
    let failed = |reason| Error::of_opening(format!("look at the store in {}", dir.display()), &reason);
    let none = files::none(dir).map_err(failed)?;
    let last = match Acknowledged::read(dir).map_err(failed)? {
        Found::Last(last) => last,
        Found::Missing => {
            if !none && let (Some(noted), _) = read(&copy(dir, &[])?, dir, cache)? {
                let (name, group) = (acknowledged::NAME, noted.group);
                let reason = format!(
                    "the file {name:?} is missing, while the database holds group {group}: whether later ones were \
                     acknowledged can't be told"
                );
                return Err(Error::corrupt(dir, reason));
            }
            Acknowledged::create(dir).map_err(failed)?;
            Tally::default()
        }
        Found::Unreadable => {
            let name = acknowledged::NAME;
            return Err(Error::corrupt(
                dir,
                format!("the file {name:?} can't be read, so nobody knows what is missing"),
            ));
        }
    };
    if last.group == 0 && none {
        return Ok(Proof::Unnoted);
    }
    if last.group > 0 && !dir.join("db").exists() {
        return Err(Error::corrupt(dir, "the file \"db\" is missing"));
    }
    if seals == Seals::Trusted && files::sealed(dir, last.group).map_err(failed)? {
        return Ok(Proof::Sealed(last));
    }
    let (noted, counted) = read(&copy(dir, &[])?, dir, cache)?;
    judge(last, noted, counted).map_err(|reason| Error::corrupt(dir, reason))
}

/// Seals the database in `dir`, which sled has closed, once a copy of its files was found to hold all that was
/// acknowledged. The seal is of the bytes that were read: what flips on the disk meanwhile is not in it.
///
/// # Errors
/// As [`before_opening`]; nothing is sealed then.
pub(crate) fn after_closing(dir: &Path, cache: u64) -> Result<(), Error> {
    let failed = |reason| Error::of_opening(format!("seal the store in {}", dir.display()), &reason);
    let last = match Acknowledged::read(dir).map_err(failed)? {
        Found::Last(last) => last,
        Found::Missing | Found::Unreadable => {
            return Err(Error::corrupt(dir, format!("the file {:?} can't be read any more", acknowledged::NAME)));
        }
    };
    let copied = copy(dir, &[])?;
    let seal = Seal::of(copied.dir(), last.group).map_err(failed)?;
    let (noted, counted) = read(&copied, dir, cache)?;
    judge(last, noted, counted).map_err(|reason| Error::corrupt(dir, reason))?;
    seal.put(dir).map_err(failed)
}

/// What a database that is to be salvaged lacks of what was acknowledged, or why that can't be told. Nothing is changed.
pub(crate) fn missing(dir: &Path, cache: u64) -> Option<String> {
    let name = acknowledged::NAME;
    match Acknowledged::read(dir) {
        Ok(Found::Last(last)) => match copy(dir, SETTINGS).and_then(|copied| read(&copied, dir, cache)) {
            Ok((noted, counted)) => judge(last, noted, counted).err(),
            Err(Error::Corrupt { reason, .. }) => Some(reason),
            Err(error) => Some(error.to_string()),
        },
        Ok(Found::Missing | Found::Unreadable) => {
            Some(format!("the file {name:?} is missing or can't be read, so nobody knows what else is"))
        }
        Err(error) => Some(format!("the file {name:?} can't be read: {error}")),
    }
}

fn copy(dir: &Path, left_out: &[&str]) -> Result<Copied, Error> {
    Copied::of(dir, left_out).map_err(|reason| {
        let size = files::size(dir).map_or_else(|_| "as many".to_owned(), |size| size.to_string());
        let action =
            format!("copy the store in {}, which takes {size} bytes more, to see whether it is whole", dir.display());
        Error::of_opening(action, &reason)
    })
}

/// Opens the copy of the database in `dir`, and reads it to its end.
fn read(copied: &Copied, dir: &Path, cache: u64) -> Result<(Option<Tally>, Tally), Error> {
    take_stock(copied.dir(), cache).map_err(|error| match error {
        Error::Corrupt { reason, .. } => Error::corrupt(dir, reason),
        Error::Io { reason, .. } => Error::corrupt(dir, format!("it can't be read: {reason}")),
        other => other,
    })
}

fn judge(last: Tally, noted: Option<Tally>, counted: Tally) -> Result<Proof, String> {
    let there = noted.map_or(0, |noted| noted.group);
    let (found, entries) = (counted.entries, last.entries);
    if there < last.group {
        let (from, to) = (there + 1, last.group);
        return Err(format!(
            "groups {from} to {to} of what was acknowledged are missing; it holds {found} entries, and {entries} were \
             acknowledged"
        ));
    }
    let Some(noted) = noted else { return Ok(Proof::Unnoted) };
    if noted.group == last.group && noted != last {
        return Err(format!("it says something else of group {there} than what was acknowledged"));
    }
    if counted != noted {
        let entries = noted.entries;
        return Err(match found == entries {
            false => format!("it holds {found} entries, and group {there} left {entries}"),
            true => format!("its {found} entries are not those that group {there} left"),
        });
    }
    Ok(Proof::Read(noted))
}

impl Proof {
    /// Whether the open database is what was looked at.
    pub(crate) fn compare(&self, dir: &Path, noted: Option<Tally>) -> Result<(), Error> {
        let same = match self {
            Proof::Unnoted => noted.is_none(),
            Proof::Read(read) => noted == Some(*read),
            Proof::Sealed(last) => {
                noted.is_some_and(|noted| noted.group > last.group || noted == *last) || *last == Tally::default()
            }
        };
        if same { Ok(()) } else { Err(Error::corrupt(dir, "it was opened to something else than what was looked at")) }
    }
}
