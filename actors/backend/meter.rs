//! Metrics of a back end: what is owed and how old it is, what was settled and how long it took, what sweeps
//! found.

use std::sync::LazyLock;
use std::time::Duration;

use manilad_clock::Timestamp;
use manilad_domain::Stamp;
use manilad_domain::verb::{Operation, operations};
use prometheus::{
    GaugeVec, HistogramVec, IntCounterVec, IntGaugeVec, register_gauge_vec, register_histogram_vec,
    register_int_counter_vec, register_int_gauge_vec,
};

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

/// What the last round of the sweep found, each with what it is for people.
const FOUND: [(&str, &str); 3] = [
    ("manilad_backend_strays", "Objects on the array with our mark and without a record, at the last sweep"),
    ("manilad_backend_missing", "Instances that are to be served and that the array does not serve, at the last sweep"),
    ("manilad_backend_drifted", "Instances whose rules differed on the array, at the last sweep"),
];

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static FINDINGS: LazyLock<[IntGaugeVec; 3]> = LazyLock::new(|| {
    FOUND.map(|(name, help)| register_int_gauge_vec!(name, help, &["backend"]).expect("registered once"))
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static DIFFERING: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    register_int_gauge_vec!(
        "manilad_backend_differing",
        "Instances that differ from their records on the array, at the last sweep, by back end and kind",
        &["backend", "kind"]
    )
    .expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static REPAIRED: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "manilad_backend_drift_repaired_total",
        "Instances whose rules were brought back to the array by a sweep",
        &["backend"]
    )
    .expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static SWEEPS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "manilad_backend_sweeps_total",
        "Sweeps, by back end and outcome",
        &["backend", "outcome"]
    )
    .expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static UP: LazyLock<IntGaugeVec> = LazyLock::new(|| {
    register_int_gauge_vec!(
        "manilad_backend_up",
        "Whether a back end can report: 1, or 0 where it is down",
        &["backend"]
    )
    .expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static REPORTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "manilad_backend_reports_total",
        "Reports of pools, by back end and outcome",
        &["backend", "outcome"]
    )
    .expect("registered once")
});

/// Notes the end of a report.
pub fn reported(backend: &str, is_done: bool) {
    REPORTS.with_label_values(&[backend, if is_done { "done" } else { "failed" }]).inc();
}

/// Notes whether a back end is up or down.
pub fn up(backend: &str, is_up: bool) {
    UP.with_label_values(&[backend]).set(i64::from(is_up));
}

/// Notes what a sweep found.
pub fn found(backend: &str, strays: usize, missing: usize, drifted: usize) {
    for (gauge, found) in FINDINGS.iter().zip([strays, missing, drifted]) {
        gauge.with_label_values(&[backend]).set(i64::try_from(found).unwrap_or(i64::MAX));
    }
}

/// Notes how many instances a sweep found to differ in this way.
pub fn differing(backend: &str, kind: &str, found: usize) {
    DIFFERING.with_label_values(&[backend, kind]).set(i64::try_from(found).unwrap_or(i64::MAX));
}

/// Notes the end of a round. One that failed leaves the findings as they were.
pub fn swept(backend: &str, is_done: bool) {
    SWEEPS.with_label_values(&[backend, if is_done { "done" } else { "failed" }]).inc();
}

/// Notes that drift is mended.
pub fn repaired(backend: &str) {
    REPAIRED.with_label_values(&[backend]).inc();
}

/// Notes what a back end owes.
pub fn owed(backend: &str, owed: impl Iterator<Item = (&'static str, Stamp)> + Clone, now: Timestamp) {
    for Operation { name: verb, .. } in operations() {
        let of_verb = owed.clone().filter(|(name, _)| *name == verb);
        let (count, oldest) = of_verb.fold((0, None), |(count, oldest), (_, since)| {
            (count + 1, Some(oldest.map_or(since.0, |oldest: Timestamp| oldest.min(since.0))))
        });
        let age = oldest.map_or(0.0, |since| now.duration_since(since).as_secs_f64());
        OWED.with_label_values(&[backend, verb]).set(count);
        OLDEST.with_label_values(&[backend, verb]).set(age);
    }
}

/// Notes the end of a try.
pub fn settled(backend: &str, verb: &str, outcome: &str, took: Duration) {
    SETTLED.with_label_values(&[backend, verb, outcome]).observe(took.as_secs_f64());
}
