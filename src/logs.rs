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

/// Begins to log. `RUST_LOG` narrows or widens what is logged; without it, `debug` decides. A second call is ignored.
pub fn begin(form: Form, debug: bool, clock: Clock) {
    // What actix-http calls an error is what strangers do to their own connections.
    let default = if debug { "info,manilad=debug,actix_http=off" } else { "info,actix_http=off" };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    let stamped = Stamped(clock);
    let registry = tracing_subscriber::registry().with(filter);
    let _begun_before = match form {
        Form::Text => {
            registry.with(layer().with_timer(stamped).with_ansi(false).with_writer(std::io::stderr)).try_init()
        }
        Form::Json => registry.with(layer().json().with_timer(stamped).with_writer(std::io::stderr)).try_init(),
    };
}
