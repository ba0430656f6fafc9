//! The cluster over a real socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use manilad_clock::Clock;
use serde_json::{Value, json};

use crate::{Cluster, Config};

struct Served {
    cluster: Cluster,
    address: SocketAddr,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Served {
    fn new() -> Self {
        let cluster = Cluster::open(Config::default(), Clock::system()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (handles, handle) = std::sync::mpsc::channel();
        let served = cluster.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = served.serve(listener, None).unwrap();
                handles.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        Served { cluster, address, server: handle.recv().unwrap(), thread: Some(thread) }
    }

    fn connect(&self) -> BufReader<TcpStream> {
        BufReader::new(TcpStream::connect(self.address).unwrap())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn send(connection: &mut BufReader<TcpStream>, method: &str, target: &str, body: &str) {
    let login = STANDARD.encode("admin:password");
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: cl1\r\nAuthorization: Basic {login}\r\nAccept: application/json\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.get_mut().write_all(request.as_bytes()).unwrap();
}

/// Status, head and body of the next reply.
fn receive(connection: &mut BufReader<TcpStream>) -> (u16, String, Value) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(connection.read_line(&mut head).unwrap(), 0, "cut after: {head}");
    }
    let head = head.to_lowercase();
    let length = head.split("content-length: ").nth(1).unwrap().split("\r\n").next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    connection.read_exact(&mut body).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head, serde_json::from_slice(&body).unwrap())
}

#[test]
fn one_connection_carries_many_calls_with_raw_query_strings() {
    let served = Served::new();
    let mut connection = served.connect();
    let body = json!({"name": "v", "svm.name": "svm1", "aggregates": [{"name": "aggr1"}]}).to_string();
    send(&mut connection, "POST", "/api/storage/volumes?return_timeout=10", &body);
    let (status, head, _) = receive(&mut connection);
    assert_eq!(status, 201);
    assert!(head.contains("location: /api/storage/volumes/") && head.contains("server: libzapid-httpd"), "{head}");
    send(&mut connection, "GET", "/api/storage/volumes?name=v|w*&is_svm_root=!True&fields=name,size", "");
    let (status, head, body) = receive(&mut connection);
    assert_eq!((status, body["num_records"].as_u64()), (200, Some(1)));
    assert!(head.contains("cache-control: no-cache"));
    send(&mut connection, "GET", "/nothing", "");
    assert_eq!(receive(&mut connection).0, 404);
    assert_eq!(served.cluster.calls().len(), 3);
}

#[test]
fn a_dropped_call_gets_not_a_byte() {
    let served = Served::new();
    let rule = json!({"path": "/api/cluster", "fault": "drop"});
    served.cluster.strike(serde_json::from_value(rule).unwrap());
    let mut connection = served.connect();
    send(&mut connection, "GET", "/api/cluster", "");
    let mut rest = Vec::new();
    let end = connection.read_to_end(&mut rest);
    assert!(rest.is_empty(), "{}: {end:?}", String::from_utf8_lossy(&rest));
    let mut connection = served.connect();
    send(&mut connection, "GET", "/api/cluster", "");
    assert_eq!(receive(&mut connection).0, 200);
}

#[test]
fn a_body_without_end_is_refused() {
    let served = Served::new();
    let mut connection = served.connect();
    let long = " ".repeat(Config::default().limits.body + 1);
    send(&mut connection, "POST", "/api/storage/volumes", &long);
    let (status, _, body) = receive(&mut connection);
    assert_eq!((status, &body["error"]["code"]), (413, &json!("262220")));
}
