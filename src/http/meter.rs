//! Metrics of the API: requests by route and status, and how long they took.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus::{
    HistogramVec, IntCounterVec, IntGauge, register_histogram_vec, register_int_counter_vec, register_int_gauge,
};

use crate::bounds;

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static REQUESTS: LazyLock<IntCounterVec> = LazyLock::new(|| {
    register_int_counter_vec!(
        "manilad_http_requests_total",
        "Requests answered, by method, route and status",
        &["method", "route", "status"]
    )
    .expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    register_histogram_vec!(
        "manilad_http_request_seconds",
        "From the request's head to its answer",
        &["method", "route"],
        vec![0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0]
    )
    .expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static LISTS: LazyLock<IntGauge> = LazyLock::new(|| {
    register_int_gauge!("manilad_http_lists", "Lists that are being sent piece by piece").expect("registered once")
});

#[allow(clippy::expect_used, reason = "the names are constants and registered once; a clash is a build defect")]
static LIST_SECONDS: LazyLock<HistogramVec> = LazyLock::new(|| {
    register_histogram_vec!(
        "manilad_http_list_seconds",
        "From the first piece of a list to the end of its body, by how it ended",
        &["end"],
        vec![0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0, 600.0]
    )
    .expect("registered once")
});

/// Has the gauges told from the start, and not only once something was counted.
pub fn register_gauges() {
    LazyLock::force(&LISTS);
    bounds::register_gauges();
}

/// Notes that a list begins to be sent piece by piece.
pub(crate) fn list_begins() {
    LISTS.inc();
}

/// Notes that it is no longer sent.
pub(crate) fn list_ended(end: &'static str, took: Duration) {
    LISTS.dec();
    LIST_SECONDS.with_label_values(&[end]).observe(took.as_secs_f64());
}

/// Notes an answer. Methods that the API does not know share one label, so that nobody can fill the memory with names.
pub fn note(method: &str, route: &'static str, status: u16, took: Duration) {
    let method = match method {
        "GET" | "POST" | "PUT" | "DELETE" | "HEAD" => method,
        _ => "other",
    };
    REQUESTS.with_label_values(&[method, route, status_label(status)]).inc();
    SECONDS.with_label_values(&[method, route]).observe(took.as_secs_f64());
}

fn status_label(status: u16) -> &'static str {
    const KNOWN: &[(u16, &str)] = &[
        (200, "200"),
        (202, "202"),
        (204, "204"),
        (300, "300"),
        (302, "302"),
        (400, "400"),
        (401, "401"),
        (403, "403"),
        (404, "404"),
        (406, "406"),
        (409, "409"),
        (413, "413"),
        (422, "422"),
        (500, "500"),
        (501, "501"),
        (503, "503"),
    ];
    KNOWN.iter().find(|(code, _)| *code == status).map_or("other", |(_, label)| label)
}
