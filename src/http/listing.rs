//! Lists: what a handler gives, and how it is written piece by piece.
//!
//! Long lists are read as they are written, a few records at a time out of one snapshot, so that a list takes as much
//! memory as a piece of it however long it is. How to get it wrong: to gather the rows, or their bytes, before the
//! first is sent; or to say before the first row what only the last one tells, such as the link to the next page.

use manilad_domain::{Fault, Record};
use manilad_store::{Error, Range, Shared, Snapshot};

use crate::bounds::SearchPermit;
use crate::view::{View, Viewer, Write, write_object};

/// Rows of a piece. A list that has no more is one piece.
pub const PIECE: usize = 1000;
/// Records that are read at a time.
const BATCH: usize = 256;
/// About what a row takes up, in bytes.
const ROW: usize = 1536;

/// A list, or a page of one.
pub struct Listing<T> {
    pub items: Items<T>,
    /// How many there are in all, where the client asked.
    pub count: Option<usize>,
    pub next: Option<Next<T>>,
}

/// What a list is made of.
pub enum Items<T> {
    Read(Vec<T>),
    /// To be read as they are written; the place is held until then.
    Unread(SearchPermit, More<T>),
}

/// Reads the next items; none at the end.
pub type More<T> = Box<dyn FnMut() -> Result<Vec<T>, Error> + Send>;

/// The link to the next page, which a page has that is full.
pub struct Next<T> {
    /// Under which key it stands.
    pub key: &'static str,
    /// The items of a full page.
    pub full: usize,
    /// Its address, up to the last item's marker.
    pub address: String,
    pub marker: Box<dyn Fn(&T) -> String + Send>,
}

impl<T> From<Vec<T>> for Listing<T> {
    fn from(items: Vec<T>) -> Self {
        Items::Read(items).into()
    }
}

impl<T> From<Items<T>> for Listing<T> {
    fn from(items: Items<T>) -> Self {
        Listing { items, count: None, next: None }
    }
}

/// What a record comes to in a list: no item, one, or several.
pub trait Itemise<R, T>: Fn(&Snapshot, Shared<R>, &mut Vec<T>) -> Result<(), Error> + Send + 'static {}

impl<R, T, F: Fn(&Snapshot, Shared<R>, &mut Vec<T>) -> Result<(), Error> + Send + 'static> Itemise<R, T> for F {}

/// Reads what the records of a range come to.
pub fn along<R: Record, T>(snapshot: Snapshot, range: Range, itemise: impl Itemise<R, T>) -> More<T> {
    let mut ahead = Some(range);
    Box::new(move || {
        let mut items = Vec::new();
        while items.is_empty()
            && let Some(range) = ahead.take().filter(|range| range.limit > 0)
        {
            let page = snapshot.scan::<R>(&range.clone().limit(range.limit.min(BATCH)))?;
            let left = range.limit - page.records.len();
            ahead = page.next.map(|place| range.after(place).skip(0).limit(left));
            page.records.into_iter().try_for_each(|record| itemise(&snapshot, record, &mut items))?;
        }
        Ok(items)
    })
}

/// Reads what the records under these keys come to.
pub fn under<R: Record, T>(snapshot: Snapshot, keys: Vec<String>, itemise: impl Itemise<R, T>) -> More<T> {
    let mut keys = keys.into_iter();
    Box::new(move || {
        let mut items = Vec::new();
        while items.is_empty() && keys.len() > 0 {
            for key in keys.by_ref().take(BATCH) {
                if let Some(record) = snapshot.get(&key)? {
                    itemise(&snapshot, record, &mut items)?;
                }
            }
        }
        Ok(items)
    })
}

/// A part of a list's bytes.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    More(Vec<u8>),
    Last(Vec<u8>),
}

impl Piece {
    pub fn into_bytes(self) -> Vec<u8> {
        match self {
            Piece::More(bytes) | Piece::Last(bytes) => bytes,
        }
    }
}

/// Writes a list piece by piece; knows no type.
pub trait Pieces: Send {
    /// # Errors
    /// Internal when the store can't be read, or an item not be written.
    fn next(&mut self) -> Result<Piece, Fault>;
}

/// Writes `{"shares": […], "count": …, "shares_links": …}`.
pub struct Writer<T: 'static> {
    view: &'static View<T>,
    viewer: Viewer,
    shown: Vec<(&'static str, Write<T>)>,
    /// Items of a piece.
    most: usize,
    ahead: std::vec::IntoIter<T>,
    more: More<T>,
    count: Option<usize>,
    next: Option<Next<T>>,
    /// The marker of the last item of a full page.
    last: Option<String>,
    written: usize,
}

impl<T> Writer<T> {
    pub fn new(view: &'static View<T>, viewer: Viewer, listing: Listing<T>) -> (Option<SearchPermit>, Self) {
        let Listing { items, count, next } = listing;
        let (place, items, more): (_, _, More<T>) = match items {
            Items::Read(items) => (None, items, Box::new(|| Ok(Vec::new()))),
            Items::Unread(place, more) => (Some(place), Vec::new(), more),
        };
        // What stands under several keys is written again at its end, so it is one piece.
        let most = if view.many.len() > 1 { usize::MAX } else { PIECE };
        let (shown, ahead) = (view.shown(&viewer, false), items.into_iter());
        (place, Writer { view, viewer, shown, most, ahead, more, count, next, last: None, written: 0 })
    }

    /// Whether all items are there and make one piece.
    pub fn is_short(&self) -> bool {
        self.ahead.len() <= self.most
    }
}

impl<T: Send> Pieces for Writer<T> {
    fn next(&mut self) -> Result<Piece, Fault> {
        let mut out = Vec::with_capacity(ROW * self.ahead.len().min(PIECE));
        let start = self.written;
        if start == 0 {
            let key = self.view.many.first().ok_or_else(|| Fault::internal("a view without a key"))?;
            out.extend_from_slice(format!("{{\"{key}\":[").as_bytes());
        }
        loop {
            if self.ahead.len() == 0 {
                self.ahead = (self.more)()?.into_iter();
                out.reserve(ROW * self.ahead.len().min(PIECE));
            }
            if self.written - start == self.most && self.ahead.len() > 0 {
                return Ok(Piece::More(out));
            }
            let Some(item) = self.ahead.next() else { break };
            if self.written > 0 {
                out.push(b',');
            }
            write_object(&self.shown, &item, &self.viewer, &mut out)?;
            self.written += 1;
            self.last = self.next.as_ref().filter(|next| next.full == self.written).map(|next| (next.marker)(&item));
        }
        self.end(&mut out);
        Ok(Piece::Last(out))
    }
}

impl<T> Writer<T> {
    fn end(&self, out: &mut Vec<u8>) {
        out.push(b']');
        if let [first, others @ ..] = self.view.many
            && !others.is_empty()
        {
            let (start, end) = (first.len() + r#"{"":"#.len(), out.len());
            for key in others {
                out.extend_from_slice(format!(",\"{key}\":").as_bytes());
                out.extend_from_within(start..end);
            }
        }
        if let Some(count) = self.count {
            out.extend_from_slice(format!(",\"count\":{count}").as_bytes());
        }
        if let (Some(next), Some(last)) = (&self.next, &self.last) {
            let links = serde_json::json!([{ "rel": "next", "href": format!("{}{last}", next.address) }]);
            out.extend_from_slice(format!(",\"{}\":{links}", next.key).as_bytes());
        }
        out.push(b'}');
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use manilad_domain::Microversion;

    use super::*;
    use crate::view::Links;

    pub(crate) type Boat = usize;

    crate::view! {
        /// A boat.
        BOAT = "boat" / "boats" of boat: Boat, seen by viewer {
            "n" [..] int => *boat,
        }
        /// A boat under its former name, too.
        VESSEL = "vessel" / "boats" | "vessels" of boat: Boat, seen by viewer {
            "n" [..] int => *boat,
        }
    }

    fn viewer() -> Viewer {
        Viewer { version: Microversion::MAX, is_admin: false, is_host_admin: false, links: Links::default() }
    }

    fn full_at(full: usize) -> Option<Next<Boat>> {
        Some(Next { key: "boats_links", full, address: "x?marker=".into(), marker: Box::new(Boat::to_string) })
    }

    /// The pieces as text.
    fn pieces(view: &'static View<Boat>, listing: Listing<Boat>) -> Vec<String> {
        let (_, mut writer) = Writer::new(view, viewer(), listing);
        let mut pieces = Vec::new();
        loop {
            let (bytes, is_last) = match writer.next().unwrap() {
                Piece::More(bytes) => (bytes, false),
                Piece::Last(bytes) => (bytes, true),
            };
            pieces.push(String::from_utf8(bytes).unwrap());
            if is_last {
                return pieces;
            }
        }
    }

    #[test]
    fn a_list_carries_its_count_and_a_full_page_its_next_link() {
        let listing = |full| Listing { items: Items::Read(vec![7, 8]), count: Some(3), next: full_at(full) };
        assert_eq!(
            pieces(&BOAT, listing(2)),
            [r#"{"boats":[{"n":7},{"n":8}],"count":3,"boats_links":[{"rel":"next","href":"x?marker=8"}]}"#]
        );
        assert_eq!(pieces(&BOAT, listing(3)), [r#"{"boats":[{"n":7},{"n":8}],"count":3}"#]);
        assert_eq!(pieces(&BOAT, Vec::new().into()), [r#"{"boats":[]}"#]);
    }

    #[test]
    fn a_list_of_any_length_is_the_same_text_in_pieces_of_which_a_short_one_is_the_only() {
        for length in [PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 2 * PIECE + 1] {
            let items: Vec<Boat> = (0..length).collect();
            let rows: Vec<String> = items.iter().map(|n| format!(r#"{{"n":{n}}}"#)).collect();
            let (rows, last) = (rows.join(","), length - 1);
            let link = format!(r#""boats_links":[{{"rel":"next","href":"x?marker={last}"}}]"#);
            let listing = Listing { items: Items::Read(items), count: None, next: full_at(length) };
            let pieces = pieces(&BOAT, listing);
            assert_eq!(pieces.concat(), format!(r#"{{"boats":[{rows}],{link}}}"#));
            assert_eq!(pieces.len(), length.div_ceil(PIECE));
        }
    }

    #[test]
    fn a_list_under_two_keys_stands_whole_under_each() {
        assert_eq!(pieces(&VESSEL, vec![1, 2].into()), [r#"{"boats":[{"n":1},{"n":2}],"vessels":[{"n":1},{"n":2}]}"#]);
        assert_eq!(pieces(&VESSEL, (0..=PIECE).collect::<Vec<_>>().into()).len(), 1);
    }
}
