//! How a daemon begins: whoever finds its port open is answered, and where it could not serve it says so and ends.

use std::net::{TcpListener, TcpStream};

use serde_json::json;

use crate::support::{Api, Process, Stage, until};

/// A port that is free.
fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn every_metric_without_labels_is_told_from_the_start() {
    let page = std::fs::read_to_string(format!(
        "{}/docs/operators/observability.md",
        std::env::var("CARGO_MANIFEST_DIR").unwrap()
    ))
    .unwrap();
    let row = regex::Regex::new(r"(?m)^\| `(manilad_[a-z_]+)` \| \| ").unwrap();
    let names: Vec<&str> = row.captures_iter(&page).map(|found| found.extract::<1>().1[0]).collect();
    assert!(names.len() > 10, "{names:?}");
    let stage = Stage::open();
    let metrics = stage.daemon.metrics();
    let is_told = |name: &str| metrics.lines().any(|line| line.starts_with(&format!("# TYPE {name} ")));
    assert_eq!(names.into_iter().filter(|name| !is_told(name)).collect::<Vec<_>>(), Vec::<&str>::new());
    stage.close(0);
}

#[test]
fn who_asks_as_soon_as_the_port_is_open_is_answered() {
    let stage = Stage::open();
    let (folder, _sim) = stage.stop_daemon();
    let file = folder.path().join("manila.conf");
    let text = std::fs::read_to_string(&file).unwrap();
    for round in 0..8 {
        let address = format!("127.0.0.1:{}", free());
        let port = format!("osapi_share_listen_port = {}", address.rsplit(':').next().unwrap());
        std::fs::write(&file, text.replace("osapi_share_listen_port = 0", &port)).unwrap();
        let mut daemon = Process::start(&["--config-file".into(), file.display().to_string()], folder.path());
        until("the port is open", || TcpStream::connect(&address).ok());
        let api = Api::new(&address);
        let wish = json!({ "share_type": { "name": format!("first {round}"),
            "extra_specs": { "driver_handles_share_servers": "False" } } });
        assert_eq!(api.ask("POST", "/types", Some(wish)).0, 200, "{:#?}", daemon.log());
        assert_eq!(api.ask("GET", "/scheduler-stats/pools", None).0, 200);
        daemon.stop();
    }
}

#[test]
fn a_limit_of_open_files_that_leaves_no_room_for_clients_is_refused_with_what_is_needed() {
    let stage = Stage::open();
    let (folder, _sim) = stage.stop_daemon();
    let file = folder.path().join("manila.conf").display().to_string();
    let mut daemon = Process::start_under(&["--config-file".into(), file], folder.path(), &["-n", "40"]);
    assert_eq!(daemon.ended(), 1);
    let log = daemon.log().join("\n");
    assert!(log.contains("open files") && log.contains("LimitNOFILE"), "{log}");
}
