//! What systemd is told, where the daemon runs under it: that it is ready, reloads, stops, and is alive.
//!
//! Alive means that the main loop turns and that the store's writer answers: without it nothing that is asked for can
//! be accepted. How to get it wrong: a sign of life from a thread of its own, which goes on when all others hang.

use std::time::Duration;

use manilad_clock::Clock;
use manilad_store::Store;
use sd_notify::NotifyState;

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

/// Where a watchdog is set (`WatchdogSec=`), gives it a sign of life twice in its time; returns never.
pub async fn live(store: Store, clock: Clock) {
    let Some(patience) = sd_notify::watchdog_enabled() else { return std::future::pending().await };
    let pause = patience / 2;
    loop {
        if is_alive(&store, &clock, pause).await {
            tell(&[NotifyState::Watchdog]);
        } else {
            tracing::error!(?pause, "the store's writer does not answer; no sign of life for systemd");
        }
        clock.sleep(pause).await;
    }
}

/// Whether the writer takes a decision that changes nothing, and so waits for no disk but the one that it waits for.
async fn is_alive(store: &Store, clock: &Clock, patience: Duration) -> bool {
    let nothing = store.commit("sign of life", |_| Ok::<_, std::convert::Infallible>(()));
    clock.within(patience, nothing).await.is_ok_and(|done| done.is_ok())
}

fn tell(state: &[NotifyState<'_>]) {
    if let Err(problem) = sd_notify::notify(state) {
        tracing::warn!(%problem, "systemd can't be told");
    }
}
