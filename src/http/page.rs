//! Paging: `limit`, `offset` and `marker`, and the link to the next page. Source: errors.md, "Collection paging".
//!
//! A marker is the id of the last thing that the client has seen; the page begins behind it, and an offset beside it is
//! not counted, for clients go on sending the offset with which they began. How to get it wrong: to link with something
//! that no list reads; a client that follows links would get one page for ever. (The reference reads no marker.)

use manilad_domain::Fault;

use crate::call::Call;
use crate::listing::{Items, Listing, Next};

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub skip: usize,
    /// Behind which thing the page begins, by its id.
    pub marker: Option<String>,
    /// `None`: to the end.
    pub take: Option<usize>,
}

impl Window {
    /// Reads `limit` and `offset`. An offset without a limit is ignored, as the reference has it for shares.
    ///
    /// # Errors
    /// Invalid when either is not a whole number of at least 0.
    pub fn of(call: &Call) -> Result<Self, Fault> {
        let (limit, offset) = (call.query.count("limit")?, call.query.count("offset")?);
        Ok(Window::from(call, if limit.is_some() { offset } else { None }, limit))
    }

    /// As [`Window::of`], for lists of which a page holds `osapi_max_limit` at most; there an offset counts alone too.
    ///
    /// # Errors
    /// Invalid when either is not a whole number of at least 0.
    pub fn bounded(call: &Call) -> Result<Self, Fault> {
        let (limit, offset) = (call.query.count("limit")?, call.query.count("offset")?);
        let most = call.face.settings.max_limit;
        Ok(Window::from(call, offset, Some(limit.unwrap_or(most).min(most))))
    }

    fn from(call: &Call, offset: Option<usize>, take: Option<usize>) -> Self {
        let marker = call.query.get("marker").filter(|marker| !marker.is_empty()).map(str::to_owned);
        Window { skip: if marker.is_some() { 0 } else { offset.unwrap_or(0) }, marker, take }
    }

    /// As [`Window::bounded`], for lists in which a limit of 0 is none.
    ///
    /// # Errors
    /// Invalid when either is not a whole number of at least 0.
    pub fn sliced(call: &Call) -> Result<Self, Fault> {
        let window = Window::bounded(call)?;
        let most = call.face.settings.max_limit;
        Ok(Window { take: window.take.map(|take| if take == 0 { most } else { take }), ..window })
    }

    /// The part of `items` that lies in the window.
    ///
    /// # Errors
    /// Invalid when the thing that the marker names is not among them.
    pub fn cut<T, I: std::fmt::Display>(&self, mut items: Vec<T>, id: impl Fn(&T) -> I) -> Result<Vec<T>, Fault> {
        let seen = match &self.marker {
            Some(marker) => {
                let is_it = |item: &T| id(item).to_string().eq_ignore_ascii_case(marker);
                items.iter().position(is_it).ok_or_else(|| lost(marker))? + 1
            }
            None => self.skip.min(items.len()),
        };
        items.drain(..seen);
        items.truncate(self.take.unwrap_or(usize::MAX));
        Ok(items)
    }

    /// Makes a listing of a page: a full one links to the next one under `key`.
    pub fn listing<T, I: std::fmt::Display>(
        &self,
        call: &Call,
        items: Items<T>,
        count: Option<usize>,
        key: &'static str,
        id: impl Fn(&T) -> I + Send + 'static,
    ) -> Listing<T> {
        let is_kept = |pair: &&str| !matches!(pair.split('=').next(), Some("" | "marker" | "offset"));
        let kept: String = call.query.raw().split('&').filter(is_kept).flat_map(|pair| [pair, "&"]).collect();
        let address = format!("{}?{kept}marker=", call.address);
        let next = self.take.map(|full| Next { key, full, address, id: Box::new(move |item| id(item).to_string()) });
        Listing { items, count, next }
    }
}

/// The refusal of a marker that names nothing in the list.
pub fn lost(marker: &str) -> Fault {
    Fault::invalid(format!("The marker {marker:?} is not in the list, or no longer; begin again without it."))
}
