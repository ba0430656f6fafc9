//! The real transport against real sockets on loopback: plain and TLS, hostile replies included.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use reqwest::{StatusCode, Url};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};

use crate::http::MAX_REPLY;
use crate::{Error, Http, HttpOptions, Lost, Reply, Request, Transport};

const SHORT: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn file(name: &str) -> PathBuf {
    PathBuf::from(std::env::var("CARGO_MANIFEST_DIR").unwrap()).join("testdata").join(name)
}

/// Serves one connection with `answer` and hands back what was asked.
fn serve_once(tls: Option<ServerConfig>, answer: Vec<u8>) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        match tls {
            None => exchange(stream, &answer),
            Some(config) => {
                let connection = ServerConnection::new(Arc::new(config)).unwrap();
                exchange(StreamOwned::new(connection, stream), &answer)
            }
        }
    });
    (port, serving)
}

fn exchange(mut stream: impl Read + Write, answer: &[u8]) -> String {
    let mut asked = Vec::new();
    let mut buffer = [0; 4096];
    while !is_whole(&asked) {
        match stream.read(&mut buffer) {
            Ok(count) if count > 0 => asked.extend_from_slice(&buffer[..count]),
            _ => return String::from_utf8(asked).unwrap(),
        }
    }
    let _ = stream.write_all(answer).and_then(|()| stream.flush()); // the client may have had enough
    String::from_utf8(asked).unwrap()
}

fn is_whole(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}

fn url(scheme: &str, port: u16) -> Url {
    format!("{scheme}://127.0.0.1:{port}/v3/auth/tokens").parse().unwrap()
}

async fn get(options: &HttpOptions, url: Url) -> Result<Reply, Lost> {
    Http::new(options).unwrap().send(Request::get(url)).await
}

#[tokio::test]
async fn a_request_arrives_with_its_headers_and_its_json() {
    let (port, serving) = serve_once(None, SHORT.into());
    let request = Request::post(url("http", port), r#"{"auth": {}}"#.to_owned().into());
    let request = request.with_secret(reqwest::header::HeaderName::from_static("x-auth-token"), &"t".into()).unwrap();
    let reply = Http::new(&HttpOptions::default()).unwrap().send(request).await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (StatusCode::OK, b"ok".as_slice()));
    let asked = serving.join().unwrap();
    assert!(asked.starts_with("POST /v3/auth/tokens HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("x-auth-token: t\r\n") && asked.contains("content-type: application/json\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\n{\"auth\": {}}"), "{asked}");
}

#[tokio::test]
async fn a_redirect_is_a_reply_and_is_not_followed() {
    let answer = "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n";
    let (port, _serving) = serve_once(None, answer.into());
    let reply = get(&HttpOptions::default(), url("http", port)).await.unwrap();
    assert_eq!(reply.status, StatusCode::FOUND);
}

#[tokio::test]
async fn an_endless_reply_is_given_up() {
    let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
    answer.resize(answer.len() + MAX_REPLY + 1, b'x');
    let (port, _serving) = serve_once(None, answer);
    let lost = get(&HttpOptions::default(), url("http", port)).await.unwrap_err();
    assert!(lost.0.contains("longer than"), "{lost}");
}

#[tokio::test]
async fn a_reply_cut_short_is_lost() {
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort";
    let (port, _serving) = serve_once(None, answer.into());
    get(&HttpOptions::default(), url("http", port)).await.unwrap_err();
}

#[tokio::test]
async fn silence_ends_with_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let options = HttpOptions { timeout: Duration::from_millis(50), ..HttpOptions::default() };
    let port = listener.local_addr().unwrap().port();
    let lost = get(&options, url("http", port)).await.unwrap_err();
    assert!(lost.0.contains("timed out"), "{lost}");
}

#[tokio::test]
async fn a_closed_port_is_lost_and_says_why() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let lost = get(&HttpOptions::default(), url("http", port)).await.unwrap_err();
    assert!(lost.0.contains("refused"), "{lost}");
}

fn tls(demand_client_certificate: bool) -> ServerConfig {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let chain = vec![CertificateDer::from_pem_file(file("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(file("server-key.pem")).unwrap();
    let builder = if demand_client_certificate {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(file("ca.pem")).unwrap()).unwrap();
        ServerConfig::builder().with_client_cert_verifier(WebPkiClientVerifier::builder(roots.into()).build().unwrap())
    } else {
        ServerConfig::builder().with_no_client_auth()
    };
    builder.with_single_cert(chain, key).unwrap()
}

fn trusting() -> HttpOptions {
    HttpOptions { cafile: Some(file("ca.pem")), ..HttpOptions::default() }
}

#[tokio::test]
async fn a_server_is_trusted_through_the_ca_file_only() {
    let (port, _serving) = serve_once(Some(tls(false)), SHORT.into());
    assert_eq!(get(&trusting(), url("https", port)).await.unwrap().status, StatusCode::OK);
    let (port, _serving) = serve_once(Some(tls(false)), SHORT.into());
    get(&HttpOptions::default(), url("https", port)).await.unwrap_err();
    let (port, _serving) = serve_once(Some(tls(false)), SHORT.into());
    let other = HttpOptions { cafile: Some(file("client.pem")), ..HttpOptions::default() };
    get(&other, url("https", port)).await.unwrap_err();
}

#[tokio::test]
async fn insecure_trusts_any_server() {
    let (port, _serving) = serve_once(Some(tls(false)), SHORT.into());
    let options = HttpOptions { insecure: true, ..HttpOptions::default() };
    assert_eq!(get(&options, url("https", port)).await.unwrap().status, StatusCode::OK);
}

#[tokio::test]
async fn a_server_that_asks_for_it_sees_our_certificate() {
    let (port, _serving) = serve_once(Some(tls(true)), SHORT.into());
    get(&trusting(), url("https", port)).await.unwrap_err();
    let (port, _serving) = serve_once(Some(tls(true)), SHORT.into());
    let certfile = Some(file("client.pem"));
    let options = HttpOptions { certfile, keyfile: Some(file("client-key.pem")), ..trusting() };
    assert_eq!(get(&options, url("https", port)).await.unwrap().status, StatusCode::OK);
}

#[test]
fn files_that_do_not_serve_are_named_with_their_option() {
    let wrong = |options: HttpOptions| match Http::new(&options) {
        Err(Error::File { option, .. } | Error::Option { option, .. }) => option,
        other => panic!("expected a file error, got {other:?}"),
    };
    let missing = Some(file("missing.pem"));
    let usual = HttpOptions::default;
    assert_eq!(wrong(HttpOptions { cafile: missing.clone(), ..usual() }), "cafile");
    assert_eq!(wrong(HttpOptions { cafile: Some(file("server-key.pem")), ..usual() }), "cafile");
    assert_eq!(wrong(HttpOptions { certfile: missing.clone(), ..usual() }), "certfile");
    assert_eq!(wrong(HttpOptions { certfile: Some(file("client.pem")), ..usual() }), "certfile");
    assert_eq!(
        wrong(HttpOptions { certfile: Some(file("client.pem")), keyfile: missing.clone(), ..usual() }),
        "keyfile"
    );
    assert_eq!(wrong(HttpOptions { keyfile: missing, ..usual() }), "certfile");
}
