//! What is kept of an SVM, with the services that it has one of.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::rows::cifs_service::CifsService;
use crate::rows::dns::Dns;
use crate::rows::kerberos_realm::Realm;
use crate::rows::key_store::KeyStore;
use crate::rows::ldap::Ldap;
use crate::rows::local_host::LocalHost;
use crate::rows::nfs_service::NfsService;
use crate::rows::preferred_dc::PreferredDc;
use crate::state::table::Row;

/// A data SVM. What earlier releases did not keep of one is as in `Default`, or filled in when their directory is
/// opened.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Svm {
    pub uuid: Uuid,
    pub name: String,
    /// The upper half of the ids of its export policies.
    pub number: u64,
    pub next_policy: u64,
    /// Delegated aggregates; none means all.
    pub aggregates: Vec<Uuid>,
    pub ipspace: Uuid,
    pub state: String,
    pub subtype: String,
    pub language: String,
    pub comment: String,
    pub retention_hours: u32,
    pub max_volumes: Option<u64>,
    pub reports_logical: bool,
    pub enforces_logical: bool,
    pub nsswitch: Nsswitch,
    pub nfs_allowed: bool,
    pub nfs: Option<NfsService>,
    pub cifs_allowed: bool,
    pub cifs: Option<CifsService>,
    pub discovery_mode: String,
    pub preferred_dcs: Vec<PreferredDc>,
    pub dns: Option<Dns>,
    pub hosts: Vec<LocalHost>,
    pub ldap: Option<Ldap>,
    pub realms: Vec<Realm>,
    pub key_stores: Vec<KeyStore>,
    pub certificate: Option<Uuid>,
}

/// In which order sources of names are asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Nsswitch {
    pub hosts: Vec<String>,
    pub group: Vec<String>,
    pub passwd: Vec<String>,
    pub netgroup: Vec<String>,
    pub namemap: Vec<String>,
}

impl Default for Nsswitch {
    fn default() -> Self {
        let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let files = || list(&["files"]);
        let hosts = list(&["files", "dns"]);
        Nsswitch { hosts, group: files(), passwd: files(), netgroup: files(), namemap: files() }
    }
}

impl Default for Svm {
    fn default() -> Self {
        Svm {
            uuid: Uuid::nil(),
            name: String::new(),
            number: 0,
            next_policy: 1,
            aggregates: Vec::new(),
            ipspace: Uuid::nil(),
            state: "running".to_owned(),
            subtype: "default".to_owned(),
            language: "c.utf_8".to_owned(),
            comment: String::new(),
            retention_hours: 12,
            max_volumes: None,
            reports_logical: false,
            enforces_logical: false,
            nsswitch: Nsswitch::default(),
            nfs_allowed: true,
            nfs: Some(NfsService::default()),
            cifs_allowed: true,
            cifs: None,
            discovery_mode: "all".to_owned(),
            preferred_dcs: Vec::new(),
            dns: None,
            hosts: Vec::new(),
            ldap: None,
            realms: Vec::new(),
            key_stores: Vec::new(),
            certificate: None,
        }
    }
}

impl Row for Svm {
    type Key = Uuid;
    const KIND: &'static str = "svm";
    fn key(&self) -> Uuid {
        self.uuid
    }
}
