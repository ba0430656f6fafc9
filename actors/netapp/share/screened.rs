//! Having a volume under the FPolicy policy that the type of its share asks for.
//!
//! How to get it wrong: to let clients write before it is. Source: operations.md §18.

use manilad_driver::{Subject, Trouble};

use super::specs;
use crate::array::Array;
use crate::session::Session;
use crate::{fpolicy, trouble};

/// The volume is under what the type of its share says, if that says anything.
///
/// # Errors
/// As [`fpolicy::apply`], and where what the type says does not go together.
pub async fn apply(array: &Array, session: &Session, subject: &Subject, volume: &str) -> Result<(), Trouble> {
    let asked = specs::read(&subject.extra_specs)?.screening;
    match asked.read(&array.settings.watched_operations, subject.protocol).map_err(trouble::unfit)? {
        None => Ok(()),
        wanted => fpolicy::apply(array, session, subject, volume, wanted.as_ref()).await,
    }
}
