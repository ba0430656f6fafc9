//! Schemathesis reads the document that the daemon serves and holds every answer against it, at the oldest, a middle and the
//! newest microversion. What it carries along and why stands in `tests/clients/schemathesis/hooks.py`.

use crate::peer::drive;
use crate::support::{BackEnd, Stage};

fn hold(microversion: &str) {
    let stage =
        Stage::with(&[], "[DEFAULT]\ndefault_share_type = usual", &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let root = format!("http://{}", stage.daemon.address);
    drive("schemathesis", "flow.py", &["--root", &root, "--microversion", microversion], &[]);
    let log = stage.daemon.log();
    let panics: Vec<_> = log.iter().filter(|line| line.contains("panicked") || line.contains("PANIC")).collect();
    assert!(panics.is_empty(), "{panics:#?}");
    stage.close(0);
}

#[test]
fn schemathesis_finds_nothing_at_the_oldest_version() {
    hold("2.0");
}

#[test]
fn schemathesis_finds_nothing_at_a_recent_version() {
    hold("2.65");
}

#[test]
fn schemathesis_finds_nothing_at_the_newest_version() {
    hold("2.99");
}
