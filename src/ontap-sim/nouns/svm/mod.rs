//! SVMs: the tenants of the cluster. Whoever has an SVM account, or tunnels, sees only that one.

mod change;
mod create;
mod crowd;
mod record;
mod remove;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::lanes::Cost;
use crate::nouns::cifs_service::CifsService;
use crate::nouns::dns::Dns;
use crate::nouns::kerberos_realm::Realm;
use crate::nouns::ldap::Ldap;
use crate::nouns::local_host::LocalHost;
use crate::nouns::nfs_service::NfsService;
use crate::nouns::preferred_dc::PreferredDc;
use crate::rest::ask::{Ask, Method};
use crate::rest::code::{NO_SUCH_SVM, Refusal, SVM_CONFLICT, SVM_MISSING};
use crate::rest::noun::{Noun, flag, integer, size, text};
use crate::rest::route::{Endpoint, Made, collection, each, instance, job};
use crate::state::State;
use crate::state::table::Row;

pub use create::establish;

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

pub static SVM: Noun = Noun {
    name: "uuid",
    instance: INSTANCE,
    fields: &[
        text("uuid").key(),
        text("name").key().write(),
        text("state").patch(),
        text("subtype").post(),
        text("language").post(),
        text("comment").write(),
        text("ipspace.name").post(),
        text("ipspace.uuid").post(),
        text("aggregates.name").write(),
        text("aggregates.uuid").write(),
        size("aggregates.available_size"),
        text("snapshot_policy.name"),
        text("max_volumes").write(),
        integer("retention_period").write(),
        flag("is_space_reporting_logical").write(),
        flag("is_space_enforcement_logical").write(),
        text("nsswitch.hosts").write(),
        text("nsswitch.group").write(),
        text("nsswitch.passwd").write(),
        text("nsswitch.netgroup").write(),
        text("nsswitch.namemap").write(),
        flag("nfs.allowed").write(),
        flag("nfs.enabled").post(),
        flag("nfs.protocol.v3_enabled").input().post(),
        flag("nfs.protocol.v40_enabled").input().post(),
        flag("nfs.protocol.v41_enabled").input().post(),
        flag("nfs.protocol.v3_features.connection_drop").input().post(),
        flag("nfs.protocol.v3_features.ejukebox_enabled").input().post(),
        flag("nfs.protocol.v41_features.pnfs_enabled").input().post(),
        flag("nfs.showmount_enabled").input().post(),
        flag("nfs.vstorage_enabled").input().post(),
        flag("nfs.windows.v3_ms_dos_client_enabled").input().post(),
        flag("nfs.transport.tcp_enabled").input().post(),
        flag("nfs.transport.udp_enabled").input().post(),
        integer("nfs.transport.tcp_max_transfer_size").input().post(),
        flag("cifs.allowed").write(),
        flag("cifs.enabled").post(),
        text("cifs.name").post(),
        text("cifs.ad_domain.fqdn").post(),
        text("cifs.ad_domain.organizational_unit").post(),
        text("cifs.ad_domain.user").input().post(),
        text("cifs.ad_domain.password").input().post(),
        text("dns.domains").post(),
        text("dns.servers").post(),
        flag("ldap.enabled").post(),
        text("ldap.ad_domain").post(),
        text("ldap.base_dn").post(),
        text("ldap.bind_dn").post(),
        text("ldap.servers").post(),
        text("certificate.uuid").patch(),
        // The reference driver sends it along with the certificate; no document has it.
        flag("client_enabled").input().patch(),
        text("ip_interfaces.name").input().post(),
        text("ip_interfaces.ip.address").input().post(),
        text("ip_interfaces.ip.netmask").input().post(),
        flag("ip_interfaces.enabled").input().post(),
        text("ip_interfaces.service_policy").input().post(),
        text("ip_interfaces.service_policy.name").input().post(),
        text("ip_interfaces.location.home_node.name").input().post(),
        text("ip_interfaces.location.home_node.uuid").input().post(),
        text("ip_interfaces.location.home_port.name").input().post(),
        text("ip_interfaces.location.home_port.uuid").input().post(),
        text("ip_interfaces.location.home_port.node.name").input().post(),
        text("ip_interfaces.location.broadcast_domain.name").input().post(),
        text("ip_interfaces.location.broadcast_domain.uuid").input().post(),
        text("routes.destination.address").input().post(),
        text("routes.destination.netmask").input().post(),
        text("routes.gateway").input().post(),
        integer("routes.metric").input().post(),
    ],
    order: &["name"],
    narrowed: None,
    list,
};

pub const COLLECTION: &str = "/api/svm/svms";
const INSTANCE: &str = "/api/svm/svms/{uuid}";

pub static ENDPOINTS: &[Endpoint] = &[
    collection(COLLECTION, &SVM),
    job(Method::Post, COLLECTION, &SVM, |_| Cost::SvmCreate, create::check, create::create).cluster_only(),
    each(Method::Patch, COLLECTION, &SVM, INSTANCE),
    each(Method::Delete, COLLECTION, &SVM, INSTANCE).cluster_only(),
    instance(INSTANCE, &SVM),
    job(Method::Patch, INSTANCE, &SVM, |_| Cost::SvmChange, change::check, change::change),
    job(Method::Delete, INSTANCE, &SVM, |_| Cost::SvmDelete, remove::check, remove::delete).cluster_only(),
];

fn list(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let name = ask.sieve("name");
    let svms = visible(state, ask).filter(|svm| name.passes(&svm.name));
    Ok(svms.map(|svm| record::record(state, svm)).collect())
}

/// The SVMs that the request may see.
pub fn visible<'a>(state: &'a State, ask: &Ask) -> impl Iterator<Item = &'a Svm> {
    let only = ask.svm;
    state.svms.iter().filter(move |svm| only.is_none_or(|only| only == svm.uuid))
}

/// The SVM that the request's path names, if it may see it.
fn mine<'a>(state: &'a State, ask: &Ask) -> Result<&'a Svm, Refusal> {
    let svm = ask.key().and_then(|uuid| state.svms.get(&uuid));
    svm.filter(|svm| ask.svm.is_none_or(|own| own == svm.uuid)).ok_or_else(|| Refusal::absent("uuid"))
}

/// The SVM whose uuid stands in the request's path at `field`, if the request may see it.
pub fn keyed<'a>(state: &'a State, ask: &Ask, field: &str) -> Result<&'a Svm, Refusal> {
    let svm = ask.keys.get(field).and_then(|uuid| uuid.parse().ok()).and_then(|uuid| state.svms.get(&uuid));
    svm.filter(|svm| ask.svm.is_none_or(|own| own == svm.uuid)).ok_or_else(|| Refusal::absent(field))
}

/// The keys of what an SVM has one of.
pub fn made_in(svm: Uuid) -> Made {
    vec![[("svm.uuid".to_owned(), svm.to_string())].into()]
}

/// Name and uuid of an SVM, as other records show them.
pub fn reference(state: &State, svm: Uuid) -> Value {
    json!({"name": state.svms.get(&svm).map(|svm| svm.name.as_str()), "uuid": svm})
}

pub fn named(state: &State, name: &str) -> Option<Uuid> {
    state.svms.iter().find(|svm| svm.name == name).map(|svm| svm.uuid)
}

/// The SVM in which the request makes something: by `svm.name`, `svm.uuid` or its own scope, which must agree.
pub fn target(state: &State, ask: &Ask) -> Result<Uuid, Refusal> {
    let absent = |name: &str, field| Refusal::new(NO_SUCH_SVM, format!("SVM \"{name}\" does not exist.")).at(field);
    let by_name =
        ask.text("svm.name").map(|name| named(state, name).ok_or_else(|| absent(name, "svm.name"))).transpose()?;
    let known = |text: &str| text.parse().ok().filter(|uuid| state.svms.get(uuid).is_some());
    let by_uuid = ask.text("svm.uuid").map(|text| known(text).ok_or_else(|| absent(text, "svm.uuid"))).transpose()?;
    let mut said = [ask.svm, by_name, by_uuid].into_iter().flatten();
    let svm = said.next().ok_or_else(|| {
        Refusal::new(SVM_MISSING, "No SVM was specified. Either \"svm.name\" or \"svm.uuid\" must be supplied.")
    })?;
    match said.all(|other| other == svm) {
        true => Ok(svm),
        false => Err(Refusal::new(SVM_CONFLICT, "The specified SVMs are different.").at("svm")),
    }
}
