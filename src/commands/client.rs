//! How commands speak to a daemon that runs: over HTTP, like any other client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail, ensure};
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use manilad_conf::Settings;
use reqwest::header::HeaderValue;
use reqwest::{Certificate, Method, Url};
use serde_json::Value;

use crate::boot;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// The microversion that commands speak.
const VERSION: &str = "2.80";

/// Which daemon, and as whom.
#[derive(Debug, Clone, Args)]
pub struct Daemon {
    /// The API, such as http://127.0.0.1:8786/v2; where the configuration says that the daemon listens, if not given.
    #[arg(long, value_parser = api)]
    url: Option<Url>,
    /// Certificates of the authorities that vouch for the API, as a PEM file; those of the system, if not given.
    #[arg(long, value_name = "FILE", env = "OS_CACERT", value_parser = OsStringValueParser::new().map(PathBuf::from))]
    cacert: Option<PathBuf>,
    /// The token to show, demo:demo if not given; noauth takes USER:PROJECT.
    #[arg(long, env = "OS_TOKEN", hide_env_values = true, value_parser = token)]
    token: Option<HeaderValue>,
}

fn api(text: &str) -> Result<Url, String> {
    let expected = "expected the API's address, such as http://127.0.0.1:8786/v2";
    let url = Url::parse(text).map_err(|problem| format!("{problem}; {expected}"))?;
    if matches!(url.scheme(), "http" | "https") { Ok(url) } else { Err(expected.to_owned()) }
}

fn token(text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::from_str(text).ok().filter(|value| value.to_str().is_ok());
    value.iter_mut().for_each(|value| value.set_sensitive(true));
    value.ok_or_else(|| "expected printable ASCII characters".to_owned())
}

/// The API of a daemon on this machine that has this configuration.
fn listening(settings: &Settings) -> anyhow::Result<Url> {
    let service = &settings.service;
    let mut address = boot::address(settings)?;
    address.set_ip(match address.ip() {
        IpAddr::V4(all) if all.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(all) if all.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    });
    ensure!(address.port() != 0, "osapi_share_listen_port is 0, so the daemon picks its port: give --url");
    let scheme = if service.osapi_share_use_ssl { "https" } else { "http" };
    Ok(format!("{scheme}://{address}/v2").parse()?)
}

/// Speaks to a daemon.
pub struct DaemonClient {
    http: reqwest::Client,
    url: Url,
    token: HeaderValue,
}

/// What an answer says: the daemon's own words where it has some.
fn words(body: &Value) -> String {
    let fault = body.as_object().and_then(|fault| fault.values().next());
    match fault.and_then(|fault| fault["message"].as_str()) {
        Some(message) => message.to_owned(),
        None if body.is_null() => {
            "the body is no JSON; expected the API's address to end like http://127.0.0.1:8786/v2".to_owned()
        }
        None => body.to_string(),
    }
}

impl DaemonClient {
    /// # Errors
    /// When the system offers no way to speak HTTP, the certificates can't be read, or nothing tells where the daemon
    /// listens.
    pub fn new(options: Daemon, settings: &Settings) -> anyhow::Result<Self> {
        let mut builder = reqwest::Client::builder().timeout(PATIENCE);
        // Variables that are set and empty are as if they were not.
        if let Some(file) = options.cacert.filter(|file| !file.as_os_str().is_empty()) {
            let read = || anyhow::Ok(Certificate::from_pem_bundle(&std::fs::read(&file)?)?);
            let expected = || format!("{}: expected certificates in PEM", file.display());
            let authorities = read().with_context(expected)?;
            ensure!(!authorities.is_empty(), "{}, found none", expected());
            builder = builder.tls_certs_only(authorities);
        }
        let url = options.url.map_or_else(|| listening(settings), Ok)?;
        let token = options.token.filter(|token| !token.is_empty());
        let token = token.unwrap_or_else(|| HeaderValue::from_static("demo:demo"));
        Ok(DaemonClient { http: builder.build()?, url, token })
    }

    /// Status and body of a request; null where the body is not JSON. Each part of the path is taken as it is.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ask(&self, method: Method, path: &[&str], body: Option<Value>) -> anyhow::Result<(u16, Value)> {
        let url = self.at(path)?;
        let mut request = self
            .http
            .request(method, url.clone())
            .header("X-Auth-Token", &self.token)
            .header("X-OpenStack-Manila-API-Version", VERSION);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.map_err(|error| {
            let mut cause: &dyn std::error::Error = &error;
            while let Some(deeper) = cause.source() {
                cause = deeper;
            }
            anyhow!("{url} can't be reached: {cause}")
        })?;
        let status = answer.status().as_u16();
        let body = answer.bytes().await?;
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }

    /// As [`DaemonClient::ask`], where only success will do.
    ///
    /// # Errors
    /// When the answer is not 2xx, with what the daemon said.
    pub async fn succeed(&self, method: Method, path: &[&str], body: Option<Value>) -> anyhow::Result<Value> {
        let (status, answer) = self.ask(method.clone(), path, body).await?;
        if (200..300).contains(&status) {
            return Ok(answer);
        }
        bail!("{method} {} answered {status}: {}", self.at(path)?, words(&answer))
    }

    fn at(&self, path: &[&str]) -> anyhow::Result<Url> {
        let mut url = self.url.clone();
        match url.path_segments_mut() {
            Ok(mut segments) => drop(segments.pop_if_empty().extend(path)),
            Err(()) => bail!("{} can't have paths below it", self.url),
        }
        Ok(url)
    }
}
