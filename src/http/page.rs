//! Paging: `limit` and `offset`, and the link to the next page. Source: errors.md, "Collection paging".

use manilad_domain::Fault;

use crate::call::Call;
use crate::view::Listing;

/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub skip: usize,
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
        Ok(Window { skip: if limit.is_some() { offset.unwrap_or(0) } else { 0 }, take: limit })
    }

    /// As [`Window::of`], for lists of which a page holds `osapi_max_limit` at most; there an offset counts alone too.
    ///
    /// # Errors
    /// Invalid when either is not a whole number of at least 0.
    pub fn bounded(call: &Call) -> Result<Self, Fault> {
        let (limit, offset) = (call.query.count("limit")?, call.query.count("offset")?);
        let most = call.face.settings.max_limit;
        Ok(Window { skip: offset.unwrap_or(0), take: Some(limit.unwrap_or(most).min(most)) })
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
    pub fn cut<T>(self, items: Vec<T>) -> Vec<T> {
        items.into_iter().skip(self.skip).take(self.take.unwrap_or(usize::MAX)).collect()
    }

    /// Makes a listing of a page: one that is as long as the client's `limit` links to the next one under `key`.
    pub fn listing<T, I: std::fmt::Display>(
        call: &Call,
        items: Vec<T>,
        count: Option<usize>,
        key: &'static str,
        id: impl Fn(&T) -> I,
    ) -> Listing<T> {
        let is_full = call.query.count("limit").is_ok_and(|limit| limit == Some(items.len()));
        let next = items.last().filter(|_| is_full).map(|last| {
            let kept: Vec<&str> =
                call.query.raw().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("marker=")).collect();
            (key, format!("{}?{}&marker={}", call.address, kept.join("&"), id(last)))
        });
        Listing { items, count, next }
    }
}
