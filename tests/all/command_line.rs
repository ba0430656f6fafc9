//! The commands as people use them: with `head` behind them, against a daemon that fails half-way,
//! with a file of which not everything has an effect.

use std::process::{Command, Output, Stdio};

use serde_json::json;

use crate::support::{BackEnd, Stage};

fn manilad(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_manilad"));
    command.args(arguments).env_remove("OS_TOKEN").env_remove("RUST_LOG");
    command
}

fn text(output: &Output) -> String {
    [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

#[test]
fn commands_whose_reader_has_enough_end_in_silence() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["policy", "list"][..], &["openapi"], &["check-config"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output =
            manilad(arguments).current_dir(folder.path()).stdout(writer).stderr(Stdio::piped()).output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {}", text(&output));
    }
}

#[test]
fn output_that_can_not_be_written_is_a_failure_with_a_reason() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = manilad(&["openapi"]).stdout(full).output().unwrap();
    assert!(
        !output.status.success() && text(&output).contains("standard output can't be written"),
        "{}",
        text(&output)
    );
}

/// `manilad demo` in the folder of a stage, with more arguments.
fn demo(stage: &Stage, arguments: &[&str]) -> Output {
    let folder = stage.folder.path();
    manilad(&["demo"]).args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn a_demonstration_that_fails_half_way_leaves_nothing_behind() {
    let stage = Stage::open();
    let api = stage.api();
    let url = format!("http://{}/v2", stage.daemon.address);
    let refusal = json!({ "refuse": { "status": 400, "code": "917927", "message": "no such thing" } });
    let rules = "/api/protocols/nfs/export-policies/*/rules*";
    stage.sim.strike(json!({ "path": rules, "count": null, "fault": refusal }));
    stage.sim.strike(
        json!({ "method": "PATCH", "path": "/api/protocols/nfs/export-policies/*", "count": null, "fault": refusal }),
    );
    let output = demo(&stage, &["--url", &url]);
    assert!(!output.status.success(), "{}", text(&output));
    assert!(text(&output).contains("deleted, since the demonstration failed"), "{}", text(&output));
    assert_eq!(api.get("/shares")["shares"], json!([]), "{}", text(&output));
    assert_eq!(api.get("/types?is_public=all")["share_types"], json!([]));
    stage.sim.heal();
    let output = demo(&stage, &["--url", &url]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(api.get("/types?is_public=all")["share_types"], json!([]));
    stage.close(0);
}

#[test]
fn an_option_of_a_part_that_is_not_built_is_warned_of_by_check_config_and_at_start() {
    let more = "[DEFAULT]\nrpc_response_timeout = 61\n[netapp_active_iq]\naiq_hostname = active-iq.example\naiq_eval_method = 0";
    let stage = Stage::with(&[], more, &[BackEnd { name: "alpha", zone: "nova", array: 0 }]);
    let file = stage.folder.path().join("manila.conf");
    let lines = std::fs::read_to_string(&file).unwrap();
    let place = |option: &str| {
        let line = 1 + lines.lines().position(|line| line.starts_with(option)).unwrap();
        format!("{}:{line}", file.display())
    };
    let not_built = format!(
        "{}: [netapp_active_iq] aiq_hostname has no effect: this is not built: NetAppAIQWeigher",
        place("aiq_hostname")
    );
    let no_bus = format!(
        "{}: [DEFAULT] rpc_response_timeout has no effect: there is no message bus on one host",
        place("rpc_response_timeout")
    );
    let output = manilad(&["check-config", "--config-file", file.to_str().unwrap()]).output().unwrap();
    let told = text(&output);
    let told_of: Vec<&str> = told.lines().filter(|line| line.contains("has no effect")).collect();
    assert!(output.status.success(), "{told}");
    assert_eq!(told_of, [format!("warning: {not_built}"), format!("note: {no_bus}")]);
    assert!(told.contains("the configuration is sound (1 warnings)"), "{told}");
    let log = stage.daemon.log();
    let warned: Vec<&String> = log.iter().filter(|line| line.contains("has no effect")).collect();
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("WARN") && warned[0].contains(&not_built), "{warned:?}");
    stage.close(0);
}

#[test]
fn the_demonstration_finds_the_daemon_by_its_configuration() {
    let stage = Stage::open();
    let file = stage.folder.path().join("manila.conf");
    let configured = ["--config-file", file.to_str().unwrap()];
    let output = demo(&stage, &configured);
    assert!(text(&output).contains("osapi_share_listen_port is 0"), "{}", text(&output));
    let port = stage.daemon.address.rsplit_once(':').unwrap().1;
    let settled = std::fs::read_to_string(&file).unwrap().replace("listen_port = 0", &format!("listen_port = {port}"));
    std::fs::write(&file, settled).unwrap();
    let output = demo(&stage, &configured);
    assert!(output.status.success(), "{}", text(&output));
    stage.close(0);
}
