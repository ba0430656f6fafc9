//! The wire: keep-alive HTTP/1.1 over TLS to one array, through reqwest.
//!
//! HTTP/2 would put all calls on one connection, and one lost segment would hold them all up; ONTAP's limit counts requests
//! anyway. Redirects, proxies and retries are off: each could carry a write, or the login, elsewhere or twice. How to get it
//! wrong: keeping idle connections longer than the array does, for then a write meets a closed one and its fate is unknown.

use std::error::Error as _;
use std::net::IpAddr;
use std::time::Duration;

use futures::future::BoxFuture;
use manilad_clock::Clock;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use crate::transport::{Broken, Method, Reply, Request, Sent, Transport};
use crate::trust::{self, Identity, Trust};

/// The largest answer that is read, unpacked: ten times a page of a thousand volumes in full.
const LARGEST: usize = 32 << 20;

/// Where an array is, and how to reach it.
#[derive(Debug, Clone)]
pub struct Address {
    /// Name or address (IPv6 without brackets) of a management LIF.
    pub host: String,
    /// 443, or 80 without TLS, when none is given.
    pub port: Option<u16>,
    /// None: plain HTTP, for tests and trusted wires only.
    pub tls: Option<Tls>,
    /// How long a connection may take, its TLS handshake included.
    pub connect_timeout: Duration,
    /// How long an unused connection is kept; less than the array keeps it.
    pub idle_timeout: Duration,
}

/// The TLS of an address.
#[derive(Debug, Clone)]
pub struct Tls {
    pub trust: Trust,
    /// Set when the login is a client certificate.
    pub identity: Option<Identity>,
}

impl Address {
    /// `host` over TLS, checked against the operating system's roots; 6 s to connect, 4 s idle.
    pub fn of(host: &str) -> Self {
        let tls = Some(Tls { trust: Trust::System, identity: None });
        let (connect_timeout, idle_timeout) = (Duration::from_secs(6), Duration::from_secs(4));
        Address { host: host.to_owned(), port: None, tls, connect_timeout, idle_timeout }
    }
}

/// What is wrong with an address.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0:?} is no host: expected a name or an IP address, without scheme, port or path")]
    Host(String),
    #[error(transparent)]
    Trust(#[from] trust::Error),
    #[error("HTTP can't be set up: {0}")]
    Client(String),
}

/// A transport over the network. Its connections live on the runtime that first uses it.
pub struct Http {
    client: reqwest::Client,
    origin: String,
    clock: Clock,
}

impl Http {
    /// Reads the certificate files now; connects when first called.
    pub fn new(clock: Clock, address: &Address) -> Result<Self, Error> {
        let origin = origin(address)?;
        let (trust, identity) = match &address.tls {
            Some(tls) => (tls.trust.clone(), tls.identity.as_ref()),
            None => (Trust::Anyone, None), // never used: the scheme is http
        };
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(trust::config(&trust, identity)?)
            .https_only(address.tls.is_some())
            .http1_only()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(address.connect_timeout)
            .pool_idle_timeout(address.idle_timeout)
            .tcp_nodelay(true)
            .build();
        let client = client.map_err(|why| Error::Client(chain(&why)))?;
        Ok(Http { client, origin, clock })
    }

    async fn exchange(&self, request: Request) -> Result<Reply, Broken> {
        let left = request.deadline.saturating_sub(self.clock.running());
        let no = |why: String| Broken { sent: Sent::No, why };
        if left.is_zero() {
            return Err(no("there was no time left to make the call".to_owned()));
        }
        let mut headers = HeaderMap::with_capacity(request.headers.len());
        for (name, value) in &request.headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| no(format!("the header {name} can't be sent")))?;
            value.set_sensitive(*name == "Authorization");
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|why| no(why.to_string()))?, value);
        }
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let mut asked = self.client.request(method, format!("{}{}", self.origin, request.path_and_query));
        asked = asked.headers(headers).timeout(left);
        if let Some(body) = request.body {
            asked = asked.body(body);
        }
        let mut response = asked.send().await.map_err(broken)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(Broken { sent: Sent::Maybe, why: format!("the answer is longer than {LARGEST} bytes") });
            }
            body.extend_from_slice(&chunk);
        }
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = response.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        Ok(Reply { status: response.status().as_u16(), headers, body })
    }
}

impl Transport for Http {
    fn call(&self, request: Request) -> BoxFuture<'_, Result<Reply, Broken>> {
        Box::pin(self.exchange(request))
    }
}

/// A connection that never came about carried nothing; of everything else nobody knows.
fn broken(why: reqwest::Error) -> Broken {
    let sent = if why.is_connect() || why.is_builder() { Sent::No } else { Sent::Maybe };
    Broken { sent, why: chain(&why.without_url()) }
}

/// An error with its causes, which is where the reason is.
fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

fn origin(address: &Address) -> Result<String, Error> {
    let scheme = if address.tls.is_some() { "https" } else { "http" };
    let host = address.host.trim_start_matches('[').trim_end_matches(']');
    let named = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_';
    let host = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
        Ok(IpAddr::V4(ip)) => ip.to_string(),
        Err(_) if !host.is_empty() && host.len() <= 253 && host.chars().all(named) => host.to_owned(),
        Err(_) => return Err(Error::Host(address.host.clone())),
    };
    Ok(match address.port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}
