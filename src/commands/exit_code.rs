//! The exit code of a command: 0 when it did its work, 1 for whatever went wrong, a damaged store among that. A daemon that ends by
//! itself has codes of its own, see [`serve::Ended`].

use std::process::ExitCode;

use crate::output::{is_lost, tell_problem};
use crate::serve;

/// Tells what went wrong, if anything did. Output that nobody took is a failure, too.
pub fn of(done: anyhow::Result<()>) -> ExitCode {
    match done {
        Ok(()) if is_lost() => ExitCode::FAILURE,
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            tell_problem(&format!("manilad: {problem:#}"));
            problem.downcast_ref::<serve::Ended>().map_or(ExitCode::FAILURE, |ended| ExitCode::from(ended.code()))
        }
    }
}
