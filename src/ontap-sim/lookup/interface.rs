//! Finds IP interfaces (LIFs).

use crate::rest::ask::Ask;
use crate::rows::interface::Interface;
use crate::state::State;

/// The LIFs that the request may see.
pub fn visible<'a>(state: &'a State, ask: &Ask) -> impl Iterator<Item = &'a Interface> {
    let only = ask.svm;
    state.interfaces.iter().filter(move |lif| only.is_none_or(|only| only == lif.svm))
}
