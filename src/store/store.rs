//! The handle that the rest of the daemon holds: reads inline, commits through the writer.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use arc_swap::ArcSwapOption;
use manilad_clock::Clock;
use manilad_domain::Record;
use tokio::sync::{mpsc, oneshot};

use crate::contained::contained;
use crate::draft::Draft;
use crate::durable_state::{DurableState, Timeline};
use crate::engine::Engine;
use crate::error::{Error, Failed};
use crate::kind::{KINDS, Kind};
use crate::metrics::METRICS;
use crate::range::{Page, Range};
use crate::snapshot::Snapshot;
use crate::space::{Floor, Purpose, Shortage};
use crate::upgrade;
use crate::view::View;
use crate::writer::{Commit, CommitHook, Job, Writer, WriterMode};

/// Where a store reads what takes long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Blocking {
    /// On tokio's blocking pool.
    #[default]
    Pool,
    /// On the thread that asks, at once: in a simulation all is on one thread.
    Inline,
}

impl Blocking {
    /// Does `work` that takes long.
    ///
    /// # Errors
    /// It panicked, or the pool dropped it.
    pub async fn run<T: Send + 'static>(self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        match self {
            Blocking::Pool => {
                let done = tokio::task::spawn_blocking(work).await;
                done.map_err(|error| Error::io("read on the blocking pool", error))
            }
            Blocking::Inline => contained(work).map_err(|words| Error::io("read", words)),
        }
    }
}

/// How a store is run.
#[derive(Clone)]
pub struct Options {
    /// Commits that may wait for the writer; more are refused.
    pub queue: usize,
    /// Bytes of free disk space below which nothing new is taken; where the store itself is larger, its size counts. 0 sets
    /// no reserve.
    pub free_space_floor: u64,
    /// Bytes that decoded records may take up in memory, about.
    pub record_cache: u64,
    /// The kinds of records that may be written.
    pub kinds: &'static [Kind],
    /// What the writer runs on.
    pub writer: WriterMode,
    /// Where [`Store::look`], an export and an import read.
    pub blocking: Blocking,
    /// Looks at what each commit drafted.
    pub on_commit: Option<Arc<CommitHook>>,
    /// Called once, on the writer, when nothing can be written any more: the process should end.
    pub fatal: Arc<dyn Fn(&Error) + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            queue: 1024,
            free_space_floor: 64 << 20,
            record_cache: 32 << 20,
            kinds: KINDS,
            writer: WriterMode::default(),
            blocking: Blocking::default(),
            on_commit: None,
            fatal: Arc::new(|_| {}),
        }
    }
}

impl Options {
    /// All on one thread: the writer is a task of the `LocalSet` in which the store is opened, and reads are done at once.
    pub fn here() -> Self {
        Options { writer: WriterMode::Task, blocking: Blocking::Inline, ..Options::default() }
    }
}

/// A handle on the store; clones share it. The store closes when the last handle goes, or by [`Store::close`].
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    kinds: &'static [Kind],
    timeline: Arc<Timeline>,
    queue: ArcSwapOption<mpsc::Sender<Box<dyn Job>>>,
    lost: Arc<OnceLock<Error>>,
    shortage: Shortage,
    blocking: Blocking,
    mode: WriterMode,
    /// The thread of the writer, if it has one.
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Store {
    /// Opens the store in `engine`, bringing it up to the present release, and starts its writer.
    ///
    /// # Errors
    /// [`Error::Newer`] where a newer release has written here, [`Error::Damaged`] where an upgrade meets a record
    /// that it can't read, or what the engine says.
    pub fn open(engine: Box<dyn Engine>, options: Options, clock: Clock) -> Result<Self, Error> {
        upgrade::prepare(&*engine, options.kinds)?;
        let engine: Arc<dyn Engine> = Arc::from(engine);
        let timeline = Arc::new(Timeline::new(engine.clone(), options.record_cache));
        let lost = Arc::new(OnceLock::new());
        let shortage = Shortage::default();
        let (sender, receiver) = mpsc::channel(options.queue.max(1));
        let writer = Writer {
            engine,
            kinds: options.kinds,
            timeline: timeline.clone(),
            clock,
            floor: Floor::new(options.free_space_floor, shortage.clone()),
            fatal: options.fatal,
            on_commit: options.on_commit,
            lost: lost.clone(),
        };
        let thread = match options.writer {
            WriterMode::Thread => Some(
                thread::Builder::new()
                    .name("store-writer".to_owned())
                    .spawn(move || writer.run(receiver))
                    .map_err(|reason| Error::io("start the store's writer", reason))?,
            ),
            WriterMode::Task => {
                tokio::task::spawn_local(writer.run_as_task(receiver));
                None
            }
        };
        Ok(Store(Arc::new(Inner {
            kinds: options.kinds,
            timeline,
            queue: ArcSwapOption::from_pointee(sender),
            lost,
            shortage,
            blocking: options.blocking,
            mode: options.writer,
            writer: Mutex::new(thread),
        })))
    }

    /// What is durable now, to be looked at as long as it is held.
    ///
    /// # Errors
    /// [`Error::Closed`].
    pub fn snapshot(&self) -> Result<Snapshot, Error> {
        self.present().map(Snapshot)
    }

    /// A copy of the record under `key`, as of the last durable commit.
    ///
    /// # Errors
    /// [`Error::Damaged`], [`Error::Newer`] or [`Error::Closed`], or what the engine says.
    pub fn get<R: Record>(&self, key: &str) -> Result<Option<R>, Error> {
        self.present()?.get(key)
    }

    /// Copies of the records along an index; see [`Snapshot::scan`].
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn scan<R: Record>(&self, range: Range) -> Result<Page<R>, Error> {
        Ok(self.present()?.scan(&range)?.owned())
    }

    /// Has `work` look at a snapshot where [`Options::blocking`] says.
    ///
    /// # Errors
    /// What `work` says, [`Error::Closed`], or that it panicked.
    pub async fn look<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Snapshot) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let snapshot = self.snapshot()?;
        self.blocking().run(move || work(&snapshot)).await?
    }

    /// The record keys of a range, in its order, without reading the records: to leap from one to another.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn scan_keys(&self, kind: &'static str, range: Range) -> Result<Page<String>, Error> {
        self.present()?.keys(kind, &range)
    }

    /// Every record of a kind, in the order of the keys. For small kinds, and for recounts off the actors' threads.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn all<R: Record>(&self) -> Result<Vec<R>, Error> {
        self.present()?.all()
    }

    /// Has the writer run `decision` on the newest state, and returns once what it drafted is durable and visible.
    /// `what` names the commit in metrics and logs. The decision must be quick and do nothing but decide; it runs
    /// even when the caller no longer waits. For what ends work or frees something: it may go into the reserve of disk
    /// space.
    ///
    /// # Errors
    /// [`Failed`] tells who would not have it.
    pub async fn commit<T: Send + 'static, E: Send + 'static>(
        &self,
        what: &'static str,
        decision: impl FnOnce(&mut Draft<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failed<E>> {
        self.commit_for(Purpose::Ending, what, decision).await
    }

    /// As [`Store::commit`], for what is new: it is refused while disk space is short.
    ///
    /// # Errors
    /// As [`Store::commit`].
    pub async fn commit_new<T: Send + 'static, E: Send + 'static>(
        &self,
        what: &'static str,
        decision: impl FnOnce(&mut Draft<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failed<E>> {
        self.commit_for(Purpose::New, what, decision).await
    }

    /// Why nothing new is taken, as the writer last found it; none while there is room.
    pub fn shortage(&self) -> Option<Error> {
        self.0.shortage.load().as_deref().cloned()
    }

    async fn commit_for<T: Send + 'static, E: Send + 'static>(
        &self,
        purpose: Purpose,
        what: &'static str,
        decision: impl FnOnce(&mut Draft<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Failed<E>> {
        let (reply, answer) = oneshot::channel();
        let outcome = match self.enqueue(Box::new(Commit { what, purpose, decision, reply })) {
            Ok(()) => answer.await.map_err(|_| self.why_not()),
            Err(error) => Err(error),
        };
        outcome.unwrap_or_else(|error| {
            METRICS.turned_away(what, &error);
            Err(Failed::Unavailable(error))
        })
    }

    /// Refuses new commits, finishes those that wait, and releases the engine once the reads under way have ended.
    /// Other handles answer [`Error::Closed`] from then on. Blocks for the syncs that are left; a writer that is a task
    /// finishes them after the return, and then the other handles answer so.
    pub fn close(self) {
        self.0.end();
    }

    pub(crate) fn present(&self) -> Result<Arc<DurableState>, Error> {
        self.0.timeline.present().ok_or(Error::Closed)
    }

    /// Where what takes long is read.
    pub fn blocking(&self) -> Blocking {
        self.0.blocking
    }

    pub(crate) fn kinds(&self) -> &'static [Kind] {
        self.0.kinds
    }

    fn enqueue(&self, job: Box<dyn Job>) -> Result<(), Error> {
        let queue = self.0.queue.load();
        let queue = queue.as_ref().ok_or_else(|| self.why_not())?;
        let sent = queue.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::Full { limit: queue.max_capacity() },
            mpsc::error::TrySendError::Closed(_) => self.why_not(),
        });
        METRICS.depth.set(i64::try_from(queue.max_capacity() - queue.capacity()).unwrap_or(i64::MAX));
        sent
    }

    /// Whether commits are taken: the store is open, and no write of it has failed.
    pub fn is_writable(&self) -> bool {
        self.0.lost.get().is_none() && self.0.queue.load().is_some()
    }

    /// Why nothing is written any more.
    fn why_not(&self) -> Error {
        self.0.lost.get().cloned().unwrap_or(Error::Closed)
    }
}

impl Inner {
    fn end(&self) {
        self.queue.store(None);
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).take();
        // A decision may hold the last handle: then this is the writer's thread, which can't wait for itself.
        if let Some(writer) = writer.filter(|writer| writer.thread().id() != thread::current().id())
            && writer.join().is_err()
        {
            tracing::error!("the store's writer panicked");
        }
        // A task that still works closes the timeline when it is through.
        if self.mode == WriterMode::Thread || self.lost.get().is_some() {
            self.timeline.close();
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end();
    }
}
