//! Serving a daemon until it is told to stop, or has to end.
//!
//! SIGTERM and SIGINT drain: no new connection, requests under way are finished, actors work off what they have, the
//! store is closed. SIGHUP reloads what can change. A fatal store, too many hung threads, and a root actor or HTTP server
//! that ended end the process at once, with an exit code that makes whoever supervises it start it afresh. How to get it
//! wrong: to watch the parts and not those that hold them; the process then lives on and refuses everything.

pub mod connections;
pub mod reload;
pub mod systemd;

use std::time::Duration;

use actix_web::{App, HttpServer};
use anyhow::Context as _;
use manilad_conf::Prints;
use manilad_http::AppState;
use manilad_http::serve::configure;
use manilad_kit::{End, OwnedTask, Watch, raise};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinError;

use crate::boot::Daemon;
use crate::boot::assembly::Assembly;
use crate::boot::outside::Outside;
use crate::boot::simulator::STOP_PATIENCE;
use crate::output::tell;
use crate::serve::reload::{Read, Reload};

/// How long a new connection's first request may take until its head is there; it is then answered 408.
const HEAD_PATIENCE: Duration = Duration::from_secs(20);
/// How long a client may take for the handshake of TLS.
const HANDSHAKE_PATIENCE: Duration = Duration::from_secs(3);
/// How long the actors may take until they answer.
const BEGIN_PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks at whether they do.
const BEGIN_LOOK: Duration = Duration::from_millis(10);
/// How long the root's tree may take to stop.
const TREE_PATIENCE: Duration = Duration::from_secs(40);

/// How the configuration is read once more, and what it was read as.
pub struct Reread {
    pub read: Read,
    pub prints: Prints,
}

/// Why the process ends without having been told to.
#[derive(Debug, thiserror::Error)]
pub enum Ended {
    /// The store, or too many threads; a new start may mend it.
    #[error("{0}")]
    Broken(String),
    /// Nobody is left to raise anything again.
    #[error("the root actor ended: {0}")]
    Root(End),
    #[error("the HTTP server ended: {0}")]
    Server(String),
}

impl Ended {
    /// The exit code: 70 (EX_SOFTWARE) where a part ended that nothing outlives.
    pub const fn code(&self) -> u8 {
        match self {
            Ended::Broken(_) => 1,
            Ended::Root(_) | Ended::Server(_) => 70,
        }
    }
}

/// How a server that nobody stopped came to its end.
fn words(end: Result<std::io::Result<()>, JoinError>) -> String {
    match end {
        Ok(Ok(())) => "it stopped by itself".to_owned(),
        Ok(Err(problem)) => problem.to_string(),
        Err(problem) => problem.to_string(),
    }
}

/// Waits until the actors that requests need answer.
async fn begun(app: &AppState) {
    while app.health.changes().await.is_some() || !app.scheduler.are_served() {
        app.clock.sleep(BEGIN_LOOK).await;
    }
}

/// Raises the tree, serves the API, and comes back when all is put away.
///
/// # Errors
/// Why the process has to end other than by being told to.
pub async fn serve(daemon: Daemon, reread: Reread, workers: usize, drain: Duration) -> anyhow::Result<()> {
    let Daemon { assembly, outside, listener, store, mut fatal, array, settings, tls, report } = daemon;
    let Assembly { app, drivers, ask_for_reports, root, registry } = assembly;
    let Outside { clock, threads, .. } = outside.clone();
    let (tls, certificates) = tls.unzip();
    let Reread { read, prints } = reread;
    let (current, asked) = (app.clone(), app.load_full());
    let mut reload = Reload {
        read,
        settings,
        latest: prints.clone(),
        started: prints,
        app: current,
        certificates,
        drivers,
        ask_for_reports,
        outside,
    };
    let (connections, accepted) = connections::in_force(&reload.settings, workers)?;
    let mut tree = raise(&registry.vitals("root"), Watch::default(), move |_| root);
    // Whoever finds the port open waits in the kernel until then.
    tokio::select! {
        end = &mut tree => return Err(Ended::Root(end).into()),
        begun = clock.within(BEGIN_PATIENCE, begun(&asked)) => begun.context("the actors do not begin to answer")?,
    }
    let (app_config, health) = (configure(app), asked.health.clone());
    let of_workers = health.clone();
    let server = HttpServer::new(move || {
        of_workers.enlist();
        App::new().configure(app_config.clone())
    });
    let server = server
        .on_connect(move |connection, kept| connections::enter(&connections, connection, kept))
        .workers(workers)
        .max_connections(accepted)
        // None waits for another to shake hands: who never does would hold up all others.
        .max_connection_rate(accepted)
        .tls_handshake_timeout(HANDSHAKE_PATIENCE)
        .client_request_timeout(HEAD_PATIENCE)
        .shutdown_timeout(drain.as_secs())
        .disable_signals();
    let server = match tls {
        None => server.listen(listener),
        Some(tls) => server.listen_rustls_0_23(listener, tls),
    };
    let server = server.context("the API can't be served")?.run();
    let handle = server.handle();
    let mut serving = actix_rt::spawn(server);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let watchdog = OwnedTask::spawn(async move { systemd::live(&health, clock).await });
    report.iter().for_each(|line| tell(line));
    systemd::ready();
    let why = loop {
        tokio::select! {
            _ = terminate.recv() => break None,
            _ = interrupt.recv() => break None,
            _ = hangup.recv() => {
                systemd::reloading();
                reload.run();
                systemd::ready();
            }
            Ok(why) = fatal.wait_for(Option::is_some) => break why.clone().map(Ended::Broken),
            () = threads.exhausted() => break Some(Ended::Broken("too many threads hang".to_owned())),
            end = &mut tree => break Some(Ended::Root(end)),
            end = &mut serving => break Some(Ended::Server(words(end))),
        }
    };
    if let Some(why) = why {
        return Err(why.into());
    }
    tracing::info!("draining");
    systemd::stopping();
    drop(watchdog);
    handle.stop(true).await;
    let _its_end_is_known = serving.await;
    tree.stop(TREE_PATIENCE).await;
    if let Some(array) = array {
        let _in_time_or_not = tokio::time::timeout(STOP_PATIENCE, array.lifs.stop()).await;
    }
    store.close();
    tracing::info!("stopped");
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix::{Actor, ActorContext, AsyncContext, Context};
    use manilad_clock::Clock;
    use manilad_kit::Registry;

    use super::*;

    /// Stops as it begins.
    struct Brief;

    impl Actor for Brief {
        type Context = Context<Self>;

        fn started(&mut self, ctx: &mut Self::Context) {
            ctx.run_later(Duration::ZERO, |_, ctx| ctx.stop());
        }
    }

    #[actix_rt::test]
    async fn a_root_that_ends_is_noticed_and_has_an_exit_code_of_its_own() {
        let vitals = Registry::new(Clock::system()).vitals("root");
        let mut tree = raise(&vitals, Watch::default(), |_| Brief);
        let ended = Ended::Root((&mut tree).await);
        assert_eq!(ended.code(), 70);
        assert!(ended.to_string().starts_with("the root actor ended: "), "{ended}");
    }

    #[actix_rt::test]
    async fn a_server_that_ends_is_told_of_with_its_reason() {
        let failed = actix_rt::spawn(async { Err(std::io::Error::other("no sockets left")) });
        let ended = Ended::Server(words(failed.await));
        assert_eq!((ended.to_string().as_str(), ended.code()), ("the HTTP server ended: no sockets left", 70));
        assert_eq!(Ended::Broken("the store".to_owned()).code(), 1);
    }
}
