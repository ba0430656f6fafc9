//! What callers who show no token, break off or talk nonsense can do to the daemon: nothing that others notice.
//!
//! The requests are written byte by byte, since a proper client would not send them.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::support::{Stage, until};

/// Shorter than the time for which the daemon waits for a body: what waits for one is not answered in it.
const AT_ONCE: Duration = Duration::from_secs(8);

fn connected(stage: &Stage, sent: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&stage.daemon.address).unwrap();
    stream.set_read_timeout(Some(AT_ONCE)).unwrap();
    stream.write_all(sent.as_bytes()).unwrap();
    stream
}

/// What is answered until the daemon closes the connection.
fn answer(mut stream: TcpStream) -> String {
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    String::from_utf8_lossy(&heard).into_owned()
}

fn head(method: &str, path: &str, more: &str) -> String {
    format!("{method} /v2/{path} HTTP/1.1\r\nHost: x\r\n{more}\r\n")
}

const TOKEN: &str = "X-Auth-Token: tester:f00d\r\nContent-Type: application/json\r\n";

#[test]
fn who_shows_no_token_is_answered_without_waiting_for_the_body() {
    let stage = Stage::open();
    let sent = head("POST", "shares", "Content-Type: application/json\r\nContent-Length: 110000\r\n") + "{";
    let heard = answer(connected(&stage, &sent)).to_ascii_lowercase();
    assert!(heard.starts_with("http/1.1 204 ") && heard.contains("connection: close"), "{heard}");
    let route = r#"route="(identity)",status="204""#;
    assert!(stage.daemon.metrics().contains(route), "{}", stage.daemon.metrics());
}

#[test]
fn a_body_that_breaks_off_is_refused_and_not_taken_for_an_empty_one() {
    let stage = Stage::open();
    let sent = head("POST", "shares", &format!("{TOKEN}Content-Length: 100\r\n")) + r#"{"share": "#;
    let stream = connected(&stage, &sent);
    stream.shutdown(Shutdown::Write).unwrap();
    let heard = answer(stream);
    assert!(heard.starts_with("HTTP/1.1 400 ") && heard.contains("The body ended before its end."), "{heard}");
    assert!(heard.to_ascii_lowercase().contains("connection: close"), "{heard}");
    until("the request is counted as one without its body", || {
        stage.daemon.metrics().contains(r#"route="(body)""#).then_some(())
    });
}

#[test]
fn a_chunked_body_with_broken_framing_is_refused_once_and_does_nothing() {
    let stage = Stage::open();
    let wish = r#"{"share_type": {"name": "half", "extra_specs": {"driver_handles_share_servers": "False"}}}"#;
    let chunk = format!("{:x}\r\n{wish}\r\n", wish.len());
    for broken in ["zz\r\n", "-1\r\n", "5 5\r\n", "ffffffffffffffffff\r\n", "3\r\nabcdef\r\n0\r\n\r\n"] {
        let sent = head("POST", "types", &format!("{TOKEN}Transfer-Encoding: chunked\r\n")) + &chunk + broken;
        let heard = answer(connected(&stage, &sent));
        assert!(heard.starts_with("HTTP/1.1 400 "), "{broken:?}: {heard}");
        assert!(heard.to_ascii_lowercase().contains("connection: close"), "{broken:?}: {heard}");
        assert_eq!(heard.matches("HTTP/1.1 ").count(), 1, "{broken:?}: {heard}");
    }
    assert_eq!(stage.api().get("/types")["share_types"], serde_json::json!([]));
    assert_eq!(stage.daemon.complaints(), Vec::<String>::new());
    stage.close(0);
}

#[test]
fn bodies_under_way_have_a_bound_together_and_give_their_room_back() {
    let stage = Stage::tuned("request_bodies_bytes = 1048576");
    let part = head("POST", "shares", &format!("{TOKEN}Content-Length: 110000\r\n")) + &" ".repeat(100_000);
    let holders: Vec<_> = (0..10).map(|_| connected(&stage, &part)).collect();
    until("ten bodies are held", || stage.daemon.metrics().contains("manilad_http_body_bytes 1000000\n").then_some(()));
    let refused = answer(connected(&stage, &part));
    assert!(
        refused.starts_with("HTTP/1.1 503 ") && refused.to_ascii_lowercase().contains("retry-after: 1"),
        "{refused}"
    );
    assert_eq!(stage.api().ask("GET", "/shares", None).0, 200);
    drop(holders);
    until("the room is free again", || stage.daemon.metrics().contains("manilad_http_body_bytes 0\n").then_some(()));
    let type_id = stage.api().make_type("after", serde_json::json!({}));
    assert!(!type_id.is_empty());
}

#[test]
fn a_request_for_another_protocol_is_answered_as_the_request_that_it_is() {
    let stage = Stage::open();
    let asked = format!("{TOKEN}Connection: Upgrade\r\nUpgrade: websocket\r\n");
    let heard = answer(connected(&stage, &head("GET", "shares", &asked)));
    assert!(heard.starts_with("HTTP/1.1 200 ") && heard.contains(r#"{"shares""#), "{heard}");
}

#[test]
fn nonsense_of_strangers_is_no_error_of_the_daemon() {
    let stage = Stage::open();
    for nonsense in ["\u{16}\u{3}\u{1} hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\u{0} HTTP/1.1\r\nA\r\n\r\n"] {
        answer(connected(&stage, nonsense));
    }
    assert_eq!(stage.api().ask("GET", "/shares", None).0, 200);
    assert_eq!(stage.daemon.complaints(), Vec::<String>::new());
}

/// A daemon that may open few files.
fn with_few_files(stage: &mut Stage) {
    let limits = ["-n", "256"];
    stage.restart_under(&limits);
}

#[test]
fn strangers_who_hold_their_connections_keep_nobody_else_out_and_the_store_goes_on() {
    let mut stage = Stage::tuned("connections_per_peer = 40");
    with_few_files(&mut stage);
    let part = head("POST", "shares", &format!("{TOKEN}Content-Length: 1000\r\n")) + "{";
    let held: Vec<_> = (0..400).filter_map(|_| from("127.0.0.9", &stage, &part).ok()).collect();
    assert!(!held.is_empty());
    let type_id = stage.api().make_type("meanwhile", serde_json::json!({}));
    let share = stage.api().make_share(&type_id);
    stage.api().until_status(&share, "available");
    let metrics = stage.daemon.metrics();
    let refused = r#"manilad_http_refused_total{what="connection"}"#;
    assert!(metrics.contains(refused), "{metrics}");
    assert!(stage.daemon.log().iter().all(|line| !line.contains("can't go on")));
    drop(held);
    stage.api().delete(&format!("/shares/{share}"));
    stage.api().until_gone(&share);
    stage.close(0);
}

/// A connection from an address of its own, with what it has sent.
fn from(address: &str, stage: &Stage, sent: &str) -> std::io::Result<TcpStream> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(format!("{address}:0").parse().unwrap())?;
        socket.connect(stage.daemon.address.parse().unwrap()).await
    })?;
    let mut stream = stream.into_std()?;
    stream.set_nonblocking(false)?;
    stream.write_all(sent.as_bytes())?;
    Ok(stream)
}
