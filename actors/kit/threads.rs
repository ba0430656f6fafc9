//! Actors on a thread of their own, so that one that blocks harms nobody else.
//!
//! A thread that hangs can't be killed. Its incarnation is fenced, told to stop should it ever wake up, counted, and
//! left behind; the parent raises the next one on a fresh thread. Each such thread keeps its memory and its sockets, so
//! beyond a limit only a new process helps: whoever owns the process waits on [`Threads::exhausted`]. A simulation of
//! the daemon raises all actors on its one thread instead ([`Threads::here`]). How to get it wrong: counting a thread for
//! ever that was only slow; it leaves the count when it ends.

use std::sync::Arc;

use actix::{Actor, Context};
use actix_rt::{Arbiter, System};
use prometheus::PullingGauge;
use tokio::sync::{oneshot, watch};

use crate::life::incarnate;
use crate::{End, Life, Raising, Vitals, Watch};

/// Raises actors on threads, and counts the threads that hang. Clones count together.
#[derive(Clone)]
pub struct Threads {
    /// None: actors are raised on the current thread.
    limit: Option<usize>,
    hung: Arc<watch::Sender<usize>>,
}

impl Threads {
    /// `limit` is how many hung threads the process bears.
    pub fn new(limit: usize) -> Self {
        Threads { limit: Some(limit), hung: Arc::new(watch::Sender::new(0)) }
    }

    /// Raises actors on the thread and in the `LocalSet` where it is asked to, as [`raise`](crate::raise()) does: one that
    /// hangs is ended and leaves no thread behind, and one that blocks blocks everybody.
    pub fn here() -> Self {
        Threads { limit: None, hung: Arc::new(watch::Sender::new(0)) }
    }

    /// How many threads hang now.
    pub fn hung(&self) -> usize {
        *self.hung.borrow()
    }

    /// The same, for `/metrics`.
    pub fn gauge(&self) -> prometheus::Result<PullingGauge> {
        let hung = self.hung.clone();
        let count = move || *hung.borrow() as f64;
        PullingGauge::new("manilad_hung_threads", "Threads of actors that hang and were left behind.", Box::new(count))
    }

    /// Resolves when more threads hang than the process bears: time to end it.
    pub async fn exhausted(&self) {
        let Some(limit) = self.limit else { return std::future::pending().await };
        // The sender lives as long as this handle, so the wait can't fail.
        let _ = self.hung.subscribe().wait_for(|hung| *hung > limit).await;
    }

    /// Raises an actor on an arbiter of its own, watched from the current one.
    ///
    /// Without a running actix system, or when no thread can be had, the life ends at once as failed.
    pub fn raise<A, F>(&self, vitals: &Vitals, watch: Watch, factory: F) -> Life
    where
        A: Actor<Context = Context<A>>,
        F: FnOnce(&mut Raising<A>) -> A + Send + 'static,
    {
        if self.limit.is_none() {
            return crate::raise(vitals, watch, factory);
        }
        let (incarnation, mut watcher, stopper) = incarnate(vitals, watch, factory);
        let arbiter = match arbiter() {
            Ok(arbiter) => arbiter,
            Err(why) => return Life::new(stopper, std::future::ready(End::Failed(why))),
        };
        let (present, gone) = oneshot::channel::<()>();
        arbiter.spawn_fn(move || {
            actix_rt::spawn(async move {
                let _present = present; // dropped when the actor, or the thread, ends
                incarnation.live::<A>().await;
            });
        });
        watcher.guard.cut = Some(Box::new(move || {
            let _it_may_have_ended = arbiter.stop();
        }));
        let hung = self.hung.clone();
        Life::new(stopper, async move {
            let end = watcher.run().await;
            if end == End::Hung {
                hung.send_modify(|hung| *hung += 1);
                actix_rt::spawn(async move {
                    let _sender_dropped = gone.await;
                    hung.send_modify(|hung| *hung -= 1);
                });
            }
            end
        })
    }
}

fn arbiter() -> Result<Arbiter, String> {
    System::try_current().ok_or("no actix system runs on this thread")?;
    Arbiter::try_new().map_err(|error| format!("no thread: {error}"))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use actix::{AsyncContext, Handler, Message, WrapFuture};
    use futures::FutureExt;
    use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

    use super::*;
    use crate::{Fence, Fenced, Port, State, Unanswered, lab};

    #[derive(Message)]
    #[rtype(result = "Result<std::thread::ThreadId, Fenced>")]
    enum Work {
        Ordinary,
        /// Says that it has begun, and blocks the thread until the other end is dropped.
        Block(oneshot::Sender<()>, mpsc::Receiver<()>),
        Panic,
        /// Makes the actor wait for ever, which blocks no thread.
        Wait,
    }

    struct Worker {
        fence: Fence,
        checks: UnboundedSender<Result<(), Fenced>>,
    }

    impl Actor for Worker {
        type Context = Context<Self>;
    }

    impl Handler<Work> for Worker {
        type Result = Result<std::thread::ThreadId, Fenced>;

        fn handle(&mut self, work: Work, ctx: &mut Context<Self>) -> Self::Result {
            match work {
                Work::Ordinary => {}
                Work::Block(begun, until) => {
                    begun.send(()).unwrap();
                    let _released = until.recv();
                }
                Work::Panic => panic!("boom"),
                Work::Wait => ctx.wait(std::future::pending::<()>().into_actor(self)),
            }
            let check = self.fence.check();
            let _ = self.checks.send(check);
            check.map(|()| std::thread::current().id())
        }
    }

    const WATCH: Watch = Watch { every: Duration::from_secs(10), patience: Duration::from_secs(60) };

    fn port(lab: &lab::Lab) -> Port<Work> {
        Port::new("worker", 4, Duration::from_secs(600), lab.clock.clone())
    }

    fn raise(lab: &lab::Lab, threads: &Threads, port: &Port<Work>) -> (Life, Checks) {
        let (checks, checked) = unbounded_channel();
        let plug = port.clone();
        let life = threads.raise(&lab.vitals.vitals("worker"), WATCH, move |raising| {
            raising.plug(&plug);
            Worker { fence: raising.fence(), checks }
        });
        (life, checked)
    }

    type Checks = tokio::sync::mpsc::UnboundedReceiver<Result<(), Fenced>>;

    /// Asks until somebody is plugged in: another thread's start can't be stepped.
    async fn answer(port: &Port<Work>) -> Result<std::thread::ThreadId, Fenced> {
        loop {
            match port.ask(Work::Ordinary).await {
                Err(Unanswered::Vacant) => tokio::task::yield_now().await,
                answered => return answered.unwrap(),
            }
        }
    }

    #[test]
    fn an_actor_has_a_thread_of_its_own_and_stops_in_good_order() {
        lab::run(async |lab| {
            let (threads, port) = (Threads::new(3), port(&lab));
            let (life, _checked) = raise(&lab, &threads, &port);
            assert_ne!(answer(&port).await.unwrap(), std::thread::current().id());
            assert_eq!(life.stop(Duration::from_secs(5)).await, End::Stopped);
            assert_eq!(threads.hung(), 0);
            assert_eq!(port.ask(Work::Ordinary).await, Err(Unanswered::Vacant));
        });
    }

    #[test]
    fn without_threads_of_their_own_actors_live_on_the_current_one_and_a_hang_leaves_none_behind() {
        lab::run(async |lab| {
            let (threads, port) = (Threads::here(), port(&lab));
            let (life, _checked) = raise(&lab, &threads, &port);
            lab.settle().await;
            assert_eq!(port.ask(Work::Ordinary).await, Ok(Ok(std::thread::current().id())));
            port.nudge(Work::Wait).unwrap();
            lab.step(WATCH.every).await;
            lab.step(WATCH.patience).await;
            assert_eq!(life.await, End::Hung);
            assert_eq!(port.nudge(Work::Ordinary), Err(Unanswered::Vacant));
            assert_eq!((threads.hung(), threads.exhausted().now_or_never()), (0, None));
        });
    }

    #[test]
    fn a_panic_on_a_thread_is_an_end_with_its_reason() {
        lab::run(async |lab| {
            let (threads, port) = (Threads::new(3), port(&lab));
            let (life, _checked) = raise(&lab, &threads, &port);
            answer(&port).await.unwrap();
            assert_eq!(port.ask(Work::Panic).await, Err(Unanswered::Lost));
            assert_eq!(life.await, End::Panicked("boom".into()));
        });
    }

    #[test]
    fn a_thread_that_blocks_is_fenced_counted_replaced_and_forgiven_when_it_ends() {
        lab::run(async |lab| {
            let (threads, port) = (Threads::new(0), port(&lab));
            let (life, mut checked) = raise(&lab, &threads, &port);
            let first = answer(&port).await.unwrap();
            checked.recv().await.unwrap().unwrap();
            let (release, until) = mpsc::channel();
            let (begun, blocks) = oneshot::channel();
            let late = actix_rt::spawn(port.ask(Work::Block(begun, until)));
            blocks.await.unwrap();
            lab.step(WATCH.every).await;
            lab.step(WATCH.patience).await;
            assert_eq!(life.await, End::Hung);
            threads.exhausted().await;
            let counted = prometheus::core::Collector::collect(&threads.gauge().unwrap());
            assert_eq!((threads.hung(), counted[0].get_metric()[0].get_gauge().get_value()), (1, 1.0));
            assert_eq!(port.nudge(Work::Ordinary), Err(Unanswered::Vacant));

            let (_next, _checked) = raise(&lab, &threads, &port);
            assert_ne!(answer(&port).await.unwrap(), first);

            drop(release);
            assert_eq!(checked.recv().await.unwrap(), Err(Fenced));
            assert_eq!(late.await.unwrap(), Ok(Err(Fenced)));
            while threads.hung() > 0 {
                tokio::task::yield_now().await;
            }
        });
    }

    #[test]
    fn an_incarnation_that_comes_too_late_does_not_call_itself_up() {
        lab::run(async |lab| {
            let threads = Threads::new(3);
            let (release, until) = mpsc::channel::<()>();
            let (checks, _checked) = unbounded_channel();
            let vitals = lab.vitals.vitals("worker");
            let life = threads.raise(&vitals, WATCH, move |raising| {
                let _released = until.recv();
                Worker { fence: raising.fence(), checks }
            });
            lab.step(WATCH.every).await;
            lab.step(WATCH.patience).await;
            assert_eq!(life.await, End::Hung);
            drop(release);
            while threads.hung() > 0 {
                tokio::task::yield_now().await;
            }
            assert_eq!(vitals.look().state, State::Raising, "its parent says what is next");
        });
    }

    #[test]
    fn without_a_system_the_life_ends_as_failed() {
        let (clock, _hand) = manilad_clock::Clock::stepped(lab::START);
        let vitals = crate::Registry::new(clock.clone()).vitals("worker");
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let end = tokio::task::LocalSet::new().block_on(&runtime, async {
            let (checks, _checked) = unbounded_channel();
            Threads::new(3).raise(&vitals, WATCH, move |raising| Worker { fence: raising.fence(), checks }).await
        });
        assert!(matches!(end, End::Failed(why) if why.contains("no actix system")));
    }
}
