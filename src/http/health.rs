//! Whether requests are answered: the one judgement that the health check and systemd's watchdog go by.
//!
//! It goes the way that a change goes, from ApiActor to the store's writer, and asks each thread that serves HTTP; each has
//! the same short time. Those who ask at the same moment, and shortly after, are told what one of them found, so that a
//! crowd costs no more than one. How to get it wrong: to look whether somebody is there, and not whether he answers; or to
//! ask through the queue of the changes, which is full when there is much to do and not only when nothing is done.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::future::{join, join_all};
use manilad_clock::Clock;
use manilad_kit::{Port, Unanswered};
use manilad_messages::api::Pulse;
use manilad_store::Error;
use tokio::sync::{mpsc, oneshot};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long what was found holds.
const FRESH: Duration = Duration::from_secs(1);
/// Pause before the store is asked again when its queue was full.
const AGAIN: Duration = Duration::from_millis(50);
/// Questions that may be under way: one, and those whose askers have left.
const QUESTIONS: usize = 8;

const NOBODY: &str = "NOBODY TAKES CHANGES";
const NO_STORE: &str = "THE STORE TAKES NO CHANGES";
const LATE: &str = "CHANGES ARE NOT TAKEN IN TIME";
const NO_WORKER: &str = "A THREAD OF THE HTTP SERVER HANGS";

/// What a worker is asked: to answer.
type Question = oneshot::Sender<()>;

/// The health of the daemon.
pub struct Health {
    clock: Clock,
    /// Where ApiActor is asked.
    pub pulse: Port<Pulse>,
    workers: Mutex<Vec<mpsc::Sender<Question>>>,
    latest: tokio::sync::Mutex<Option<(Duration, Option<&'static str>)>>,
}

impl Health {
    pub fn new(clock: Clock) -> Self {
        let pulse = Port::new("pulse", QUESTIONS, PATIENCE, clock.clone());
        Health { clock, pulse, workers: Mutex::default(), latest: tokio::sync::Mutex::default() }
    }

    /// Has the thread that calls this asked too. To be called once on each that serves HTTP.
    pub fn enlist(&self) {
        let (asker, mut asked) = mpsc::channel::<Question>(1);
        self.workers.lock().unwrap_or_else(PoisonError::into_inner).push(asker);
        actix_web::rt::spawn(async move {
            while let Some(question) = asked.recv().await {
                let _left_meanwhile = question.send(());
            }
        });
    }

    /// Why requests should go elsewhere, if they should.
    pub async fn ailment(&self) -> Option<&'static str> {
        let judged = async {
            let mut latest = self.latest.lock().await;
            match *latest {
                Some((when, found)) if self.clock.running() - when < FRESH => found,
                _ => {
                    let (changes, workers) = join(self.changes(), self.workers()).await;
                    let found = changes.or(workers);
                    *latest = Some((self.clock.running(), found));
                    found
                }
            }
        };
        // Who asks may be on a thread that hangs with the question in hand.
        self.clock.within(PATIENCE * 2, judged).await.unwrap_or(Some(NO_WORKER))
    }

    /// Why changes are not taken, if they are not.
    pub async fn changes(&self) -> Option<&'static str> {
        let asking = async {
            loop {
                return match self.pulse.ask(Pulse).await {
                    Ok(Err(Error::Full { .. })) => {
                        self.clock.sleep(AGAIN).await;
                        continue;
                    }
                    // The writer is there. What it lacks concerns changes only, and is told to who asks for one.
                    Ok(Ok(()) | Err(Error::NoSpace { .. } | Error::Descriptors { .. })) => None,
                    Ok(Err(_)) => Some(NO_STORE),
                    Err(Unanswered::Vacant) => Some(NOBODY),
                    Err(Unanswered::Late | Unanswered::Lost | Unanswered::Full) => Some(LATE),
                };
            }
        };
        self.clock.within(PATIENCE, asking).await.unwrap_or(Some(LATE))
    }

    /// Whether a thread that serves HTTP does not answer. One that ended is asked no more: another takes its place.
    async fn workers(&self) -> Option<&'static str> {
        let asked: Vec<_> = {
            let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
            workers.retain(|worker| !worker.is_closed());
            let ask = |worker: &mpsc::Sender<Question>| {
                let (question, answer) = oneshot::channel();
                worker.try_send(question).map(|()| answer)
            };
            workers.iter().map(ask).collect()
        };
        let answers = asked.into_iter().map(|asked| async { asked.map_err(drop)?.await.map_err(drop) });
        let all = self.clock.within(PATIENCE, join_all(answers)).await;
        all.map_or(true, |all| all.iter().any(Result::is_err)).then_some(NO_WORKER)
    }
}

#[cfg(test)]
mod tests;
