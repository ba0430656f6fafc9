//! The simulated array as a process of its own, with its test hooks.

use std::path::Path;
use std::sync::atomic::{AtomicU16, Ordering};

use serde_json::Value;

use super::process::{PASSWORD, Process};
use super::until;

/// A running `manilad sim --hooks`. Its two data LIFs have addresses that no other test uses.
pub struct Sim {
    process: Process,
    http: reqwest::blocking::Client,
    scheme: &'static str,
    pub address: String,
    pub lifs: [String; 2],
}

/// What is left on the array, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterState {
    pub volumes: Vec<String>,
    pub policies: Vec<String>,
    pub smb_shares: Vec<String>,
    pub qos_policies: Vec<String>,
}

/// The port on which all data LIFs of tests serve NFS.
pub const NFS_PORT: u16 = 12049;

fn fresh_lifs() -> [String; 2] {
    static NEXT: AtomicU16 = AtomicU16::new(2);
    let lif = || {
        let [net, host] = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        // The test's process id keeps two runs on one machine apart.
        format!("127.{}.{net}.{host}", std::process::id() % 200 + 20)
    };
    [lif(), lif()]
}

impl Sim {
    pub fn start(folder: &Path, number: usize, more: &[&str]) -> Self {
        let lifs = fresh_lifs();
        let mut arguments: Vec<String> =
            ["sim", "--listen", "127.0.0.1:0", "--hooks", "--lifs", &lifs[0], &lifs[1]].map(str::to_owned).to_vec();
        arguments.extend(["--state".to_owned(), folder.join(format!("array{number}")).display().to_string()]);
        arguments.extend(more.iter().map(|word| (*word).to_owned()));
        let mut process = Process::start(&arguments, folder);
        let address = process.address("ONTAP REST");
        let scheme = if more.contains(&"--tls-cert") { "https" } else { "http" };
        let sim = Sim { process, http: super::http_of_single_calls(), scheme, address, lifs };
        for account in ["admin", "vsadmin"] {
            sim.set_password(account, PASSWORD);
        }
        sim
    }

    fn hook(&self, method: reqwest::Method, path: &str, body: Option<Value>) -> Value {
        let mut request = self.http.request(method, format!("{}://{}/sim/{path}", self.scheme, self.address));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().unwrap());
        answer.json().unwrap()
    }

    /// A call of the array's own administrator.
    pub fn by_hand(&self, method: &str, target: &str, body: Value) -> Value {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let url = format!("{}://{}{target}", self.scheme, self.address);
        let request = self.http.request(method, url).basic_auth("admin", Some(PASSWORD));
        let answer = request.query(&[("return_timeout", "15")]).json(&body).send().unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().unwrap());
        serde_json::from_str(&answer.text().unwrap()).unwrap_or_default()
    }

    /// The only record of a collection whose `field` is `value`.
    pub fn record(&self, collection: &str, field: &str, value: &str) -> Value {
        let found = self.by_hand("GET", &format!("/api/{collection}?{field}={value}&fields=*"), Value::Null);
        assert_eq!(found["num_records"], 1, "{found}");
        found["records"][0].clone()
    }

    /// Scripts a fault; see the simulator's fault rules.
    pub fn strike(&self, rule: Value) {
        self.hook(reqwest::Method::POST, "faults", Some(rule));
    }

    /// SIGSTOP: nothing is answered, and nothing is lost.
    pub fn pause(&self) {
        self.process.signal("-STOP");
    }

    /// SIGCONT, after [`Sim::pause`].
    pub fn go_on(&self) {
        self.process.signal("-CONT");
    }

    /// Takes all faults away.
    pub fn heal(&self) {
        self.hook(reqwest::Method::DELETE, "faults", None);
    }

    /// Gives an account another password.
    pub fn set_password(&self, account: &str, password: &str) {
        let body = serde_json::json!({ "account": account, "password": password });
        self.hook(reqwest::Method::POST, "password", Some(body));
    }

    /// Waits until some scripted fault has struck.
    pub fn until_struck(&self) {
        until("a scripted fault strikes", || {
            let faults = self.hook(reqwest::Method::GET, "faults", None);
            let struck = |rule: &Value| rule["struck"].as_u64().unwrap_or(0) > 0;
            faults["faults"].as_array().unwrap().iter().any(struck).then_some(())
        });
    }

    /// Method and path of each call so far; polls of pools left out.
    pub fn calls(&self) -> Vec<(String, String)> {
        let calls = self.hook(reqwest::Method::GET, "calls", None);
        let text = |call: &Value, key: &str| call[key].as_str().unwrap_or_default().to_owned();
        calls["calls"].as_array().unwrap().iter().map(|call| (text(call, "method"), text(call, "path"))).collect()
    }

    pub fn forget_calls(&self) {
        self.hook(reqwest::Method::DELETE, "calls", None);
    }

    /// All objects of a kind.
    pub fn objects(&self, kind: &str) -> Vec<Value> {
        let state = self.hook(reqwest::Method::GET, "state", None);
        state[kind].as_object().into_iter().flat_map(|rows| rows.values().cloned()).collect()
    }

    /// Volumes and export policies that are not the array's own.
    pub fn state(&self) -> ClusterState {
        let state = self.hook(reqwest::Method::GET, "state", None);
        let names = |kind: &str| {
            let objects = state[kind].as_object().unwrap().values();
            let alive = objects.filter(|object| object["deleted"].is_null());
            let mut names: Vec<String> = alive.map(|object| object["name"].as_str().unwrap().to_owned()).collect();
            names.retain(|name| !name.ends_with("_root") && name != "default");
            names.sort();
            names
        };
        ClusterState {
            volumes: names("volume"),
            policies: names("export_policy"),
            smb_shares: names("cifs_share"),
            qos_policies: names("qos_policy"),
        }
    }

    /// What share servers have left: SVMs, LIFs, VLANs and IPspaces that are not the array's own, and what hangs in the air.
    pub fn tenants(&self) -> Vec<String> {
        let state = self.hook(reqwest::Method::GET, "state", None);
        let own = ["svm1", "svm1_lif1", "svm1_lif2", "Default", "Cluster"];
        let named = |kind: &'static str| {
            let objects = state[kind].as_object().unwrap().values();
            objects.filter(move |object| kind != "port" || !object["vlan"].is_null()).map(move |object| {
                let name = object["name"].as_str().unwrap();
                (!own.contains(&name)).then(|| format!("{kind} {name}"))
            })
        };
        let kinds = ["svm", "interface", "port", "ipspace", "broadcast_domain"];
        let mut left: Vec<String> = kinds.into_iter().flat_map(named).flatten().collect();
        let strays = self.hook(reqwest::Method::GET, "strays", None);
        left.extend(strays["strays"].as_array().unwrap().iter().map(Value::to_string));
        left
    }

    /// The volumes that are not the array's own, as it keeps them.
    pub fn volumes(&self) -> Vec<Value> {
        let state = self.hook(reqwest::Method::GET, "state", None);
        let volumes = state["volume"].as_object().unwrap().values();
        volumes.filter(|volume| volume["deleted"].is_null() && volume["is_root"] != true).cloned().collect()
    }

    /// Takes away the volumes that were shares and were let go of, with their policies, as the array's administrator may.
    pub fn remove_unmanaged(&self) {
        let is_released = |name: &String| name.starts_with("unmanaged_");
        if self.state().qos_policies.iter().any(is_released) {
            self.by_hand("DELETE", "/api/storage/qos/policies?name=unmanaged_*", serde_json::json!({}));
        }
        if !self.state().policies.iter().any(is_released) {
            return;
        }
        for volume in self.volumes() {
            let target = format!("/api/storage/volumes/{}", volume["uuid"].as_str().unwrap());
            let shown = self.by_hand("GET", &format!("{target}?fields=nas.export_policy.name"), Value::Null);
            if shown["nas"]["export_policy"]["name"].as_str().is_some_and(|name| is_released(&name.to_owned())) {
                self.by_hand("PATCH", &target, serde_json::json!({ "state": "offline" }));
                self.by_hand("DELETE", &target, serde_json::json!({}));
            }
        }
        self.by_hand("DELETE", "/api/protocols/nfs/export-policies?name=unmanaged_*", serde_json::json!({}));
    }

    /// Who may use an SMB share, each as `user permission`, in order.
    pub fn acl(&self, share: &str) -> Vec<String> {
        let state = self.hook(reqwest::Method::GET, "state", None);
        let shares = state["cifs_share"].as_object().unwrap();
        let found = shares.values().find(|one| one["name"] == share).unwrap();
        let text = |ace: &Value, key: &str| ace[key].as_str().unwrap().to_owned();
        let entries = found["acls"].as_array().unwrap().iter();
        let mut told: Vec<String> =
            entries.map(|ace| format!("{} {}", text(ace, "user_or_group"), text(ace, "permission"))).collect();
        told.sort();
        told
    }
}
