//! Asks a peer: one JSON question on its standard input, one JSON answer on its standard output.

use std::io::Write;
use std::process::Stdio;

use serde_json::Value;

use crate::peer::python;

/// Runs `tests/clients/<peer>/<script>` with the Python of that peer's environment.
pub fn ask(peer: &str, script: &str, question: &Value) -> Value {
    let mut command = python(peer, script);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the peer starts");
    let mut input = child.stdin.take().unwrap();
    input.write_all(question.to_string().as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{command:?} ended with {}", output.status);
    serde_json::from_slice(&output.stdout).expect("the peer answers in JSON")
}
