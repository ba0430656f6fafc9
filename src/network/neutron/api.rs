//! Neutron's API, as far as ports of share servers need it. Source: Networking API v2.0.
//!
//! Answers are read leniently in what is not used. How to get it wrong: to guess from a status alone: 409 is a full
//! subnet, a used-up quota and more, told apart by the error's type.

use std::net::IpAddr;

use manilad_domain::AllocationId;
use manilad_domain::message::Detail;
use manilad_domain::subnet::Neutron as Names;
use manilad_openstack::{Ask, Error as Failure, Method, Reply, Service};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::binding::Binding;
use super::segment::Network;
use crate::{Error, Kind, owed};

/// By which the ports of share servers are known.
const OWNER: &str = "manila:share";

/// What a tenant is told, by the type of Neutron's error.
const DETAILS: &[(&str, Detail)] = &[
    ("IpAddressGenerationFailure", Detail::NeutronSubnetFull),
    ("IpAddressGenerationFailureAllSubnets", Detail::NeutronSubnetFull),
    ("OverQuota", Detail::PortQuotaExceeded),
];

/// Longest piece of an answer that is told on.
const LONGEST_TOLD: usize = 300;
/// A list in more pages than this is given up.
const MOST_PAGES: usize = 50;

#[derive(Debug, Deserialize)]
pub(super) struct Subnet {
    pub network_id: String,
    pub cidr: String,
    pub ip_version: u8,
    pub gateway_ip: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Port {
    pub id: AllocationId,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    device_owner: String,
    #[serde(default)]
    fixed_ips: Vec<FixedIp>,
    #[serde(default)]
    status: String,
    #[serde(rename = "binding:vif_type", default)]
    vif_type: Option<String>,
}

#[derive(Debug, Deserialize)]
struct FixedIp {
    subnet_id: String,
    ip_address: IpAddr,
}

impl Port {
    fn has(&self, subnet_id: &str, address: IpAddr) -> bool {
        self.fixed_ips.iter().any(|fixed| fixed.subnet_id == subnet_id && fixed.ip_address == address)
    }

    pub fn address_in(&self, subnet_id: &str) -> Option<IpAddr> {
        self.fixed_ips.iter().find(|fixed| fixed.subnet_id == subnet_id).map(|fixed| fixed.ip_address)
    }

    /// Why the port can't be that of a share server which has this address and no other there, and goes with it at its end.
    pub fn unfit_for(&self, address: IpAddr) -> Option<String> {
        if !["", OWNER].contains(&self.device_owner.as_str()) {
            return Some(format!("it is of device owner {:?}", self.device_owner));
        }
        let has_more = self.fixed_ips.iter().any(|fixed| fixed.ip_address != address);
        has_more.then(|| "it has other addresses too".to_owned())
    }

    pub fn has_failed(&self) -> bool {
        self.status == "ERROR" || self.vif_type.as_deref() == Some("binding_failed")
    }
}

pub(super) struct Api(pub Service);

impl Api {
    pub async fn network(&self, id: &str) -> Result<Network, Error> {
        self.show("looking at a network", "networks", "network", id).await
    }

    pub async fn subnet(&self, id: &str) -> Result<Subnet, Error> {
        self.show("looking at a subnet", "subnets", "subnet", id).await
    }

    async fn show<T: DeserializeOwned>(&self, what: &'static str, many: &str, one: &str, id: &str) -> Result<T, Error> {
        // Tenants name it, so it is no more than a name.
        if id.is_empty() || id.len() > 64 || !id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return Err(Error::refused(format!("{id:.64?} is no id of a {one} of Neutron")));
        }
        let reply = self.ask(what, &Method::GET, &[many, id], &[], None).await?;
        read(what, &reply, one)
    }

    /// The ports of a server, in one network or in all.
    pub async fn ports(&self, server: &str, network: Option<&str>) -> Result<Vec<Port>, Error> {
        let mut filters = vec![("device_id", server), ("device_owner", OWNER)];
        filters.extend(network.map(|id| ("network_id", id)));
        self.list(filters).await
    }

    /// The port that has an address in a subnet, whosever it is.
    pub async fn port_at(&self, names: &Names, address: IpAddr) -> Result<Option<Port>, Error> {
        let wanted = format!("ip_address={address}");
        let found = self.list(vec![("network_id", &names.net_id), ("fixed_ips", &wanted)]).await?;
        Ok(found.into_iter().find(|port| port.has(&names.subnet_id, address)))
    }

    async fn list(&self, filters: Vec<(&str, &str)>) -> Result<Vec<Port>, Error> {
        const WHAT: &str = "listing ports";
        let mut query = filters;
        let fields = ["id", "name", "device_owner", "fixed_ips", "status", "binding:vif_type"];
        query.extend(fields.map(|field| ("fields", field)));
        let mut found: Vec<Port> = Vec::new();
        for _ in 0..MOST_PAGES {
            let marker = found.last().map(|port| port.id.to_string());
            let mut query = query.clone();
            query.extend(marker.as_deref().map(|marker| ("marker", marker)));
            let reply = self.ask(WHAT, &Method::GET, &["ports"], &query, None).await?;
            let page: Vec<Port> = read(WHAT, &reply, "ports")?;
            let is_last = page.is_empty() || !has_next(&reply);
            found.extend(page);
            if is_last {
                return Ok(found);
            }
        }
        Err(malformed(WHAT, "expected fewer pages"))
    }

    pub async fn create_port(
        &self,
        name: &str,
        server: &str,
        project: Option<&str>,
        names: &Names,
        binding: Option<&Binding>,
    ) -> Result<Port, Error> {
        const WHAT: &str = "making a port";
        let mut port = json!({
            "name": name,
            "network_id": names.net_id,
            "fixed_ips": [{ "subnet_id": names.subnet_id }],
            "device_id": server,
            "device_owner": OWNER,
            "admin_state_up": true,
        });
        if let Some(project) = project {
            port["project_id"] = project.into();
        }
        if let Some(binding) = binding {
            port["binding:host_id"] = binding.host.as_str().into();
            port["binding:vnic_type"] = binding.vnic_type.as_str().into();
            if !binding.links.is_empty() {
                let links: Vec<Value> = binding
                    .links
                    .iter()
                    .map(|link| json!({ "switch_id": link.switch_id, "port_id": link.port_id, "switch_info": link.switch_info }))
                    .collect();
                port["binding:profile"] = json!({ "local_link_information": links });
            }
        }
        let reply = self.ask(WHAT, &Method::POST, &["ports"], &[], Some(&json!({ "port": port }))).await?;
        read(WHAT, &reply, "port")
    }

    /// That it is gone already is no error.
    pub async fn delete_port(&self, id: AllocationId) -> Result<(), Error> {
        let id = id.to_string();
        self.ask("deleting a port", &Method::DELETE, &["ports", &id], &[], None).await.map(drop)
    }

    /// A reply of success; for a deletion, Neutron's 404 is one.
    async fn ask(
        &self,
        what: &'static str,
        method: &Method,
        path: &[&str],
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Reply, Error> {
        if *method != Method::GET {
            owed::check()?;
        }
        let reply = self.0.ask(Ask { what, method, path, query, body }).await.map_err(lost)?;
        if reply.status.is_success() {
            return Ok(reply);
        }
        let error = said_no(what, &reply);
        let is_gone = *method == Method::DELETE && reply.status.as_u16() == 404 && error.kind == Kind::Refused;
        if is_gone { Ok(reply) } else { Err(error) }
    }
}

/// No answer, or none that tells what happened; unless it shows that it will be so next time.
fn lost(failure: Failure) -> Error {
    let reason = format!("Neutron: {failure}");
    match failure {
        Failure::Rejected { .. } | Failure::NoEndpoint { .. } => Error::refused(reason),
        _ => Error::unknown(reason),
    }
}

pub(super) fn malformed(what: &'static str, why: &str) -> Error {
    Error::unknown(format!("Neutron: {what}: malformed answer: {why}"))
}

/// Neutron's errors stand under a name of their own. What else answers for it, in HTML or JSON, knows of no port.
fn said_no(what: &'static str, reply: &Reply) -> Error {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let error = &body["NeutronError"];
    let kind = error["type"].as_str().unwrap_or_default();
    let text: String =
        error["message"].as_str().or(error.as_str()).unwrap_or_default().chars().take(LONGEST_TOLD).collect();
    let detail = DETAILS.iter().find(|(name, _)| *name == kind).map_or(Detail::NoShareServer, |(_, detail)| *detail);
    let status = reply.status.as_u16();
    if !error.is_object() && !error.is_string() {
        return Error::unknown(format!("Neutron: {what}: {status}, which is not an answer of Neutron"));
    }
    let reason = format!("Neutron: {what}: {status} {kind:.64} {text}");
    Error { kind: Kind::Refused, detail, reason: reason.trim_end().to_owned() }
}

/// What stands under `member` of an answer.
fn read<T: DeserializeOwned>(what: &'static str, reply: &Reply, member: &str) -> Result<T, Error> {
    let body: Option<Value> = serde_json::from_slice(&reply.body).ok();
    let found = body.and_then(|mut body| body.get_mut(member).map(Value::take));
    found
        .and_then(|found| serde_json::from_value(found).ok())
        .ok_or_else(|| malformed(what, &format!("expected {member:?}")))
}

fn has_next(reply: &Reply) -> bool {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    body["ports_links"].as_array().is_some_and(|links| links.iter().any(|link| link["rel"] == "next"))
}
