//! The commands that our pages tell people to type, as they stand there, through the unmodified `openstack`: an example
//! that its own client refuses is worse than none.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::peer::drive;
use crate::servers::serving_alone;
use crate::support::{BackEnd, Stage, until};

/// Pages whose commands are run here.
const RUN: &[&str] = &[
    "README.md",
    "docs/users.md",
    "docs/operators/cifs.md",
    "docs/operators/crash-and-recovery.md",
    "docs/operators/quick-start.md",
    "docs/operators/security-services.md",
];

/// Pages whose commands are not, and why.
const NOT_RUN: &[(&str, &str)] = &[
    ("docs/operators/encryption-keys.md", "they take a Keystone and a Barbican; the same is done in `barbican`"),
    ("docs/operators/share-networks.md", "they take a shell and a Neutron; the same is done in `servers`"),
];

fn root() -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap())
}

/// Runs the commands of a page, after some of our own.
fn follow(stage: &Stage, page: &str, before: &[&str]) {
    assert!(RUN.contains(&page), "{page}");
    let endpoint = format!("http://{}/v2", stage.daemon.address);
    let path = root().join(page);
    let arguments = ["--endpoint", &endpoint, "--page", path.to_str().unwrap()];
    drive("osc", "page.py", &[&arguments, before].concat(), &[]);
}

#[test]
fn the_commands_of_the_first_page_run() {
    let alpha = BackEnd { name: "alpha", zone: "nova", array: 0 };
    let stage = Stage::with(&[], "[DEFAULT]\ndefault_share_type = default", &[alpha]);
    follow(&stage, "README.md", &["share type create default false"]);
    stage.close(0);
}

#[test]
fn the_commands_of_the_page_for_users_run() {
    let stage = serving_alone();
    follow(&stage, "docs/users.md", &[]);
    until("the share server is gone", || stage.sim.tenants().is_empty().then_some(()));
    stage.close(0);
}

#[test]
fn the_commands_of_the_page_on_smb_run() {
    let alpha = BackEnd { name: "alpha", zone: "nova", array: 0 };
    let stage = Stage::with(&["--cifs-server", "SVM1"], "", &[alpha]);
    follow(&stage, "docs/operators/cifs.md", &[]);
    let name = stage.sim.state().smb_shares[0].clone();
    assert_eq!(stage.sim.acl(&name), ["alice full_control", "bob@example.com read"]);
    let api = stage.api();
    let share = api.get("/shares?all_tenants=1&name=reports")["shares"][0]["id"].as_str().unwrap().to_owned();
    api.delete(&format!("/shares/{share}"));
    api.until_gone(&share);
    stage.close(0);
}

#[test]
fn the_commands_of_the_page_on_security_services_run() {
    let stage = Stage::open();
    follow(&stage, "docs/operators/security-services.md", &["share network create --name blue"]);
    stage.close(0);
}

#[test]
fn the_commands_of_the_page_on_recovery_run() {
    let stage = Stage::open();
    until("the back end is up", || {
        let services = stage.api().get("/services?host=node1@alpha")["services"].clone();
        (services[0]["state"] == "up").then_some(())
    });
    follow(&stage, "docs/operators/crash-and-recovery.md", &[]);
    stage.close(0);
}

#[test]
fn the_commands_of_the_quick_start_run() {
    let stage = Stage::open();
    follow(&stage, "docs/operators/quick-start.md", &[]);
    stage.close(0);
}

fn pages(at: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "md") {
            found.push(path);
        }
    }
}

#[test]
fn the_commands_of_every_page_are_run_or_it_is_said_why_not() {
    let command = Regex::new(r"(?m)^ *(?:\$ )?openstack share ").unwrap();
    let mut all = vec![root().join("README.md")];
    pages(&root().join("docs"), &mut all);
    let has_commands = |page: &PathBuf| {
        let text = std::fs::read_to_string(page).unwrap();
        // What stands between fences is every second part.
        text.split("```").skip(1).step_by(2).any(|block| command.is_match(block))
    };
    let with: BTreeSet<String> = all
        .into_iter()
        .filter(has_commands)
        .map(|page| page.strip_prefix(root()).unwrap().to_str().unwrap().to_owned())
        .collect();
    let known = RUN.iter().copied().chain(NOT_RUN.iter().map(|(page, _)| *page)).map(str::to_owned).collect();
    assert_eq!(with, known);
}
