//! Schemathesis reads the document that the daemon serves and holds every answer against it, at the oldest, a middle and the
//! newest microversion. It thinks for minutes, so that at each version only one of its phases is run; the long form of the test
//! script runs all of them. What it carries along and why stands in `tests/clients/schemathesis/hooks.py`.

use crate::peer::drive;
use crate::support::{BackEnd, Stage};

const BOUNDARY_VALUES: &str = "coverage";
const RANDOM_VALUES: &str = "fuzzing";

fn hold(microversion: &str, phases: &str) {
    let stage =
        Stage::with(&[], "[DEFAULT]\ndefault_share_type = usual", &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let root = format!("http://{}", stage.daemon.address);
    let arguments = ["--root", &root, "--microversion", microversion, "--phases", phases];
    drive("schemathesis", "flow.py", &arguments, &[]);
    let log = stage.daemon.log();
    let panics: Vec<_> = log.iter().filter(|line| line.contains("panicked") || line.contains("PANIC")).collect();
    assert!(panics.is_empty(), "{panics:#?}");
    stage.close(0);
}

#[test]
fn schemathesis_finds_nothing_with_random_values_at_the_oldest_version() {
    hold("2.0", RANDOM_VALUES);
}

#[test]
fn schemathesis_finds_nothing_with_random_values_at_a_recent_version() {
    hold("2.65", RANDOM_VALUES);
}

#[test]
fn schemathesis_finds_nothing_with_boundary_values_at_the_newest_version() {
    hold("2.99", BOUNDARY_VALUES);
}

#[test]
#[ignore = "both phases at three versions take six minutes of a core: `./check long` runs it, and each version has a phase in the tests above"]
fn schemathesis_finds_nothing_with_any_values_at_any_version() {
    for microversion in ["2.0", "2.65", "2.99"] {
        hold(microversion, &format!("{BOUNDARY_VALUES},{RANDOM_VALUES}"));
    }
}
