//! Whether the work that a plugin does is still owed: asked before each call that changes something.
//!
//! How to get it wrong: to spawn a part of the work, whose calls would not know.

use crate::Error;

tokio::task_local! {
    static IS_OWED: Box<dyn Fn() -> bool>;
}

/// Does `work`. Once it is not owed any more, it makes no more calls that change something.
pub async fn while_owed<T>(is_owed: impl Fn() -> bool + 'static, work: impl Future<Output = T>) -> T {
    IS_OWED.scope(Box::new(is_owed), work).await
}

/// # Errors
/// Unknown, since the call is not made and others may have been, when the work is not owed any more.
pub(crate) fn check() -> Result<(), Error> {
    if IS_OWED.try_with(|is_owed| is_owed()).unwrap_or(true) {
        return Ok(());
    }
    Err(Error::unknown("the work is not owed any more"))
}
