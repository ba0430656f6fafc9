//! One of everything that routes name, and for each route of the catalogue a request that works.
//!
//! Tests that walk the catalogue take their requests from here, so a new route without one fails them until it has.

use std::cell::{Cell, RefCell};

use manilad_http::route::{Method, Route};
use serde_json::{Value, json};

use super::cloud::{Cloud, FOREIGN, OWN, until_gone, wish};
use super::qos_types::make_qos_type;
use super::transfers::Transfers;
use super::wire::{Answer, Client};
use crate::support::until;

/// One of everything, of the project whose members the bearers `member` and `reader` are.
pub struct Things<'a> {
    cloud: &'a Cloud,
    pub share: String,
    pub rule: String,
    kind: String,
    export: String,
    instance: String,
    snapshot: String,
    snapshot_instance: String,
    /// A private type.
    private: String,
    network: String,
    subnet: String,
    /// Two security services of one type.
    services: [String; 2],
    lock: String,
    transfers: Transfers,
    messages: RefCell<Vec<String>>,
    count: Cell<u32>,
}

/// A key of metadata, and of extra specs that the scheduler leaves alone.
const KEY: &str = "x:k";

/// A request that a route serves.
#[derive(Debug)]
pub struct Request {
    pub method: &'static str,
    /// Below `/v2`.
    pub path: String,
    pub body: Option<Value>,
}

impl Request {
    /// With the opt-in to what is experimental, which does no harm where nothing is.
    pub fn send(&self, client: &Client) -> Answer {
        client.with("X-OpenStack-Manila-API-Experimental", "true").ask(self.method, &self.path, self.body.as_ref())
    }
}

/// The newest version that a route serves.
pub fn newest(route: &Route) -> String {
    route.span.to.to_string()
}

/// Whether the route uses up the share that it is about.
fn gives_away(route: &Route) -> bool {
    let uses_up = |action: &str| action.ends_with("_delete") || action == "unmanage";
    route.path.starts_with("/os-share-unmanage/") || route.action.is_some_and(uses_up)
}

impl<'a> Things<'a> {
    /// `cloud` must know `default_share_type = usual`; for requests about share servers it must be furnished.
    pub fn make(cloud: &'a Cloud, messages: usize) -> Self {
        let (admin, member) = (cloud.admin(), cloud.member());
        cloud.make_type("hopeless", json!({ "vendor_name": "Nobody" }));
        let abilities = json!({ "snapshot_support": "True", "revert_to_snapshot_support": "True" });
        let kind = cloud.make_type("usual", abilities);
        for _ in 0..messages {
            let hopeless = cloud.make_share(&member, "hopeless", json!({}));
            super::cloud::until_status(&admin, &hopeless, "error");
            admin.act(&hopeless, json!({ "force_delete": null })).is(202);
        }
        let share = cloud.make_mountable(&member, &kind, json!({ "name": "s" }));
        let rule = json!({ "access_type": "ip", "access_to": "10.0.0.1", "metadata": { KEY: "v" } });
        let rule = member.act(&share, json!({ "allow_access": rule })).is(200).text_at("/access/id");
        until("the rule is in force", || {
            (member.get(&format!("/share-access-rules/{rule}")).json()["access"]["state"] == "active").then_some(())
        });
        let export = member.get(&format!("/shares/{share}/export_locations")).text_at("/export_locations/0/id");
        let instance = admin.get(&format!("/shares/{share}/instances")).text_at("/share_instances/0/id");
        let snapshot = make_snapshot(&member, &share);
        let snapshot_instance = admin.get("/snapshot-instances").text_at("/snapshot_instances/0/id");
        let private = json!({ "share_type": { "name": "private", "share_type_access:is_public": false,
                                              "extra_specs": { "driver_handles_share_servers": "False" } } });
        let private = admin.post("/types", private).is(200).text_at("/share_type/id");
        let open = json!({ "addProjectAccess": { "project": FOREIGN } });
        admin.post(&format!("/types/{private}/action"), open).is(202);
        let network = json!({ "name": "n", "description": "d", "neutron_net_id": "n", "neutron_subnet_id": "s" });
        let network = member.post("/share-networks", json!({ "share_network": network })).is(200);
        let subnet = network.text_at("/share_network/share_network_subnets/0/id");
        let network = network.text_at("/share_network/id");
        let services = ["first", "second"].map(|name| make_service(&member, name));
        let lock = make_lock(&member, &share);
        let messages = until("all messages are there", || {
            let found = member.get("/messages").column("messages", "id");
            (found.len() == messages).then_some(found)
        });
        let (messages, count) = (RefCell::new(messages), Cell::new(0));
        Things {
            cloud,
            share,
            rule,
            kind,
            export,
            instance,
            snapshot,
            snapshot_instance,
            private,
            network,
            subnet,
            services,
            lock,
            transfers: Transfers::default(),
            messages,
            count,
        }
    }

    /// What a request of [`Things::request`] is answered: some routes are served, and can't do what they are for on any back end.
    pub fn status(route: &Route) -> u16 {
        match (route.path, route.action) {
            ("/snapshots/{id}/action", Some("allow_access")) => 400,
            ("/snapshots/{id}/action", Some("deny_access")) => 404,
            (path, _) if path.starts_with("/snapshot") && path.ends_with("/{export_location_id}") => 404,
            _ => route.status,
        }
    }

    /// A request that `route` serves at its newest version. What it uses up is made afresh.
    pub fn request(&self, route: &Route) -> Request {
        let id = self.subject(route);
        let path = match route.path {
            "/share-access-rules" => format!("/share-access-rules?share_id={}", self.share),
            path => [
                ("{share_id}", self.share.as_str()),
                ("{instance_id}", &self.instance),
                ("{network_id}", &self.network),
                ("{id}", &id),
                ("{export_location_id}", &self.export),
                ("{key}", KEY),
                ("{verb}", "enable"),
                ("{alias}", "x"),
                ("{project_id}", OWN),
                ("{class_name}", "any"),
            ]
            .iter()
            .fold(path.to_owned(), |path, (name, value)| path.replace(name, value)),
        };
        Request { method: route.method.name(), path, body: self.body(route, &id) }
    }

    fn next(&self) -> u32 {
        self.count.set(self.count.get() + 1);
        self.count.get()
    }

    /// The thing that the route is about.
    fn subject(&self, route: &Route) -> String {
        let (deletes, admin) = (route.method == Method::DELETE, self.cloud.admin());
        let first = route.path.split('/').nth(1).unwrap();
        match first {
            "shares" if route.path.contains("/metadata") => {
                let (path, id) = match route.path.contains("/export_locations/") {
                    true => (format!("/shares/{}/export_locations/{}", self.share, self.export), &self.export),
                    false => (format!("/shares/{}", self.share), &self.share),
                };
                admin.post(&format!("{path}/metadata"), json!({ "metadata": { KEY: "v" } })).is(200);
                id.clone()
            }
            "shares" if route.path.contains("/export_locations/") => self.export.clone(),
            "share_instances" if route.path.contains("/export_locations/") => self.export.clone(),
            "share_instances" if route.action.is_some_and(|action| action.ends_with("force_delete")) => {
                let share = self.cloud.make_mountable(&self.cloud.member(), &self.kind, json!({}));
                admin.get(&format!("/shares/{share}/instances")).text_at("/share_instances/0/id")
            }
            "share_instances" => self.instance.clone(),
            "types" if route.action.is_some() || route.path.contains("access") => self.private.clone(),
            "shares" | "os-share-unmanage" if deletes || gives_away(route) => {
                self.cloud.make_mountable(&self.cloud.member(), &self.kind, json!({}))
            }
            "shares" if route.action == Some("restore") => {
                let share = self.cloud.make_mountable(&self.cloud.member(), &self.kind, json!({}));
                self.cloud.member().act(&share, json!({ "soft_delete": null })).is(202);
                share
            }
            "shares" if route.action.is_some_and(|name| name.ends_with("extend") || name.ends_with("shrink")) => {
                self.cloud.make_mountable(&self.cloud.member(), &self.kind, json!({ "size": 2 }))
            }
            "shares" if route.action == Some("revert") => {
                let share = self.cloud.make_mountable(&self.cloud.member(), &self.kind, json!({}));
                make_snapshot(&self.cloud.member(), &share);
                share
            }
            "shares" => self.share.clone(),
            "snapshots" => self.snapshot(route),
            "snapshot-instances" => self.snapshot_instance.clone(),
            "share-access-rules" => {
                let metadata = json!({ "metadata": { KEY: "v" } });
                admin.put(&format!("/share-access-rules/{}/metadata", self.rule), metadata).is(200);
                self.rule.clone()
            }
            "types" if deletes && route.path == "/types/{id}" => {
                self.cloud.make_type(&format!("short-lived {}", self.next()), json!({}))
            }
            "types" => {
                admin
                    .post(&format!("/types/{}/extra_specs", self.kind), json!({ "extra_specs": { KEY: "v" } }))
                    .is(200);
                self.kind.clone()
            }
            "share-networks" if route.path.contains("/subnets") => self.subnet(route),
            "share-networks" if deletes => {
                let network = json!({ "share_network": {} });
                self.cloud.member().post("/share-networks", network).is(200).text_at("/share_network/id")
            }
            "share-networks" => {
                self.arrange_services(route.action.unwrap_or_default());
                self.network.clone()
            }
            "share-servers" => self.server(route),
            "security-services" if deletes => make_service(&self.cloud.member(), "short-lived"),
            "security-services" => self.services[0].clone(),
            "resource-locks" if deletes => make_lock(&self.cloud.member(), &self.share),
            "resource-locks" => self.lock.clone(),
            "share-transfers" => self.transfers.subject(self.cloud, &self.kind, route),
            "qos-types" => make_qos_type(&admin, &format!("qos {}", self.next()), json!({ KEY: "v" })),
            "messages" if deletes => {
                self.messages.borrow_mut().pop().expect("Things::make was asked for too few messages")
            }
            "messages" => self.messages.borrow()[0].clone(),
            _ => String::new(),
        }
    }

    /// The snapshot that the route is about, afresh where it may be used up.
    fn snapshot(&self, route: &Route) -> String {
        let (admin, member) = (self.cloud.admin(), self.cloud.member());
        let uses_up = route.method == Method::DELETE && !route.path.contains("/metadata")
            || route.action.is_some_and(|action| action.ends_with("force_delete") || action == "unmanage");
        if uses_up {
            return make_snapshot(&member, &self.share);
        }
        if route.path.contains("/metadata") {
            let metadata = json!({ "metadata": { KEY: "v" } });
            admin.post(&format!("/snapshots/{}/metadata", self.snapshot), metadata).is(200);
        }
        self.snapshot.clone()
    }

    /// The share server that the route is about, which stands as it should: the last one where it may be used up.
    fn server(&self, route: &Route) -> String {
        let mut servers = self.cloud.admin().get("/share-servers").is(200).column("share_servers", "id");
        let uses_up = route.method == Method::DELETE || route.action == Some("unmanage");
        let server = if uses_up { servers.pop().expect("a share server is left") } else { servers.remove(0) };
        let reset = json!({ "reset_status": { "status": "active" } });
        self.cloud.admin().post(&format!("/share-servers/{server}/action"), reset).is(202);
        server
    }

    /// The subnet that the route is about.
    fn subnet(&self, route: &Route) -> String {
        let (member, path) = (self.cloud.member(), format!("/share-networks/{}/subnets", self.network));
        if route.path.contains("/metadata") {
            member.post(&format!("{path}/{}/metadata", self.subnet), json!({ "metadata": { KEY: "v" } })).is(200);
        } else if route.method == Method::DELETE {
            let short_lived = json!({ "share-network-subnet": {} });
            return member.post(&path, short_lived).is(200).text_at("/share_network_subnet/id");
        }
        self.subnet.clone()
    }

    /// Gives the network the first security service if the action is about one that is there, and none otherwise.
    fn arrange_services(&self, action: &str) {
        let (member, network) = (self.cloud.member(), &self.network);
        let act = |body: Value| member.post(&format!("/share-networks/{network}/action"), body);
        for id in
            member.get(&format!("/security-services?share_network_id={network}")).column("security_services", "id")
        {
            act(json!({ "remove_security_service": { "security_service_id": id } })).is(200);
        }
        if action.starts_with("remove_security_service") || action.starts_with("update_security_service") {
            act(json!({ "add_security_service": { "security_service_id": self.services[0] } })).is(200);
        }
    }

    /// What is said to the thing with this id.
    fn body(&self, route: &Route, id: &str) -> Option<Value> {
        if let Some(action) = route.action {
            let resets_other = ["/share-networks/{id}/action", "/share-servers/{id}/action"].contains(&route.path);
            if resets_other && action == "reset_status" {
                return Some(json!({ action: { "status": "active" } }));
            }
            if action == "revert" {
                let snapshots = self.cloud.admin().get(&format!("/snapshots?share_id={id}"));
                return Some(json!({ action: { "snapshot_id": snapshots.text_at("/snapshots/0/id") } }));
            }
            return Some(json!({ action: self.action(action.trim_start_matches("os-")) }));
        }
        let body = match (route.method, route.path) {
            (Method::POST, "/shares") => wish(&self.kind, json!({ "name": "s" })),
            (Method::PUT, "/shares/{id}") => json!({ "share": { "display_name": "s" } }),
            (Method::PUT | Method::POST, path) if path.contains("/metadata") => json!({ "metadata": { KEY: "v" } }),
            (Method::PUT, "/services/{verb}" | "/os-services/{verb}") => {
                json!({ "host": "node1@alpha", "binary": "manila-share" })
            }
            (Method::POST, "/services/ensure-shares") => json!({ "ensure_shares": { "host": "node1@alpha" } }),
            (Method::POST, "/types") => json!({ "share_type": {
                "name": format!("type {}", self.next()),
                "extra_specs": { "driver_handles_share_servers": "False" },
            }}),
            (Method::PUT, "/quota-sets/{project_id}" | "/os-quota-sets/{project_id}") => {
                json!({ "quota_set": { "snapshots": 50 } })
            }
            (Method::PUT, "/quota-class-sets/{class_name}" | "/os-quota-class-sets/{class_name}") => {
                json!({ "quota_class_set": { "snapshots": 50 } })
            }
            (Method::PUT, "/share-access-rules/{id}") => {
                let level = if self.next().is_multiple_of(2) { "rw" } else { "ro" };
                json!({ "update_access": { "access_level": level } })
            }
            (Method::POST, "/snapshots") => json!({ "snapshot": { "share_id": self.share, "name": "s" } }),
            (Method::POST, "/shares/manage" | "/os-share-manage") => {
                let host = self.cloud.admin().get(&format!("/shares/{}", self.share)).text_at("/share/host");
                json!({ "share": {
                    "service_host": host, "protocol": "nfs", "share_type": self.kind,
                    "export_path": format!("127.0.0.9:/made_by_hand_{}", self.next()),
                }})
            }
            (Method::POST, "/share-servers/manage") => {
                // In a network of its own, since one with servers bears less.
                let network = json!({ "share_network": { "name": "n" } });
                let network = self.cloud.admin().post("/share-networks", network).is(200).text_at("/share_network/id");
                let identifier = format!("made_by_hand_{}", self.next());
                json!({ "share_server": { "host": "node1@alpha", "share_network_id": network, "identifier": identifier } })
            }
            (Method::POST, "/snapshots/manage") => {
                let location = format!("daily.{}", self.next());
                json!({ "snapshot": { "share_id": self.share, "provider_location": location } })
            }
            (Method::PUT, "/snapshots/{id}") => json!({ "snapshot": { "display_name": "s" } }),
            (Method::POST, "/share-networks") => json!({ "share_network": { "name": "n" } }),
            (Method::PUT, "/share-networks/{id}") => json!({ "share_network": { "name": "n" } }),
            (Method::POST, "/share-networks/{network_id}/subnets") => json!({ "share-network-subnet": {} }),
            (Method::POST, "/security-services") => json!({ "security_service": { "type": "kerberos" } }),
            (Method::PUT, "/security-services/{id}") => json!({ "security_service": { "name": "n" } }),
            (Method::POST, "/resource-locks") => lock(&self.share),
            (Method::POST, path) if path.starts_with("/share-transfers") => self.transfers.body(route, id),
            (Method::PUT, "/resource-locks/{id}") => json!({ "resource_lock": { "lock_reason": "n" } }),
            (Method::PUT, "/types/{id}") => json!({ "share_type": { "description": "d" } }),
            (Method::POST, "/types/{id}/extra_specs") => json!({ "extra_specs": { KEY: "v" } }),
            (Method::PUT, "/types/{id}/extra_specs/{key}" | "/qos-types/{id}/specs/{key}") => json!({ KEY: "v" }),
            (Method::POST, "/qos-types") => json!({ "qos_type": { "name": format!("qos {}", self.next()) } }),
            (Method::PUT, "/qos-types/{id}") => json!({ "qos_type": { "description": "d" } }),
            (Method::POST, "/qos-types/{id}/specs") => json!({ "specs": { KEY: "v" } }),
            _ => {
                assert!(route.body.is_none(), "no body is known for {} {}", route.method.name(), route.path);
                return None;
            }
        };
        Some(body)
    }

    fn action(&self, name: &str) -> Value {
        let fresh = || format!("10.1.{}.{}", self.next() / 250, self.next() % 250);
        match name {
            "allow_access" => json!({ "access_type": "ip", "access_to": fresh() }),
            "deny_access" => {
                let rule = json!({ "allow_access": { "access_type": "ip", "access_to": fresh() } });
                let rule = self.cloud.member().act(&self.share, rule).is(200).text_at("/access/id");
                json!({ "access_id": rule })
            }
            "addProjectAccess" => json!({ "project": format!("{:032x}", self.next()) }),
            "removeProjectAccess" => {
                let project = json!({ "project": format!("{:032x}", self.next()) });
                let add = json!({ "addProjectAccess": project });
                self.cloud.admin().post(&format!("/types/{}/action", self.private), add).is(202);
                project
            }
            "add_security_service" | "add_security_service_check" | "remove_security_service" => {
                json!({ "security_service_id": self.services[0] })
            }
            "update_security_service" | "update_security_service_check" => {
                json!({ "current_service_id": self.services[0], "new_service_id": self.services[1] })
            }
            "share_network_subnet_create_check" => json!({ "neutron_net_id": "n", "neutron_subnet_id": "s" }),
            "reset_status" => json!({ "status": "available" }),
            "reset_task_state" => json!({ "task_state": null }),
            "unmanage" => json!({ "force": true }),
            "extend" => json!({ "new_size": 3 }),
            "shrink" => json!({ "new_size": 1 }),
            "force_delete" | "soft_delete" | "restore" | "access_list" => Value::Null,
            _ => panic!("no body is known for action {name}"),
        }
    }
}

/// A snapshot of a share, which is taken; answers its id.
pub fn make_snapshot(member: &Client, share: &str) -> String {
    let snapshot =
        json!({ "snapshot": { "share_id": share, "name": "s", "description": "d", "metadata": { KEY: "v" } } });
    let id = member.post("/snapshots", snapshot).is(202).text_at("/snapshot/id");
    until(&format!("snapshot {id} is available"), || {
        let answer = member.get(&format!("/snapshots/{id}"));
        (answer.json()["snapshot"]["status"] == "available").then_some(())
    });
    id
}

/// A security service that says all that one can say; answers its id.
fn make_service(member: &Client, name: &str) -> String {
    let service = json!({ "type": "ldap", "name": name, "description": "d", "dns_ip": "10.0.0.1", "server": "s",
                          "domain": "d", "user": "u", "password": "p", "ou": "o", "default_ad_site": "site" });
    member.post("/security-services", json!({ "security_service": service })).is(200).text_at("/security_service/id")
}

/// The body that locks a share.
fn lock(share: &str) -> Value {
    json!({ "resource_lock": { "resource_id": share, "resource_type": "share", "lock_reason": "r" } })
}

/// A lock on a share; answers its id.
fn make_lock(member: &Client, share: &str) -> String {
    member.post("/resource-locks", lock(share)).is(200).text_at("/resource_lock/id")
}

/// Removes every snapshot and every share of every project, from the array too, whatever locks stand on them.
pub fn clear(cloud: &Cloud) {
    let admin = cloud.admin();
    for lock in admin.get("/resource-locks?all_projects=1").is(200).column("resource_locks", "id") {
        admin.delete(&format!("/resource-locks/{lock}"));
    }
    let snapshots = admin.get("/snapshots?all_tenants=1").is(200).column("snapshots", "id");
    for snapshot in &snapshots {
        admin.post(&format!("/snapshots/{snapshot}/action"), json!({ "force_delete": null }));
    }
    for snapshot in &snapshots {
        let path = format!("/snapshots/{snapshot}");
        until(&format!("snapshot {snapshot} is gone"), || (admin.get(&path).status == 404).then_some(()));
    }
    let listed = |more: &str| admin.get(&format!("/shares?all_tenants=1{more}")).is(200).column("shares", "id");
    let shares = [listed(""), listed("&is_soft_deleted=true")].concat();
    for share in &shares {
        admin.act(share, json!({ "force_delete": null }));
    }
    for share in &shares {
        until_gone(&admin, share);
    }
    cloud.stage.sim.remove_unmanaged();
}
