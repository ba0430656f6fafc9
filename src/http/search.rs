//! Long lists of which a window is asked for: shares, messages and resource locks.
//!
//! A list in the order of creation that nothing is filtered out of is a page of an index: only what it returns is decoded.
//! Any other is looked through one by one off the worker's thread, which keeps the positions of what passes; what falls
//! into the window is read again as the list is written. How to get it wrong: to gather the records, of which there may
//! be a hundred thousand, before the window is cut.

use manilad_domain::{Fault, Record, Stamp};
use manilad_store::{Cursor, Error, Range, Shared, Snapshot};

use crate::call::Call;
use crate::listing::{self, Itemise, Items};
use crate::look::are_few;
use crate::page::{self, Marker, Position, Sortable, Window};

/// The order of a list.
pub struct Sorting<R> {
    /// `None`: by creation, which an index serves.
    pub by: Option<fn(&R) -> Sortable>,
    pub descending: bool,
    /// When a record was made.
    pub made: fn(&R) -> Stamp,
}

impl<R> Clone for Sorting<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Sorting<R> {}

impl<R: Record> Sorting<R> {
    /// What decides where a record stands in the list.
    pub fn position(&self, record: &R) -> Position {
        Position { by: self.by.map(|read| read(record)), made: (self.made)(record), id: record.key() }
    }
}

/// Which records pass.
pub type Passes<R> = Box<dyn Fn(&R) -> bool + Send>;

/// Which records are listed, and which part of them.
pub struct Search<R> {
    /// Where they are looked for. One that several hold is found once. With no filter, the one is an index by creation.
    pub ranges: Vec<Range>,
    /// `None`: all records of one range, in the order of its index or the reverse.
    pub passes: Option<Passes<R>>,
    pub sorting: Sorting<R>,
    pub window: Window,
    /// Whether to count them all.
    pub counts: bool,
}

/// The keys of a window, and how many records there are in all.
type Found = (Vec<String>, usize);

impl<R: Record> Search<R> {
    /// What falls into the window, if its marker is among the records that pass.
    fn run(&self, snapshot: &Snapshot) -> Result<Result<Found, Fault>, Error> {
        let mut found: Vec<Position> = Vec::new();
        for range in &self.ranges {
            for record in snapshot.along::<R>(range) {
                let record = record?;
                if self.passes.as_ref().is_none_or(|passes| passes(&record)) {
                    found.push(self.sorting.position(&record));
                }
            }
        }
        found.sort();
        found.dedup();
        if self.sorting.descending {
            found.reverse();
        }
        let count = found.len();
        let page = self.window.cut_sorted(found, self.sorting.descending, Position::clone);
        Ok(page.map(|page| (page.into_iter().map(|one| one.id).collect(), count)))
    }
}

impl Call {
    /// What the records in the window come to in a list, and how many there are in all if that is asked for.
    ///
    /// # Errors
    /// Invalid when the marker is not in the list; as [`Call::scan`].
    pub async fn search<R: Record, T>(
        &self,
        search: Search<R>,
        itemise: impl Itemise<R, T>,
    ) -> Result<(Items<T>, Option<usize>), Fault> {
        if let (None, None, [all]) = (&search.passes, search.sorting.by, search.ranges.as_slice()) {
            return self.page_of_an_index(all, &search, itemise).await;
        }
        let (counts, snapshot) = (search.counts, self.app.snapshot()?);
        let (items, count) = if are_few::<R>(&snapshot, &search.ranges)? {
            let (keys, count) = search.run(&snapshot)??;
            (listing::under(snapshot, keys, itemise)().map(Items::Read)?, count)
        } else {
            let place = self.place::<R>().await?;
            let searched = place.run(&self.app.clock, move || (search.run(&snapshot), snapshot));
            let (place, (found, snapshot)) = searched.await?;
            let (keys, count) = found??;
            (Items::Unread(place, listing::under(snapshot, keys, itemise)), count)
        };
        Ok((items, counts.then_some(count)))
    }

    async fn page_of_an_index<R: Record, T>(
        &self,
        all: &Range,
        search: &Search<R>,
        itemise: impl Itemise<R, T>,
    ) -> Result<(Items<T>, Option<usize>), Fault> {
        let all = if search.sorting.descending { all.clone().descending() } else { all.clone() };
        let count = match search.counts {
            true => Some(self.count::<R>(all.clone()).await?),
            false => None,
        };
        let window = &search.window;
        let page = self.behind_marker::<R>(all, window)?.skip(window.skip).limit(window.take.unwrap_or(usize::MAX));
        Ok((self.items(page, itemise).await?, count))
    }

    /// The part of a range in the order of creation that lies behind the window's marker.
    fn behind_marker<R: Record>(&self, range: Range, window: &Window) -> Result<Range, Fault> {
        let Some(marker) = &window.marker else { return Ok(range) };
        let place = match marker {
            Marker::Position(Position { by: None, made, id }) => {
                Some(Cursor::at(range.at.iter().chain([&made.text(), id])))
            }
            Marker::Position(_) => None,
            Marker::Thing(id) => {
                let record: Option<Shared<R>> = self.app.get(&id.to_ascii_lowercase())?;
                record.and_then(|record| Cursor::of::<R>(&record, &range))
            }
        };
        Ok(range.after(place.ok_or_else(|| page::lost(marker))?))
    }
}
