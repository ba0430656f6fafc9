//! Shares: what may be asked of them, and what came of it.

mod actions;
mod asked;
mod basis;
mod change;
mod create;
mod delete;
mod exports;
mod resize;
mod resized;
#[cfg(test)]
pub(crate) mod samples;

pub use actions::{ShareAction, StatusRule, Statuses};
pub use asked::{Context, NewShare};
pub use basis::{Basis, find_type};
pub use change::{Update, change_metadata, reset_status, reset_task_state, update};
pub use create::create;
pub(crate) use delete::remove_instances;
pub use delete::{delete, force_delete};
pub use exports::change_export_metadata;
pub use resize::{Extended, Extension, Judged, Judgement, NoRoom, extend, shrink};

use manilad_domain::{Fault, Share, ShareId};
use manilad_store::Draft;

/// A share as it is now.
///
/// # Errors
/// Missing when it has gone meanwhile.
pub(crate) fn current(draft: &Draft<'_>, id: ShareId) -> Result<Share, Fault> {
    draft.get(&id.to_string())?.ok_or_else(|| Fault::no_such("share", id))
}
