//! A daemon with its folder, and the stage that a test plays on: a daemon and an array.

use std::path::{Path, PathBuf};

use manilad_store::consistency;
use tempfile::TempDir;

use super::api::Api;
use super::process::{PASSWORD, Process};
use super::sim::{ClusterState, Sim};

/// How long calls without an answer may still be carried out, in seconds; on other arrays it is more than a minute.
pub const LANDING: u64 = 4;

/// A running daemon.
pub struct Daemon {
    process: Process,
    folder: PathBuf,
    pub address: String,
}

impl Daemon {
    pub fn start(folder: &Path) -> Self {
        let arguments = ["--config-file".to_owned(), folder.join("manila.conf").display().to_string()];
        let mut process = Process::start(&arguments, folder);
        let address = process.address("API");
        Daemon { process, folder: folder.to_owned(), address }
    }

    /// As [`Daemon::start`], with limits as the shell's `ulimit` takes them.
    pub fn start_under(folder: &Path, limits: &[&str]) -> Self {
        let arguments = ["--config-file".to_owned(), folder.join("manila.conf").display().to_string()];
        let mut process = Process::start_under(&arguments, folder, limits);
        let address = process.address("API");
        Daemon { process, folder: folder.to_owned(), address }
    }

    pub fn api(&self) -> Api {
        Api::new(&self.address)
    }

    /// SIGHUP.
    pub fn hang_up(&self) {
        self.process.signal("-HUP");
    }

    pub fn kill(&mut self) {
        self.process.kill();
    }

    pub fn metrics(&self) -> String {
        super::http().get(format!("http://{}/metrics", self.address)).send().unwrap().text().unwrap()
    }

    pub fn log(&self) -> Vec<String> {
        self.process.log()
    }

    /// What it logged above INFO.
    pub fn complaints(&self) -> Vec<String> {
        let is_one = |line: &String| [" WARN ", "ERROR"].iter().any(|level| line.contains(level));
        self.log().into_iter().filter(is_one).collect()
    }

    /// How many file descriptors it has open.
    pub fn descriptors(&self) -> usize {
        self.process.descriptors()
    }

    /// Stops in good order, and finds store, indexes and usage in agreement.
    pub fn stop(mut self) {
        self.process.stop();
        let store = super::records::store(&self.folder);
        assert_eq!(consistency(&store), Vec::<String>::new());
        store.close();
    }
}

/// A back end of the daemon: its name, its availability zone, and which of the stage's arrays it works with.
pub struct BackEnd<'a> {
    pub name: &'a str,
    pub zone: &'a str,
    pub array: usize,
}

/// A daemon and an array, in a folder that goes with them.
pub struct Stage {
    pub folder: TempDir,
    pub sim: Sim,
    /// Further arrays.
    pub others: Vec<Sim>,
    pub daemon: Daemon,
}

impl Stage {
    /// One back end, `alpha`.
    pub fn open() -> Self {
        Stage::with(&[], "", &[BackEnd { name: "alpha", zone: "nova", array: 0 }])
    }

    /// As many arrays as the back ends name, each started with `sim`; `more` goes into each section of a back end.
    pub fn with(sim: &[&str], more: &str, backends: &[BackEnd<'_>]) -> Self {
        let arrays = 1 + backends.iter().map(|backend| backend.array).max().unwrap();
        Stage::among(&vec![sim; arrays], more, backends)
    }

    /// The default stage with more lines in the section `[manilad]`.
    pub fn tuned(options: &str) -> Self {
        Stage::configured("manilad", options)
    }

    /// The default stage with more lines in a section of its configuration.
    pub fn configured(section: &str, options: &str) -> Self {
        let mut stage = Stage::open();
        stage.daemon.kill();
        let path = stage.folder.path().join("manila.conf");
        let text = std::fs::read_to_string(&path).unwrap();
        let head = format!("[{section}]\n");
        assert!(text.contains(&head), "{text}");
        std::fs::write(path, text.replacen(&head, &format!("{head}{options}\n"), 1)).unwrap();
        stage.restart();
        stage
    }

    /// The default stage, where calls without an answer may still be carried out for so many seconds.
    pub fn with_late_calls(seconds: u64, sim: &[&str]) -> Self {
        let mut stage = Stage::with(sim, "", &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
        stage.daemon.kill();
        let path = stage.folder.path().join("manila.conf");
        let text = std::fs::read_to_string(&path).unwrap();
        let option = |seconds| format!("unanswered_call_seconds = {seconds}\n");
        std::fs::write(path, text.replacen(&option(LANDING), &option(seconds), 1)).unwrap();
        stage.restart();
        stage
    }

    /// An array for each list of words that one is started with; `more` goes into each section of a back end.
    pub fn among(arrays: &[&[&str]], more: &str, backends: &[BackEnd<'_>]) -> Self {
        Stage::prepared(arrays, more, backends, |_| {})
    }

    /// As [`Stage::among`], with a folder in which `prepare` has done its work before the daemon starts.
    pub fn prepared(arrays: &[&[&str]], more: &str, backends: &[BackEnd<'_>], prepare: impl FnOnce(&Path)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let start = |(number, words): (usize, &&[&str])| Sim::start(folder.path(), number, words);
        let mut sims: Vec<Sim> = arrays.iter().enumerate().map(start).collect();
        std::fs::write(folder.path().join("manila.conf"), configuration(folder.path(), &sims, more, backends)).unwrap();
        prepare(folder.path());
        let daemon = Daemon::start(folder.path());
        let sim = sims.remove(0);
        Stage { folder, sim, others: sims, daemon }
    }

    pub fn api(&self) -> Api {
        self.daemon.api()
    }

    /// Changes the configuration and has the daemon read it again.
    pub fn reconfigure(&self, change: impl FnOnce(String) -> String) {
        let file = self.folder.path().join("manila.conf");
        std::fs::write(&file, change(std::fs::read_to_string(&file).unwrap())).unwrap();
        self.daemon.hang_up();
    }

    pub fn restart(&mut self) {
        self.daemon = Daemon::start(self.folder.path());
    }

    /// Kills the daemon and starts it again under limits.
    pub fn restart_under(&mut self, limits: &[&str]) {
        self.daemon.kill();
        self.daemon = Daemon::start_under(self.folder.path(), limits);
    }

    /// The last words of a second daemon that is started in the same folder.
    pub fn second_daemon(&self) -> String {
        let configuration = self.folder.path().join("manila.conf");
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_manilad"))
            .arg("--config-file")
            .arg(configuration)
            .current_dir(self.folder.path())
            .output()
            .unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Stops the daemon in good order and leaves the rest of the stage standing.
    pub fn stop_daemon(self) -> (TempDir, Sim) {
        self.daemon.stop();
        (self.folder, self.sim)
    }

    /// Starts a daemon again where one was stopped.
    pub fn again(folder: TempDir, sim: Sim) -> Self {
        let daemon = Daemon::start(folder.path());
        Stage { folder, sim, others: Vec::new(), daemon }
    }

    /// Ends the play: nothing may be left on the arrays but what `shares` over NFS need, and the policies of QoS types.
    pub fn close(self, shares: usize) {
        self.daemon.stop();
        let states: Vec<_> = std::iter::once(&self.sim).chain(&self.others).map(Sim::state).collect();
        assert_eq!(states.iter().map(|state| state.volumes.len()).sum::<usize>(), shares, "volumes left: {states:?}");
        assert_eq!(states.iter().map(|state| state.policies.len()).sum::<usize>(), shares, "policies left: {states:?}");
        let stays = |policy: &String| ["FIXED_QOS_", "ADAPTIVE_QOS_"].iter().any(|prefix| policy.starts_with(prefix));
        let is_clean = |state: &ClusterState| state.smb_shares.is_empty() && state.qos_policies.iter().all(stays);
        assert!(states.iter().all(is_clean), "SMB shares or QoS policies left: {states:?}");
    }
}

fn configuration(folder: &Path, sims: &[Sim], more: &str, backends: &[BackEnd<'_>]) -> String {
    let names: Vec<&str> = backends.iter().map(|backend| backend.name).collect();
    let store = folder.join("store");
    let mut text = format!(
        "[DEFAULT]\nhost = node1\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\nosapi_share_listen_port = 0\n\
         enabled_share_backends = {}\nenabled_share_protocols = NFS,CIFS\nperiodic_interval = 2\n\
         [manilad]\nstore_path = {}\nsimulator = false\nunanswered_call_seconds = {LANDING}\n",
        names.join(","),
        store.display()
    );
    for BackEnd { name, zone, array } in backends {
        let (host, port) = sims[*array].address.split_once(':').unwrap();
        text.push_str(&format!(
            "[{name}]\nshare_driver = manila.share.drivers.netapp.common.NetAppDriver\nshare_backend_name = {name}\n\
             driver_handles_share_servers = False\nbackend_availability_zone = {zone}\n\
             netapp_server_hostname = {host}\nnetapp_server_port = {port}\nnetapp_transport_type = http\n\
             netapp_login = admin\nnetapp_password = {PASSWORD}\nnetapp_vserver = svm1\n{more}\n"
        ));
    }
    text
}
