//! How far a back end has come that ensures its shares.
//!
//! How to get it wrong: to keep it over a restart. The next incarnation begins anew, and what is as it should be costs a look.

use manilad_store::Cursor;

/// How far this incarnation has come.
#[derive(Debug, Default)]
pub(super) struct Ensuring {
    /// What was asked for it; none: nothing was.
    pub(super) request_id: String,
    pub(super) after: Option<Cursor>,
    /// The last page was owed.
    pub(super) is_last: bool,
    pub(super) is_deciding: bool,
}
