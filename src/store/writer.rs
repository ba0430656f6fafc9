//! The one writer: a thread that takes all that waits, lets each decision draft on what the ones before it wrote,
//! makes the drafts durable as one batch, and only then answers.
//!
//! What arrives during a sync forms the next group, so a busy store syncs less often than it commits, and an idle one
//! waits for nothing. Refusals are answered after the sync too: they may rest on writes of their group. A failed
//! batch or sync is final, since nobody can tell what of it is on disk. What fails before anything was applied is not:
//! the group is turned away and the next one tries. How to get it wrong: answering early, or going on after a failure.

use std::sync::{Arc, OnceLock};

use manilad_clock::Clock;
use tokio::sync::{mpsc, oneshot};

use crate::contained::contained;
use crate::draft::Draft;
use crate::durable_state::Timeline;
use crate::engine::{Changes, Engine};
use crate::error::{Error, Failed};
use crate::kind::Kind;
use crate::metrics::METRICS;
use crate::space::{Floor, Purpose};

/// Tells a waiter how its decision ended, or why its group was turned away. Dropped uncalled, the waiter learns that
/// the writer has ended.
type Answer = Box<dyn FnOnce(&Result<(), Error>) + Send>;

/// A decision on its way to the writer.
pub(crate) trait Job: Send {
    fn purpose(&self) -> Purpose;

    /// Runs the decision. `None` in the first place means that its draft is void.
    fn decide(self: Box<Self>, draft: Draft<'_>) -> (Option<Changes>, Answer);

    /// Answers without running the decision.
    fn turn_away(self: Box<Self>, error: Error);
}

/// How a commit ends.
pub(crate) type Outcome<T, E> = Result<T, Failed<E>>;

/// A commit: its name in metrics and logs, its decision, and where the answer goes.
pub(crate) struct Commit<T, E, F> {
    pub(crate) what: &'static str,
    pub(crate) purpose: Purpose,
    pub(crate) decision: F,
    pub(crate) reply: oneshot::Sender<Outcome<T, E>>,
}

impl<T, E, F> Job for Commit<T, E, F>
where
    T: Send + 'static,
    E: Send + 'static,
    F: FnOnce(&mut Draft<'_>) -> Result<T, E> + Send,
{
    fn purpose(&self) -> Purpose {
        self.purpose
    }

    fn decide(self: Box<Self>, mut draft: Draft<'_>) -> (Option<Changes>, Answer) {
        let Commit { what, decision, reply, .. } = *self;
        let (ended, outcome) = match contained(|| decision(&mut draft)) {
            Ok(Ok(value)) => ("committed", Ok(value)),
            Ok(Err(refusal)) => ("refused", Err(Failed::Refused(refusal))),
            Err(words) => {
                tracing::error!(what, words, "a store change panicked");
                ("panicked", Err(Failed::Panicked(words)))
            }
        };
        let changes = outcome.is_ok().then(|| draft.into_changes());
        let answer = move |fate: &Result<(), Error>| {
            let outcome = match fate {
                Ok(()) => {
                    METRICS.commits.with_label_values(&[what, ended]).inc();
                    outcome
                }
                Err(error) => {
                    METRICS.turned_away(what, error);
                    Err(Failed::Unavailable(error.clone()))
                }
            };
            // Who no longer waits need not know.
            let _ = reply.send(outcome);
        };
        (changes, Box::new(answer))
    }

    fn turn_away(self: Box<Self>, error: Error) {
        METRICS.turned_away(self.what, &error);
        let _ = self.reply.send(Err(Failed::Unavailable(error)));
    }
}

pub(crate) struct Writer {
    pub(crate) engine: Arc<dyn Engine>,
    pub(crate) kinds: &'static [Kind],
    pub(crate) timeline: Arc<Timeline>,
    pub(crate) clock: Clock,
    pub(crate) floor: Floor,
    pub(crate) fatal: Arc<dyn Fn(&Error) + Send + Sync>,
    /// Why no more is written; set before the waiters of the failed group learn of it.
    pub(crate) lost: Arc<OnceLock<Error>>,
}

impl Writer {
    /// Works until the queue has no more senders and is drained, or a write fails.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Box<dyn Job>>) {
        let most = queue.max_capacity();
        let mut jobs = Vec::new();
        while queue.blocking_recv_many(&mut jobs, most) > 0 {
            METRICS.depth.set(i64::try_from(queue.len()).unwrap_or(i64::MAX));
            let mut answers = Vec::with_capacity(jobs.len());
            let done = contained(|| self.group(jobs.drain(..), &mut answers))
                .unwrap_or_else(|words| Err(Error::io("write", format!("the writer panicked: {words}"))));
            if let Some(error) = done.as_ref().err().filter(|error| !error.passes()) {
                let error = Error::Lost { reason: error.to_string() };
                tracing::error!(%error, "the store can't go on");
                let _ = self.lost.set(error.clone());
                (self.fatal)(&error);
                return;
            }
            for answer in answers {
                if let Err(words) = contained(|| answer(&done)) {
                    tracing::error!(words, "the result of a store change panicked when it was handed to its caller");
                }
            }
        }
    }

    fn group(
        &mut self,
        jobs: impl ExactSizeIterator<Item = Box<dyn Job>>,
        answers: &mut Vec<Answer>,
    ) -> Result<(), Error> {
        let room = self.floor.check(&*self.engine, self.clock.running());
        let room = match room.and_then(|room| self.engine.ready().map(|()| room)) {
            Ok(room) => room,
            Err(error) => {
                jobs.for_each(|job| job.turn_away(error.clone()));
                return Ok(());
            }
        };
        METRICS.group.observe(jobs.len() as f64);
        let mut group = Changes::new();
        for job in jobs {
            if let Some(error) = room.refuses(job.purpose()) {
                job.turn_away(error);
                continue;
            }
            let (changes, answer) = job.decide(Draft::new(&*self.engine, self.kinds, &group));
            answers.push(answer);
            group.extend(changes.unwrap_or_default());
        }
        if group.is_empty() { Ok(()) } else { self.publish(&group) }
    }

    /// Makes the group durable, then visible. An error that [passes](Error::passes) says that nothing was applied.
    fn publish(&self, group: &Changes) -> Result<(), Error> {
        let began = self.clock.running();
        let before = group.keys().map(|key| Ok((key.clone(), self.engine.get(key)?))).collect::<Result<_, Error>>()?;
        let noted = self.timeline.note(before);
        if let Err(error) = self.engine.apply(group) {
            // What was noted is what still is, so it may be shown, and the next group needs a state without notes.
            if let Some(noted) = noted.filter(|_| error.passes()) {
                noted.show();
            }
            return Err(error);
        }
        self.engine.sync()?;
        METRICS.sync.observe((self.clock.running() - began).as_secs_f64());
        if let Some(noted) = noted {
            noted.show();
        }
        Ok(())
    }
}
