//! Serving a daemon until it is told to stop, or has to end.
//!
//! SIGTERM and SIGINT drain: no new connection, requests under way are finished, actors work off what they have, the
//! store is closed. SIGHUP reloads what can change. A fatal store or too many hung threads end the process at once, with
//! an exit code that makes whoever supervises it start it afresh.

use std::time::Duration;

use actix_web::{App, HttpServer};
use anyhow::Context as _;
use manilad_conf::Prints;
use manilad_http::serve::configure;
use manilad_kit::{Watch, raise};
use tokio::signal::unix::{SignalKind, signal};

use crate::boot::Daemon;
use crate::embedded::STOP_PATIENCE;
use crate::reload::{Read, Reload};
use crate::systemd;

/// How long the root's tree may take to stop.
const TREE_PATIENCE: Duration = Duration::from_secs(40);

/// How the configuration is read once more, and what it was read as.
pub struct Reread {
    pub read: Read,
    pub prints: Prints,
}

/// Raises the tree, serves the API, and comes back when all is put away.
///
/// # Errors
/// Why the process has to end other than by being told to.
pub async fn serve(daemon: Daemon, reread: Reread, workers: usize, drain: Duration) -> anyhow::Result<()> {
    let Daemon {
        face,
        listener,
        root,
        registry,
        store,
        mut fatal,
        threads,
        array,
        tls,
        settings,
        clock,
        renewals,
        ask_for_reports,
        ..
    } = daemon;
    let (tls, certificates) = tls.unzip();
    let Reread { read, prints } = reread;
    let current = face.clone();
    let mut reload = Reload {
        read,
        settings,
        latest: prints.clone(),
        started: prints,
        face: current,
        certificates,
        renewals,
        ask_for_reports,
        clock: clock.clone(),
    };
    let tree = raise(&registry.vitals("root"), Watch::default(), move |_| root);
    let face_of_app = configure(face);
    let server = HttpServer::new(move || App::new().configure(face_of_app.clone()))
        .workers(workers)
        .shutdown_timeout(drain.as_secs())
        .disable_signals();
    let server = match tls {
        None => server.listen(listener),
        Some(tls) => server.listen_rustls_0_23(listener, tls),
    };
    let server = server.context("the API can't be served")?.run();
    let handle = server.handle();
    let serving = actix_rt::spawn(server);
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let living = actix_rt::spawn(systemd::live(store.clone(), clock));
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
            Ok(why) = fatal.wait_for(Option::is_some) => break why.clone(),
            () = threads.exhausted() => break Some("too many threads hang".to_owned()),
        }
    };
    if let Some(why) = why {
        anyhow::bail!("{why}");
    }
    tracing::info!("draining");
    systemd::stopping();
    living.abort();
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
