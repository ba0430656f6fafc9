//! What a driver offers: for each incarnation of a back end a running driver that reports pools, surveys the array, and raises the
//! actors that do the work; and what those actors receive.
//!
//! The back end knows these messages, not the vendor's types. A driver lives on the back end's own thread and never touches
//! the store. How to get it wrong: to keep state that matters across incarnations in the [`Driver`]; a new incarnation begins by
//! looking at the array.

mod maker;
mod messages;
mod subject;

#[cfg(feature = "suite")]
#[allow(clippy::expect_used, clippy::panic, reason = "a suite is only run by tests")]
pub mod suite;

use std::rc::Rc;

use futures::future::LocalBoxFuture;
use manilad_clock::Clock;
use manilad_conf::settings::Backend;
use manilad_domain::pool::Pool;
use manilad_domain::{DriverAbilities, InstanceId};
use manilad_kit::{Fence, Life, Vitals};

pub use maker::{Maker, Refused};
pub use manilad_domain::outcome::{Applied, Created, Ensured, Export, Managed, RefusedRule, Remedy, Trouble};
pub use manilad_kit::Cancellation;
pub use messages::*;
pub use subject::{DesiredQos, DesiredRule, Seat, ServerSubject, SnapshotSource, SnapshotSubject, Subject};

/// A driver of one configured back end. Shared between threads; holds configuration only.
pub trait Driver: Send + Sync + 'static {
    /// Begins an incarnation on the current thread. Cheap: the array is first asked by the running driver.
    fn start(&self, context: DriverContext) -> Rc<dyn RunningDriver>;

    /// What it can do, without the array being asked.
    fn abilities(&self) -> DriverAbilities;

    /// What of its settings reaches the shares that it has only when they are ensured. Where it differs from what it was when the
    /// daemon last ran, they are.
    fn ensured_as(&self) -> String {
        String::new()
    }

    /// How many tasks each of its actors has at once. More would only wait there, where waiting has an end, and on a slow
    /// array would be sent back and count as failed tries.
    fn tasks(&self) -> usize;

    /// Puts the login into force that the section of the back end has by now, for the next call of every incarnation;
    /// `false` if it is the one in force, or the driver has none.
    ///
    /// # Errors
    /// What could never work; the login in force stays.
    fn take_login(&self, _backend: &Backend) -> Result<bool, Refused> {
        Ok(false)
    }
}

/// What an incarnation begins with.
#[derive(Clone)]
pub struct DriverContext {
    pub clock: Clock,
    /// To be checked before each call to the array: a replaced incarnation must not act any more.
    pub fence: Fence,
    /// `host@backend`, as pools are named and logs are marked.
    pub service: String,
}

/// One incarnation at work.
pub trait RunningDriver {
    /// What the pools are like now. The first report also checks that the array can serve at all.
    ///
    /// # Errors
    /// Why the back end can't work now; it is down once no report has succeeded for `service_down_time`.
    fn report(&self) -> LocalBoxFuture<'static, Result<Vec<Pool>, Trouble>>;

    /// Looks at all that carries our mark on the array, in few calls, and changes nothing.
    ///
    /// # Errors
    /// Why it can't be seen. Never a part of it: what is left out would pass for missing.
    fn survey(&self) -> LocalBoxFuture<'static, Result<Rc<dyn Survey>, Trouble>>;

    /// Ends when shares may be reached by other paths than before. What is noticed while nobody waits counts for who waits next.
    fn moved(&self) -> LocalBoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }

    /// How many addresses a share server needs in each of its subnets.
    ///
    /// # Errors
    /// Why it can't be told, or that the driver makes no share servers.
    fn addresses(&self) -> LocalBoxFuture<'static, Result<usize, Trouble>>;

    /// Raises one incarnation of the actor of shares.
    fn raise_shares(&self, vitals: &Vitals, ports: &SharePorts) -> Life;

    /// Raises one incarnation of the actor of access rules.
    fn raise_access(&self, vitals: &Vitals, ports: &AccessPorts) -> Life;

    /// Raises one incarnation of the actor of snapshots.
    fn raise_snapshots(&self, vitals: &Vitals, ports: &SnapshotPorts) -> Life;

    /// Raises one incarnation of the actor of share servers. Asked only where the driver makes share servers.
    fn raise_servers(&self, vitals: &Vitals, ports: &ServerPorts) -> Life;
}

/// The array as it was when it was looked at. No call is made from here on.
pub trait Survey {
    /// All that carries our mark, whoever made it.
    fn marked(&self) -> &[Marked];

    /// How the array does by an instance that is to be served under exactly the rules in `desired`.
    fn judge(&self, subject: &Subject, desired: &[DesiredRule]) -> Condition;

    /// What else of an instance that is there differs from its record and from what its type and its metadata say, where these say
    /// something.
    fn differences(&self, _subject: &Subject) -> Vec<Difference> {
        Vec::new()
    }

    /// Where an instance could be mounted; none where that is not known, or nowhere.
    fn exports(&self, _subject: &Subject) -> Option<Vec<Export>> {
        None
    }
}

/// An object on the array that carries the mark of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    pub instance: InstanceId,
    /// The vendor's word for it, such as `volume`.
    pub what: &'static str,
    /// As an operator finds it.
    pub name: String,
    /// Tells it from any other object there ever was.
    pub id: String,
}

/// What a survey says of an instance. Texts are for operators and never hold a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// All is there, and exactly the desired rules are in force.
    Sound,
    /// Others than the desired rules are in force; applying the desired ones mends it.
    Drifted(String),
    /// Clients can't use it, whatever the rules are: it is not there, or not mounted.
    Missing(String),
}

/// What a difference is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    Size,
    Pool,
    SnapshotPolicy,
    SnapshotDirectory,
    Qos,
}

impl Aspect {
    pub const ALL: &[Self] =
        &[Aspect::Size, Aspect::Pool, Aspect::SnapshotPolicy, Aspect::SnapshotDirectory, Aspect::Qos];

    /// In metrics and logs.
    pub const fn name(self) -> &'static str {
        match self {
            Aspect::Size => "size",
            Aspect::Pool => "pool",
            Aspect::SnapshotPolicy => "snapshot_policy",
            Aspect::SnapshotDirectory => "snapshot_directory",
            Aspect::Qos => "qos",
        }
    }

    /// Whether [`EnsureInstance`] mends it. A size is left: clients have written by it. So is a pool: to move a volume takes hours, and
    /// somebody may have moved it on purpose.
    pub const fn can_be_mended(self) -> bool {
        !matches!(self, Aspect::Size | Aspect::Pool)
    }
}

/// Something of an instance that is not as it should be, besides who may use it. The text is for operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub aspect: Aspect,
    pub reason: String,
}
