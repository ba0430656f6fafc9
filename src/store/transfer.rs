//! Export and import as JSON lines: the way out of a damaged store, and into another engine.
//!
//! A head with the last serial, one line per record as it is stored, and an end that counts them, by which a file that
//! was cut short is known. Index rows and usage are not carried: they follow from the records. How to get it wrong:
//! decoding records on the way out, so that one damaged record holds back all others.

use std::borrow::Cow;
use std::io::{BufRead, BufWriter, Read, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::codec::{self, VALUE_LIMIT};
use crate::contained::contained;
use crate::draft::{Draft, last_serial};
use crate::durable_state::DurableState;
use crate::engine::{Changes, Engine, Order, Span};
use crate::error::{Error, Failed};
use crate::key;
use crate::kind::is_derived;
use crate::sled::Sled;
use crate::store::Store;
use crate::view::View;

const FORMAT: u16 = 1;
/// Bytes that one line may have: a value, and what stands around it.
const LINE_LIMIT: usize = VALUE_LIMIT + 1024;
/// Lines that are committed together.
const CHUNK: usize = 256;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Head {
        format: u16,
        serial: u64,
    },
    Record {
        #[serde(borrow)]
        kind: Cow<'a, str>,
        #[serde(borrow)]
        value: &'a RawValue,
    },
    End {
        records: u64,
    },
}

/// What an export held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub records: u64,
    /// What was left out: keys of records whose value is no JSON, and stretches that the engine can't read.
    pub damaged: Vec<String>,
}

impl Store {
    /// Writes every record, as of one moment, to `out` as JSON lines. Damaged ones are left out and named.
    ///
    /// # Errors
    /// [`Error::Io`] where `out` fails, or what the engine says.
    pub async fn export(&self, out: impl Write + Send + 'static) -> Result<Exported, Error> {
        let present = self.present()?;
        self.blocking().run(move || export(&present, out)).await?
    }

    /// Reads an export into this store, which must be empty. Index rows and usage are made anew. Returns the number
    /// of records. An import that fails leaves a part behind: start again with an empty store.
    ///
    /// # Errors
    /// [`Error::Import`] with the line, or why the store could not commit.
    pub async fn import(&self, input: impl BufRead + Send + 'static) -> Result<u64, Error> {
        let mut lines = Lines { input, line: 0, records: 0 };
        loop {
            let (back, batch) = self
                .blocking()
                .run(move || {
                    let batch = lines.batch();
                    (lines, batch)
                })
                .await?;
            lines = back;
            let batch = batch?;
            let last = batch.last;
            self.commit_new("import", move |draft| batch.enter(draft)).await.map_err(|failed| match failed {
                Failed::Refused(error) | Failed::Unavailable(error) => error,
                Failed::Panicked(words) => Error::io("import", words),
            })?;
            if last {
                return Ok(lines.records);
            }
        }
    }
}

fn export(view: &DurableState, out: impl Write) -> Result<Exported, Error> {
    let mut export = Export::begin(out, last_serial(view)?)?;
    for entry in view.walk(records(), Order::Ascending, CHUNK) {
        let (at, value) = entry?;
        export.record(&at, &value)?;
    }
    export.end()
}

/// Exports what can be read of the store in `dir`, which may be refused as damaged. It is left as it is: a copy, which
/// takes as much room beside it, is read.
///
/// # Errors
/// [`Error::Locked`]; [`Error::Corrupt`] where nothing can be read; [`Error::Io`].
pub fn salvage(dir: &Path, cache: u64, out: impl Write) -> Result<Exported, Error> {
    let (engine, missing) = Sled::salvage(dir, cache)?;
    let unchanged = Changes::new();
    let serial = last_serial(&Draft::new(&engine, &[], &unchanged));
    let mut export = Export::begin(out, *serial.as_ref().unwrap_or(&0))?;
    export.exported.damaged.extend(missing);
    export.exported.damaged.extend(serial.err().map(|error| format!("the last serial: {error}")));
    let mut left = Some(records());
    // From both ends to what can't be read.
    for order in [Order::Ascending, Order::Descending] {
        while let Some(span) = left.take() {
            let found = contained(|| engine.scan(&span, order, 1));
            match found.unwrap_or_else(|words| Err(Error::corrupt(dir, words))) {
                Ok(entries) => {
                    let Some((at, value)) = entries.first() else { return export.end() };
                    export.record(at, value)?;
                    left = Some(span.split(at, order).1).filter(|span| !span.is_empty());
                }
                Err(error) if order == Order::Descending => {
                    let (from, to) = (shown(&span.from), shown(&span.to));
                    export.exported.damaged.push(format!("what lies between {from} and {to}: {error}"));
                    return export.end();
                }
                Err(_) => {
                    left = Some(span);
                    break;
                }
            }
        }
    }
    export.end()
}

fn records() -> Span {
    key::under(&key::of(["r"]))
}

fn shown(key: &[u8]) -> String {
    String::from_utf8_lossy(key).replace('\0', " ").trim_end().to_owned()
}

/// An export that is being written.
struct Export<W: Write> {
    out: BufWriter<W>,
    exported: Exported,
}

impl<W: Write> Export<W> {
    fn begin(out: W, serial: u64) -> Result<Self, Error> {
        let exported = Exported { records: 0, damaged: Vec::new() };
        let mut export = Export { out: BufWriter::new(out), exported };
        export.line(&Line::Head { format: FORMAT, serial })?;
        Ok(export)
    }

    fn record(&mut self, at: &[u8], value: &[u8]) -> Result<(), Error> {
        let parts = key::parts(at).unwrap_or_default();
        match (parts.as_slice(), serde_json::from_slice::<&RawValue>(value)) {
            ([_, kind, _], _) if is_derived(kind) => {}
            ([_, kind, _], Ok(value)) => {
                self.line(&Line::Record { kind: kind.into(), value })?;
                self.exported.records += 1;
            }
            _ => self.exported.damaged.push(shown(at)),
        }
        Ok(())
    }

    fn end(mut self) -> Result<Exported, Error> {
        self.line(&Line::End { records: self.exported.records })?;
        self.out.flush().map_err(unwritten)?;
        Ok(self.exported)
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), Error> {
        let written = serde_json::to_writer(&mut self.out, line).map_err(std::io::Error::from);
        written.and_then(|()| self.out.write_all(b"\n")).map_err(unwritten)
    }
}

fn unwritten(reason: std::io::Error) -> Error {
    Error::io("write the export", reason)
}

/// Reads an export to its end without entering it anywhere; tells how many records it holds.
///
/// # Errors
/// [`Error::Import`] for what is no export, or only the beginning of one; [`Error::Io`].
pub fn verify_export(input: impl BufRead) -> Result<u64, Error> {
    let mut lines = Lines { input, line: 0, records: 0 };
    while !lines.batch()?.last {}
    Ok(lines.records)
}

/// Lines that are committed together.
#[derive(Default)]
struct Batch {
    /// From the head.
    serial: Option<u64>,
    records: Vec<Imported>,
    /// Whether the end was among the lines.
    last: bool,
}

struct Imported {
    line: u64,
    kind: String,
    value: Vec<u8>,
}

impl Batch {
    fn enter(self, draft: &mut Draft<'_>) -> Result<(), Error> {
        if let Some(serial) = self.serial {
            let mut records = draft.walk(key::under(&key::of(["r"])), Order::Ascending, 1);
            if let Some(found) = records.next() {
                found?;
                return Err(Error::Import { line: 1, reason: "the store is not empty".to_owned() });
            }
            draft.set_serial(serial);
        }
        for Imported { line, kind, value } in self.records {
            draft
                .put_stored(&kind, &format!("of line {line}"), &value)
                .map_err(|error| Error::Import { line, reason: error.to_string() })?;
        }
        Ok(())
    }
}

/// Reads an export line by line.
struct Lines<I> {
    input: I,
    line: u64,
    records: u64,
}

impl<I: BufRead> Lines<I> {
    fn batch(&mut self) -> Result<Batch, Error> {
        let mut batch = Batch::default();
        while batch.records.len() < CHUNK && !batch.last {
            let bytes = self.next_line()?;
            let line = serde_json::from_slice(&bytes).map_err(|error| self.wrong(codec::position(&error)))?;
            match line {
                Line::Head { format: FORMAT, serial } if self.line == 1 => batch.serial = Some(serial),
                Line::Head { format, .. } => {
                    return Err(self.wrong(format!("expected one head, in line 1, of format {FORMAT}, not {format}")));
                }
                _ if self.line == 1 => return Err(self.wrong("expected the head of an export".to_owned())),
                Line::Record { kind, value } => {
                    self.records += 1;
                    let value = value.get().as_bytes().to_vec();
                    batch.records.push(Imported { line: self.line, kind: kind.into_owned(), value });
                }
                Line::End { records } if records == self.records => batch.last = true,
                Line::End { records } => {
                    let read = self.records;
                    return Err(self.wrong(format!("the end speaks of {records} records, and {read} were read")));
                }
            }
        }
        Ok(batch)
    }

    fn next_line(&mut self) -> Result<Vec<u8>, Error> {
        self.line += 1;
        let mut bytes = Vec::new();
        let read = self.input.by_ref().take(LINE_LIMIT as u64 + 1).read_until(b'\n', &mut bytes);
        read.map_err(|reason| Error::io("read the import", reason))?;
        match bytes.len() {
            0 => Err(self.wrong("the file ends before its end line: it was cut short".to_owned())),
            size if size > LINE_LIMIT => Err(self.wrong(format!("longer than {LINE_LIMIT} bytes"))),
            _ => Ok(bytes),
        }
    }

    fn wrong(&self, reason: String) -> Error {
        Error::Import { line: self.line, reason }
    }
}
