//! All metrics of the daemon in Prometheus form: what crates registered themselves, and the vitals of the actors.

use std::sync::Arc;

use manilad_kit::Registry;
use prometheus::core::Collector;
use prometheus::{Encoder, TextEncoder};

/// Renders the metrics when asked.
pub fn renderer(vitals: Registry) -> Arc<dyn Fn() -> String + Send + Sync> {
    Arc::new(move || {
        let mut families = prometheus::gather();
        families.extend(vitals.collect());
        let mut text = Vec::new();
        match TextEncoder::new().encode(&families, &mut text) {
            Ok(()) => String::from_utf8_lossy(&text).into_owned(),
            Err(problem) => format!("# the metrics could not be written: {problem}\n"),
        }
    })
}
