//! Setting a share server up: the network below it, its SVM, its addresses, and NFS.
//!
//! Each try looks first and makes what is missing, so the same task adds a subnet to a server that serves. The SVM is
//! made while its ports are, and gets its LIFs once both are there. How to get it wrong: to tell of a server before the
//! default export policy lets clients pass the SVM's root. Source: operations.md §10.2 and §23.

use std::collections::BTreeMap;
use std::future::Future;

use futures::future::join_all;
use futures::join;
use manilad_clock::Uuid;
use manilad_domain::message::Detail;
use manilad_driver::{Remedy, ServerSubject, Trouble};
use manilad_ontap::export_policy::{self, Flavour, Rule};
use manilad_ontap::release::Release;
use manilad_ontap::{Class, Client, Error, broadcast_domain, cluster, interface, ipspace, nfs, port, route, svm};

use super::capacity::{self, Nodes};
use super::details::details;
use super::directories::{self, Directories};
use super::layout::{self, Layout, ObservedNetwork, Terms};
use super::names;
use super::network::{self, Network};
use super::session::server_session;
use crate::array::Array;
use crate::mode::Servers;
use crate::session::Session;
use crate::{place, trouble};

/// Hours that ONTAP keeps deleted volumes for, unless told.
const USUAL_RETENTION: u64 = 12;

/// Sets the server up, or what is missing of it.
pub async fn set_up(array: &Array, subject: &ServerSubject) -> Result<BTreeMap<String, String>, Trouble> {
    let session = server_session(array).await?;
    let name = session.templates.svm(&subject.server);
    let mut nodes = session.array_session.facts.nodes.clone();
    nodes.sort_unstable();
    let network = network::read(subject, &nodes)?;
    let directories = directories::read(session.servers, &subject.directories, &name)?;
    let _held = match network.tag {
        Some(tag) => Some(array.segments.share(&array.clock, &array.settings.array(), tag).await?),
        None => None,
    };
    array.svm_cache.forget(&name);
    let client = &session.array_session.client;
    let (observed, pairs) = join!(look(client, &name, &network), pairs(client, session.servers));
    let observed = observed.map_err(|error| failed(&error))?;
    if let Some(found) = observed.svm.as_ref().filter(|found| !names::is_of(found, &subject.server)) {
        let reason = format!("SVM {} is there without the mark {}", found.name, names::mark(subject.server.id));
        return Err(trouble::elsewhere(Detail::NoShareServer, reason));
    }
    let terms =
        Terms { nodes: &nodes, ports: &session.servers.ports, templates: session.templates, svm: name.as_str() };
    let layout = layout::plan(&network, &observed, &terms)?;
    if let Some(nodes) = pairs.map_err(|error| failed(&error))? {
        capacity::check(&nodes, &observed.lifs, &layout.lifs)?;
    }
    let building = Building {
        array,
        session: &session.array_session,
        servers: session.servers,
        subject,
        name: &name,
        network: &network,
        directories: &directories,
        layout: &layout,
    };
    let details = Box::pin(building.build(observed)).await?;
    for key in network::without_effect(subject) {
        let (service, svm) = (&array.service, &name);
        tracing::warn!(service, svm, key, "metadata of a subnet has no effect on the share server: this is not built");
    }
    Ok(details)
}

/// What a failed call means for a server.
pub fn failed(error: &Error) -> Trouble {
    let trouble = trouble::of(error);
    match trouble.detail {
        Detail::SecurityServiceFailedAuth => trouble,
        _ if trouble.remedy.goes_on() => trouble,
        _ => Trouble { detail: Detail::NoShareServer, ..trouble },
    }
}

async fn look(client: &Client, name: &str, network: &Network) -> Result<ObservedNetwork, Error> {
    let tags: std::collections::BTreeSet<u32> = network.addresses.iter().filter_map(|address| address.tag).collect();
    let vlans = join_all(tags.into_iter().map(async |tag| {
        let ports = port::vlans(client, tag).await?;
        Ok(ports.into_iter().map(|port| (tag, port)).collect::<Vec<_>>())
    }));
    let (svm, uplinks, vlans, lifs) =
        join!(svm::find(client, name), port::uplinks(client), vlans, interface::all_data(client));
    let vlans = vlans.into_iter().collect::<Result<Vec<_>, Error>>()?.concat();
    Ok(ObservedNetwork { svm: svm?, uplinks: uplinks?, vlans, lifs: lifs? })
}

/// What the nodes could take over, where that counts.
async fn pairs(client: &Client, servers: &Servers) -> Result<Option<Nodes>, Error> {
    if !servers.restrict_lifs {
        return Ok(None);
    }
    let (capacities, partners) = join!(interface::capacities(client), cluster::partners(client));
    Ok(Some(Nodes { capacities: capacities?, partners: partners? }))
}

/// A server in the making.
pub struct Building<'a> {
    pub array: &'a Array,
    session: &'a Session,
    pub servers: &'a Servers,
    pub subject: &'a ServerSubject,
    pub name: &'a str,
    network: &'a Network,
    pub directories: &'a Directories,
    layout: &'a Layout,
}

impl Building<'_> {
    pub fn client(&self) -> &Client {
        &self.session.client
    }

    pub fn release(&self) -> Release {
        self.session.facts.identity.release
    }

    async fn build(&self, observed: ObservedNetwork) -> Result<BTreeMap<String, String>, Trouble> {
        if self.layout.make_ipspace {
            self.write(ipspace::create(self.client(), &self.layout.ipspace)).await?;
        }
        let stood = observed.svm.is_some();
        let (uuid, ports) = join!(self.svm(observed), self.ports());
        ports?;
        let uuid = uuid?;
        let (lifs, routes, nfs, policy, retained) =
            join!(self.lifs(), self.routes(), self.nfs(uuid), self.policy(), self.retain());
        lifs?;
        routes?;
        nfs?;
        retained?;
        Box::pin(self.encrypt()).await?;
        let policy = policy?;
        let expect = self.array.expect(self.session, self.name);
        let transfers = nfs::transfers(self.client(), uuid);
        let (joined, certified) = (Box::pin(self.join(uuid, stood)), Box::pin(self.certify(uuid)));
        let (passable, joined, certified, transfers, ()) =
            join!(self.let_pass(policy), joined, certified, transfers, expect);
        passable?;
        joined.and(certified)?;
        let allocations = self.network.addresses.iter().map(|address| &address.allocation);
        Ok(details(self.name, allocations, transfers.map_err(|error| failed(&error))?))
    }

    /// Makes a call that leaves a trace; until its outcome is certain, the server may still come.
    pub async fn write<T>(&self, call: impl Future<Output = Result<T, Error>>) -> Result<T, Trouble> {
        let outcome = self.array.late_servers.during(self.subject.server.id, (), call).await;
        outcome.map_err(|error| failed(&error))
    }

    /// As [`Building::write`], for what may be there already.
    pub async fn ensure(&self, call: impl Future<Output = Result<(), Error>>) -> Result<(), Trouble> {
        let call = async {
            match call.await {
                Err(error) if error.class() == Class::Exists => Ok(()),
                other => other,
            }
        };
        self.write(call).await
    }

    /// The SVM, made unless it is there.
    async fn svm(&self, observed: ObservedNetwork) -> Result<Uuid, Trouble> {
        if let Some(found) = observed.svm {
            return match found.state.as_deref() {
                None | Some("running") => Ok(found.uuid),
                Some(state) => Err(trouble::again(format!("SVM {} is {state}", found.name))),
            };
        }
        let aggregates = place::offered(&self.array.settings, &self.session.facts)?;
        let new = svm::New {
            name: self.name.to_owned(),
            comment: names::mark(self.subject.server.id),
            ipspace: self.layout.ipspace.clone(),
            aggregates: aggregates.into_iter().map(str::to_owned).collect(),
            name_sources: self.directories.ldap.is_some().then(|| directories::LDAP_FIRST.to_vec()),
            logical_space: self.servers.logical_space,
        };
        self.write(svm::create(self.client(), &new)).await
    }

    /// Broadcast domains, then the ports in them.
    async fn ports(&self) -> Result<(), Trouble> {
        let (client, ipspace) = (self.client(), &self.layout.ipspace);
        let domains = self.layout.domains.iter();
        all(domains.map(|(name, mtu)| self.write(broadcast_domain::create(client, ipspace, name, *mtu)))).await?;
        let vlans = all(self.layout.vlans.iter().map(|new| self.ensure(port::create(client, new))));
        let astray = self.layout.astray.iter();
        let astray = all(astray.map(|(uuid, domain)| self.write(port::place(client, *uuid, ipspace, domain))));
        let mtus = self.layout.mtus.iter();
        let mtus = all(mtus.map(|(uuid, mtu)| self.write(broadcast_domain::set_mtu(client, *uuid, *mtu))));
        let (vlans, astray, mtus) = join!(vlans, astray, mtus);
        vlans.and(astray).and(mtus)
    }

    async fn lifs(&self) -> Result<(), Trouble> {
        all(self.layout.lifs.iter().map(|new| self.lif(new))).await
    }

    async fn lif(&self, new: &interface::New) -> Result<(), Trouble> {
        let create = interface::create(self.client(), new);
        match self.array.late_servers.during(self.subject.server.id, (), create).await {
            Err(error) if error.class() == Class::Exists => Ok(()),
            Err(error) if interface::is_address_taken(&error) => {
                Err(Trouble { remedy: Remedy::AddressTaken(new.address), ..failed(&error) })
            }
            outcome => outcome.map_err(|error| failed(&error)),
        }
    }

    async fn routes(&self) -> Result<(), Trouble> {
        let gateways = self.network.gateways.iter();
        all(gateways.map(|gateway| self.write(route::create_default(self.client(), self.name, *gateway)))).await
    }

    async fn nfs(&self, svm: Uuid) -> Result<(), Trouble> {
        let has = |version: &str| self.servers.nfs.iter().any(|enabled| enabled == version);
        let terms = nfs::Terms { v3: has("nfs3"), v40: has("nfs4.0"), v41: has("nfs4.1") };
        self.write(nfs::serve(self.client(), svm, terms)).await
    }

    /// How long deleted volumes can be recovered. Where the array does not take it the server serves without; where nobody knows, it is
    /// tried again: what a server without it has deleted may hold it up for hours when it is to go.
    async fn retain(&self) -> Result<(), Trouble> {
        let hours = self.servers.delete_retention_hours;
        if hours == USUAL_RETENTION {
            return Ok(());
        }
        match self.write(svm::retain(self.client(), self.name, hours)).await {
            Err(trouble) if !trouble.remedy.goes_on() => {
                let (service, svm, why) = (&self.array.service, self.name, &trouble.reason);
                tracing::warn!(service, svm, hours, why, "the retention of deleted volumes could not be set on an SVM");
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// The policy of the SVM's root, by id.
    async fn policy(&self) -> Result<u64, Trouble> {
        let found = export_policy::find(self.client(), self.name, "default").await.map_err(|error| failed(&error))?;
        let none = || trouble::again(format!("SVM {} has no export policy default", self.name));
        Ok(found.ok_or_else(none)?.id)
    }

    /// Lets everybody look at the SVM's root, on the way to what is mounted in it.
    async fn let_pass(&self, policy: u64) -> Result<(), Trouble> {
        let rule = |clients: &str| Rule {
            clients: vec![clients.to_owned()],
            ro: vec![Flavour::Any],
            rw: vec![Flavour::Never],
            superuser: vec![Flavour::None],
            anonymous_user: None,
        };
        self.write(export_policy::replace(self.client(), policy, &[rule("0.0.0.0/0"), rule("::/0")])).await
    }
}

/// Does all of it side by side, to the end; the first failure counts.
pub async fn all(calls: impl IntoIterator<Item = impl Future<Output = Result<(), Trouble>>>) -> Result<(), Trouble> {
    join_all(calls).await.into_iter().collect()
}
