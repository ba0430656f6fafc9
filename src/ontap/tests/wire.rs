use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use manilad_clock::Clock;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::script::options;
use crate::{Address, Client, Http, Method, Options, Request, Sent, Transport, http, volume};

/// How the server treats one request.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    Answer(&'static str),
    /// Reads the request and hangs up.
    HangUp,
    /// Reads the request and says nothing.
    Silence,
    /// Answers the head and half of the body, then hangs up.
    Half,
}

pub(super) const NOTHING: &str = r#"{"records": [], "num_records": 0}"#;

/// A server of one manner, on loopback. Tells the head of each request.
pub(super) struct Server {
    pub(super) port: u16,
    pub(super) connections: Arc<AtomicUsize>,
    pub(super) heads: mpsc::UnboundedReceiver<String>,
}

impl Server {
    pub(super) async fn start(manner: Manner, tls: Option<tokio_rustls::TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let (tell, heads) = mpsc::unbounded_channel();
        let count = connections.clone();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                let (tls, tell) = (tls.clone(), tell.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, manner, tell).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, manner, tell).await;
                            }
                        }
                    }
                });
            }
        });
        Server { port, connections, heads }
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, manner: Manner, tell: mpsc::UnboundedSender<String>) {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            match stream.read(&mut byte).await {
                Ok(1) => head.push(byte[0]),
                _ => return,
            }
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.unwrap();
        tell.send(head).unwrap();
        let answer = |body: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        match manner {
            Manner::Answer(text) => stream.write_all(answer(text).as_bytes()).await.unwrap(),
            Manner::HangUp => return,
            Manner::Silence => std::future::pending().await,
            Manner::Half => {
                let _ = stream.write_all(&answer(NOTHING).as_bytes()[..60]).await;
                return;
            }
        }
    }
}

fn plain(port: u16) -> Address {
    Address { port: Some(port), tls: None, ..Address::of("127.0.0.1") }
}

pub(super) fn get(clock: &Clock) -> Request {
    Request {
        method: Method::Get,
        path_and_query: "/api/cluster?fields=version".to_owned(),
        headers: vec![("Authorization", "Basic Og==".to_owned())],
        body: None,
        deadline: clock.running() + Duration::from_secs(10),
    }
}

async fn broken(manner: Manner) -> Sent {
    let clock = Clock::system();
    let server = Server::start(manner, None).await;
    let http = Http::new(clock.clone(), &plain(server.port)).unwrap();
    http.call(get(&clock)).await.unwrap_err().sent
}

#[tokio::test]
async fn calls_one_after_the_other_share_a_connection_and_carry_the_login() {
    let clock = Clock::system();
    let mut server = Server::start(Manner::Answer(NOTHING), None).await;
    let http = Arc::new(Http::new(clock.clone(), &plain(server.port)).unwrap());
    let client = Client::new(http, Options { svm: None, ..options(&clock) });
    for _ in 0..10 {
        assert!(volume::find(&client, "svm1", "share_1").await.unwrap().is_none());
    }
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    let head = server.heads.recv().await.unwrap().to_lowercase();
    assert!(head.starts_with("get /api/storage/volumes?name=share_1&svm.name=svm1&fields="), "{head}");
    assert!(head.contains(" http/1.1\r\n") && head.contains("\r\nauthorization: basic ywrtaw46cznjcmv0"), "{head}");
    assert!(head.contains("\r\nx-dot-client-app: manilad\r\n") && !head.contains("x-dot-svm-name"), "{head}");
}

#[tokio::test]
async fn what_was_sent_without_an_answer_may_have_been_done() {
    assert_eq!(broken(Manner::HangUp).await, Sent::Maybe);
    assert_eq!(broken(Manner::Half).await, Sent::Maybe);
}

#[tokio::test]
async fn silence_ends_with_the_deadline() {
    let clock = Clock::system();
    let server = Server::start(Manner::Silence, None).await;
    let http = Http::new(clock.clone(), &plain(server.port)).unwrap();
    let deadline = clock.running() + Duration::from_millis(100);
    let broken = http.call(Request { deadline, ..get(&clock) }).await.unwrap_err();
    assert_eq!(broken.sent, Sent::Maybe);
    assert!(clock.running() < deadline + Duration::from_secs(5));
    let late = http.call(Request { deadline: Duration::ZERO, ..get(&clock) }).await.unwrap_err();
    assert_eq!(late.sent, Sent::No);
}

#[tokio::test]
async fn a_refused_connection_carried_nothing() {
    let clock = Clock::system();
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let http = Http::new(clock.clone(), &plain(port)).unwrap();
    let broken = http.call(get(&clock)).await.unwrap_err();
    assert_eq!(broken.sent, Sent::No);
    assert!(broken.why.contains("refused"), "{}", broken.why);
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let clock = Clock::system();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request).await.unwrap();
        let head = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
        stream.write_all(head.as_bytes()).await.unwrap();
    });
    let http = Http::new(clock.clone(), &plain(port)).unwrap();
    let reply = http.call(get(&clock)).await.unwrap();
    assert_eq!((reply.status, reply.header("location")), (302, Some("http://127.0.0.1:1/")));
}

#[test]
fn a_host_is_a_name_or_an_address_and_nothing_more() {
    for host in ["", "http://a", "a/b", "a:80", "a b", "a@b"] {
        let refused = Http::new(Clock::system(), &Address { tls: None, ..Address::of(host) });
        assert!(matches!(refused, Err(http::Error::Host(_))), "{host}");
    }
    for host in ["cluster-1.example.org", "10.0.0.1", "fd00::1", "[fd00::1]"] {
        assert!(Http::new(Clock::system(), &Address { tls: None, ..Address::of(host) }).is_ok(), "{host}");
    }
}
