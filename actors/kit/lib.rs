//! Supervision on top of actix: what an actor of this daemon may rely on.
//!
//! An actor is an actix actor with plain `Handler`s; long work is a `ResponseActFuture` around [`contained`]. The kit
//! brings messages to it ([`Port`]), raises it from a factory ([`raise`], [`Threads`]), watches it ([`Watch`]), tells its
//! parent how it ended ([`Parent`], [`End`]) and raises it again ([`Restarts`]). Addresses are never handed out, and
//! nothing else may send to an actor. `example.rs` is the pattern to copy.
//!
//! # Order
//! * Messages of one port are *begun* in the order in which the port took them in. There is no order between two ports.
//! * A handler runs to its end before the next begins. What it leaves running (a future) overlaps with what comes next,
//!   unless the actor waits for it (`AtomicResponse`, `Context::wait`); then nothing else is begun.
//! * At most 16 messages of a port are begun before the actor's timers and other futures get their turn.
//!
//! # Bounds
//! * A port holds at most its bound, counting what waits and what is in hand: one message more is [`Unanswered::Full`], at
//!   once, and is counted. A place is given back when the answer is there, when the work is lost, or when an asker leaves
//!   before his question was begun; whichever comes, it comes before the asker learns of it.
//! * An asker waits at most the patience of the port, then is [`Unanswered::Late`]. Queueing counts.
//! * All patience is running time on the [`Clock`](manilad_clock::Clock).
//!
//! # Loss
//! * [`Unanswered::Full`] and [`Unanswered::Vacant`]: the message was not taken, nothing was done.
//! * [`Unanswered::Late`]: a question ([`Port::ask`]) that was not begun is withdrawn and never will be; one that was begun
//!   goes on, and its answer is thrown away. The asker can't tell which: look.
//! * [`Unanswered::Lost`]: it was in hand when the actor, or the task that was to answer, ended. Look.
//! * [`Port::nudge`]: once taken in, it is handled, unless the actor ends with it in hand or the process ends. Nothing here
//!   survives the process; what must, is in the store.
//! * A nudge means "look now", so one that is refused or lost costs time and nothing else.
//!
//! # Ends
//! * A panic in a handler, in a future of the actor's context, in a hook, in its factory or in its `drop` ends that
//!   incarnation ([`End::Panicked`] with its message) and nothing else. No hook is called after a panic.
//! * A panic or a hang inside [`contained`] is an error for whoever asked; the actor goes on.
//! * An actor that shows no pulse for `Watch::patience` (it blocks its thread, or waits for ever) is [`End::Hung`]. On a
//!   shared thread only waiting is found this way; what may block belongs on a thread of its own.
//! * An actor that gives up ([`Quit::because`]), or stops without being asked to, is [`End::Failed`].
//! * When an incarnation ends: its fence is up, its ports are vacant, what it had in hand is lost, the futures of its
//!   context and its [`contained`] work are dropped, its children end. **What waited in its ports stays** and is begun by
//!   the next incarnation, if that comes in the asker's patience. The message that killed it is not tried again.
//! * A bare `ResponseFuture` and anything else that an actor spawns outside its context is *not* ended with it; an
//!   [`OwnedTask`] that the actor holds is.
//!
//! # Restarts
//! * The parent learns every end, once. Its [`Restarts`] decide: again after a jittered pause that doubles, or given up
//!   beyond so many ends in a window. The next incarnation comes from the factory and knows nothing of the last one; only
//!   ports, vitals and what the factory holds go on.
//! * A new incarnation is `Up` when `started`, and what that waits for with `Context::wait`, is done. Messages are taken in
//!   from the moment the factory plugs the port.
//! * A thread that hangs is left behind, fenced and counted, and replaced; it leaves the count when it ends. Beyond the
//!   limit [`Threads::exhausted`] resolves, and the process should end.
//! * Children never outlive their parent. On a hung thread they can't be ended: a child of an actor with a
//!   thread of its own checks its fence [under](Fence::under) its parent's.
//!
//! # Orderly stop
//! * A stop makes the ports vacant, works off all that they had taken in, and then stops the actor ([`End::Stopped`]).
//!   Futures that answer no message are dropped. After its patience it is ended anyway ([`End::Hung`]).
//! * Children stop before their parent does ([`Parent::children_first`]), and are not raised again.

mod cancellation;
mod catch_panic;
mod contained;
mod end;
mod fence;
#[cfg(any(test, feature = "lab"))]
pub mod lab;
mod life;
mod metrics;
mod owned_task;
mod port;
mod pump;
mod queue;
mod raising;
mod restart_children;
mod restart_limits;
mod threads;
mod ticker;
mod unanswered;
mod vitals;

pub use cancellation::Cancellation;
pub use contained::{Lost, contained};
pub use end::End;
pub use fence::{Fence, Fenced};
pub use life::{Life, Stopper, Watch, raise};
pub use owned_task::OwnedTask;
pub use port::Port;
pub use raising::{Quit, Raising};
pub use restart_children::{Children, Parent};
pub use restart_limits::{RestartDecision, Restarts};
pub use threads::Threads;
pub use ticker::Ticker;
pub use unanswered::Unanswered;
pub use vitals::{Registry, Restarted, Snapshot, State, Vitals};

#[cfg(test)]
mod clerk;
#[cfg(test)]
mod example;
