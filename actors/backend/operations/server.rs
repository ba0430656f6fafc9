//! Share servers: made, changed and removed in durable steps. Each step is settled before the next begins, so whoever goes on
//! after a crash begins where the records say.
//!
//! | Owed | And | Step | What is true then |
//! |---|---|---|---|
//! | set up, alter | a subnet without addresses | [`Next::Allocate`] | it has addresses in every subnet, on record |
//! | set up | it has a key, and no credential for it | [`Next::Entrust`] | the credential is on record |
//! | set up, alter | | [`Next::SetUp`] | it serves: it is active, and nothing is owed |
//! | manage | it has no addresses on record | [`Next::Recognise`] | those that it has on the array are on record |
//! | manage | | [`Next::Manage`] | it is ours, and serves: it is active, and nothing is owed |
//! | unmanage | | [`Next::Unmanage`] | nothing on the array is marked as ours, and it is forgotten |
//! | tear down | it may be on the array | [`Next::TearDown`] | nothing of it is on the array |
//! | tear down | it is off the array | [`Next::Release`] | its addresses and its credential are given back, and it is forgotten |
//!
//! How to get it wrong: to give addresses back while the array may still use them.

use manilad_domain::share_server::{ServerSubnet, ServerVerb};
use manilad_domain::{Allocation, EncryptionKeyId, ServerIntent, ShareServer};
use manilad_driver::{ManageServer, ServerSubject, SetUpServer, TearDownServer, UnmanageServer};
use manilad_store::{Error, Shared};

use super::{Forming, Step};
use crate::subject::allocations;

/// The next durable step of work on a server.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// In these subnets, and in the administrative network if `admin`.
    Allocate {
        subnets: Vec<ServerSubnet>,
        admin: bool,
    },
    /// With this key.
    Entrust(EncryptionKeyId),
    SetUp,
    Recognise,
    Manage,
    Unmanage,
    TearDown,
    Release,
}

/// The table above. `has_admin` where there is an administrative network.
fn next(verb: ServerVerb, server: &ShareServer, allocations: &[Allocation], has_admin: bool) -> Next {
    match verb {
        ServerVerb::TearDown if server.is_off_array => Next::Release,
        ServerVerb::TearDown => Next::TearDown,
        ServerVerb::ManageServer if allocations.is_empty() => Next::Recognise,
        ServerVerb::ManageServer => Next::Manage,
        ServerVerb::UnmanageServer => Next::Unmanage,
        ServerVerb::SetUp | ServerVerb::Alter => {
            let has = |subnet| allocations.iter().any(|one| one.subnet == subnet);
            let subnets: Vec<_> = server.subnets.iter().filter(|one| !has(Some(one.id))).cloned().collect();
            let admin = has_admin && !has(None);
            let unread = server.encryption.as_ref().filter(|one| one.credential.is_none());
            match unread {
                _ if admin || !subnets.is_empty() => Next::Allocate { subnets, admin },
                Some(encryption) => Next::Entrust(encryption.key),
                None => Next::SetUp,
            }
        }
    }
}

pub fn step(intent: &ServerIntent, forming: &Forming<'_>) -> Result<Step, Error> {
    let Forming { snapshot, ports, late, .. } = forming;
    let (intent, cancellation) = (intent.clone(), forming.cancellation.clone());
    let Some(server) = snapshot.get::<ShareServer>(&intent.server.to_string())?.map(Shared::into_owned) else {
        return Ok(Step::Decide(Box::new(move |settling, draft| settling.server_moot(draft, &intent))));
    };
    let allocations = allocations(snapshot, &server)?;
    let in_flight = late.concerns(server.id.0);
    let next = next(intent.verb, &server, &allocations, ports.has_admin_network());
    let subject = |server: ShareServer, allocations| {
        let (directories, request_id) = (server.directories.clone(), intent.request_id.clone());
        Box::new(ServerSubject { server, allocations, directories, in_flight, request_id })
    };
    Ok(match next {
        Next::Allocate { subnets, admin } => {
            let asked = ports.allocate(server, subnets, admin, cancellation);
            Step::ask(asked, move |settling, draft, offers| settling.allocated(draft, &intent, offers))
        }
        Next::Entrust(key) => {
            let asked = ports.entrust(server.id, key, cancellation);
            Step::ask(asked, move |settling, draft, credential| settling.entrusted(draft, &intent, credential))
        }
        Next::SetUp => {
            let subject = subject(server, allocations);
            let asked = ports.ask_server(|servers| &servers.set_up, SetUpServer { subject, cancellation });
            Step::ask(asked, move |settling, draft, details| settling.set_up(draft, &intent, details))
        }
        Next::Recognise => {
            let asked = ports.recognise(subject(server, allocations), cancellation);
            Step::ask(asked, move |settling, draft, offers| settling.allocated(draft, &intent, offers))
        }
        Next::Manage => {
            let subject = subject(server, allocations);
            let asked = ports.ask_server(|servers| &servers.manage, ManageServer { subject, cancellation });
            Step::ask(asked, move |settling, draft, details| settling.set_up(draft, &intent, details))
        }
        Next::Unmanage => {
            let subject = subject(server, allocations);
            let asked = ports.ask_server(|servers| &servers.unmanage, UnmanageServer { subject, cancellation });
            Step::ask(asked, move |settling, draft, ()| settling.server_unmanaged(draft, &intent))
        }
        Next::TearDown => {
            let subject = subject(server, allocations);
            let asked = ports.ask_server(|servers| &servers.tear_down, TearDownServer { subject, cancellation });
            Step::ask(asked, move |settling, draft, ()| settling.torn_down(draft, &intent))
        }
        Next::Release => {
            let asked = ports.release(server, allocations, in_flight, cancellation);
            Step::ask(asked, move |settling, draft, ()| settling.released(draft, &intent))
        }
    })
}
