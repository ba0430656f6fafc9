//! Wires everything: nobody else knows both the configuration and the actors, or names a vendor.
//!
//! The order matters: first what the configuration alone can get wrong, then the store (its lock refuses a second
//! daemon), then what answers questions, then who asks them. A store that is not there is made last: a start that fails
//! leaves none. The socket is bound before anything is raised, so that a busy port is told at once, and served last.

pub mod assembly;
pub mod check;
mod cloud_service;
pub mod drivers;
pub mod http;
pub mod identity;
pub mod key_store;
pub mod networks;
pub mod outside;
pub mod policy;
pub mod register;
pub mod simulator;
pub mod store;
pub mod tls;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use anyhow::Context as _;
use manilad_conf::{Settings, Supported};
use manilad_scheduler::{filters, weighers};
use manilad_store::{Sled, Store};
use tokio::sync::watch;

use crate::boot::assembly::{Assembly, Configured, assemble};
use crate::boot::drivers::{DriverRow, Makers};
use crate::boot::outside::Outside;
use crate::boot::simulator::Array;
use crate::boot::store::{absent, open_store};

/// A daemon that is ready to be served.
pub struct Daemon {
    pub assembly: Assembly,
    pub outside: Outside,
    pub listener: TcpListener,
    pub store: Store,
    /// Becomes the reason why the process must end at once.
    pub fatal: watch::Receiver<Option<String>>,
    /// The simulator inside, if there is one.
    pub array: Option<Array>,
    pub settings: Settings,
    pub tls: Option<(rustls::ServerConfig, Arc<tls::Identity>)>,
    /// What runs where, for the operator.
    pub report: Vec<String>,
}

/// Builds the daemon that the settings describe, without raising it.
///
/// # Errors
/// What can't be had: the store, the socket, the policy, an address of the simulator; each by name.
pub async fn build(settings: &Settings, outside: Outside, drivers: &[DriverRow]) -> anyhow::Result<Daemon> {
    let (fatal_sender, fatal) = watch::channel(None);
    let configured = Configured::new(settings, &outside)?;
    let tls = tls::of(settings)?;
    let address = address(settings)?;
    let is_new = absent(settings)?.is_some();
    let open = || open_store(settings, Sled::open, &outside.clock, fatal_sender);
    let listen = || -> anyhow::Result<_> {
        let listener = TcpListener::bind(address).with_context(|| format!("{address} can't be listened on"))?;
        Ok((listener, Array::inside(settings, &outside.clock)?))
    };
    // A store is made where nothing else can fail any more; one that is there names the daemon that has it.
    let (store, (listener, array)) = if is_new {
        let listening = listen()?;
        (open()?, listening)
    } else {
        (open()?, listen()?)
    };
    tracing::info!(path = %settings.manilad.store_path.display(), is_new, "the store is open");

    let makers = Makers::new(drivers, settings, &outside.clock, array.as_ref());
    let assembly = assemble(settings, configured, &outside, &store, &makers).await?;
    let report = report(settings, is_new, &listener, array.as_ref());
    Ok(Daemon { assembly, outside, listener, store, fatal, array, settings: settings.clone(), tls, report })
}

/// Where the daemon listens.
///
/// # Errors
/// The option is no address.
pub fn address(settings: &Settings) -> anyhow::Result<SocketAddr> {
    let service = &settings.service;
    let host = service.osapi_share_listen.trim_matches(['[', ']']);
    let ip = match host {
        "localhost" => std::net::Ipv4Addr::LOCALHOST.into(),
        _ => host.parse().with_context(|| format!("osapi_share_listen must be an IP address, not {host:?}"))?,
    };
    Ok(SocketAddr::new(ip, service.osapi_share_listen_port))
}

/// What a configuration may use: the filters and weighers that we have, and filters of Manila that nothing can ask for yet;
/// the drivers.
pub fn supported(drivers: &[DriverRow]) -> Supported {
    Supported {
        scheduler_drivers: vec!["manila.scheduler.drivers.filter.FilterScheduler"],
        filters: filters::RULES.iter().map(|rule| rule.name).chain(filters::NOT_BUILT.iter().copied()).collect(),
        weighers: weighers::RULES.iter().map(|rule| rule.name).collect(),
        judge_function: |text| manilad_scheduler::judge_function(text).map_err(|flaw| flaw.to_string()),
        drivers: drivers::tables(drivers),
        embedded: include_str!("embedded.conf"),
    }
}

/// What runs where, in a few lines.
fn report(settings: &Settings, is_new: bool, listener: &TcpListener, array: Option<&Array>) -> Vec<String> {
    let api = listener.local_addr().map_or_else(|_| "?".to_owned(), |address| address.to_string());
    let scheme = if settings.service.osapi_share_use_ssl { "https" } else { "http" };
    let strategy = format!("{:?}", settings.service.auth_strategy);
    let mut lines = vec![
        format!("API        {scheme}://{api}/v2  ({} authentication)", strategy.to_lowercase()),
        format!("store      {}{}", settings.manilad.store_path.display(), if is_new { "  (new)" } else { "" }),
    ];
    lines.extend(settings.backends.iter().map(|backend| {
        format!("back end   {}  (share servers: {})", backend.name, backend.driver_handles_share_servers)
    }));
    lines.extend(array.map(Array::line));
    lines
}
