//! Share servers through the front door: a daemon with `driver_handles_share_servers = True`, a stand-alone network in
//! 127.0.0.0/8, and the simulated array, whose LIFs listen.

mod crash;
mod directories;
mod extension;
mod flow;
mod managed;
mod tenants;

use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::{Value, json};

use crate::support::{Api, BackEnd, Stage, until};

/// A daemon whose back end makes share servers.
pub struct Tenancy {
    pub stage: Stage,
    pub share_type: String,
}

/// Addresses that no other test uses: `127.<run>.<net>.0/24`.
pub fn fresh_net() -> String {
    static NEXT: AtomicU8 = AtomicU8::new(1);
    let run = std::process::id() % 200 + 20;
    format!("127.{}.{}", (run + 100) % 220 + 20, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A VLAN.
pub const VLAN: &str =
    "standalone_network_plugin_network_type = vlan\nstandalone_network_plugin_segmentation_id = 77\n";

impl Tenancy {
    /// On an array that is started with `sim`; `more` goes into the section of the back end.
    pub fn open(sim: &[&str], more: &str) -> Self {
        let net = fresh_net();
        let backend_section = format!(
            "driver_handles_share_servers = True\nnetapp_vserver =\n\
             network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n\
             standalone_network_plugin_gateway = {net}.1\nstandalone_network_plugin_mask = 24\n{more}"
        );
        let stage = Stage::with(sim, &backend_section, &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
        let share_type = stage.api().make_type("served", json!({ "driver_handles_share_servers": "True" }));
        Tenancy { stage, share_type }
    }

    pub fn api(&self) -> Api {
        self.stage.api()
    }

    /// A share network with one subnet; answers its id.
    pub fn network(&self, name: &str) -> String {
        let wish = json!({ "share_network": { "name": name } });
        self.api().post("/share-networks", wish)["share_network"]["id"].as_str().unwrap().to_owned()
    }

    /// Asks for a share in a network; answers its id.
    pub fn share(&self, network: &str) -> String {
        let wish = json!({ "share": {
            "share_proto": "NFS", "size": 1, "share_type": self.share_type, "share_network_id": network,
        } });
        self.api().post("/shares", wish)["share"]["id"].as_str().unwrap().to_owned()
    }

    /// All share servers, in full.
    pub fn servers(&self) -> Vec<Value> {
        let listed = self.api().get("/share-servers")["share_servers"].as_array().unwrap().clone();
        let id = |server: &Value| server["id"].as_str().unwrap().to_owned();
        let shown = listed.iter().map(|server| self.api().ask("GET", &format!("/share-servers/{}", id(server)), None));
        // One that goes meanwhile is gone.
        shown.filter(|(status, _)| *status == 200).map(|(_, server)| server["share_server"].clone()).collect()
    }

    /// Takes a network away, and waits until all that it needed is gone.
    pub fn remove_network(&self, network: &str) {
        self.api().delete(&format!("/share-networks/{network}"));
        let left = || self.servers().iter().any(|server| server["share_network_id"] == network);
        until("the servers of the network are gone", || (!left()).then_some(()));
    }

    /// Ends the play: nothing is left on the array, nor of any server.
    pub fn close(self) {
        assert_eq!(self.servers(), Vec::<Value>::new());
        assert_eq!(self.stage.sim.tenants(), Vec::<String>::new());
        self.stage.close(0);
    }
}
