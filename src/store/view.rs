//! Reading a state of the tree that is not quite the engine's: the engine, corrected by layers of changes.
//!
//! Readers look back at the past ([`crate::durable_state::DurableState`]), decisions look ahead at the drafted future
//! ([`Draft`](crate::draft::Draft)); both are the same merge. The first layer that knows a key wins.
//! How to get it wrong: asking the layers before the engine. A change that is applied in between would be seen and not
//! corrected.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Included};

use manilad_domain::Record;

use crate::codec;
use crate::engine::{Changes, Engine, Entry, Order, Span};
use crate::error::Error;
use crate::key;
use crate::metrics::METRICS;
use crate::range::{Cursor, Page, Range};
use crate::record_cache::Shared;

/// Entries that are read from the engine at a time.
const CHUNK: usize = 256;

pub(crate) trait View: Sized {
    fn engine(&self) -> &dyn Engine;

    /// Changes that the engine's state is to be corrected by, the most binding first.
    fn layers(&self) -> impl Iterator<Item = &Changes>;

    fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        let found = self.engine().get(key)?;
        match self.layers().find_map(|layer| layer.get(key)) {
            Some(corrected) => Ok(corrected.clone()),
            None => Ok(found),
        }
    }

    /// All entries of a span, read as they are asked for, `chunk` at a time.
    fn walk(&self, span: Span, order: Order, chunk: usize) -> Walk<'_, Self> {
        Walk { view: self, ahead: Some(span), order, chunk: chunk.clamp(1, CHUNK), ready: Vec::new().into_iter() }
    }

    /// The record that the engine holds at a key of the tree, without corrections.
    fn found<R: Record>(&self, at: &[u8]) -> Result<Option<Shared<R>>, Error> {
        self.engine().get(at)?.map(|value| Shared::decoded(at, &value)).transpose()
    }

    /// The record at a key of the tree.
    fn at<R: Record>(&self, at: &[u8]) -> Result<Option<Shared<R>>, Error> {
        let found = self.found(at);
        match self.layers().find_map(|layer| layer.get(at)) {
            Some(corrected) => corrected.as_ref().map(|value| Shared::decoded(at, value)).transpose(),
            None => found,
        }
    }

    fn shared<R: Record>(&self, key: &str) -> Result<Option<Shared<R>>, Error> {
        self.at(&key::record(R::KIND, key))
    }

    fn get<R: Record>(&self, key: &str) -> Result<Option<R>, Error> {
        Ok(self.shared(key)?.map(Shared::into_owned))
    }

    /// The keys of the index rows of a range, `skip` passed over.
    fn rows(&self, kind: &str, range: &Range) -> impl Iterator<Item = Result<Vec<u8>, Error>> {
        let most = range.skip.saturating_add(range.limit).saturating_add(1);
        let mut to_skip = range.skip;
        self.walk(range.span(kind), range.order, most).filter_map(move |entry| match entry {
            Ok(_) if to_skip > 0 => {
                to_skip -= 1;
                None
            }
            other => Some(other.map(|(row, _)| row)),
        })
    }

    /// The record that an index row stands for. A row that its record does not have is counted, and stands for none.
    fn standing<R: Record>(&self, row: &[u8]) -> Result<Option<Shared<R>>, Error> {
        let at = key::of_row(R::KIND, row).ok_or_else(|| key::foreign(row))?;
        let record = self.at::<R>(&at)?.filter(|record| record.has_row(row));
        if record.is_none() {
            METRICS.stale_rows.inc();
        }
        Ok(record)
    }

    /// The records of a range, read as they are asked for.
    fn along<R: Record>(&self, range: &Range) -> impl Iterator<Item = Result<Shared<R>, Error>> {
        self.rows(R::KIND, range).filter_map(|row| row.and_then(|row| self.standing(&row)).transpose())
    }

    /// A page. Whether there is a next one is known by its row: its record is not read.
    fn scan<R: Record>(&self, range: &Range) -> Result<Page<Shared<R>>, Error> {
        let place = key::index(R::KIND, range.index).len();
        let (mut records, mut last) = (Vec::new(), None);
        for row in self.rows(R::KIND, range) {
            let row = row?;
            if records.len() >= range.limit {
                let place_of = |row: Vec<u8>| Cursor(row.get(place..).unwrap_or_default().to_vec());
                return Ok(Page { records, next: last.map(place_of) });
            }
            records.extend(self.standing(&row)?);
            last = Some(row);
        }
        Ok(Page { records, next: None })
    }

    /// The record keys of a range, without reading the records.
    fn keys(&self, kind: &str, range: &Range) -> Result<Page<String>, Error> {
        let place = key::index(kind, range.index).len();
        let (mut records, mut last) = (Vec::new(), None);
        for row in self.rows(kind, range) {
            let row = row?;
            if records.len() >= range.limit {
                let next = last.map(|row: Vec<u8>| Cursor(row.get(place..).unwrap_or_default().to_vec()));
                return Ok(Page { records, next });
            }
            records.push(key::record_key(&row)?);
            last = Some(row);
        }
        Ok(Page { records, next: None })
    }

    /// The records of a kind whose keys begin with a text, as they are stored, with their keys.
    fn stored(&self, kind: &str, prefix: &str) -> impl Iterator<Item = Result<(String, Vec<u8>), Error>> {
        self.walk(key::under(&key::beginning(kind, prefix)), Order::Ascending, CHUNK).map(|entry| {
            let (at, value) = entry?;
            Ok((key::record_key(&at)?, value))
        })
    }

    fn all<R: Record>(&self) -> Result<Vec<R>, Error> {
        self.with_prefix("")
    }

    fn with_prefix<R: Record>(&self, prefix: &str) -> Result<Vec<R>, Error> {
        self.stored(R::KIND, prefix).map(|entry| entry.and_then(|(key, value)| codec::decode(&key, &value))).collect()
    }
}

/// See [`View::walk`].
pub(crate) struct Walk<'v, V> {
    view: &'v V,
    ahead: Option<Span>,
    order: Order,
    chunk: usize,
    ready: std::vec::IntoIter<Entry>,
}

impl<V: View> Iterator for Walk<'_, V> {
    type Item = Result<Entry, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.ready.next() {
                return Some(Ok(entry));
            }
            let span = self.ahead.take().filter(|span| !span.is_empty())?;
            match self.advance(span) {
                Ok(entries) => self.ready = entries.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl<V: View> Walk<'_, V> {
    /// Reads and corrects the next chunk. It may come out empty with more of the span ahead.
    fn advance(&mut self, span: Span) -> Result<Vec<Entry>, Error> {
        let found = self.view.engine().scan(&span, self.order, self.chunk)?;
        let passed = match found.last() {
            Some((last, _)) if found.len() >= self.chunk => {
                let (passed, ahead) = span.split(last, self.order);
                self.ahead = Some(ahead);
                passed
            }
            _ => span,
        };
        let mut corrections: BTreeMap<&[u8], &Option<Vec<u8>>> = BTreeMap::new();
        for layer in self.view.layers() {
            let within = (Included(passed.from.as_slice()), Excluded(passed.to.as_slice()));
            for (key, value) in layer.range::<[u8], _>(within) {
                corrections.entry(key).or_insert(value);
            }
        }
        if corrections.is_empty() {
            return Ok(found);
        }
        let mut merged: BTreeMap<Vec<u8>, Vec<u8>> = found.into_iter().collect();
        for (key, value) in corrections {
            match value {
                Some(value) => merged.insert(key.to_vec(), value.clone()),
                None => merged.remove(key),
            };
        }
        Ok(match self.order {
            Order::Ascending => merged.into_iter().collect(),
            Order::Descending => merged.into_iter().rev().collect(),
        })
    }
}
