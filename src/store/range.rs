//! What a scan is asked for: an index, the leading parts that must be equal, where to start, which way, how many.
//!
//! A record that has several rows in the range (a share with two instances on one host) comes once per row.
//! How to get it wrong: taking `skip` for free (it walks over the rows, though it decodes no record), or paging by
//! `skip` where rows come and go (use the cursor).

use manilad_domain::record::{Index, Record};

use crate::engine::{Order, Span};
use crate::key;
use crate::record_cache::Shared;

/// A place in an index: the rows that begin with certain parts. One that came with a page stands for one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub(crate) Vec<u8>);

impl Cursor {
    /// The rows whose leading parts are these, counted from the index's first part.
    pub fn at(parts: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let mut place = Vec::new();
        parts.into_iter().for_each(|part| key::push(&mut place, part.as_ref()));
        Cursor(place)
    }

    /// The first row that the record has in the range: how a client's marker becomes a place. `None` where the
    /// record is not in the range.
    pub fn of<R: Record>(record: &R, range: &Range) -> Option<Self> {
        let rows = record.rows();
        let row = rows.iter().filter(|row| row.index == range.index && row.at.starts_with(&range.at)).min()?;
        Some(Cursor::at(row.at.iter().chain([&record.key()])))
    }
}

/// A walk along an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    pub index: Index,
    /// Leading parts that must be equal.
    pub at: Vec<String>,
    /// Start with the rows at this place.
    pub from: Option<Cursor>,
    /// Start past the rows at this place.
    pub after: Option<Cursor>,
    pub order: Order,
    /// Rows to pass over first.
    pub skip: usize,
    /// Records to return at most.
    pub limit: usize,
}

impl Range {
    /// The whole index, ascending, without a limit.
    pub fn all(index: Index) -> Self {
        Range { index, at: Vec::new(), from: None, after: None, order: Order::Ascending, skip: 0, limit: usize::MAX }
    }

    /// The rows whose leading parts are `at`, ascending, without a limit.
    pub fn of(index: Index, at: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Range { at: at.into_iter().map(Into::into).collect(), ..Range::all(index) }
    }

    pub fn from(self, place: Cursor) -> Self {
        Range { from: Some(place), ..self }
    }

    pub fn after(self, place: Cursor) -> Self {
        Range { after: Some(place), ..self }
    }

    pub fn descending(self) -> Self {
        Range { order: Order::Descending, ..self }
    }

    pub fn skip(self, skip: usize) -> Self {
        Range { skip, ..self }
    }

    pub fn limit(self, limit: usize) -> Self {
        Range { limit, ..self }
    }

    /// The keys of the rows, `skip` and `limit` apart.
    pub(crate) fn span(&self, kind: &str) -> Span {
        let index = key::index(kind, self.index);
        let mut prefix = index.clone();
        self.at.iter().for_each(|part| key::push(&mut prefix, part));
        let mut span = key::under(&prefix);
        let place = |cursor: &Cursor| [index.as_slice(), &cursor.0].concat();
        match self.order {
            Order::Ascending => {
                let starts =
                    [self.from.as_ref().map(place), self.after.as_ref().map(|cursor| key::behind(&place(cursor)))];
                span.from = starts.into_iter().flatten().fold(span.from, Vec::max);
            }
            Order::Descending => {
                let starts =
                    [self.from.as_ref().map(|cursor| key::behind(&place(cursor))), self.after.as_ref().map(place)];
                span.to = starts.into_iter().flatten().fold(span.to, Vec::min);
            }
        }
        span
    }
}

/// Records of a scan, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<R> {
    pub records: Vec<R>,
    /// Where the next page starts ([`Range::after`]); `None` where there is none.
    pub next: Option<Cursor>,
}

impl<R: Record> Page<Shared<R>> {
    /// Its records as copies that may change.
    pub fn owned(self) -> Page<R> {
        Page { records: self.records.into_iter().map(Shared::into_owned).collect(), next: self.next }
    }
}
