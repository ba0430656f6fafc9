//! What driver actors receive: one message for each operation, with the record and all that is needed of it. A message of the actor
//! of shares is a row of the table at the end, with its port.
//!
//! A driver observes the array, plans, acts, and answers what is now true. Every task can be repeated: it finds what an
//! earlier try left behind. How to get it wrong: to answer before it is true, or to make another call that changes something
//! after the task was cancelled.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use actix::{Actor, Context, Handler, Message};
use manilad_clock::Clock;
use manilad_domain::outcome::{Applied, Created, Ensured, Export, Managed, Trouble};
use manilad_kit::{Port, Raising};

use crate::{Cancellation, DesiredRule, ServerSubject, SnapshotSubject, Subject};

/// The array enforces exactly these rules.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Applied, Trouble>")]
pub struct ApplyRules {
    pub subject: Subject,
    pub rules: Vec<DesiredRule>,
    pub cancellation: Cancellation,
}

/// The server stands in all its subnets, with its directories, and serves. Answers what the driver wants to be told again
/// of it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<BTreeMap<String, String>, Trouble>")]
pub struct SetUpServer {
    pub subject: Box<ServerSubject>,
    pub cancellation: Cancellation,
}

/// Nothing of the server is left on the array, nor what was made for it alone.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Trouble>")]
pub struct TearDownServer {
    pub subject: Box<ServerSubject>,
    pub cancellation: Cancellation,
}

/// What the identifier of the server names is on the array, and can be the server. Nothing is changed. Answers at which addresses it
/// serves.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Vec<IpAddr>, Trouble>")]
pub struct FindServer {
    pub subject: Box<ServerSubject>,
    pub cancellation: Cancellation,
}

/// What the identifier of the server names is the server, with its name and its mark. Answers what the driver wants to be told again of
/// it.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<BTreeMap<String, String>, Trouble>")]
pub struct ManageServer {
    pub subject: Box<ServerSubject>,
    pub cancellation: Cancellation,
}

/// Nothing on the array is marked as of the server, nor can an earlier call mark it again. All else is as it was.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Trouble>")]
pub struct UnmanageServer {
    pub subject: Box<ServerSubject>,
    pub cancellation: Cancellation,
}

/// The snapshot is on the array. Answers how it is called there.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<String, Trouble>")]
pub struct TakeSnapshot {
    pub subject: Box<SnapshotSubject>,
    pub cancellation: Cancellation,
}

/// Nothing of the snapshot is left on the array.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<(), Trouble>")]
pub struct DeleteSnapshot {
    pub subject: Box<SnapshotSubject>,
    pub cancellation: Cancellation,
}

/// Whether the snapshot is on the array, and nothing can take it away any more. Nothing is changed. Answers how large what it
/// was taken of is, in GiB; nothing where the snapshot is not there, nor can come any more.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Option<u64>, Trouble>")]
pub struct FindSnapshot {
    pub subject: Box<SnapshotSubject>,
    pub cancellation: Cancellation,
}

/// Declares the ports of one driver actor: what it receives, and under which name.
macro_rules! ports {
    ($(#[$doc:meta])* $ports:ident { $($port:ident: $message:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone)]
        pub struct $ports {
            $(pub $port: Port<$message>),+
        }

        impl $ports {
            /// Ports that nobody is plugged into yet. `actor` is how the actor is called; `bound` and `patience` are those of
            /// each port.
            pub fn new(actor: &str, bound: usize, patience: Duration, clock: &Clock) -> Self {
                $ports { $($port: Port::new(format!("{actor}/{}", $name), bound, patience, clock.clone())),+ }
            }

            /// Feeds an actor from all of them.
            pub fn plug<A>(&self, raising: &mut Raising<A>)
            where
                A: Actor<Context = Context<A>> $(+ Handler<$message>)+,
            {
                $(raising.plug(&self.$port);)+
            }

            /// How many more messages each would take now.
            pub fn room(&self) -> usize {
                [$(self.$port.room()),+].into_iter().min().unwrap_or(0)
            }
        }
    };
}

/// A task on what an instance is on the array.
pub trait ShareTask: Message<Result = Result<Self::Done, Trouble>> + Send + 'static {
    /// Of its port.
    const NAME: &'static str;
    /// What is answered once it is done.
    type Done: Send + 'static;

    fn into_parts(self) -> (Subject, Cancellation);
}

/// Declares what the actor of shares receives, each with its answer, its port and the port's name.
macro_rules! share_tasks {
    ($($(#[$doc:meta])* $task:ident -> $done:ty, $port:ident = $name:literal;)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Message)]
            #[rtype(result = "Result<<Self as ShareTask>::Done, Trouble>")]
            pub struct $task {
                pub subject: Subject,
                pub cancellation: Cancellation,
            }

            impl ShareTask for $task {
                const NAME: &'static str = $name;
                type Done = $done;

                fn into_parts(self) -> (Subject, Cancellation) {
                    (self.subject, self.cancellation)
                }
            }
        )+

        ports! {
            /// The ways to the actor of shares.
            SharePorts { $($port: $task = $name),+ }
        }
    };
}

share_tasks! {
    /// The instance exists, and is exported to nobody until rules say so. Answers where it can be mounted, and whether it is in the
    /// pool of the snapshot that it began with and not yet in its own.
    CreateInstance -> Created, create = "create";
    /// The instance, which began with a snapshot in another pool, is in its own. Answers where it can be mounted.
    RelocateInstance -> Vec<Export>, relocate = "relocate";
    /// Nothing of the instance is left.
    DeleteInstance -> (), delete = "delete";
    /// Where the instance can be mounted by now. Nothing is changed.
    FindExports -> Vec<Export>, find_exports = "find-exports";
    /// What is on the array of the instance serves again, whatever a removal that was given up had begun. Answers where it can be
    /// mounted; nothing where nothing of it is there, nor can a removal still be carried out.
    RescueInstance -> Option<Vec<Export>>, rescue = "rescue";
    /// What is on the array of the instance serves, and is what its type and its metadata say, as far as the array takes that. Whom it
    /// lets in, and its size, stay as they are. Answers where it can be mounted.
    EnsureInstance -> Ensured, ensure = "ensure";
    /// The instance is as large as its subject says, and so are the limits that follow its size. Where its data does not fit, or there is
    /// no room for a larger size, nothing is changed, nor can an earlier call still change it, and the trouble's detail says so:
    /// `DriverRefusedShrink`, `FilterCapacity`.
    ResizeInstance -> (), resize = "resize";
    /// The instance holds what its subject's source, a snapshot of it, does, and no earlier call can bring it back once more. Its size
    /// stays.
    RevertInstance -> (), revert = "revert";
    /// What is mounted at the path that its subject names is the instance, with its names and its mark, and is exported to nobody until
    /// rules say so.
    ManageInstance -> Managed, manage = "manage";
    /// Nothing on the array is marked as of the instance, nor can an earlier call mark it again. All else is as it was.
    UnmanageInstance -> (), unmanage = "unmanage";
}

ports! {
    /// The ways to the actor of access rules.
    AccessPorts {
        apply: ApplyRules = "apply",
    }
}

ports! {
    /// The ways to the actor of snapshots.
    SnapshotPorts {
        take: TakeSnapshot = "take",
        delete: DeleteSnapshot = "delete",
        find: FindSnapshot = "find",
    }
}

ports! {
    /// The ways to the actor of share servers.
    ServerPorts {
        set_up: SetUpServer = "set-up",
        tear_down: TearDownServer = "tear-down",
        find: FindServer = "find",
        manage: ManageServer = "manage",
        unmanage: UnmanageServer = "unmanage",
    }
}
