//! Metrics of a back end: what is owed and how old it is, what was settled and how long it took.

use std::sync::LazyLock;
use std::time::Duration;

use manilad_clock::Timestamp;
use manilad_domain::Intent;
use manilad_domain::intent::Verb;
use manilad_store::Shared;
use prometheus::{
    GaugeVec, HistogramVec, IntGaugeVec, register_gauge_vec, register_histogram_vec, register_int_gauge_vec,
};

use crate::settle::Outcome;

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static OWED: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    register_int_gauge_vec!("manilad_intents_owed", "Open intents, by back end and verb", &["backend", "verb"])
        .expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static OLDEST: LazyLock<GaugeVec> = LazyLock::new(|| {
    register_gauge_vec!(
        "manilad_intents_oldest_seconds",
        "Age of the oldest open intent, by back end and verb; 0 when there is none",
        &["backend", "verb"]
    )
    .expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static SETTLED: LazyLock<HistogramVec> = LazyLock::new(|| {
    register_histogram_vec!(
        "manilad_task_seconds",
        "How long tasks took at the driver, by back end, verb and outcome",
        &["backend", "verb", "outcome"],
        vec![0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 2.0, 5.0, 15.0, 60.0, 300.0]
    )
    .expect("registered once")
});

/// Notes what a back end owes.
pub fn owed(backend: &str, owed: &[Shared<Intent>], now: Timestamp) {
    for verb in [Verb::Create, Verb::Delete, Verb::Access] {
        let of_verb = owed.iter().filter(|intent| intent.verb == verb);
        let oldest = of_verb.clone().map(|intent| intent.created_at.0).min();
        let age = oldest.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
        OWED.with_label_values(&[backend, verb.name()]).set(i64::try_from(of_verb.count()).unwrap_or(i64::MAX));
        OLDEST.with_label_values(&[backend, verb.name()]).set(age);
    }
}

/// Notes the end of a try.
pub fn settled(backend: &str, verb: &str, outcome: &Outcome, took: Duration) {
    let outcome = match outcome {
        Outcome::Created(_) | Outcome::Deleted | Outcome::Applied { .. } => "done",
        Outcome::Failed(_) => "failed",
        Outcome::Postponed { .. } => "postponed",
    };
    SETTLED.with_label_values(&[backend, verb, outcome]).observe(took.as_secs_f64());
}
