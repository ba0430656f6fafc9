//! The daemon and the simulated array, as processes of the release binary with a folder of their own.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::fill::{PROJECT, USER};
use crate::load::{Client, Door};

/// The program that is measured.
pub const BINARY: &str = env!("CARGO_BIN_EXE_manilad");

/// A child process that does not outlive the bench.
pub struct Process {
    child: Child,
    out: BufReader<ChildStdout>,
    log: Option<PathBuf>,
}

impl Process {
    /// Starts a program; what it logs goes to `log`.
    pub fn start(program: &Path, arguments: &[String], log: Option<PathBuf>) -> anyhow::Result<Self> {
        let errors = match &log {
            Some(path) => Stdio::from(std::fs::File::create(path)?),
            None => Stdio::inherit(),
        };
        let mut command = Command::new(program);
        command.args(arguments).env_remove("RUST_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
        let mut child = command.spawn().with_context(|| format!("start {}", program.display()))?;
        let out = child.stdout.take().context("a child without output")?;
        Ok(Process { child, out: BufReader::new(out), log })
    }

    /// The address in the next line of output that begins with `label`.
    pub fn address(&mut self, label: &str) -> anyhow::Result<String> {
        let mut line = String::new();
        while self.out.read_line(&mut line)? > 0 {
            if line.starts_with(label) {
                let url = line.split_whitespace().find(|word| word.starts_with("http"));
                return Ok(url.and_then(|url| url.split('/').nth(2)).context("a line without an address")?.to_owned());
            }
            line.clear();
        }
        let log = self.log.as_ref().and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
        anyhow::bail!("it ended before it said {label}: {log}")
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM, and its orderly end.
    pub fn stop(mut self) -> anyhow::Result<()> {
        ensure!(Command::new("kill").args(["-TERM", &self.id().to_string()]).status()?.success());
        ensure!(self.child.wait()?.success(), "it did not stop in good order");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _it_may_have_ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// A simulated array, its objects in memory only.
pub struct Array {
    pub door: Door,
    _process: Process,
}

impl Array {
    /// `latency` is `none` or `array`.
    pub fn start(folder: &Path, latency: &str) -> anyhow::Result<Self> {
        Array::start_in(250, folder, latency)
    }

    /// A second one.
    pub fn start_beside(folder: &Path, latency: &str) -> anyhow::Result<Self> {
        Array::start_in(251, folder, latency)
    }

    fn start_in(place: u8, folder: &Path, latency: &str) -> anyhow::Result<Self> {
        // Two benches, or a bench and tests, must not want the same addresses.
        let net = format!("127.{place}.{}", std::process::id() % 250);
        let arguments = format!(
            "sim --listen 127.0.0.1:0 --hooks --latency {latency} --aggregate-gib 10000 --lifs {net}.1 {net}.2 \
             --nfs-port 12050"
        );
        let arguments: Vec<String> = arguments.split_whitespace().map(str::to_owned).collect();
        let mut process = Process::start(BINARY.as_ref(), &arguments, Some(folder.join(format!("array-{place}.log"))))?;
        let address = process.address("ONTAP REST")?;
        let identity = ("Authorization", "Basic YWRtaW46cGFzc3dvcmQ=".to_owned()); // admin:password
        Ok(Array { door: Door { address, identity }, _process: process })
    }

    /// Makes a volume for a share straight away, with the calls that any driver needs for it.
    pub async fn make_volume(&self, client: &mut Client, svm: &str, name: &str) -> anyhow::Result<()> {
        let policy = json!({ "name": name, "svm": { "name": svm } });
        let policies = "/api/protocols/nfs/export-policies?return_timeout=15";
        client.ask(&self.door.request("POST", policies, Some(&policy))).await?.succeeded()?;
        let nas = json!({ "path": format!("/{name}"), "export_policy": { "name": name } });
        let volume = json!({
            "name": name, "svm": { "name": svm }, "size": 1 << 30, "aggregates": [{ "name": "aggr1" }], "nas": nas,
            "guarantee": { "type": "none" },
        });
        let volumes = "/api/storage/volumes?return_timeout=15";
        let made = client.ask(&self.door.request("POST", volumes, Some(&volume))).await?.succeeded()?.json()?;
        ensure!(made["job"]["state"] != "failure", "{made}");
        Ok(())
    }

    /// Makes an SVM that serves NFS, as the array does it in one call.
    pub async fn make_svm(&self, client: &mut Client, name: &str) -> anyhow::Result<()> {
        let svm = json!({ "name": name, "aggregates": [{ "name": "aggr1" }], "nfs": { "enabled": true } });
        let svms = "/api/svm/svms?return_timeout=120";
        let made = client.ask(&self.door.request("POST", svms, Some(&svm))).await?.succeeded()?.json()?;
        ensure!(made["job"]["state"] != "failure", "{made}");
        Ok(())
    }

    /// How many writing calls it has had.
    pub async fn writes(&self) -> anyhow::Result<usize> {
        let mut client = self.door.connect().await?;
        let calls = client.ask(&self.door.get("/sim/calls")).await?.succeeded()?.json()?;
        let calls = calls["calls"].as_array().context("no list of calls")?;
        Ok(calls.iter().filter(|call| call["method"] != "GET").count())
    }
}

/// Who is believed, and how.
#[derive(Debug, Clone)]
pub enum Identity {
    NoAuth,
    /// Address of Keystone, and the caller's token.
    Keystone {
        url: String,
        token: String,
    },
}

/// A running daemon.
pub struct Daemon {
    pub process: Process,
    pub door: Door,
}

impl Daemon {
    /// Starts a daemon on the store in `folder`, with one back end over `array`; it answers once this returns.
    pub fn start(folder: &Path, array: &Array, identity: &Identity) -> anyhow::Result<Self> {
        Daemon::start_with(folder, array, identity, "")
    }

    /// As [`Daemon::start`], with further lines in the back end's section.
    pub fn start_with(folder: &Path, array: &Array, identity: &Identity, more: &str) -> anyhow::Result<Self> {
        let path = folder.join("manila.conf");
        std::fs::write(&path, configuration(folder, array, identity) + more)?;
        let arguments = ["--config-file".to_owned(), path.display().to_string()];
        let mut process = Process::start(BINARY.as_ref(), &arguments, Some(folder.join("daemon.log")))?;
        let address = process.address("API")?;
        let token = match identity {
            Identity::NoAuth => format!("{USER}:{PROJECT}"),
            Identity::Keystone { token, .. } => token.clone(),
        };
        Ok(Daemon { process, door: Door { address, identity: ("X-Auth-Token", token) } })
    }

    /// Stops it in good order.
    pub fn stop(self) -> anyhow::Result<()> {
        self.process.stop()
    }

    /// kill -9.
    pub fn kill(self) -> anyhow::Result<()> {
        drop(self);
        Ok(())
    }

    /// One answer, on a connection of its own.
    pub async fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> anyhow::Result<Value> {
        let mut client = self.door.connect().await?;
        let answer = client.ask(&self.door.request(method, path, body)).await?;
        answer.succeeded().with_context(|| format!("{method} {path}"))?.json()
    }
}

fn configuration(folder: &Path, array: &Array, identity: &Identity) -> String {
    let (host, port) = array.door.address.split_once(':').unwrap_or_default();
    let strategy = match identity {
        Identity::NoAuth => "noauth",
        Identity::Keystone { .. } => "keystone",
    };
    let keystone = match identity {
        Identity::NoAuth => String::new(),
        Identity::Keystone { url, .. } => format!(
            "[keystone_authtoken]\nauth_url = {url}\nauth_type = password\nusername = manila\npassword = password\n\
             user_domain_name = Default\nproject_name = service\nproject_domain_name = Default\n"
        ),
    };
    format!(
        "[DEFAULT]\nhost = node1\nauth_strategy = {strategy}\nosapi_share_listen = 127.0.0.1\nosapi_share_listen_port = 0\n\
         enabled_share_backends = alpha\nenabled_share_protocols = NFS\n\
         [manilad]\nstore_path = {store}\nsimulator = false\n\
         [quota]\nshares = -1\ngigabytes = -1\nshare_networks = -1\n{keystone}\
         [alpha]\nshare_driver = manila.share.drivers.netapp.common.NetAppDriver\nshare_backend_name = alpha\n\
         driver_handles_share_servers = False\nnetapp_server_hostname = {host}\nnetapp_server_port = {port}\n\
         netapp_transport_type = http\nnetapp_login = admin\nnetapp_password = password\nnetapp_vserver = svm1\n",
        store = folder.join("store").display()
    )
}
