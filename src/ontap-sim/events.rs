//! What happens by itself: when a state is opened, and as time goes by.
//!
//! Callers bring the state up to the present with [`advance`] before they look, which ends the jobs whose time has come
//! and empties the recovery queue.

use std::path::PathBuf;
use std::sync::Arc;

use manilad_clock::Clock;

use crate::config::Config;
use crate::nouns::volume;
use crate::state::{Due, State};
use crate::{Error, adopt, contents, jobs, seed};

/// The state kept in the configured directory, or a new one; with what the configuration adds.
pub fn open(config: Arc<Config>, clock: Clock, files: PathBuf) -> Result<State, Error> {
    let mut state = State::load(config, clock, files)?;
    seed::seed(&mut state)?;
    adopt::adopt(&mut state);
    jobs::resume(&mut state);
    volume::resume(&mut state);
    contents::resume(&mut state)?;
    state.rewrite()?;
    Ok(state)
}

/// Brings the state up to the present: what has fallen due happens, in the order of its time.
pub fn advance(state: &mut State) {
    state.look_at_the_clock();
    while let Some(due) = state.next_due() {
        match due {
            Due::JobEnds(id) => jobs::end(state, id),
            Due::JobForgotten(id) => drop(state.jobs.remove(&id)),
            Due::Purge(id) => volume::purge(state, id),
            Due::SplitEnds(id) => volume::end_split(state, id),
            Due::MoveEnds(id) => volume::end_move(state, id),
        }
    }
}
