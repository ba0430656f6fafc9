//! What a run plays on: an array, a proxy before it, a daemon with a back end of each mode, and types for both.

use std::path::Path;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use manilad_store::consistency;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::Plan;
use crate::machine::{self, Machine};
use crate::proxy::Proxy;
use crate::support::{PASSWORD, Process, records, sim::Sim, until};

/// The name of the type without share servers, of the one with limits of throughput, and of the one with share servers.
pub const TYPES: [&str; 3] = ["plain", "limited", "served"];

/// Seconds after which a call that had no answer is not carried out any more: longer than the proxy holds one back, and so short that
/// what an earlier incarnation was making is waited for, and made, between two kills.
const LATEST: u32 = 5;

pub struct Stage {
    pub folder: TempDir,
    pub sim: Sim,
    pub proxy: Proxy,
    /// None: the daemon is a process of this machine.
    machine: Option<Machine>,
    daemon: Mutex<Option<Process>>,
    address: RwLock<String>,
    http: reqwest::blocking::Client,
}

impl Stage {
    pub fn open(plan: &Plan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sim = Sim::start(folder.path(), 0, &[]);
        let proxy = Proxy::start(&sim.address, plan.seed, plan.faults);
        let configuration = configuration(folder.path(), &proxy.address, plan.machine.is_some());
        std::fs::write(folder.path().join("manila.conf"), configuration).unwrap();
        let machine = plan.machine.as_ref().map(|boot| Machine::lay_out(boot, folder.path()));
        let http = reqwest::blocking::Client::builder().timeout(Duration::from_secs(40)).build().unwrap();
        let stage = Stage { folder, sim, proxy, machine, daemon: Mutex::default(), address: RwLock::default(), http };
        stage.restart();
        for (name, more) in [
            (TYPES[0], json!({ "driver_handles_share_servers": "False" })),
            (TYPES[1], json!({ "driver_handles_share_servers": "False", "qos": "<is> True", "netapp:maxiops": "100" })),
            (TYPES[2], json!({ "driver_handles_share_servers": "True" })),
        ] {
            let wish = json!({ "share_type": { "name": name, "extra_specs": more } });
            let (status, body) = stage.admin("POST", "/types", Some(wish)).unwrap();
            assert_eq!(status, 200, "{body}");
        }
        stage
    }

    fn restart(&self) {
        let folder = self.folder.path();
        let (process, address) = match &self.machine {
            Some(machine) => machine.start(folder),
            None => {
                let arguments = ["--config-file".to_owned(), folder.join("manila.conf").display().to_string()];
                let mut process = Process::start(&arguments, folder);
                let address = process.address("API");
                (process, address)
            }
        };
        *self.address.write().unwrap_or_else(PoisonError::into_inner) = address;
        *self.daemon.lock().unwrap_or_else(PoisonError::into_inner) = Some(process);
    }

    /// kill -9, or a power cut where there is a machine, and a new start.
    pub fn kill_and_restart(&self) {
        if let Some(process) = self.daemon.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            self.keep_log(process);
            process.kill();
        }
        self.restart();
    }

    /// What the daemon logged is kept for who looks for the cause of a fault.
    fn keep_log(&self, process: &Process) {
        let Some(folder) = std::env::var_os("MIX_LOGS") else { return };
        let path = Path::new(&folder).join("daemon.log");
        let file = std::fs::OpenOptions::new().append(true).create(true).open(path);
        let written = file.and_then(|mut file| {
            std::io::Write::write_all(&mut file, format!("{}\n--- killed\n", process.log().join("\n")).as_bytes())
        });
        written.unwrap();
    }

    /// Status and body of a request of a project; none where no answer came.
    pub fn ask(&self, project: &str, method: &str, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        let address = self.address.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut request = self
            .http
            .request(method.parse().unwrap(), format!("http://{address}/v2{path}"))
            .header("X-Auth-Token", format!("user:{project}"))
            .header("X-OpenStack-Manila-API-Version", "2.80");
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().ok()?;
        let status = answer.status().as_u16();
        let text = answer.text().ok()?;
        Some((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    pub fn admin(&self, method: &str, path: &str, body: Option<Value>) -> Option<(u16, Value)> {
        self.ask("admin", method, path, body)
    }

    /// A list, once somebody answers.
    pub fn list(&self, path: &str, key: &str) -> Vec<Value> {
        until(path, || {
            let (status, body) = self.admin("GET", path, None)?;
            assert_eq!(status, 200, "{path}: {body}");
            body[key].as_array().cloned()
        })
    }

    /// Stops in good order, or cuts the power where there is a machine; answers what does not follow from the records, and what is
    /// left on the array.
    pub fn close(&self) -> Vec<String> {
        if let Some(mut process) = self.daemon.lock().unwrap_or_else(PoisonError::into_inner).take() {
            self.keep_log(&process);
            match self.machine {
                Some(_) => process.kill(),
                None => process.stop(),
            }
        }
        if let Some(machine) = &self.machine {
            machine.bring_store(self.folder.path());
        }
        let store = records::store(self.folder.path());
        let mut complaints = consistency(&store);
        store.close();
        let state = self.sim.state();
        for (what, left) in [
            ("volumes", state.volumes),
            ("export policies", state.policies),
            ("SMB shares", state.smb_shares),
            ("QoS policies", state.qos_policies),
            ("share servers", self.sim.tenants()),
        ] {
            complaints.extend((!left.is_empty()).then(|| format!("{what} are left on the array: {left:?}")));
        }
        complaints
    }
}

fn configuration(folder: &Path, array: &str, is_in_machine: bool) -> String {
    let (host, port) = array.split_once(':').unwrap();
    let (host, listen, listen_port, store) = match is_in_machine {
        true => (machine::HOST, "0.0.0.0", machine::PORT, machine::STORE.to_owned()),
        false => (host, "127.0.0.1", 0, folder.join("store").display().to_string()),
    };
    let run = std::process::id() % 200 + 20;
    let back_end = |name: &str, more: &str| {
        format!(
            "[{name}]\nshare_driver = manila.share.drivers.netapp.common.NetAppDriver\nshare_backend_name = {name}\n\
             netapp_server_hostname = {host}\nnetapp_server_port = {port}\nnetapp_transport_type = http\n\
             netapp_login = admin\nnetapp_password = {PASSWORD}\n{more}\n"
        )
    };
    let servers = format!(
        "driver_handles_share_servers = True\n\
         network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n\
         standalone_network_plugin_gateway = 127.{run}.200.1\nstandalone_network_plugin_mask = 24\n"
    );
    let quota = "[quota]\nshares = -1\ngigabytes = -1\nshare_networks = -1\n";
    format!(
        "[DEFAULT]\nhost = node1\nauth_strategy = noauth\nosapi_share_listen = {listen}\nosapi_share_listen_port = {listen_port}\n\
         enabled_share_backends = alpha,gamma\nenabled_share_protocols = NFS\nperiodic_interval = 2\nosapi_max_limit = 100000\n\
         [manilad]\nstore_path = {store}\nallow_remote_noauth = {is_in_machine}\nsimulator = false\nunanswered_call_seconds = {LATEST}\n{}{}{quota}",
        back_end("alpha", "driver_handles_share_servers = False\nnetapp_vserver = svm1\n"),
        back_end("gamma", &servers),
    )
}
