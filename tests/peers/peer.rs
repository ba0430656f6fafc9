//! Where the peers are, how the drivers of foreign clients are run, and how foreign services are.
//!
//! A driver prints a line per step and ends with the number of steps that failed. It runs without the environment of
//! this process: a proxy or a bundle of certificates that some machine has set must not decide a test.

use std::ffi::OsStr;
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::support::until;

/// Python with a script, `tests/clients/<peer>/<script>`, in the environment of that peer.
pub fn python(peer: &str, script: &str) -> Command {
    let Some(peers) = std::env::var_os("MANILAD_PEERS") else {
        panic!("MANILAD_PEERS is not set: run ./check, which prepares the environments of the peers");
    };
    let python = Path::new(&peers).join(peer).join("bin/python");
    assert!(python.exists(), "{} does not exist: run ./check, which prepares it", python.display());
    let mut command = Command::new(python);
    command.env_clear().arg(clients().join(peer).join(script));
    command
}

fn clients() -> PathBuf {
    let here = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap());
    let found = here.ancestors().map(|folder| folder.join("tests/clients")).find(|folder| folder.is_dir());
    found.expect("the folder tests/clients of the repository")
}

/// Runs a driver; all its steps must hold.
pub fn drive<A: AsRef<OsStr>>(peer: &str, script: &str, arguments: &[A], environment: &[(&str, &str)]) {
    let mut command = python(peer, script);
    let output = command.args(arguments).envs(environment.iter().copied()).output().unwrap();
    let (steps, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?} ended with {}\n{steps}\n{errors}", output.status);
}

/// A foreign service that runs: the script `serve.py` of a peer.
pub struct Server {
    peer: &'static str,
    child: Child,
    folder: TempDir,
}

impl Server {
    pub fn begin(peer: &'static str, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = || File::options().create(true).append(true).open(folder.path().join("output")).unwrap();
        let mut command = python(peer, "serve.py");
        command.args(arguments).stdin(Stdio::null()).stdout(output()).stderr(output());
        Server { peer, child: command.spawn().unwrap(), folder }
    }

    /// Waits until it says that it can be used.
    pub fn until_ready(&mut self) {
        until(&format!("{} is ready", self.peer), || {
            let output = std::fs::read_to_string(self.folder.path().join("output")).unwrap();
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{} ended with {ended:?}: {output}", self.peer);
            output.lines().any(|line| line == "READY").then_some(())
        });
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Asked to, it takes its own files away.
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ended = asked.is_ok_and(|asked| asked.success()) && self.child.wait().is_ok();
    }
}

/// A port that is free now. A service's address must be known before it is there, by those it is for.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}
