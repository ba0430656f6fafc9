//! The transport of the daemon: reqwest over rustls.
//!
//! Certificates are checked unless the operator says `insecure`; with a CA file only that file is trusted, as other
//! services of OpenStack do. Redirects are not followed and replies are read piece by piece up to a limit, since what
//! answers on the address in the configuration need not be Keystone.

use std::path::{Path, PathBuf};
use std::time::Duration;

use futures::future::{BoxFuture, FutureExt};
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Client, Identity, Response, redirect};
use secrecy::ExposeSecret;

use crate::error::Error;
use crate::transport::{Lost, Reply, Request, Transport};

/// A longer reply is given up. A token with a large service catalogue has some 100 KiB.
pub(crate) const MAX_REPLY: usize = 1024 * 1024;

const POOL_IDLE: Duration = Duration::from_secs(50);
const POOL_PER_HOST: usize = 16;

/// How to reach a service. File names are those of the options `cafile`, `certfile` and `keyfile`, all PEM.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    pub connect_timeout: Duration,
    /// For one attempt, from connecting to the last byte.
    pub timeout: Duration,
    /// Trusted instead of the system's certificate authorities.
    pub cafile: Option<PathBuf>,
    pub certfile: Option<PathBuf>,
    /// May be left out when `certfile` holds the key too.
    pub keyfile: Option<PathBuf>,
    /// Accepts any certificate.
    pub insecure: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        HttpOptions {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            cafile: None,
            certfile: None,
            keyfile: None,
            insecure: false,
        }
    }
}

/// Sends requests over the network. Clones share one pool of connections.
#[derive(Debug, Clone)]
pub struct Http(Client);

impl Http {
    /// Reads the files named in `options`, so call it at start and not on an actor's thread.
    ///
    /// # Errors
    /// [`Error::File`] for a file that can't be read or holds no certificate or key, [`Error::Option`] for a key
    /// without a certificate, [`Error::Setup`] for what the TLS library refuses.
    pub fn new(options: &HttpOptions) -> Result<Self, Error> {
        // An error only says that a provider is there already, which is all that is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .connect_timeout(options.connect_timeout)
            .timeout(options.timeout)
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(POOL_PER_HOST)
            .redirect(redirect::Policy::none());
        if let Some(path) = &options.cafile {
            builder = builder.tls_certs_only(authorities(path)?);
        }
        if let Some(identity) = identity(options)? {
            builder = builder.identity(identity);
        }
        if options.insecure {
            tracing::warn!("insecure is set: certificates of services are not checked");
            builder = builder.tls_danger_accept_invalid_certs(true);
        }
        builder.build().map(Http).map_err(|error| Error::Setup(chain(&error)))
    }
}

impl Transport for Http {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Reply, Lost>> {
        async move {
            let mut call = self.0.request(request.method, request.url).headers(request.headers);
            if let Some(body) = request.body {
                call = call
                    .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                    .body(body.expose_secret().to_owned());
            }
            let mut response = call.send().await.map_err(|error| Lost(chain(&error)))?;
            let body = bounded(&mut response).await?;
            Ok(Reply { status: response.status(), headers: std::mem::take(response.headers_mut()), body })
        }
        .boxed()
    }
}

async fn bounded(response: &mut Response) -> Result<Vec<u8>, Lost> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| Lost(chain(&error)))? {
        if body.len() + piece.len() > MAX_REPLY {
            return Err(Lost(format!("the reply is longer than {MAX_REPLY} bytes")));
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

fn authorities(path: &Path) -> Result<Vec<Certificate>, Error> {
    let found = Certificate::from_pem_bundle(&read("cafile", path)?)
        .map_err(|error| bad_file("cafile", path, &chain(&error)))?;
    if found.is_empty() {
        return Err(bad_file("cafile", path, "expected at least one PEM certificate"));
    }
    Ok(found)
}

fn identity(options: &HttpOptions) -> Result<Option<Identity>, Error> {
    let Some(certfile) = &options.certfile else {
        return match options.keyfile {
            None => Ok(None),
            Some(_) => Err(Error::Option { option: "certfile", expected: "a file, because keyfile is set" }),
        };
    };
    let mut pem = read("certfile", certfile)?;
    if let Some(keyfile) = &options.keyfile {
        pem.push(b'\n');
        pem.extend(read("keyfile", keyfile)?);
    }
    // The library's complaint could quote key material, so ours says only what is expected.
    let identity = Identity::from_pem(&pem)
        .map_err(|_| bad_file("certfile", certfile, "expected a PEM certificate and, here or in keyfile, its key"))?;
    Ok(Some(identity))
}

fn read(option: &'static str, path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| bad_file(option, path, &error.to_string()))
}

fn bad_file(option: &'static str, path: &Path, why: &str) -> Error {
    Error::File { option, path: path.display().to_string(), why: why.to_owned() }
}

/// An error with its causes: reqwest's own text stops at "error sending request".
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
