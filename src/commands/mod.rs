//! The command line: `manilad [serve]`, `sim`, `check-config`, `demo`, `explain`, `policy`, `store`, `openapi`.

pub mod client;
pub mod demo;
mod exit_code;
pub mod explain;
pub mod policy;
pub mod sim;
pub mod store;

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use manilad_clock::Clock;
use manilad_conf::settings::LogFormat;
use manilad_conf::{Error, Layer, Loaded, Settings, Sources};
use manilad_domain::{Fault, Microversion};
use manilad_http::openapi;
use manilad_http::version::{self, Negotiated};

use crate::boot::check::sound;
use crate::boot::drivers::DRIVERS;
use crate::boot::outside::Outside;
use crate::boot::{self, policy as rules, store as records};
use crate::output::tell;
use crate::{logs, serve};

/// Shared file systems as a service.
#[derive(Debug, Parser)]
#[command(name = "manilad", version, about)]
struct Line {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    configuration: Configuration,
}

/// Where the configuration comes from. Without any, the embedded default serves this machine only.
#[derive(Debug, Clone, Args)]
struct Configuration {
    /// A manila.conf; may be given more than once, the later one wins.
    #[arg(long = "config-file", value_name = "FILE", global = true)]
    files: Vec<PathBuf>,
    /// A folder of *.conf files, read in the order of their names after the files.
    #[arg(long = "config-dir", value_name = "DIR", global = true)]
    directories: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API, the scheduler and the share back ends (the default).
    Serve,
    /// Run the simulated array alone.
    Sim(sim::Options),
    /// Say what is wrong with the configuration, and what it amounts to.
    CheckConfig,
    /// Do the whole job against a running daemon, step by step.
    Demo(demo::Options),
    /// Tell where a share, named by its id, would go now, and what the scheduler thinks of each pool.
    Explain(explain::Options),
    /// The policy in force: list it, check it, explain what it decides.
    #[command(subcommand)]
    Policy(policy::Command),
    /// Look after a store that no daemon has open.
    #[command(subcommand)]
    Store(store::Work),
    /// Print the API at a microversion as an OpenAPI document.
    Openapi {
        /// The microversion.
        #[arg(long, value_name = "2.N", default_value_t = Microversion::MAX, value_parser = microversion)]
        version: Microversion,
    },
}

fn microversion(text: &str) -> Result<Microversion, Fault> {
    match version::negotiate(Some(text)) {
        Negotiated::Served(version) => Ok(version),
        Negotiated::Malformed(text) => Err(version::malformed(&text)),
        Negotiated::OutOfRange(text) => Err(version::out_of_range(&text)),
    }
}

/// Runs what the command line asks for.
pub fn run() -> ExitCode {
    let line = Line::parse();
    // An error only says that a provider is there already, which is all that is wanted.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let system = actix_rt::System::new();
    let done = system.block_on(async {
        match line.command.unwrap_or(Command::Serve) {
            Command::Serve => Box::pin(serve_configured(&line.configuration)).await,
            Command::Sim(options) => Box::pin(sim::run(options)).await,
            Command::CheckConfig => check(&line.configuration),
            Command::Demo(options) => Box::pin(demo::run(options, &load(&line.configuration)?.settings)).await,
            Command::Explain(options) => explain::run(options, &load(&line.configuration)?.settings).await,
            Command::Policy(command) => {
                load(&line.configuration).and_then(|loaded| policy::run(&command, &loaded.settings))
            }
            Command::Store(work) => Box::pin(store::run(work, &load(&line.configuration)?.settings)).await,
            Command::Openapi { version } => {
                tell(&format!("{:#}", openapi::document(version)));
                Ok(())
            }
        }
    });
    exit_code::of(done)
}

fn load(configuration: &Configuration) -> anyhow::Result<Loaded> {
    Ok(read(configuration)?)
}

fn read(configuration: &Configuration) -> Result<Loaded, Error> {
    let files = configuration.files.iter().cloned().map(Layer::File);
    let directories = configuration.directories.iter().cloned().map(Layer::Dir);
    let sources = Sources {
        layers: files.chain(directories).collect(),
        environment: std::env::vars().filter(|(name, _)| name.starts_with("OS_")).collect(),
    };
    Settings::load(&sources, &boot::supported(DRIVERS))
}

async fn serve_configured(configuration: &Configuration) -> anyhow::Result<()> {
    let outside = Outside::real(Clock::system());
    let Loaded { settings, warnings, prints, .. } = sound(read(configuration), &outside)?;
    let form = match settings.manilad.log_format {
        LogFormat::Text => logs::Form::Text,
        LogFormat::Json => logs::Form::Json,
    };
    logs::begin(form, settings.logging.debug, outside.clock.clone());
    for warning in warnings {
        tracing::warn!(%warning, "a warning about the configuration");
    }
    let mut daemon = boot::build(&settings, outside, DRIVERS).await?;
    if configuration.files.is_empty() && configuration.directories.is_empty() {
        daemon.report.push(try_this(&daemon.listener)?);
    }
    let workers = usize::try_from(settings.service.osapi_share_workers)?;
    let again = configuration.clone();
    let reread = serve::Reread { read: Box::new(move || load(&again)), prints };
    serve::serve(daemon, reread, workers, settings.manilad.drain).await
}

fn try_this(listener: &TcpListener) -> anyhow::Result<String> {
    let url = format!("http://{}/v2", listener.local_addr()?);
    let json = "-H 'Content-Type: application/json' -H 'X-Auth-Token: me:demo'";
    Ok(format!(
        "try        manilad demo\n           \
         curl -s {json} {url}/types -d '{{\"share_type\": {{\"name\": \"default\", \
         \"extra_specs\": {{\"driver_handles_share_servers\": \"False\"}}}}}}'\n           \
         curl -s {json} {url}/shares -d '{{\"share\": {{\"name\": \"first\", \"share_proto\": \"NFS\", \"size\": 1}}}}'"
    ))
}

fn check(configuration: &Configuration) -> anyhow::Result<()> {
    let Loaded { settings, warnings, notes, .. } = sound(read(configuration), &Outside::real(Clock::system()))?;
    let policy = rules::engine(&settings)?;
    let warnings = warnings.iter().map(ToString::to_string);
    let warnings: Vec<String> = warnings.chain(policy.warnings().iter().map(|it| format!("policy: {it}"))).collect();
    for warning in &warnings {
        tell(&format!("warning: {warning}"));
    }
    for note in &notes {
        tell(&format!("note: {note}"));
    }
    for backend in &settings.backends {
        let zone = backend.section.backend_availability_zone.as_ref();
        let zone = zone.unwrap_or(&settings.service.storage_availability_zone);
        tell(&format!("back end {} in zone {zone}", backend.name));
    }
    let store = settings.manilad.store_path.display();
    let absent = records::absent(&settings)?.is_some();
    tell(&format!("store in {store}{}", if absent { ", which is not there yet" } else { "" }));
    let many = warnings.len();
    tell(&format!("the configuration is sound ({many} warning{})", if many == 1 { "" } else { "s" }));
    Ok(())
}
