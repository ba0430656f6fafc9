//! What operators can watch: ONTAP calls by endpoint and outcome, and the state of each limiter, on the default registry.
//!
//! Labels are the path templates of the endpoint table, never ids, so the number of series is bounded. How to get it wrong:
//! leaving the series of an SVM that is gone; they are removed with its limiter.

use std::sync::LazyLock;
use std::time::Duration;

use prometheus::core::Collector;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts};

use crate::endpoint::Endpoint;

struct Meters {
    calls: Option<IntCounterVec>,
    seconds: Option<HistogramVec>,
    limit: Option<IntGaugeVec>,
    in_flight: Option<IntGaugeVec>,
    waiting: Option<IntGaugeVec>,
    refused: Option<IntCounterVec>,
}

const CALL: &[&str] = &["backend", "method", "path", "outcome"];
const KIND: &[&str] = &["backend", "method", "path"];
const SVM: &[&str] = &["array", "svm"];
/// Seconds: a read takes tens of milliseconds, a volume about one second, an SVM eight.
const BUCKETS: &[f64] = &[0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

static METERS: LazyLock<Meters> = LazyLock::new(|| {
    let opts = |name: &str, help: &str| Opts::new(format!("manilad_ontap_{name}"), help);
    let gauge = |name, help| registered(IntGaugeVec::new(opts(name, help), SVM));
    let seconds =
        HistogramOpts::new("manilad_ontap_call_seconds", "Duration of calls to ONTAP, without the wait for a place.");
    Meters {
        calls: registered(IntCounterVec::new(opts("calls_total", "Calls to ONTAP by outcome."), CALL)),
        seconds: registered(HistogramVec::new(seconds.buckets(BUCKETS.to_vec()), KIND)),
        limit: gauge("limit", "Calls that may be under way at a time."),
        in_flight: gauge("in_flight", "Calls under way."),
        waiting: gauge("waiting", "Calls that wait for a place."),
        refused: registered(IntCounterVec::new(opts("refused_total", "Calls refused because too many wait."), SVM)),
    }
});

/// The meter, on the default registry. A name that somebody else has taken is logged, and counts nothing.
fn registered<M: Collector + Clone + 'static>(meter: prometheus::Result<M>) -> Option<M> {
    let meter = meter.and_then(|meter| prometheus::register(Box::new(meter.clone())).map(|()| meter));
    meter.inspect_err(|why| tracing::error!(%why, "a metric of ONTAP calls can't be registered")).ok()
}

/// Counts one exchange of `backend` with its array.
pub(crate) fn count(backend: &str, endpoint: Endpoint, outcome: &str, took: Duration) {
    let (method, path) = (endpoint.row().method.name(), endpoint.row().path);
    if let Some(calls) = &METERS.calls {
        calls.with_label_values(&[backend, method, path, outcome]).inc();
    }
    if let Some(seconds) = &METERS.seconds {
        seconds.with_label_values(&[backend, method, path]).observe(took.as_secs_f64());
    }
}

/// The gauges of one limiter; they go with it.
pub(crate) struct LimiterGauges {
    array: String,
    svm: String,
}

impl LimiterGauges {
    pub(crate) fn new(array: &str, svm: &str) -> Self {
        LimiterGauges { array: array.to_owned(), svm: svm.to_owned() }
    }

    pub(crate) fn show(&self, limit: usize, in_flight: usize, waiting: usize) {
        let shown = [(&METERS.limit, limit), (&METERS.in_flight, in_flight), (&METERS.waiting, waiting)];
        for (gauge, value) in shown {
            if let Some(gauge) = gauge {
                gauge.with_label_values(&[&self.array, &self.svm]).set(i64::try_from(value).unwrap_or(i64::MAX));
            }
        }
    }

    pub(crate) fn refused(&self) {
        if let Some(refused) = &METERS.refused {
            refused.with_label_values(&[&self.array, &self.svm]).inc();
        }
    }
}

impl Drop for LimiterGauges {
    fn drop(&mut self) {
        let labels = [self.array.as_str(), self.svm.as_str()];
        for gauge in [&METERS.limit, &METERS.in_flight, &METERS.waiting].into_iter().flatten() {
            // Fails when nothing was ever shown, which is as good.
            let _ = gauge.remove_label_values(&labels);
        }
        if let Some(refused) = &METERS.refused {
            let _ = refused.remove_label_values(&labels);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_template_and_outcome() {
        count("meter-test", Endpoint::Volume, "absent", Duration::from_millis(40));
        let families = prometheus::gather();
        let calls = families.iter().find(|family| family.name() == "manilad_ontap_calls_total").unwrap();
        let ours = calls.get_metric().iter().find(|m| m.get_label().iter().any(|l| l.value() == "meter-test")).unwrap();
        let labels: Vec<_> = ours.get_label().iter().map(|label| label.value().to_owned()).collect();
        assert!(labels.contains(&"/storage/volumes/{uuid}".to_owned()) && labels.contains(&"absent".to_owned()));
        assert!(families.iter().any(|family| family.name() == "manilad_ontap_call_seconds"));
    }

    #[test]
    fn the_gauges_of_a_limiter_go_with_it() {
        let shown = || {
            let families = prometheus::gather();
            let limit = families.into_iter().filter(|family| family.name() == "manilad_ontap_limit");
            limit.flat_map(|f| f.get_metric().to_vec()).any(|m| m.get_label().iter().any(|l| l.value() == "gone-svm"))
        };
        let gauges = LimiterGauges::new("array", "gone-svm");
        gauges.show(20, 0, 0);
        assert!(shown());
        drop(gauges);
        assert!(!shown());
    }
}
