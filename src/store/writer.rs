//! The one writer: it takes all that waits, lets each decision draft on what the ones before it wrote, makes the drafts
//! durable as one batch, and only then answers. It is a thread, or in a simulation a task ([`WriterMode`]).
//!
//! What arrives during a sync forms the next group, so a busy store syncs less often than it commits, and an idle one
//! waits for nothing. Refusals are answered after the sync too: they may rest on writes of their group. A failed
//! batch or sync is final, since nobody can tell what of it is on disk. What fails before anything was applied is not:
//! the group is turned away and the next one tries. How to get it wrong: answering early, or going on after a failure.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use manilad_clock::Clock;
use tokio::sync::{mpsc, oneshot};

use crate::contained::contained;
use crate::draft::Draft;
use crate::durable_state::{GroupNote, Timeline};
use crate::engine::{Changes, Engine};
use crate::error::{Error, Failed};
use crate::kind::Kind;
use crate::metrics::METRICS;
use crate::space::{Floor, Purpose};

/// What the writer runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WriterMode {
    /// A thread of its own.
    #[default]
    Thread,
    /// A task of the `LocalSet` in which the store is opened, which must be entered: in a simulation all is on one thread.
    /// Between applying a batch and its sync the task waits for the [delay](Engine::sync_delay) of the engine, so a kill
    /// may come in between. [`Store::close`](crate::Store::close) does not wait for it.
    Task,
}

/// Looks at each state that a commit has drafted, before it is durable: what the commit is called, and the state, which
/// [tells](Draft::changed) what the commit changed. It runs on the writer; a panic in it ends the store.
pub type CommitHook = dyn Fn(&'static str, &Draft<'_>) + Send + Sync;

/// Tells a waiter how its decision ended, or why its group was turned away. Dropped uncalled, the waiter learns that
/// the writer has ended.
type Answer = Box<dyn FnOnce(&Result<(), Error>) + Send>;

/// A decision on its way to the writer.
pub(crate) trait Job: Send {
    fn what(&self) -> &'static str;

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
    fn what(&self) -> &'static str {
        self.what
    }

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
    pub(crate) on_commit: Option<Arc<CommitHook>>,
    /// Why no more is written; set before the waiters of the failed group learn of it.
    pub(crate) lost: Arc<OnceLock<Error>>,
}

/// A group that is applied and not yet durable.
struct Applied {
    began: Duration,
    note: Option<GroupNote>,
}

impl Writer {
    /// Works until the queue has no more senders and is drained, or a write fails.
    pub(crate) fn run(mut self, mut queue: mpsc::Receiver<Box<dyn Job>>) {
        let most = queue.max_capacity();
        let mut jobs = Vec::new();
        while queue.blocking_recv_many(&mut jobs, most) > 0 {
            METRICS.depth.set(i64::try_from(queue.len()).unwrap_or(i64::MAX));
            let mut answers = Vec::with_capacity(jobs.len());
            let applied = self.begin(&mut jobs, &mut answers);
            if !self.end(applied, answers) {
                return;
            }
        }
    }

    /// As [`Writer::run`], as a task. It closes the timeline when nobody can commit any more.
    pub(crate) async fn run_as_task(mut self, mut queue: mpsc::Receiver<Box<dyn Job>>) {
        let most = queue.max_capacity();
        let mut jobs = Vec::new();
        while queue.recv_many(&mut jobs, most).await > 0 {
            METRICS.depth.set(i64::try_from(queue.len()).unwrap_or(i64::MAX));
            let mut answers = Vec::with_capacity(jobs.len());
            let applied = self.begin(&mut jobs, &mut answers);
            if let Ok(Some(_)) = applied {
                self.clock.sleep(self.engine.sync_delay()).await;
            }
            if !self.end(applied, answers) {
                return;
            }
        }
        self.timeline.close();
    }

    /// Runs the decisions and applies what they drafted; none where there is nothing to write.
    fn begin(&mut self, jobs: &mut Vec<Box<dyn Job>>, answers: &mut Vec<Answer>) -> Result<Option<Applied>, Error> {
        caught(|| {
            let group = self.group(jobs.drain(..), answers)?;
            if group.is_empty() { Ok(None) } else { self.apply(&group).map(Some) }
        })
    }

    /// Makes the group durable and answers. False where the writer can't go on.
    fn end(&self, applied: Result<Option<Applied>, Error>, answers: Vec<Answer>) -> bool {
        let done = applied.and_then(|applied| applied.map_or(Ok(()), |applied| caught(|| self.publish(applied))));
        if let Some(error) = done.as_ref().err().filter(|error| !error.passes()) {
            let error = Error::Lost { reason: error.to_string() };
            tracing::error!(%error, "the store can't go on");
            let _ = self.lost.set(error.clone());
            (self.fatal)(&error);
            return false;
        }
        for answer in answers {
            if let Err(words) = contained(|| answer(&done)) {
                tracing::error!(words, "the result of a store change panicked when it was handed to its caller");
            }
        }
        true
    }

    fn group(
        &mut self,
        jobs: impl ExactSizeIterator<Item = Box<dyn Job>>,
        answers: &mut Vec<Answer>,
    ) -> Result<Changes, Error> {
        let room = self.floor.check(&*self.engine, self.clock.running());
        let room = match room.and_then(|room| self.engine.ready().map(|()| room)) {
            Ok(room) => room,
            Err(error) => {
                jobs.for_each(|job| job.turn_away(error.clone()));
                return Ok(Changes::new());
            }
        };
        METRICS.group.observe(jobs.len() as f64);
        let mut group = Changes::new();
        for job in jobs {
            if let Some(error) = room.refuses(job.purpose()) {
                job.turn_away(error);
                continue;
            }
            let what = job.what();
            let (changes, answer) = job.decide(Draft::new(&*self.engine, self.kinds, &group));
            answers.push(answer);
            if let (Some(hook), Some(changes)) = (&self.on_commit, &changes) {
                hook(what, &Draft::of(&*self.engine, self.kinds, &group, changes.clone()));
            }
            group.extend(changes.unwrap_or_default());
        }
        Ok(group)
    }

    /// Applies the group. An error that [passes](Error::passes) says that nothing was applied.
    fn apply(&self, group: &Changes) -> Result<Applied, Error> {
        let began = self.clock.running();
        let before = group.keys().map(|key| Ok((key.clone(), self.engine.get(key)?))).collect::<Result<_, Error>>()?;
        let note = self.timeline.note(before);
        if let Err(error) = self.engine.apply(group) {
            // What was noted is what still is, so it may be shown, and the next group needs a state without notes.
            if let Some(note) = note.filter(|_| error.passes()) {
                note.show();
            }
            return Err(error);
        }
        Ok(Applied { began, note })
    }

    /// Makes the group durable, then visible.
    fn publish(&self, Applied { began, note }: Applied) -> Result<(), Error> {
        self.engine.sync()?;
        METRICS.sync.observe((self.clock.running() - began).as_secs_f64());
        if let Some(note) = note {
            note.show();
        }
        Ok(())
    }
}

fn caught<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    contained(work).unwrap_or_else(|words| Err(Error::io("write", format!("the writer panicked: {words}"))))
}
