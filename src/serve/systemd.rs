//! What systemd is told, where the daemon runs under it: that it is ready, reloads, stops, and is alive.
//!
//! Alive means that the main loop turns and that requests are answered, as the health check judges it. How to get it
//! wrong: a sign of life from a thread of its own, which goes on when all others hang.

use std::time::Duration;

use manilad_clock::Clock;
use manilad_http::health::Health;
use sd_notify::NotifyState;

/// Pause before health is asked for again when it was bad.
const AGAIN: Duration = Duration::from_secs(1);

/// Requests are served.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The configuration is read again; [`ready`] ends it.
pub fn reloading() {
    match NotifyState::monotonic_usec_now() {
        Ok(now) => tell(&[NotifyState::Reloading, now]),
        Err(problem) => tracing::debug!(%problem, "the monotonic clock can't be read"),
    }
}

/// The daemon drains.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Where a watchdog is set (`WatchdogSec=`), gives it a sign of life twice in its time while the daemon is well; returns
/// never.
pub async fn live(health: &Health, clock: Clock) {
    let Some(patience) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let pause = patience / 2;
    let mut reported = None;
    loop {
        let ailment = health.ailment().await;
        match ailment {
            Some(ailment) if reported != Some(ailment) => {
                tracing::error!(ailment, "no watchdog signal is sent to systemd: the daemon is not well")
            }
            None if reported.is_some() => tracing::info!("the watchdog signal is sent to systemd again"),
            _ => {}
        }
        reported = ailment;
        if ailment.is_none() {
            tell(&[NotifyState::Watchdog]);
        }
        clock.sleep(if ailment.is_none() { pause } else { pause.min(AGAIN) }).await;
    }
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(problem) = sd_notify::notify(state) {
        tracing::warn!(%problem, "systemd could not be notified");
    }
}
