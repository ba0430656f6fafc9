//! The commands as people use them: with `head` behind them, with wrong arguments, against a daemon that fails half-way,
//! with a file of which not everything has an effect.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::json;

use crate::api::cloud::NOTHING;
use crate::support::{BackEnd, Process, Stage};

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
    assert!(told.contains("the configuration is sound (1 warning)"), "{told}");
    let log = stage.daemon.log();
    let warned: Vec<&String> = log.iter().filter(|line| line.contains("has no effect")).collect();
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].contains("WARN") && warned[0].contains(&not_built), "{warned:?}");
    stage.close(0);
}

#[test]
fn what_is_left_out_of_the_schedulers_chain_is_told_in_one_line() {
    let filters = "scheduler_default_filters = CapacityFilter,ConsistentSnapshotFilter";
    let stage = Stage::configured("DEFAULT", filters);
    let log = stage.daemon.log();
    let told: Vec<&String> = log.iter().filter(|line| line.contains("left out of the scheduler's chain")).collect();
    assert!(matches!(told[..], [line] if line.contains("ConsistentSnapshotFilter")), "{told:?}");
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

/// A command line that is refused in one or two lines on standard error, which are returned.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = manilad(arguments).current_dir(folder).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}: {}", text(&output));
    assert!(!told.contains("panicked") && !told.contains("RUST_BACKTRACE"), "{arguments:?}: {told}");
    told
}

fn names(folder: &Path) -> BTreeSet<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn wrong_arguments_are_told_with_what_was_expected() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("text"), "hello\n").unwrap();
    std::fs::write(folder.path().join("object"), "{}\n").unwrap();
    for (arguments, expected) in [
        (&["demo", "--url", "x"][..], "such as http://127.0.0.1:8786/v2"),
        (&["explain", "--url", "ftp://here/v2", NOTHING], "such as http://127.0.0.1:8786/v2"),
        (
            &["explain", "--url", "http://127.0.0.1:1/v2", NOTHING],
            "/v2/manilad/placements/aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa can't be reached: Connection refused",
        ),
        (&["explain", "data"], "'data' for '<ID>': expected the id of a share, as `openstack share list` shows it"),
        (&["explain", ""], "expected the id of a share"),
        (&["demo", "--token", "a\nb"], "expected printable ASCII characters"),
        (&["demo", "--token", "\u{fc}:me"], "expected printable ASCII characters"),
        (&["demo", "--cacert", "text"], "text: expected certificates in PEM, found none"),
        (&["demo", "--cacert", "nowhere"], "nowhere: expected certificates in PEM: No such file"),
        (
            &["policy", "explain", "share:create", "--token", "object"],
            "object: expected what Keystone answers to GET /v3/auth/tokens",
        ),
        (&["policy", "explain", "share:create", "--token", "."], "Is a directory"),
        (&["sim", "--aggregate-gib", "0"], "is not in 1..=1048576"),
        (&["sim", "--aggregate-gib", "18446744073709551615"], "is not in 1..=1048576"),
        (&["sim", "--cifs-server", ""], "expected 1 to 15 letters"),
        (&["sim", "--cifs-server", "sixteen-letters-"], "expected 1 to 15 letters"),
        (&["sim", "--release", "9.14"], "three numbers are expected, as in 9.14.1"),
        (&["sim", "--state", "text", "--listen", "127.0.0.1:0"], "the state directory \"text\" can't be used"),
        (
            &["sim", "--tls-cert", "text", "--tls-key", "text"],
            "text can't be used: expected a private key in PEM, found none",
        ),
        (&["store", "import", "text"], "line 1 of the import: not JSON"),
        (&["store", "import", "."], "import .: expected a regular file"),
        (&["store", "import", "nowhere"], "import nowhere: No such file"),
        (&["store", "export", "all"], "there is no store in"),
        (&["store", "check"], "there is no store in"),
        (
            &["--config-file", "text", "check-config"],
            "text:1: found a line that begins with \"hello\", expected key = value",
        ),
        (&["--config-file", ".", "serve"], ".: cannot be read: Is a directory"),
        (&["--config-dir", "text", "check-config"], "text: cannot be read: Not a directory"),
    ] {
        let told = refused(folder.path(), arguments);
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
    let kept = ["object", "text"].map(str::to_owned);
    assert_eq!(names(folder.path()), BTreeSet::from(kept), "a command that was refused leaves nothing behind");
}

#[test]
fn a_start_that_fails_makes_no_store() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("text"), "hello\n").unwrap();
    std::fs::write(at("rules.yaml"), "share:create: and\n").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    for (more, expected) in [
        (format!("[oslo_policy]\npolicy_file = {}\n", at("rules.yaml")), "rule \"share:create\": found \"and\""),
        (
            format!("osapi_share_use_ssl = true\n[ssl]\ncert_file = {0}\nkey_file = {0}\n", at("text")),
            "[ssl] cert_file: ",
        ),
        ("auth_strategy = http_basic\n[oslo_middleware]\nhttp_basic_auth_user_file = nowhere\n".to_owned(), "nowhere"),
        (format!("osapi_share_listen_port = {port}\n"), "can't be listened on: Address already in use"),
        (format!("[manilad]\nsimulator = true\nsimulator_state_path = {}\n", at("text")), "can't be used"),
    ] {
        let state = at("state");
        let text = format!(
            "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\nosapi_share_listen_port = 0\n\
             state_path = {state}\n{more}"
        );
        std::fs::write(at("manila.conf"), text).unwrap();
        let told = refused(folder.path(), &["--config-file", "manila.conf"]);
        assert!(told.contains(expected), "{more}: {told}");
        assert!(!Path::new(&state).join("store").exists(), "{more} made a store");
    }
}

#[test]
fn a_daemon_that_answers_with_a_fault_is_quoted_and_an_address_that_is_no_api_is_told() {
    let stage = Stage::open();
    let folder = stage.folder.path();
    let address = &stage.daemon.address;
    let url = format!("http://{address}/v2/");
    for (arguments, expected) in [
        (
            &["explain", NOTHING, "--url", &url][..],
            "/manilad/placements/aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa answered 404: ShareNotFound: no share aaaaaaaa-",
        ),
        (
            &["demo", "--url", &format!("http://{address}")],
            "expected the API's address to end like http://127.0.0.1:8786/v2",
        ),
    ] {
        let told = refused(folder, arguments);
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
    let output = demo(&stage, &["--url", &url, "--nfs-port", "1"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(told.contains(":1 (--nfs-port): the connection to the server failed: Connection refused"), "{told}");
    assert_eq!(told.matches("Connection refused").count(), 1, "said once: {told}");
    let unset =
        manilad(&["explain", NOTHING, "--url", &url]).envs([("OS_CACERT", ""), ("OS_TOKEN", "")]).output().unwrap();
    assert!(text(&unset).contains("ShareNotFound"), "variables that are empty are not set: {}", text(&unset));
    stage.close(0);
}

#[test]
fn a_simulator_that_is_told_to_stop_ends_in_order() {
    let folder = tempfile::tempdir().unwrap();
    for signal in ["-TERM", "-INT"] {
        let arguments = ["sim", "--listen", "127.0.0.1:0", "--nfs-port", "0", "--lifs", "127.0.3.1", "127.0.3.2"];
        let mut sim = Process::start(&arguments.map(str::to_owned), folder.path());
        sim.address("ONTAP REST");
        sim.stop_by(signal);
    }
}
