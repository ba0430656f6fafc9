//! One incarnation of an actor, from its factory to its end.
//!
//! A factory gets a [`Raising`]: there it plugs in the ports, takes its fence, and gets the context. The first future in
//! each context is the kit's own ([`Steering`]): it tells that the actor is up, answers the pulse, and ends it in good
//! order. How to get it wrong: calling an actor up before its `started` and what that waits for are done, or stopping it
//! before its ports are worked off.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{self, Poll};

use actix::fut::ActorFuture;
use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Message};
use tokio::sync::{mpsc, oneshot};

use crate::catch_panic::{PanicBoundary, caught};
use crate::pump::{Drain, Pump};
use crate::vitals::{State, Vitals};
use crate::{End, Fence, Port};

/// What a factory makes an actor with.
pub struct Raising<A: Actor<Context = Context<A>>> {
    ctx: Context<A>,
    fence: Fence,
    vitals: Vitals,
    drain: Rc<Drain>,
    quit: Quit,
}

impl<A: Actor<Context = Context<A>>> Raising<A> {
    /// Feeds the actor from `port`, in place of whoever was plugged in before. Messages are handled in the order in
    /// which the port took them in; there is no order between two ports.
    pub fn plug<M>(&mut self, port: &Port<M>)
    where
        A: Handler<M>,
        M: Message + Send + 'static,
        M::Result: Send,
    {
        self.vitals.watch(port.queue().gauges());
        self.ctx.spawn(Pump::new(port.queue().clone(), self.fence.clone(), self.drain.clone()));
    }

    /// The fence of this incarnation, raised when it ends. Check it before each call to the outside.
    pub fn fence(&self) -> Fence {
        self.fence.clone()
    }

    /// How the actor ends itself, with a reason.
    pub fn quit(&self) -> Quit {
        self.quit.clone()
    }

    pub fn vitals(&self) -> &Vitals {
        &self.vitals
    }

    /// The context the actor will live in.
    pub fn context(&mut self) -> &mut Context<A> {
        &mut self.ctx
    }
}

/// Ends an actor from within, as a failure with a reason.
#[derive(Clone, Default)]
pub struct Quit(Rc<RefCell<Option<String>>>);

impl Quit {
    /// Stops the actor; its parent learns `End::Failed(why)`.
    pub fn because<A: Actor<Context = Context<A>>>(&self, why: impl std::fmt::Display, ctx: &mut Context<A>) {
        self.0.borrow_mut().get_or_insert_with(|| why.to_string());
        ctx.stop();
    }
}

/// What the watcher asks of an incarnation.
pub(crate) enum Order {
    /// Answer, to show that the actor still turns.
    Pulse(oneshot::Sender<()>),
    /// Take nothing more in, work off what is there, then stop.
    Stop,
}

/// Everything an incarnation begins with. It may be sent to another thread before it lives.
pub(crate) struct Incarnation<F> {
    pub vitals: Vitals,
    pub fence: Fence,
    pub orders: mpsc::Receiver<Order>,
    pub ended: oneshot::Sender<End>,
    pub factory: F,
}

impl<F> Incarnation<F> {
    /// Lives on the current arbiter, and tells its end.
    pub(crate) async fn live<A>(self)
    where
        A: Actor<Context = Context<A>>,
        F: FnOnce(&mut Raising<A>) -> A,
    {
        let Incarnation { vitals, fence, orders, ended, factory } = self;
        let drain = Rc::<Drain>::default();
        let quit = Quit::default();
        let mut ctx = Context::new();
        ctx.spawn(Steering { orders, drain: drain.clone(), fence: fence.clone(), vitals: vitals.clone(), up: false });
        let mut raising = Raising { ctx, fence, vitals, drain: drain.clone(), quit: quit.clone() };
        let life = match caught(|| factory(&mut raising)) {
            Ok(actor) => PanicBoundary::new(raising.ctx, actor).await,
            Err(words) => Err(words),
        };
        let why = quit.0.borrow_mut().take();
        let end = match (life, why) {
            (Err(words), _) => End::Panicked(words),
            (Ok(()), Some(why)) => End::Failed(why),
            (Ok(()), None) if drain.asked() => End::Stopped,
            (Ok(()), None) => End::Failed("stopped without being asked to".into()),
        };
        let _nobody_watches = ended.send(end);
    }
}

struct Steering {
    orders: mpsc::Receiver<Order>,
    drain: Rc<Drain>,
    fence: Fence,
    vitals: Vitals,
    up: bool,
}

impl<A: Actor<Context = Context<A>>> ActorFuture<A> for Steering {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut A, ctx: &mut Context<A>, task: &mut task::Context<'_>) -> Poll<()> {
        let steering = self.get_mut();
        if !steering.up && steering.fence.check().is_ok() {
            steering.up = true;
            steering.vitals.enter(State::Up);
        }
        while let Poll::Ready(Some(order)) = steering.orders.poll_recv(task) {
            match order {
                Order::Pulse(asker) => {
                    let _left_meanwhile = asker.send(());
                    #[cfg(feature = "lab")]
                    if crate::lab::takes_to_hang(steering.vitals.name()) {
                        ctx.wait(actix::fut::wrap_future(std::future::pending()));
                    }
                }
                Order::Stop => {
                    steering.drain.ask();
                    task.waker().wake_by_ref(); // pumps that were polled before this look again
                }
            }
        }
        if steering.drain.asked() && steering.drain.done() {
            ctx.stop();
            return Poll::Ready(());
        }
        Poll::Pending
    }
}
