//! `manilad sim`: the simulated ONTAP cluster alone, over HTTP or TLS, with data LIFs that serve NFSv3.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum, value_parser};
use manilad_clock::Clock;
use manilad_ontap_sim::{Cluster, Config, Profile, SvmConfig};
use tokio::signal::unix::{SignalKind, signal};

use crate::boot::tls;
use crate::logs;
use crate::output::tell;

/// How the simulated cluster is run.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// Where the REST API listens.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Serve TLS with this certificate chain (PEM).
    #[arg(long, requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate (PEM).
    #[arg(long, requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Take certificates of clients that these authorities (PEM) issued: the common name is the account.
    #[arg(long, requires = "tls_cert", value_name = "FILE")]
    tls_client_ca: Option<PathBuf>,
    /// Keep objects and files here; without it they are gone when the simulator ends.
    #[arg(long)]
    state: Option<PathBuf>,
    /// The port on which the data LIFs serve NFSv3 and MOUNT.
    #[arg(long, default_value_t = 12049)]
    nfs_port: u16,
    /// Addresses of the two data LIFs of svm1.
    #[arg(long, num_args = 2, default_values = ["127.0.1.1", "127.0.1.2"])]
    lifs: Vec<IpAddr>,
    /// Give svm1 an SMB server of this NetBIOS name. Shares are kept and listed; nothing serves them.
    #[arg(long, value_name = "NAME", value_parser = netbios)]
    cifs_server: Option<String>,
    /// How long calls take.
    #[arg(long, value_enum, default_value_t = Latency::None)]
    latency: Latency,
    /// The ONTAP release that is simulated, such as 9.14.1.
    #[arg(long, default_value = "9.14.1")]
    release: String,
    /// Size of each data aggregate in GiB.
    #[arg(long, value_parser = value_parser!(u64).range(1..=1 << 20))]
    aggregate_gib: Option<u64>,
    /// Serve the test hooks below /sim: faults, the log of calls, a dump of the state.
    #[arg(long)]
    hooks: bool,
}

fn netbios(name: &str) -> Result<String, &'static str> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_name = (1..=15).contains(&name.len()) && name.bytes().all(fits);
    if is_name { Ok(name.to_owned()) } else { Err("expected 1 to 15 letters, digits, hyphens and underscores") }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Latency {
    /// Everything is immediate.
    None,
    /// Calls are immediate; splits and moves, which go on after their calls, take their time.
    Background,
    /// As published for real arrays.
    Array,
}

/// Runs the simulator until it is told to stop.
///
/// # Errors
/// What can't be had, by name.
pub async fn run(options: Options) -> anyhow::Result<()> {
    let clock = Clock::system();
    logs::begin(logs::Form::Text, false, clock.clone());
    let cluster = Cluster::open(config(&options)?, clock)?;
    let listener =
        TcpListener::bind(options.listen).with_context(|| format!("{} can't be listened on", options.listen))?;
    let tls = match (&options.tls_cert, &options.tls_key) {
        (Some(chain), Some(key)) => Some(tls::fixed(chain, key, options.tls_client_ca.as_deref())?),
        _ => None,
    };
    let lifs = cluster.serve_nfs(options.nfs_port)?;
    // Before it is told where it listens: who reads that may tell it to stop.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let scheme = if tls.is_some() { "https" } else { "http" };
    tell(&format!("ONTAP REST  {scheme}://{}/api  (admin or vsadmin, password)", listener.local_addr()?));
    for lif in lifs.lifs() {
        tell(&format!("NFSv3       {lif}"));
    }
    let server = cluster.serve(listener, tls)?;
    let handle = server.handle();
    tokio::select! {
        end = server => end?,
        _ = terminate.recv() => handle.stop(true).await,
        _ = interrupt.recv() => handle.stop(true).await,
    }
    lifs.stop().await;
    Ok(())
}

fn config(options: &Options) -> anyhow::Result<Config> {
    let release = options.release.parse().map_err(|why| anyhow!("--release: {why}"))?;
    let mut config = Config { release, hooks: options.hooks, ..Config::default() };
    if let Some(gib) = options.aggregate_gib {
        config.aggregates.iter_mut().for_each(|aggregate| aggregate.size = gib << 30);
    }
    let lifs: Vec<String> = options.lifs.iter().map(ToString::to_string).collect();
    if let [first, second] = &lifs[..] {
        let cifs_server = options.cifs_server.clone();
        config.svms = vec![SvmConfig { cifs_server, ..SvmConfig::named("svm1", [first, second]) }];
    }
    config.latency = match options.latency {
        Latency::None => Profile::None,
        Latency::Background => Profile::Background,
        Latency::Array => Profile::Array,
    };
    config.state_dir.clone_from(&options.state);
    Ok(config)
}
