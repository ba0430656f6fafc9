//! What a tenant does with directories: security services, and the share networks whose servers are members of them.
//!
//! How to get it wrong: to think that a network has what was asked for; where it has servers, they have to be asked beforehand.

use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::{Value, json};

use super::{Tenant, status_of};
use crate::ledger::{Promise, ended};

/// A security service that was accepted once.
#[derive(Debug)]
pub struct SecurityService {
    pub project: String,
    pub promise: Promise,
}

impl Tenant {
    pub(super) async fn act_on_services(&mut self) {
        match self.lots.random_range(0..8) {
            0..=1 => self.make_service().await,
            2..=3 => self.attach("add_security_service").await,
            4 => self.attach("remove_security_service").await,
            5 => self.swap_services().await,
            6 => self.alter_service().await,
            _ => self.remove_service().await,
        }
    }

    /// Mostly one that lets the servers in.
    async fn make_service(&mut self) {
        let name = self.called("d");
        let password = if self.lots.random_ratio(1, 6) { "forgotten" } else { "password" };
        let mut service = json!({
            "name": name, "dns_ip": "192.0.2.53", "user": "Administrator", "password": password,
        });
        let more = match self.lots.random_range(0..3) {
            0 => json!({ "type": "active_directory", "domain": "example.com" }),
            _ => json!({ "type": "ldap", "server": self.some_ldap_server(), "ou": "dc=example,dc=com" }),
        };
        service.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let wish = json!({ "security_service": service });
        match self.ask("create service", "POST", "/security-services", Some(wish)).await {
            Some((200..=299, body)) => {
                let id = body["security_service"]["id"].as_str().unwrap().to_owned();
                let made = SecurityService { project: self.project.clone(), promise: Promise::Stays };
                self.world.services.borrow_mut().insert(id, made);
            }
            None | Some((500..=599, _)) => self.world.ledger.book().unsure.push(name),
            Some(_) => {}
        }
    }

    fn some_ldap_server(&mut self) -> &'static str {
        ["192.0.2.10", "192.0.2.11"][self.lots.random_range(0..2)]
    }

    fn some_service(&mut self) -> Option<String> {
        let own: Vec<String> = {
            let services = self.world.services.borrow();
            let own = services.iter().filter(|(_, one)| one.project == self.project && one.promise == Promise::Stays);
            own.map(|(id, _)| id.clone()).collect()
        };
        own.choose(&mut self.lots).cloned()
    }

    /// Puts a directory into a network, or takes it out of it.
    async fn attach(&mut self, action: &'static str) {
        let (Some(network), Some(service)) = (self.some_network(), self.some_service()) else { return };
        self.act_on_network(&network, action, json!({ "security_service_id": service })).await;
    }

    async fn swap_services(&mut self) {
        let (Some(network), Some(new)) = (self.some_network(), self.some_service()) else { return };
        let path = format!("/security-services?share_network_id={network}");
        let Some((200, body)) = self.ask("list services", "GET", &path, None).await else { return };
        let there = body["security_services"].as_array().cloned().unwrap_or_default();
        let Some(current) = there.choose(&mut self.lots) else { return };
        let wish = json!({ "current_service_id": current["id"], "new_service_id": new });
        self.act_on_network(&network, "update_security_service", wish).await;
    }

    /// Where there are servers, what they are to be given is asked for first; taking away is not for them.
    async fn act_on_network(&mut self, network: &str, action: &'static str, wish: Value) {
        let path = format!("/share-networks/{network}/action");
        if action != "remove_security_service" {
            let check = json!({ format!("{action}_check"): wish });
            self.ask("check service", "POST", &path, Some(check)).await;
        }
        self.ask(action, "POST", &path, Some(json!({ action: wish }))).await;
    }

    async fn alter_service(&mut self) {
        let Some(id) = self.some_service() else { return };
        let change = match self.lots.random_bool(0.5) {
            true => json!({ "description": self.called("said") }),
            false => json!({ "password": "password" }),
        };
        let wish = json!({ "security_service": change });
        self.ask("change service", "PUT", &format!("/security-services/{id}"), Some(wish)).await;
    }

    async fn remove_service(&mut self) {
        let Some(id) = self.some_service() else { return };
        let answer = self.ask("delete service", "DELETE", &format!("/security-services/{id}"), None).await;
        if let Some(service) = self.world.services.borrow_mut().get_mut(&id) {
            service.promise = ended(service.promise, status_of(&answer));
        }
    }
}
