//! Asks a peer: one JSON question on its standard input, one JSON answer on its standard output.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Runs `tests/clients/<peer>/<script>` with the Python of that peer's environment.
pub fn ask(peer: &str, script: &str, question: &Value) -> Value {
    let Some(peers) = std::env::var_os("MANILAD_PEERS") else {
        panic!("MANILAD_PEERS is not set: run ./check, which prepares the environments of the peers");
    };
    let python = Path::new(&peers).join(peer).join("bin/python");
    assert!(python.exists(), "{} does not exist: run ./check, which prepares it", python.display());
    let script = clients().join(peer).join(script);
    let mut child = Command::new(&python)
        .arg(&script)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the peer starts");
    let mut input = child.stdin.take().unwrap();
    input.write_all(question.to_string().as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{} ended with {}", script.display(), output.status);
    serde_json::from_slice(&output.stdout).expect("the peer answers in JSON")
}

fn clients() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().map(|folder| folder.join("tests/clients")).find(|folder| folder.is_dir());
    found.expect("the folder tests/clients of the repository")
}
