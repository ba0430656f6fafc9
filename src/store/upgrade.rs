//! Which release wrote the store, and how the present one takes it over.
//!
//! The store notes its own format and the version of each kind. A store that a newer release has touched is refused
//! as a whole, before anything is read wrongly. Values of older versions are read as they are (`codec.rs`), but their
//! index rows, charges and addends were those of the older release; so once, when versions have risen, every record is written
//! anew and all that follows from the records is built again. How to get it wrong: noting the new versions as settled
//! before the work is done, or not at all, so that an older release reads what is half new.

use std::collections::BTreeMap;

use manilad_domain::quota::Usage;
use manilad_domain::{Record, Sum};
use serde::{Deserialize, Serialize};

use crate::codec;
use crate::draft::{Draft, Sums, sum_entry, usage_entry};
use crate::engine::{Changes, Engine, Order};
use crate::error::Error;
use crate::key;
use crate::kind::Kind;
use crate::view::View;

/// The layout of keys and values that this release writes. Since 2 there are sums. Since 3 the engine takes a tally of
/// each batch: an earlier release would leave it behind, and the store would be taken for damaged.
const FORMAT: u16 = 3;
/// Entries that are written at a time.
const CHUNK: usize = 256;

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Format {
    format: u16,
    kinds: BTreeMap<String, u16>,
    /// False while records are being written anew.
    settled: bool,
}

/// Brings the store to the present release.
pub(crate) fn prepare(engine: &dyn Engine, kinds: &'static [Kind]) -> Result<(), Error> {
    let versions = kinds.iter().map(|kind| (kind.name.to_owned(), kind.version)).collect();
    let ours = Format { format: FORMAT, kinds: versions, settled: true };
    let found = match engine.get(&key::note("format"))? {
        Some(value) => Some(serde_json::from_slice::<Format>(&value).map_err(|error| Error::Damaged {
            kind: "note".to_owned(),
            key: "format".to_owned(),
            reason: codec::position(&error),
        })?),
        None => None,
    };
    match found {
        Some(found) if found == ours => return Ok(()),
        Some(found) => {
            refuse_newer(&found, &ours)?;
            tracing::info!(from = ?found.kinds, to = ?ours.kinds, "bringing the store to the present release");
        }
        None => {}
    }
    let underway = Format { settled: false, ..ours };
    note(engine, &underway)?;
    engine.sync()?;
    rebuild(engine, kinds)?;
    note(engine, &Format { settled: true, ..underway })?;
    engine.sync()
}

fn refuse_newer(found: &Format, ours: &Format) -> Result<(), Error> {
    if found.format > ours.format {
        return Err(Error::Newer { what: "the store".to_owned(), found: found.format.into(), supported: ours.format });
    }
    for (kind, version) in &found.kinds {
        let supported = ours.kinds.get(kind).copied().unwrap_or(0);
        if *version > supported {
            let what = format!("the store's kind {kind:?}");
            return Err(Error::Newer { what, found: (*version).into(), supported });
        }
    }
    Ok(())
}

fn note(engine: &dyn Engine, format: &Format) -> Result<(), Error> {
    let value = serde_json::to_vec(format).map_err(|error| Error::io("note the store's format", error))?;
    engine.apply(&Changes::from([(key::note("format"), Some(value))]))
}

/// Drops all that follows from the records, writes each record anew, and makes what follows from it. May be cut short
/// anywhere and done again.
fn rebuild(engine: &dyn Engine, kinds: &'static [Kind]) -> Result<(), Error> {
    let unchanged = Changes::new();
    let view = Draft::new(engine, kinds, &unchanged);
    let mut out = Out { engine, waiting: Changes::new() };
    for prefix in [key::of(["i"]), key::records(Usage::KIND), key::records(Sum::KIND)] {
        for entry in view.walk(key::under(&prefix), Order::Ascending, CHUNK) {
            out.push(entry?.0, None)?;
        }
    }
    let mut usages: BTreeMap<String, Usage> = BTreeMap::new();
    let mut sums = Sums::default();
    for kind in kinds {
        for entry in view.stored(kind.name, "") {
            let (key, value) = entry?;
            let derived = kind.derive(&key, &value)?;
            for row in derived.rows {
                out.push(row, Some(Vec::new()))?;
            }
            if derived.value != value {
                out.push(key::record(kind.name, &key), Some(derived.value))?;
            }
            for charge in &derived.charges {
                usages.entry(charge.project.clone()).or_insert_with(|| Usage::of(&charge.project)).book(charge, 1);
            }
            sums.add(derived.addends, 1);
        }
    }
    for usage in usages.values() {
        let (key, value) = usage_entry(usage)?;
        out.push(key, value)?;
    }
    for (name, amount) in sums.nonzero() {
        let (key, value) = sum_entry(Sum { name, amount })?;
        out.push(key, value)?;
    }
    out.flush()
}

/// Writes in chunks.
struct Out<'a> {
    engine: &'a dyn Engine,
    waiting: Changes,
}

impl Out<'_> {
    fn push(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> Result<(), Error> {
        self.waiting.insert(key, value);
        if self.waiting.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Error> {
        self.engine.apply(&std::mem::take(&mut self.waiting))
    }
}
