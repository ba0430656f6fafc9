//! Removing a share server: its SMB server, its SVM with all that goes with it, then what its VLAN had for it alone.
//!
//! Ports, broadcast domain and IPspace go with the last SVM in them, and stay where the array says that they are used. How to
//! get it wrong: taking "nothing there" for "gone" while a call to make it may still land; or an SVM for ours by its
//! name. Source: operations.md §10.3.

use std::collections::BTreeSet;

use futures::future::join_all;
use futures::join;
use manilad_clock::Uuid;
use manilad_domain::security_service::Directory;
use manilad_driver::{ServerSubject, Trouble};
use manilad_ontap::broadcast_domain::{self, Domain};
use manilad_ontap::ipspace::{self, Removed};
use manilad_ontap::port::{self, Port};
use manilad_ontap::svm::{self, Svm};
use manilad_ontap::{Class, Client, Error, interface, kerberos, smb_server, volume};

use super::names::{self, VSERVER_NAME};
use super::session::server_session;
use super::unmanage::unmanage;
use super::{directories, network};
use crate::array::Array;
use crate::naming::PUT_AWAY;
use crate::{housekeeping, in_flight, trouble};

/// The SVM still has an SMB server.
const HAS_SMB_SERVER: &str = "2621525";
/// Volumes that are told by name.
const TOLD: usize = 3;

/// Why nobody remembers removals without an answer.
const WHY_NOT_NOTED: &str = "each takes away by its key what belongs to this server alone, or what the array keeps while another uses it; a \
                             server that is set up meanwhile and loses it makes it again at its next try";

/// Removes what there is of the server.
pub async fn tear_down(array: &Array, subject: &ServerSubject) -> Result<(), Trouble> {
    let session = server_session(array).await?;
    if subject.server.is_only_named() {
        // What was not taken over is not ours to remove.
        return unmanage(array, subject).await;
    }
    let name = session.templates.svm(&subject.server);
    let late = array.late_servers.left(subject.server.id, subject.in_flight);
    let (tags, mut ipspaces) = network::traces(subject);
    let mut held = Vec::new();
    for tag in &tags {
        held.push(array.segments.own(&array.clock, &array.settings.array(), *tag).await?);
    }
    array.svm_cache.forget(&name);
    let removing = Removing { array, client: &session.array_session.client, subject, name: &name };
    let (svm, vlans) = removing.look(&tags).await?;
    let places = vlans.into_iter().filter_map(|port| Some(port.place?.ipspace));
    ipspaces.extend(places.chain(svm.as_ref().and_then(|svm| svm.ipspace.clone())));
    ipspaces.retain(|ipspace| names::is_of_servers(ipspace));
    in_flight::without_note(WHY_NOT_NOTED, removing.remove_all(svm.as_ref(), &ipspaces)).await?;
    array.svm_cache.forget(&name);
    // Nothing is there. It is gone for good unless something could still land when we began to look.
    late.map_or(Ok(()), |left| {
        let reason = format!("nothing is left of {name}, but a call to make it may still be carried out");
        Err(trouble::wait(left, &reason))
    })
}

fn trouble_of(error: Error) -> Trouble {
    trouble::of(&error)
}

struct Removing<'a> {
    array: &'a Array,
    client: &'a Client,
    subject: &'a ServerSubject,
    name: &'a str,
}

impl Removing<'_> {
    /// The server's SVM, and the ports of its VLANs.
    async fn look(&self, tags: &BTreeSet<u32>) -> Result<(Option<Svm>, Vec<Port>), Trouble> {
        let vlans = join_all(tags.iter().map(|tag| port::vlans(self.client, *tag)));
        let (svm, volumes, vlans) =
            join!(svm::find(self.client, self.name), volume::names(self.client, self.name), vlans);
        let vlans = vlans.into_iter().collect::<Result<Vec<_>, Error>>().map_err(trouble_of)?.concat();
        let server = &self.subject.server;
        let Some(svm) = svm.map_err(trouble_of)? else {
            self.refuse_renamed().await?;
            return Ok((None, vlans));
        };
        if !names::is_of(&svm, server) {
            return match server.details.contains_key(VSERVER_NAME) {
                true => Err(stranger(&svm, server.id)),
                // It never came to be: whoever has its name, it is not the server.
                false => Ok((None, vlans)),
            };
        }
        let mut volumes = volumes.map_err(trouble_of)?;
        if volumes.iter().any(|name| name.starts_with(PUT_AWAY)) {
            // What was kept for its clones may go by now, and nobody waits for the next round.
            housekeeping::remove_put_away(self.client, self.name).await.map_err(trouble_of)?;
            volumes = volume::names(self.client, self.name).await.map_err(trouble_of)?;
        }
        if volumes.is_empty() {
            return Ok((Some(svm), vlans));
        }
        let some = volumes.iter().take(TOLD).cloned().collect::<Vec<_>>().join(", ");
        Err(trouble::again(format!("SVM {} still has {} volumes, such as {some}", svm.name, volumes.len())))
    }

    /// Removes the SVM, and the network below it where it was the last one there.
    async fn remove_all(&self, svm: Option<&Svm>, ipspaces: &BTreeSet<String>) -> Result<(), Trouble> {
        if let Some(svm) = svm {
            let (left, ()) = join!(self.leave_directory(svm.uuid), self.stop_kerberos());
            left?;
        }
        let spaces = join_all(ipspaces.iter().map(|ipspace| Space::look(self.client, ipspace)));
        let (removed, spaces) = join!(self.remove(svm), spaces);
        removed?;
        for space in spaces {
            let space = space.map_err(trouble_of)?;
            if space.svms.iter().all(|other| svm.is_some_and(|own| own.uuid == other.uuid)) {
                space.remove(self.client, &self.array.service).await.map_err(trouble_of)?;
            }
        }
        Ok(())
    }

    /// Refuses to take a server for gone whose SVM has another name.
    async fn refuse_renamed(&self) -> Result<(), Trouble> {
        let marked = svm::marked(self.client, &names::mark(self.subject.server.id)).await.map_err(trouble_of)?;
        let server = &self.subject.server;
        match marked.iter().find(|svm| names::is_of(svm, server)) {
            None => Ok(()),
            Some(svm) => Err(trouble::never(format!(
                "SVM {} carries the mark {}, but should be called {}: rename it, or take the mark out of its comment",
                svm.name,
                names::mark(server.id),
                self.name
            ))),
        }
    }

    /// Takes the server out of its Active Directory, or has the array forget that it was in one.
    async fn leave_directory(&self, svm: Uuid) -> Result<(), Trouble> {
        let joined = self.subject.directories.iter().find(|one| one.directory == Directory::ActiveDirectory);
        let Some(directory) = joined else { return Ok(()) };
        let Some(joiner) = directories::joiner(directory) else {
            return smb_server::forget(self.client, svm).await.map_err(trouble_of);
        };
        match smb_server::delete(self.client, svm, &joiner).await {
            Err(error) if is_no(&error) => {
                let (service, svm_name, why) = (&self.array.service, self.name, error.message());
                tracing::warn!(
                    service,
                    svm = svm_name,
                    why,
                    "the computer account of an SMB server may remain in Active Directory"
                );
                smb_server::forget(self.client, svm).await.map_err(trouble_of)
            }
            left => left.map_err(trouble_of),
        }
    }

    /// Switches Kerberos off; where that fails, it goes with the SVM.
    async fn stop_kerberos(&self) {
        if !self.subject.directories.iter().any(|one| one.directory == Directory::Kerberos) {
            return;
        }
        let stopped = async {
            let lifs = interface::data(self.client, self.name).await?;
            let stopped = join_all(lifs.iter().map(|lif| kerberos::disable(self.client, lif.uuid))).await;
            stopped.into_iter().collect::<Result<(), Error>>()
        };
        if let Err(error) = stopped.await {
            let (service, svm, why) = (&self.array.service, self.name, error.message());
            tracing::warn!(service, svm, why, "Kerberos was not switched off before the SVM goes");
        }
    }

    async fn remove(&self, svm: Option<&Svm>) -> Result<(), Trouble> {
        let Some(svm) = svm else { return Ok(()) };
        match svm::delete(self.client, svm.uuid).await {
            Err(error) if error.code() == HAS_SMB_SERVER => {
                smb_server::forget(self.client, svm.uuid).await.map_err(trouble_of)?;
                svm::delete(self.client, svm.uuid).await.map_err(trouble_of)
            }
            removed => removed.map_err(trouble_of),
        }
    }
}

/// Whether the array, or the directory, will not do it, rather than not now.
fn is_no(error: &Error) -> bool {
    matches!(error.class(), Class::Refused | Class::BadCredentials | Class::Unsupported | Class::Unauthorised)
}

fn stranger(svm: &Svm, server: manilad_domain::ShareServerId) -> Trouble {
    let mark = names::mark(server);
    trouble::never(format!(
        "SVM {} is there without the mark {mark}: it is not touched; rename it, or write that into its comment",
        svm.name
    ))
}

/// An IPspace of share servers.
struct Space {
    uuid: Option<Uuid>,
    svms: Vec<Svm>,
    domains: Vec<Domain>,
}

impl Space {
    async fn look(client: &Client, name: &str) -> Result<Self, Error> {
        let (uuid, svms, domains) = join!(
            ipspace::find(client, name),
            svm::in_ipspace(client, name),
            broadcast_domain::in_ipspace(client, name)
        );
        Ok(Space { uuid: uuid?, svms: svms?, domains: domains? })
    }

    /// Removes all that is in it and nobody uses, and then itself.
    async fn remove(self, client: &Client, service: &str) -> Result<(), Error> {
        let ports = self.domains.iter().flat_map(|domain| &domain.ports).filter_map(|port| port.uuid);
        let mut kept = any_kept(join_all(ports.map(|uuid| port::delete(client, uuid))).await)?;
        if !kept {
            let domains = self.domains.iter().map(|domain| broadcast_domain::delete(client, domain.uuid));
            kept = any_kept(join_all(domains).await)?;
        }
        if let Some(uuid) = self.uuid.filter(|_| !kept) {
            kept = ipspace::delete(client, uuid).await? == Removed::Kept;
        }
        if kept {
            tracing::info!(service, "the network of a share server stays: somebody uses it");
        }
        Ok(())
    }
}

fn any_kept(outcomes: Vec<Result<Removed, Error>>) -> Result<bool, Error> {
    let outcomes = outcomes.into_iter().collect::<Result<Vec<_>, _>>()?;
    Ok(outcomes.contains(&Removed::Kept))
}
