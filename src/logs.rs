//! Structured logs on standard error, as text or as JSON lines. Secrets never get here: they have no `Debug` that
//! shows them.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::fmt::{format::Writer, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use manilad_clock::Clock;

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Json,
}

struct Stamped(Clock);

impl FormatTime for Stamped {
    fn format_time(&self, out: &mut Writer<'_>) -> std::fmt::Result {
        write!(out, "{}", self.0.now())
    }
}

/// What is logged unless `RUST_LOG` says otherwise. What actix-http calls an error is what strangers do to their own
/// connections; what the server that accepts them calls one is ours.
const fn default(debug: bool) -> &'static str {
    if debug { "info,manilad=debug,actix_http=off" } else { "info,actix_http=off" }
}

/// Begins to log. `RUST_LOG` narrows or widens what is logged; without it, `debug` decides. A second call is ignored.
pub fn begin(form: Form, debug: bool, clock: Clock) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default(debug)));
    let stamped = Stamped(clock);
    let registry = tracing_subscriber::registry().with(filter);
    let _begun_before = match form {
        Form::Text => {
            registry.with(layer().with_timer(stamped).with_ansi(false).with_writer(std::io::stderr)).try_init()
        }
        Form::Json => registry.with(layer().json().with_timer(stamped).with_writer(std::io::stderr)).try_init(),
    };
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn troubles_of_the_server_are_logged_and_what_strangers_do_to_their_connections_is_not() {
        let lines = Lines::default();
        let writer = lines.clone();
        let layer = layer().with_ansi(false).with_writer(move || writer.clone());
        let subscriber = tracing_subscriber::registry().with(EnvFilter::new(default(false))).with(layer);
        tracing::subscriber::with_default(subscriber, || {
            tracing::error!(target: "actix_server::accept", "Error accepting connection: too many open files");
            tracing::error!(target: "actix_server::server", "Worker 0 has died; restarting");
            tracing::error!(target: "actix_http::h1::dispatcher", "stream error: malformed");
            tracing::debug!(target: "actix_server::accept", "paused");
        });
        let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        assert_eq!(logged.lines().count(), 2, "{logged}");
        assert!(logged.contains("Error accepting connection") && logged.contains("has died"), "{logged}");
    }
}
