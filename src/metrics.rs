//! All metrics of the daemon in Prometheus form: what crates registered themselves, and the vitals of the actors.

use std::sync::Arc;

use manilad_kit::{Registry, Threads};
use prometheus::core::Collector;
use prometheus::{Encoder, TextEncoder};

/// Renders the metrics when asked.
///
/// # Errors
/// A gauge that can't be made.
pub fn renderer(vitals: Registry, threads: &Threads) -> prometheus::Result<Arc<dyn Fn() -> String + Send + Sync>> {
    let hung = threads.gauge()?;
    manilad_http::meter::register_gauges();
    Ok(Arc::new(move || {
        let mut families = prometheus::gather();
        families.extend(vitals.collect());
        families.extend(hung.collect());
        let mut text = Vec::new();
        match TextEncoder::new().encode(&families, &mut text) {
            Ok(()) => String::from_utf8_lossy(&text).into_owned(),
            Err(problem) => format!("# the metrics could not be written: {problem}\n"),
        }
    }))
}
