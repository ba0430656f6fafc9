//! What commands print for people: results on standard output, problems on standard error. How to get it wrong: to panic
//! where the reader has enough, or to end well where what was printed is lost.

use std::io::{ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether output was lost for another reason than that its reader had enough.
static LOST: AtomicBool = AtomicBool::new(false);

/// What people read, on standard output. A reader that has enough, such as `head`, is no failure.
pub fn tell(line: &str) {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            if !LOST.swap(true, Ordering::Relaxed) {
                tell_problem(&format!("manilad: standard output can't be written: {error}"));
            }
        }
        Ok(()) | Err(_) => {}
    }
}

/// What went wrong, on standard error.
pub fn tell_problem(line: &str) {
    let _nobody_is_left_to_be_told = writeln!(std::io::stderr(), "{line}");
}

/// Whether something that was to be printed is lost, though its reader wanted it.
pub fn is_lost() -> bool {
    LOST.load(Ordering::Relaxed)
}
