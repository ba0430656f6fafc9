//! Paging: `limit`, `offset` and `marker`, and the link to the next page. Source: errors.md, "Collection paging".
//!
//! A marker is the id of the last thing that the client has seen; the page begins behind it, and an offset beside it is
//! not counted, for clients go on sending the offset with which they began. Links of shares, messages and locks carry besides
//! where that thing stood, and lead on when it is gone or stands elsewhere; share networks and security services have no
//! links, so there a marker is an id only. How to get it wrong: to link with something that no list reads; a client that
//! follows links would get one page for ever. (The reference reads no marker.) Or to look for the thing alone; a client
//! that deletes what it pages through would never see the rest.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use manilad_domain::{Fault, Stamp};
use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::listing::{Items, Listing, Next};

/// Which part of a list is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    pub skip: usize,
    pub marker: Option<Marker>,
    /// `None`: to the end.
    pub take: Option<usize>,
}

/// Behind what a page begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Marker {
    /// The thing of this id, as clients write it.
    Thing(String),
    /// Where a thing stood, as links have it.
    Position(Position),
}

impl Marker {
    fn read(text: &str) -> Result<Self, Fault> {
        let Some((id, rest)) = text.split_once(BETWEEN) else { return Ok(Marker::Thing(text.to_owned())) };
        let rest = URL_SAFE_NO_PAD.decode(rest).ok().and_then(|rest| serde_json::from_slice(&rest).ok());
        let wrong =
            || Fault::invalid(format!("The marker {text:?} is neither an id nor out of a link to a further page."));
        let (by, made) = rest.ok_or_else(wrong)?;
        Ok(Marker::Position(Position { by, made, id: id.to_owned() }))
    }

    pub fn id(&self) -> &str {
        match self {
            Marker::Thing(id) | Marker::Position(Position { id, .. }) => id,
        }
    }
}

/// Between the id and the rest of a position in a link. No id has it, and no client escapes it.
const BETWEEN: char = '~';

/// Where a thing stands in a list, in the order in which these count.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// What the list is sorted by; none where by creation.
    pub by: Option<Sortable>,
    pub made: Stamp,
    pub id: String,
}

impl std::fmt::Display for Position {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rest = serde_json::to_vec(&(&self.by, self.made)).map_err(|_| std::fmt::Error)?;
        write!(out, "{}{BETWEEN}{}", self.id, URL_SAFE_NO_PAD.encode(rest))
    }
}

/// A column's value, as it sorts: nothing before numbers before text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Sortable {
    Nothing,
    Number(u64),
    Text(String),
}

impl Window {
    /// Reads `limit` and `offset`. An offset without a limit is ignored, as the reference has it for shares.
    ///
    /// # Errors
    /// Invalid when either is not a whole number of at least 0.
    pub fn of(call: &Call) -> Result<Self, Fault> {
        let (limit, offset) = (call.query.count("limit")?, call.query.count("offset")?);
        Window::from(call, if limit.is_some() { offset } else { None }, limit)
    }

    /// As [`Window::of`], for lists of which a page holds `osapi_max_limit` at most; there an offset counts alone too.
    ///
    /// # Errors
    /// Invalid when either is not a whole number of at least 0.
    pub fn bounded(call: &Call) -> Result<Self, Fault> {
        let (limit, offset) = (call.query.count("limit")?, call.query.count("offset")?);
        let most = call.app.settings.max_limit;
        Window::from(call, offset, Some(limit.unwrap_or(most).min(most)))
    }

    fn from(call: &Call, offset: Option<usize>, take: Option<usize>) -> Result<Self, Fault> {
        let marker = call.query.get("marker").filter(|marker| !marker.is_empty()).map(Marker::read).transpose()?;
        Ok(Window { skip: if marker.is_some() { 0 } else { offset.unwrap_or(0) }, marker, take })
    }

    /// As [`Window::bounded`], for lists in which a limit of 0 is none.
    ///
    /// # Errors
    /// Invalid when either is not a whole number of at least 0.
    pub fn sliced(call: &Call) -> Result<Self, Fault> {
        let window = Window::bounded(call)?;
        let most = call.app.settings.max_limit;
        Ok(Window { take: window.take.map(|take| if take == 0 { most } else { take }), ..window })
    }

    /// The part of `items` that lies in the window.
    ///
    /// # Errors
    /// Invalid when the thing that the marker names is not among them.
    pub fn cut<T, I: std::fmt::Display>(&self, mut items: Vec<T>, id: impl Fn(&T) -> I) -> Result<Vec<T>, Fault> {
        let passed = match &self.marker {
            Some(marker) => {
                let is_it = |item: &T| id(item).to_string().eq_ignore_ascii_case(marker.id());
                items.iter().position(is_it).ok_or_else(|| lost(marker))? + 1
            }
            None => self.skip.min(items.len()),
        };
        items.drain(..passed);
        items.truncate(self.take.unwrap_or(usize::MAX));
        Ok(items)
    }

    /// As [`Window::cut`], of items in the order of their positions: one that the marker tells need not be taken by any.
    ///
    /// # Errors
    /// Invalid when the thing that the marker names is not among them, or the marker is of a list in another order.
    pub fn cut_sorted<T>(
        &self,
        mut items: Vec<T>,
        descending: bool,
        position: impl Fn(&T) -> Position,
    ) -> Result<Vec<T>, Fault> {
        let Some(marker @ Marker::Position(end)) = &self.marker else {
            return self.cut(items, |item| position(item).id);
        };
        if items.first().is_some_and(|first| position(first).by.is_some() != end.by.is_some()) {
            return Err(lost(marker));
        }
        let is_seen = |item: &T| if descending { position(item) >= *end } else { position(item) <= *end };
        items.drain(..items.partition_point(is_seen));
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
        marker: impl Fn(&T) -> I + Send + 'static,
    ) -> Listing<T> {
        let is_kept = |pair: &&str| !matches!(pair.split('=').next(), Some("" | "marker" | "offset"));
        let kept: String = call.query.raw().split('&').filter(is_kept).flat_map(|pair| [pair, "&"]).collect();
        let address = format!("{}?{kept}marker=", call.address);
        let next =
            self.take.map(|full| Next { key, full, address, marker: Box::new(move |item| marker(item).to_string()) });
        Listing { items, count, next }
    }
}

/// The refusal of a marker that names nothing in the list.
pub fn lost(marker: &Marker) -> Fault {
    Fault::invalid(format!("The marker {:?} is not in the list, or no longer; begin again without it.", marker.id()))
}
