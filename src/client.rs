//! How commands speak to a daemon that runs: over HTTP, like any other client.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use clap::Args;
use reqwest::Method;
use serde_json::Value;

/// How long one request may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// The microversion that commands speak.
const VERSION: &str = "2.80";

/// Which daemon, and as whom.
#[derive(Debug, Clone, Args)]
pub struct Daemon {
    /// The API.
    #[arg(long, default_value = "http://127.0.0.1:8786/v2")]
    url: String,
    /// The token to show; noauth takes USER:PROJECT.
    #[arg(long, default_value = "demo:demo", env = "OS_TOKEN", hide_env_values = true)]
    token: String,
}

/// Speaks to a daemon.
pub struct Client {
    http: reqwest::Client,
    options: Daemon,
}

impl Client {
    /// # Errors
    /// When the system offers no way to speak HTTP.
    pub fn new(options: Daemon) -> anyhow::Result<Self> {
        Ok(Client { http: reqwest::Client::builder().timeout(PATIENCE).build()?, options })
    }

    /// Status and body of a request; null where the body is not JSON.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<(u16, Value)> {
        let url = format!("{}{path}", self.options.url);
        let mut request = self
            .http
            .request(method, &url)
            .header("X-Auth-Token", &self.options.token)
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
