//! Where the peers are, and how the drivers of foreign clients are run.
//!
//! A driver prints a line per step and ends with the number of steps that failed. It runs without the environment of
//! this process: a proxy or a bundle of certificates that some machine has set must not decide a test.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

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
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
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
