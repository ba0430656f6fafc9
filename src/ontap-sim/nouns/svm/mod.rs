//! SVMs: the tenants of the cluster. Whoever has an SVM account, or tunnels, sees only that one.

mod change;
mod create;
mod crowd;
mod record;
mod remove;

use serde_json::Value;

use crate::lanes::Cost;
use crate::lookup::svm::{COLLECTION, visible};
use crate::rest::ask::{Ask, Method};
use crate::rest::code::Refusal;
use crate::rest::field::{flag, integer, size, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, each, instance, job};
use crate::state::State;

pub use create::establish;

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
