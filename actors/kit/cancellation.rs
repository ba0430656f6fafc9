//! Whether a task is still owed while a driver is at it.

use std::fmt;
use std::sync::Arc;

/// Whether a task has been cancelled: its work was given up or replaced while it was under way. A driver asks before each
/// call that changes something, and does not make that call then; whoever owes something else looks at what is there.
#[derive(Clone)]
pub struct Cancellation(Arc<dyn Fn() -> bool + Send + Sync>);

impl Cancellation {
    /// `is_owed` is asked anew each time.
    pub fn unless(is_owed: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Cancellation(Arc::new(move || !is_owed()))
    }

    /// For a task that nobody cancels.
    pub fn never() -> Self {
        Cancellation::unless(|| true)
    }

    pub fn is_cancelled(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Cancellation")
    }
}
