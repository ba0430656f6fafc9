//! The table of endpoints: method, path, scope, how it is carried out. Routing and the catalogue test read it.
//!
//! How to get it wrong: answering an unknown path with an empty success; what is not in the table is 404, code 3.

use crate::lanes::Cost;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{Code, Refusal};
use crate::rest::made::Made;
use crate::rest::noun::Noun;
use crate::state::State;

/// Who may use an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Cluster accounts, SVM accounts and tunnelled requests.
    Any,
    /// Cluster accounts only, and not tunnelled.
    Cluster,
}

pub type Check = fn(&State, &Ask) -> Result<(), Refusal>;
pub type Write = fn(&mut State, &Ask) -> Result<Made, Refusal>;

/// How an endpoint is carried out.
#[derive(Clone, Copy)]
pub enum Act {
    Collection,
    Instance,
    /// Done before the reply.
    Sync(Cost, Write),
    /// Done by a job. What `Check` refuses is refused at once, the rest fails the job.
    Job(fn(&Ask) -> Cost, Check, Write),
    /// The same verb on each instance that the query chooses; holds the path of the instance endpoint.
    Each(&'static str),
}

impl Act {
    /// Of a write on one object: what it costs, what refuses it at once, what carries it out.
    pub fn write(&self, ask: &Ask) -> Option<(Cost, Check, Write)> {
        match self {
            Act::Sync(cost, write) => Some((*cost, |_, _| Ok(()), *write)),
            Act::Job(cost, check, write) => Some((cost(ask), *check, *write)),
            Act::Collection | Act::Instance | Act::Each(_) => None,
        }
    }
}

/// One row.
pub struct Endpoint {
    pub method: Method,
    pub path: &'static str,
    pub noun: &'static Noun,
    pub scope: Scope,
    /// Arguments of its own.
    pub arguments: &'static [&'static str],
    /// Whether a POST may carry many `records`.
    pub bulk: bool,
    /// What refuses a query that finds nothing; without, it is a success of no records.
    pub nothing_found: Option<Code>,
    pub act: Act,
}

const fn row(method: Method, path: &'static str, noun: &'static Noun, act: Act) -> Endpoint {
    Endpoint { method, path, noun, scope: Scope::Any, arguments: &[], bulk: false, nothing_found: None, act }
}

pub const fn collection(path: &'static str, noun: &'static Noun) -> Endpoint {
    row(Method::Get, path, noun, Act::Collection)
}

pub const fn instance(path: &'static str, noun: &'static Noun) -> Endpoint {
    row(Method::Get, path, noun, Act::Instance)
}

pub const fn sync(method: Method, path: &'static str, noun: &'static Noun, cost: Cost, write: Write) -> Endpoint {
    row(method, path, noun, Act::Sync(cost, write))
}

pub const fn job(
    method: Method,
    path: &'static str,
    noun: &'static Noun,
    cost: fn(&Ask) -> Cost,
    check: Check,
    write: Write,
) -> Endpoint {
    row(method, path, noun, Act::Job(cost, check, write))
}

pub const fn each(method: Method, path: &'static str, noun: &'static Noun, instance: &'static str) -> Endpoint {
    row(method, path, noun, Act::Each(instance))
}

impl Endpoint {
    pub const fn cluster_only(self) -> Endpoint {
        Endpoint { scope: Scope::Cluster, ..self }
    }

    pub const fn bulk(self) -> Endpoint {
        Endpoint { bulk: true, ..self }
    }

    pub const fn nothing_found(self, code: Code) -> Endpoint {
        Endpoint { nothing_found: Some(code), ..self }
    }

    pub const fn arguments(self, arguments: &'static [&'static str]) -> Endpoint {
        Endpoint { arguments, ..self }
    }
}
