//! What is learnt of an array at start: release, reach of the account, licences, the SVM, its addresses, the aggregates.
//!
//! Few calls, side by side. A privilege that the account lacks is named with what is lost by it; a detail that can't be read is
//! let go. How to get it wrong: letting aggregates go like a detail. A lost answer would read as "no pools", or make pools of root
//! aggregates, so there only a plain no counts, and anything else is an error.

use std::collections::{BTreeMap, BTreeSet};

use futures::join;

use crate::aggregate::{self, Aggregate};
use crate::client::Client;
use crate::cluster::{self, Identity};
use crate::code::Class;
use crate::endpoint::{Endpoint, Need};
use crate::error::Error;
use crate::interface::{self, Interface};
use crate::licence;
use crate::release::OLDEST;
use crate::svm::{self, Svm};

/// How far the account reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Cluster,
    Svm,
}

/// A call that the account may not make, or that failed, and what is lost by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub endpoint: Endpoint,
    pub lost: &'static str,
    pub why: String,
}

/// What is known of an array. Root aggregates are left out.
#[derive(Debug, Clone)]
pub struct Facts {
    pub identity: Identity,
    pub scope: Scope,
    /// Names; empty for accounts of an SVM.
    pub nodes: Vec<String>,
    /// Lower case; none when they can't be read.
    pub licences: Option<BTreeSet<String>>,
    /// Whether single volumes can be encrypted (NVE).
    pub volume_encryption: bool,
    /// The SVM asked for; none when none was.
    pub svm: Option<Svm>,
    /// Its LIFs that serve NFS or SMB.
    pub interfaces: Vec<Interface>,
    /// By name; accounts of an SVM can't read them and have [`Svm::aggregates`] only.
    pub aggregates: BTreeMap<String, Aggregate>,
    pub disk_types: BTreeMap<String, BTreeSet<String>>,
    /// For the log, and for `doctor`.
    pub missing: Vec<Missing>,
}

impl Facts {
    /// Learns all of it. `svm` is the one SVM to work in, if there is one. Errors: `Unsupported` for a release before 9.12.1,
    /// `Absent` for an SVM that the account does not see, and whatever else a call nothing works without meets.
    pub async fn learn(client: &Client, svm: Option<&str>) -> Result<Facts, Error> {
        let mut missing = Vec::new();
        let identity = identity(client, &mut missing).await?;
        if identity.release < OLDEST {
            let text = format!("the array runs ONTAP {}: expected {OLDEST} or later", identity.release);
            return Err(Error::unsupported(Endpoint::Cluster, &text));
        }
        let client = &client.speaking(identity.release);
        let nodes = match cluster::nodes(client).await {
            Ok(nodes) => Some(nodes),
            Err(error) if error.lacks_privilege() => None,
            Err(error) => return Err(error),
        };
        let facts = Facts {
            scope: if nodes.is_some() { Scope::Cluster } else { Scope::Svm },
            nodes: nodes.unwrap_or_default(),
            licences: None,
            volume_encryption: false,
            svm: None,
            interfaces: Vec::new(),
            aggregates: BTreeMap::new(),
            disk_types: BTreeMap::new(),
            missing,
            identity,
        };
        let facts = match facts.scope {
            Scope::Cluster => facts.of_cluster(client).await?,
            Scope::Svm => facts,
        };
        match svm {
            Some(svm) => facts.of_svm(client, svm).await,
            None => Ok(facts),
        }
    }

    async fn of_cluster(mut self, client: &Client) -> Result<Facts, Error> {
        let (licences, encryption, aggregates, roots, disks) = join!(
            licence::names(client),
            licence::volume_encryption(client),
            aggregate::all(client),
            aggregate::roots(client),
            aggregate::disk_types(client),
        );
        self.licences = self.optional(Endpoint::Licences, licences);
        let without_encryption = self.identity.version.contains("<1no-DARE>");
        self.volume_encryption =
            self.optional(Endpoint::KeyManagers, encryption).unwrap_or_default() && !without_encryption;
        let roots = self.permitted(Endpoint::CliAggregates, roots)?.unwrap_or_default();
        let aggregates = self.permitted(Endpoint::Aggregates, aggregates)?.unwrap_or_default();
        let data = aggregates.into_iter().filter(|aggregate| !roots.contains(&aggregate.name));
        self.aggregates = data.map(|aggregate| (aggregate.name.clone(), aggregate)).collect();
        self.disk_types = self.optional(Endpoint::Disks, disks).unwrap_or_default();
        Ok(self)
    }

    async fn of_svm(mut self, client: &Client, name: &str) -> Result<Facts, Error> {
        let (svm, interfaces) = join!(svm::find(client, name), interface::data(client, name));
        let Some(svm) = svm? else {
            let text = format!("there is no SVM {name:?}, or the account does not see it");
            return Err(Error::absent(Endpoint::Svms, &text));
        };
        self.interfaces = interfaces?;
        self.svm = Some(svm);
        Ok(self)
    }

    /// What a call gave; or nothing and a note if the account may not make it or the release does not have it.
    fn permitted<T>(&mut self, endpoint: Endpoint, result: Result<T, Error>) -> Result<Option<T>, Error> {
        match result {
            Err(error) if !error.lacks_privilege() && error.class() != Class::Unsupported => Err(error),
            other => Ok(self.optional(endpoint, other)),
        }
    }

    /// What a call gave; or nothing, and a note of what is lost.
    fn optional<T>(&mut self, endpoint: Endpoint, result: Result<T, Error>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.missing.push(missing(endpoint, &error));
                None
            }
        }
    }
}

async fn identity(client: &Client, lacking: &mut Vec<Missing>) -> Result<Identity, Error> {
    match cluster::identity(client).await {
        Err(error) if error.lacks_privilege() => {
            lacking.push(missing(Endpoint::Cluster, &error));
            cluster::cli_identity(client).await
        }
        other => other,
    }
}

fn missing(endpoint: Endpoint, error: &Error) -> Missing {
    let lost = match endpoint.row().need {
        Need::Always => "the back end can't work",
        Need::Else(lost) => lost,
    };
    tracing::warn!(call = %endpoint, lost, why = error.message(), "the account lacks a privilege on the array");
    Missing { endpoint, lost, why: error.message() }
}
