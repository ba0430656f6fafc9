//! How commands speak to a daemon that runs: over HTTP, like any other client.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use manilad_conf::Settings;
use reqwest::{Certificate, Method};
use serde_json::Value;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// The microversion that commands speak.
const VERSION: &str = "2.80";

/// Which daemon, and as whom.
#[derive(Debug, Clone, Args)]
pub struct Daemon {
    /// The API; where the configuration says that the daemon listens, if not given.
    #[arg(long)]
    url: Option<String>,
    /// Certificates of the authorities that vouch for the API, as a PEM file; those of the system, if not given.
    #[arg(long, value_name = "FILE", env = "OS_CACERT")]
    cacert: Option<PathBuf>,
    /// The token to show; noauth takes USER:PROJECT.
    #[arg(long, default_value = "demo:demo", env = "OS_TOKEN", hide_env_values = true)]
    token: String,
}

/// The API of a daemon on this machine that has this configuration.
fn listening(settings: &Settings) -> anyhow::Result<String> {
    let service = &settings.service;
    let host = service.osapi_share_listen.trim_matches(['[', ']']);
    let ip: IpAddr = if host.is_empty() { "127.0.0.1".parse()? } else { host.parse()? };
    let ip = match ip {
        IpAddr::V4(all) if all.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(all) if all.is_unspecified() => "::1".parse()?,
        ip => ip,
    };
    let port = service.osapi_share_listen_port;
    ensure!(port != 0, "osapi_share_listen_port is 0, so the daemon picks its port: give --url");
    let scheme = if service.osapi_share_use_ssl { "https" } else { "http" };
    Ok(format!("{scheme}://{}/v2", SocketAddr::new(ip, port)))
}

/// Speaks to a daemon.
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Client {
    /// # Errors
    /// When the system offers no way to speak HTTP, the certificates can't be read, or nothing tells where the daemon
    /// listens.
    pub fn new(options: Daemon, settings: &Settings) -> anyhow::Result<Self> {
        let mut builder = reqwest::Client::builder().timeout(PATIENCE);
        if let Some(file) = &options.cacert {
            let read = || anyhow::Ok(Certificate::from_pem_bundle(&std::fs::read(file)?)?);
            let authorities = read().with_context(|| format!("{}: expected certificates in PEM", file.display()))?;
            builder = builder.tls_certs_only(authorities);
        }
        let url = options.url.map_or_else(|| listening(settings), Ok)?;
        Ok(Client { http: builder.build()?, url, token: options.token })
    }

    /// Status and body of a request; null where the body is not JSON.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<(u16, Value)> {
        let url = format!("{}{path}", self.url);
        let mut request = self
            .http
            .request(method, &url)
            .header("X-Auth-Token", &self.token)
            .header("X-OpenStack-Manila-API-Version", VERSION);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.with_context(|| format!("{url} can't be reached"))?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    /// # Errors
    /// When the answer is not 200, with what the daemon said.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        let (status, answer) = self.ask(Method::GET, path, None).await?;
        ensure!(status == 200, "GET {path} answered {status}: {answer}");
        Ok(answer)
    }
}
