//! Work in a task of its own, so that its panic or its hang becomes an error and not the end of the actor.
//!
//! Dropping the returned future aborts the work: what a dead actor had in hand ends with it. How to get it wrong:
//! blocking the thread inside the work. A blocked task can't be aborted; only the watch over the thread finds it.

use std::any::Any;
use std::future::Future;
use std::time::Duration;

use manilad_clock::Clock;
use tokio::task::JoinError;

use crate::OwnedTask;

/// Why contained work has no outcome. What it did until then is unknown: look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// It panicked, with this message.
    #[error("panicked: {0}")]
    Panicked(String),
    /// It was not done within this patience, and was aborted.
    #[error("not done within {0:?}")]
    Hung(Duration),
}

/// Runs `work` on the current arbiter, for at most `patience` of running time.
///
/// It starts when the returned future is first polled, which must be on an arbiter.
pub fn contained<T: 'static>(
    clock: &Clock,
    patience: Duration,
    work: impl Future<Output = T> + 'static,
) -> impl Future<Output = Result<T, Lost>> + 'static {
    let clock = clock.clone();
    async move {
        let task = actix_rt::spawn(work);
        let _ends_with_us = OwnedTask::of(&task);
        match clock.within(patience, task).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(failure)) => Err(Lost::Panicked(words_of_task(failure))),
            Err(_) => Err(Lost::Hung(patience)),
        }
    }
}

pub(crate) fn words_of_task(failure: JoinError) -> String {
    match failure.try_into_panic() {
        Ok(payload) => words(&*payload),
        Err(aborted) => aborted.to_string(),
    }
}

/// The message of a panic.
pub(crate) fn words(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied().or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("(no words)").to_owned()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::rc::Rc;

    use super::*;
    use crate::lab;

    const PATIENCE: Duration = Duration::from_secs(30);

    #[test]
    fn done_work_gives_its_outcome() {
        lab::run(async |lab| assert_eq!(contained(&lab.clock, PATIENCE, async { 7 }).await, Ok(7)));
    }

    #[test]
    fn a_panic_becomes_an_error_with_its_last_words() {
        lab::run(async |lab| {
            let lost = contained(&lab.clock, PATIENCE, async { panic!("share {} is cursed", 7) }).await;
            assert_eq!(lost, Err::<(), _>(Lost::Panicked("share 7 is cursed".into())));
        });
    }

    #[test]
    fn a_panic_without_words_is_still_an_error() {
        lab::run(async |lab| {
            let lost = contained(&lab.clock, PATIENCE, async { std::panic::panic_any(7) }).await;
            assert_eq!(lost, Err::<(), _>(Lost::Panicked("(no words)".into())));
        });
    }

    struct Sets(Rc<Cell<bool>>);

    impl Drop for Sets {
        fn drop(&mut self) {
            self.0.set(true);
        }
    }

    /// Work that never ends, and a cell that says when it was dropped.
    fn endless() -> (impl Future<Output = ()>, Rc<Cell<bool>>) {
        let dropped = Rc::new(Cell::new(false));
        let sets = Sets(dropped.clone());
        let work = async move {
            let _sets = sets;
            std::future::pending().await
        };
        (work, dropped)
    }

    #[test]
    fn a_hang_becomes_an_error_and_the_work_is_dropped() {
        lab::run(async |lab| {
            let (work, dropped) = endless();
            let task = actix_rt::spawn(contained(&lab.clock, PATIENCE, work));
            lab.step(PATIENCE - Duration::from_nanos(1)).await;
            assert!(!task.is_finished());
            lab.step(Duration::from_nanos(1)).await;
            assert_eq!(task.await.unwrap(), Err(Lost::Hung(PATIENCE)));
            lab.settle().await;
            assert!(dropped.get());
        });
    }

    #[test]
    fn work_ends_with_the_one_who_wanted_it() {
        lab::run(async |lab| {
            let (work, dropped) = endless();
            let task = actix_rt::spawn(contained(&lab.clock, PATIENCE, work));
            lab.settle().await;
            assert!(!dropped.get());
            task.abort();
            lab.settle().await;
            assert!(dropped.get());
            assert_eq!(lab.hand.sleeping(), 0);
        });
    }
}
