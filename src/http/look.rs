//! What handlers read of the store: on the worker's thread what is short, and in a place among those who search what is
//! not.
//!
//! Whether a list is short is not what the client asked for, but what there is: most tenants have a few things of a kind,
//! and such lists take no place. How to get it wrong: to have a list wait for a place before it is known to be long; one
//! tenant that keeps asking would then stop the lists of all others, empty ones too.

use manilad_domain::message::UserMessage;
use manilad_domain::{Fault, Record, Share};
use manilad_store::{Error, Range, Shared, Snapshot};

use crate::bounds::{Bounds, SearchPermit};
use crate::call::Call;
use crate::listing::{self, Itemise, Items};

/// Kinds of which there are as many as the cloud is large. Their lists wait for one another; those of all other kinds, of
/// which a project or the whole cloud has few, don't wait for them.
const LARGE: &[&str] = &[Share::KIND, UserMessage::KIND];
/// Records that a worker's thread reads without handing the work on.
pub const SHORT: usize = 64;

impl Call {
    /// Records of an index, in order.
    ///
    /// # Errors
    /// Internal when the store can't be read; unavailable when too many search at once.
    pub async fn scan<R: Record>(&self, range: Range) -> Result<Vec<Shared<R>>, Fault> {
        let snapshot = self.app.snapshot()?;
        if let Some(all) = all_of_few(&snapshot, &range)? {
            return Ok(all);
        }
        let page = self.run::<R, _>(snapshot, move |snapshot| snapshot.scan(&range)).await?;
        Ok(page.records)
    }

    /// How many records a range holds.
    ///
    /// # Errors
    /// As [`Call::scan`].
    pub async fn count<R: Record>(&self, range: Range) -> Result<usize, Fault> {
        self.look::<R, _>(range.clone(), move |snapshot| snapshot.count::<R>(&range)).await
    }

    /// Has `work` look through the records of a range.
    ///
    /// # Errors
    /// As [`Call::scan`].
    pub async fn look<R: Record, T: Send + 'static>(
        &self,
        range: Range,
        work: impl FnOnce(&Snapshot) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Fault> {
        let snapshot = self.app.snapshot()?;
        match are_few::<R>(&snapshot, &[range])? {
            true => work(&snapshot).map_err(Fault::from),
            false => self.run::<R, _>(snapshot, work).await,
        }
    }

    /// What the records of an index come to in a list. A long list is read as it is written.
    ///
    /// # Errors
    /// As [`Call::scan`].
    pub async fn items<R: Record, T>(&self, range: Range, itemise: impl Itemise<R, T>) -> Result<Items<T>, Fault> {
        let snapshot = self.app.snapshot()?;
        let Some(all) = all_of_few(&snapshot, &range)? else {
            return Ok(Items::Unread(self.place::<R>().await?, listing::along(snapshot, range, itemise)));
        };
        let mut items = Vec::new();
        all.into_iter().try_for_each(|record| itemise(&snapshot, record, &mut items))?;
        Ok(Items::Read(items))
    }

    /// A place of the caller's project among those who search records of a kind.
    ///
    /// # Errors
    /// Unavailable when the project, or all together, have too many.
    pub(crate) async fn place<R: Record>(&self) -> Result<SearchPermit, Fault> {
        let bounds: &Bounds = if LARGE.contains(&R::KIND) { &self.app.bounds } else { &self.app.few };
        bounds.place(self.project(), &self.app.clock).await
    }

    async fn run<R: Record, T: Send + 'static>(
        &self,
        snapshot: Snapshot,
        work: impl FnOnce(&Snapshot) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Fault> {
        let place = self.place::<R>().await?;
        let (_place, found) = place.run(&self.app.clock, move || work(&snapshot)).await?;
        found.map_err(Fault::from)
    }
}

/// The records of a range, if there are few.
fn all_of_few<R: Record>(snapshot: &Snapshot, range: &Range) -> Result<Option<Vec<Shared<R>>>, Error> {
    if range.skip > SHORT {
        return Ok(None); // what is passed over is walked too
    }
    let page = snapshot.scan::<R>(&range.clone().limit(range.limit.min(SHORT)))?;
    let is_all = page.next.is_none() || range.limit <= SHORT;
    Ok(is_all.then_some(page.records))
}

/// Whether ranges, which pass nothing over, hold so few records together that the worker's thread may look at all of them.
///
/// # Errors
/// Internal when the store can't be read.
pub(crate) fn are_few<R: Record>(snapshot: &Snapshot, ranges: &[Range]) -> Result<bool, Fault> {
    let mut rows = 0;
    for range in ranges {
        let most = range.limit.min(SHORT + 1 - rows);
        rows += snapshot.count::<R>(&range.clone().limit(most))?;
        if rows > SHORT {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
