//! What driver actors receive: tasks that carry the record and all that is needed of it.
//!
//! A driver never touches the store. It observes the array, plans, acts, and returns what is now true. Every task can
//! be repeated: it finds what an earlier try left behind.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use actix::Message;
use manilad_domain::access::{AccessLevel, AccessType};
pub use manilad_domain::outcome::{Export, RefusedRule, Remedy, Trouble};
use manilad_domain::share::Protocol;
use manilad_domain::{
    AccessRuleId, Allocation, InstanceId, PoolName, SecurityService, ShareId, ShareServer, ShareServerId,
};

/// Which driver actor does a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Noun {
    Share,
    Access,
    /// Only where the driver makes share servers.
    Server,
}

impl Noun {
    pub const ALL: [Self; 3] = [Noun::Share, Noun::Access, Noun::Server];

    pub const fn name(self) -> &'static str {
        match self {
            Noun::Share => "share",
            Noun::Access => "access",
            Noun::Server => "server",
        }
    }
}

/// The instance that a task is about, and what a driver may want to know of its share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub share: ShareId,
    pub instance: InstanceId,
    pub project: String,
    pub name: Option<String>,
    pub protocol: Protocol,
    /// GiB.
    pub size: u64,
    pub pool: PoolName,
    pub mount_point_name: Option<String>,
    pub type_name: Option<String>,
    pub extra_specs: BTreeMap<String, String>,
    pub metadata: BTreeMap<String, String>,
    /// What serves it; `None` where the driver makes no share servers.
    pub server: Option<Seat>,
    /// Calls that an earlier incarnation of the back end made for it may still be carried out: what is taken away counts
    /// as gone only when none of them can be any more.
    pub in_flight: bool,
    /// For logs.
    pub request_id: String,
}

/// The share server of an instance, as far as its shares need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seat {
    pub server: ShareServerId,
    /// What the driver told when it set the server up.
    pub details: BTreeMap<String, String>,
    /// Addresses in the administrative network: exports there are for administrators only.
    pub admin_addresses: Vec<IpAddr>,
}

/// A share server, and all that it is to stand on.
#[derive(Debug, Clone)]
pub struct ServerSubject {
    pub server: ShareServer,
    /// In all its subnets and in the administrative network.
    pub allocations: Vec<Allocation>,
    pub directories: Vec<SecurityService>,
    /// As with [`Subject::in_flight`].
    pub in_flight: bool,
    /// For logs.
    pub request_id: String,
}

/// A rule that the array is to enforce.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedRule {
    pub id: AccessRuleId,
    pub kind: AccessType,
    pub to: String,
    pub level: AccessLevel,
}

/// What to bring about.
#[derive(Debug, Clone)]
pub enum Task {
    /// The instance exists, and is exported to nobody until rules say so.
    Create(Subject),
    /// Nothing of the instance is left.
    Delete(Subject),
    /// Where the instance can be mounted by now. Nothing is changed.
    Export(Subject),
    /// The array enforces exactly these rules.
    Apply(Subject, Vec<WantedRule>),
    /// The server stands in all its subnets, with its directories, and serves.
    SetUp(Box<ServerSubject>),
    /// Nothing of the server is left on the array, nor what was made for it alone.
    TearDown(Box<ServerSubject>),
}

impl Task {
    pub fn noun(&self) -> Noun {
        match self {
            Task::Create(_) | Task::Delete(_) | Task::Export(_) => Noun::Share,
            Task::Apply(..) => Noun::Access,
            Task::SetUp(_) | Task::TearDown(_) => Noun::Server,
        }
    }
}

/// What is now true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    Created(Vec<Export>),
    Deleted,
    Exported(Vec<Export>),
    Applied {
        refused: Vec<RefusedRule>,
    },
    /// These rules are not taken; whether all others are is still to be found out, so the task is to be given again without
    /// them.
    PartlyApplied {
        refused: Vec<RefusedRule>,
    },
    /// The server serves; what the driver wants to be told again of it.
    SetUp {
        details: BTreeMap<String, String>,
    },
    TornDown,
}

/// Whether a task has been cancelled: its work was given up or replaced while it was under way. A driver asks before each
/// call that changes something, and does not make that call then; whoever owes something else looks at what is there.
#[derive(Clone)]
pub struct Cancellation(Arc<dyn Fn() -> bool + Send + Sync>);

impl Cancellation {
    /// `is_owed` is asked anew each time.
    pub fn unless(is_owed: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Cancellation(Arc::new(move || !is_owed()))
    }

    /// For a task that nobody cancels.
    pub fn never() -> Self {
        Cancellation::unless(|| true)
    }

    pub fn is_cancelled(&self) -> bool {
        (self.0)()
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Cancellation")
    }
}

/// Bring one instance to the state that its intent asks for.
#[derive(Debug, Clone, Message)]
#[rtype(result = "Result<Settled, Trouble>")]
pub struct Settle(pub Task, pub Cancellation);
