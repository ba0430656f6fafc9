//! Taking over an SVM that is on the array already as a share server: found by what an administrator called it, judged, then given the
//! name and the mark of the server in one call.
//!
//! Nothing else of it is changed: its LIFs keep their names, and the export policy of its root stays, since others may be under that.
//! A try that may have been carried out leaves the SVM under its new name, where the next one finds it. How to get it wrong: to take an
//! SVM that is another server, or the seat of a back end; or to believe a VLAN by the record while its LIFs stand elsewhere, since
//! ports and IPspace of that VLAN go with the server. Source: operations.md §9.

use std::collections::BTreeMap;
use std::net::IpAddr;

use futures::future::join_all;
use futures::join;
use manilad_domain::ShareServer;
use manilad_domain::message::Detail;
use manilad_driver::{ServerSubject, Trouble};
use manilad_ontap::interface::{self, Interface};
use manilad_ontap::svm::{self, Change, Svm};
use manilad_ontap::volume::{self, Volume};
use manilad_ontap::{Class, Error, nfs};

use super::details::details;
use super::session::{ServerSession, server_session};
use super::set_up::failed;
use super::{names, network};
use crate::array::Array;
use crate::{naming, trouble};

/// What is to be the server can be it; at which addresses it serves.
pub async fn find(array: &Array, subject: &ServerSubject) -> Result<Vec<IpAddr>, Trouble> {
    let session = server_session(array).await?;
    let found = look(array, &session, &subject.server).await?;
    Ok(found.lifs.iter().map(|lif| lif.address).collect())
}

/// The SVM that an administrator named is the server.
pub async fn manage(array: &Array, subject: &ServerSubject) -> Result<BTreeMap<String, String>, Trouble> {
    let session = server_session(array).await?;
    let (server, client) = (&subject.server, &session.array_session.client);
    let network = network::read(subject, &session.array_session.facts.nodes)?;
    let name = session.templates.svm(server);
    let Found { svm, lifs } = look(array, &session, server).await?;
    judge_lifs(&lifs, network.tag, &network.addresses.iter().map(|one| one.allocation.address).collect::<Vec<_>>())
        .map_err(|reason| unfit(&svm, &reason))?;
    let transfers = match nfs::transfers(client, svm.uuid).await {
        Err(error) if error.class() == Class::Absent => nfs::Transfers::default(),
        told => told.map_err(trouble_of)?,
    };
    if svm.name != name || !names::is_of(&svm, server) {
        let change =
            Change { name: (svm.name != name).then(|| name.clone()), comment: Some(names::marked(&svm, server.id)) };
        let changing = svm::change(client, svm.uuid, &change);
        array.late_servers.during(server.id, (), changing).await.map_err(trouble_of)?;
        tracing::info!(service = array.service, svm = name, was = svm.name, "an SVM is managed as a share server");
    }
    array.svm_cache.forget(&svm.name);
    array.expect(&session.array_session, &name).await;
    Ok(details(&name, network.addresses.iter().map(|address| &address.allocation), transfers))
}

/// What may be the server.
struct Found {
    svm: Svm,
    lifs: Vec<Interface>,
}

/// The SVM that an earlier try has taken, or else the one that an administrator named, if it can be the server.
async fn look(array: &Array, session: &ServerSession<'_>, server: &ShareServer) -> Result<Found, Trouble> {
    let client = &session.array_session.client;
    let mut names = vec![session.templates.svm(server)];
    names.extend(session.templates.meant_by(&server.identifier));
    let found = join_all(names.iter().map(|name| svm::find(client, name))).await;
    let found = found.into_iter().collect::<Result<Vec<_>, Error>>().map_err(trouble_of)?;
    let none = || {
        let reason = format!("no SVM is called {:?}", server.identifier);
        Trouble { detail: Detail::NoShareServer, ..trouble::never(reason) }
    };
    let svm = found.into_iter().flatten().next().ok_or_else(none)?;
    let (lifs, volumes) = join!(interface::data(client, &svm.name), volume::all(client, Some(&svm.name)));
    let (lifs, volumes) = (lifs.map_err(trouble_of)?, volumes.map_err(trouble_of)?);
    if array.seats.has(array.settings.array(), &svm.name) {
        return Err(unfit(&svm, "a back end has it for its own (netapp_vserver)"));
    }
    judge(&svm, &lifs, &volumes, server).map_err(|reason| unfit(&svm, &reason))?;
    Ok(Found { svm, lifs })
}

fn trouble_of(error: Error) -> Trouble {
    failed(&error)
}

fn unfit(svm: &Svm, reason: &str) -> Trouble {
    let reason = format!("SVM {} can't be managed as a share server: {reason}", svm.name);
    Trouble { detail: Detail::NoShareServer, ..trouble::never(reason) }
}

/// Whether an SVM can be a share server, and this one. Pure.
fn judge(svm: &Svm, lifs: &[Interface], volumes: &[Volume], server: &ShareServer) -> Result<(), String> {
    let is = |value: &Option<String>, expected: &str| value.as_deref().is_none_or(|value| value == expected);
    if !is(&svm.subtype, "default") {
        return Err(format!("it is of subtype {}, not default", svm.subtype.as_deref().unwrap_or("?")));
    }
    if !is(&svm.state, "running") {
        return Err(format!("it is {}, not running", svm.state.as_deref().unwrap_or("?")));
    }
    if let Some(other) = names::owner_of(svm).filter(|_| !names::is_of(svm, server)) {
        return Err(format!(
            "it carries the mark of share server {other}: unmanage that, or take the mark out of its comment"
        ));
    }
    if let Some((volume, share)) = volumes.iter().find_map(|volume| Some((volume, naming::owner_of(volume)?))) {
        return Err(format!("its volume {} carries the mark of share instance {share}", volume.name));
    }
    if lifs.is_empty() {
        return Err("it has no LIFs that serve NFS or SMB".to_owned());
    }
    Ok(())
}

/// Whether the LIFs stand where the network of the server is, and are those that are on record. Pure.
fn judge_lifs(lifs: &[Interface], tag: Option<u32>, recorded: &[IpAddr]) -> Result<(), String> {
    for lif in lifs {
        if let Some(port) = &lif.home_port {
            let vlan = port.split_once('-').map(|(_, vlan)| vlan);
            if vlan != tag.map(|tag| tag.to_string()).as_deref() {
                let expected = tag.map_or_else(|| "no VLAN".to_owned(), |tag| format!("VLAN {tag}"));
                return Err(format!("LIF {} is at port {port}, and its share network is on {expected}", lif.name));
            }
        }
        if !recorded.contains(&lif.address) {
            return Err(format!("LIF {} has address {}, which it had not a moment ago", lif.name, lif.address));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::samples::lif;

    #[test]
    fn lifs_stand_on_the_vlan_of_the_network_or_on_none() {
        let at = |port: &str| Interface { home_port: Some(port.to_owned()), ..lif("10.0.0.1", "node1", &[]) };
        let recorded = [IpAddr::from([10, 0, 0, 1])];
        assert_eq!(judge_lifs(&[at("e0c-77")], Some(77), &recorded), Ok(()));
        assert_eq!(judge_lifs(&[at("e0c")], None, &recorded), Ok(()));
        for (port, tag) in [("e0c-7", Some(77)), ("e0c", Some(77)), ("e0c-77", None)] {
            assert!(judge_lifs(&[at(port)], tag, &recorded).unwrap_err().contains(port), "{port} {tag:?}");
        }
        assert!(judge_lifs(&[at("e0c")], None, &[]).unwrap_err().contains("10.0.0.1"));
    }
}
