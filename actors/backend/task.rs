//! From what is owed to what is to be done: the records and what is needed of them, read together.
//!
//! All is read from one snapshot. How to get it wrong: reading one record after the other, between which the writer may
//! settle; a server that was just being made and owes nothing any more would look as if it had failed.

use manilad_decisions::settle::Outcome;
use manilad_domain::access::{self, AccessRule};
use manilad_domain::intent::Verb;
use manilad_domain::message::Detail;
use manilad_domain::share_server::{ServerSubnet, ServerVerb, allocation};
use manilad_domain::status::ServerStatus;
use manilad_domain::{
    Allocation, DetachedInstance, Instance, Intent, PoolName, Record, ServerIntent, Share, ShareServer, ShareServerId,
    ShareType,
};
use manilad_messages::driver::{Remedy, Seat, ServerSubject, Subject, Task, Trouble, WantedRule};
use manilad_store::{Error, Range, Shared, Snapshot};

/// What an intent comes down to now.
#[derive(Debug, Clone)]
pub enum Formed {
    /// The driver's business; for access with the rules as they were when it was formed.
    Task { task: Box<Task>, rules: Vec<AccessRule> },
    /// The network plugins' business: addresses in these subnets, and in the administrative network if `admin`.
    Allocate { server: Box<ShareServer>, subnets: Vec<ServerSubnet>, admin: bool },
    /// Theirs too: the addresses go back.
    Release { server: Box<ShareServer>, allocations: Vec<Allocation> },
    /// A share server is to be found for the instance.
    Seat,
    /// Its share server is still being made or changed, which an intent of its own brings to an end.
    Wait(ShareServerId),
    /// Nobody needs to do anything.
    Settle(Outcome),
    /// There is nothing left to do it to.
    Moot,
}

/// Forms the task of an intent of an instance.
pub fn form(snapshot: &Snapshot, intent: &Intent) -> Result<Formed, Error> {
    let Some((share, share_type)) = holder(snapshot, intent)? else { return Ok(Formed::Moot) };
    let Some(instance) = share.instance(intent.instance) else { return Ok(Formed::Moot) };
    let Some(pool) = instance.pool.clone() else {
        return Ok(Formed::Settle(nowhere(intent.verb, unplaced())));
    };
    let server = match (instance.network, instance.server) {
        (None, _) => None,
        (Some(_), None) if intent.verb == Verb::Create => return Ok(Formed::Seat),
        (Some(_), None) => return Ok(Formed::Settle(nowhere(intent.verb, unserved(None)))),
        (Some(_), Some(id)) => match standing(snapshot, intent.verb, id)? {
            Ok(server) => Some(seat(snapshot, &server)?),
            Err(formed) => return Ok(*formed),
        },
    };
    let subject = Subject { server, ..subject(&share, instance, &pool, share_type.as_deref(), &intent.request_id) };
    let (task, rules) = match intent.verb {
        Verb::Place => return Ok(Formed::Settle(Outcome::Failed(unplaced()))),
        Verb::Create => (Task::Create(subject), Vec::new()),
        Verb::Delete => (Task::Delete(subject), Vec::new()),
        Verb::Export => (Task::Export(subject), Vec::new()),
        Verb::Access => {
            let rules: Vec<AccessRule> = snapshot.scan(&Range::of(access::BY_SHARE, [share.key()]))?.owned().records;
            (Task::Apply(subject, wanted(&rules)), rules)
        }
    };
    Ok(Formed::Task { task: Box::new(task), rules })
}

/// A share and its type.
type Holder = (Shared<Share>, Option<Shared<ShareType>>);

/// The share of an instance, with its type; as it was, where the share is gone and the instance is not.
fn holder(snapshot: &Snapshot, intent: &Intent) -> Result<Option<Holder>, Error> {
    if let Some(share) = snapshot.get::<Share>(&intent.share.to_string())? {
        let share_type = share.type_id.map(|id| snapshot.get::<ShareType>(&id.to_string())).transpose()?.flatten();
        return Ok(Some((share, share_type)));
    }
    let detached = snapshot.get::<DetachedInstance>(&intent.instance.to_string())?.map(Shared::into_owned);
    Ok(detached.map(|one| (one.share.into(), one.share_type.map(Shared::from))))
}

/// The share server of an instance, if work on the instance can be done there; else what is to be done instead.
fn standing(snapshot: &Snapshot, verb: Verb, id: ShareServerId) -> Result<Result<ShareServer, Box<Formed>>, Error> {
    let server = snapshot.get::<ShareServer>(&id.to_string())?.map(Shared::into_owned);
    let stands = server.as_ref().is_some_and(ShareServer::stands);
    let instead = match (verb, server) {
        (Verb::Create, Some(server)) if stands && server.status == ServerStatus::Active => return Ok(Ok(server)),
        (Verb::Create, Some(server)) if is_being_set_up(snapshot, server.id)? => Formed::Wait(server.id),
        (Verb::Create, server) => Formed::Settle(Outcome::Unserved(unserved(server))),
        (_, Some(server)) if stands => return Ok(Ok(server)),
        (_, server) => Formed::Settle(nowhere(verb, unserved(server))),
    };
    Ok(Err(Box::new(instead)))
}

/// How work ends on an instance of which nothing is on any array.
fn nowhere(verb: Verb, trouble: Trouble) -> Outcome {
    match verb {
        Verb::Delete => Outcome::Deleted,
        _ => Outcome::Unserved(trouble),
    }
}

/// Whether a server is being made or changed: whoever waits for it waits for that intent.
pub fn is_being_set_up(snapshot: &Snapshot, server: ShareServerId) -> Result<bool, Error> {
    let owed = snapshot.get::<ServerIntent>(&server.to_string())?;
    Ok(owed.is_some_and(|intent| intent.verb != ServerVerb::TearDown))
}

fn unserved(server: Option<ShareServer>) -> Trouble {
    Trouble {
        remedy: Remedy::Elsewhere,
        detail: server.and_then(|server| server.failure).unwrap_or(Detail::NoShareServer),
        told: "its share server could not be made, or does not stand any more".to_owned(),
    }
}

fn unplaced() -> Trouble {
    let told = "it has no pool, and a back end was asked to work on it".to_owned();
    Trouble { remedy: Remedy::Elsewhere, detail: Detail::UnknownError, told }
}

fn seat(snapshot: &Snapshot, server: &ShareServer) -> Result<Seat, Error> {
    Ok(seat_of(server, &allocations(snapshot, server)?))
}

/// What a driver is told of the server of an instance.
pub fn seat_of(server: &ShareServer, allocations: &[Allocation]) -> Seat {
    let admin = allocations.iter().filter(|one| one.subnet.is_none());
    Seat { server: server.id, details: server.details.clone(), admin_addresses: admin.map(|one| one.address).collect() }
}

fn allocations(snapshot: &Snapshot, server: &ShareServer) -> Result<Vec<Allocation>, Error> {
    Ok(snapshot.scan(&Range::of(allocation::BY_SERVER, [server.key()]))?.owned().records)
}

/// Forms the task of an intent of a share server. `has_admin` where there is an administrative network.
pub fn form_server(snapshot: &Snapshot, intent: &ServerIntent, has_admin: bool) -> Result<Formed, Error> {
    let server = snapshot.get::<ShareServer>(&intent.server.to_string())?.map(Shared::into_owned);
    let Some(server) = server else { return Ok(Formed::Moot) };
    let allocations = allocations(snapshot, &server)?;
    if intent.verb == ServerVerb::TearDown && server.is_off_array {
        return Ok(Formed::Release { server: Box::new(server), allocations });
    }
    let has = |subnet| allocations.iter().any(|one| one.subnet == subnet);
    let subnets: Vec<_> = server.subnets.iter().filter(|one| !has(Some(one.id))).cloned().collect();
    let admin = has_admin && !has(None);
    if intent.verb != ServerVerb::TearDown && (admin || !subnets.is_empty()) {
        return Ok(Formed::Allocate { server: Box::new(server), subnets, admin });
    }
    let directories = server.directories.clone();
    let request_id = intent.request_id.clone();
    let subject = Box::new(ServerSubject { server, allocations, directories, in_flight: false, request_id });
    let task = match intent.verb {
        ServerVerb::SetUp | ServerVerb::Alter => Task::SetUp(subject),
        ServerVerb::TearDown => Task::TearDown(subject),
    };
    Ok(Formed::Task { task: Box::new(task), rules: Vec::new() })
}

/// What a driver is told of an instance.
pub fn subject(
    share: &Share,
    instance: &Instance,
    pool: &PoolName,
    share_type: Option<&ShareType>,
    request_id: &str,
) -> Subject {
    Subject {
        share: share.id,
        instance: instance.id,
        project: share.project_id.clone(),
        name: share.name.clone(),
        protocol: share.protocol,
        size: share.size,
        pool: pool.clone(),
        mount_point_name: share.mount_point_name.clone(),
        type_name: share_type.map(|one| one.name.clone()),
        extra_specs: share_type.map(|one| one.extra_specs.clone()).unwrap_or_default(),
        metadata: share.metadata.clone(),
        server: None,
        in_flight: false,
        request_id: request_id.to_owned(),
    }
}

/// The rules that the array is to enforce.
pub fn wanted(rules: &[AccessRule]) -> Vec<WantedRule> {
    let wanted = rules.iter().filter(|rule| rule.state.is_wanted());
    wanted.map(|rule| WantedRule { id: rule.id, kind: rule.kind, to: rule.to.clone(), level: rule.level }).collect()
}
