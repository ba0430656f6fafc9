//! The vitals in Prometheus form: one table of families, filled from one look at everybody.
//!
//! A [`Registry`] is a collector; whoever serves `/metrics` registers it beside its own. How to get it wrong: letting
//! a label be anything but an actor's name or a reason from a fixed list, which would grow without bound.

use std::collections::HashMap;
use std::sync::LazyLock;

use prometheus::core::{Collector, Desc};
use prometheus::proto::{Counter, Gauge, LabelPair, Metric, MetricFamily, MetricType};

use crate::vitals::{Registry, Snapshot, State};

struct Family {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    /// The label beside `actor`, if there is one.
    label: Option<&'static str>,
    /// Values of that label, and figures.
    rows: fn(&Snapshot) -> Vec<(&'static str, f64)>,
}

enum Kind {
    Gauge,
    Counter,
}

const FAMILIES: &[Family] = &[
    Family {
        name: "manilad_actor_up",
        help: "1 while the actor handles messages, else 0.",
        kind: Kind::Gauge,
        label: None,
        rows: |look| vec![("", f64::from(u8::from(look.state == State::Up)))],
    },
    Family {
        name: "manilad_actor_restarts_total",
        help: "How often the actor was raised again, by the reason of its end.",
        kind: Kind::Counter,
        label: Some("reason"),
        rows: |look| {
            let restarted = look.restarted;
            let rows = [("failed", restarted.failed), ("hung", restarted.hung), ("panicked", restarted.panicked)];
            rows.map(|(reason, count)| (reason, count as f64)).to_vec()
        },
    },
    Family {
        name: "manilad_mailbox_depth",
        help: "Messages that wait or are in hand.",
        kind: Kind::Gauge,
        label: None,
        rows: |look| vec![("", look.depth as f64)],
    },
    Family {
        name: "manilad_mailbox_oldest_seconds",
        help: "Age of the oldest message that waits or is in hand; 0 when there is none.",
        kind: Kind::Gauge,
        label: None,
        rows: |look| vec![("", look.oldest.unwrap_or_default().as_secs_f64())],
    },
    Family {
        name: "manilad_mailbox_handled_total",
        help: "Messages answered.",
        kind: Kind::Counter,
        label: None,
        rows: |look| vec![("", look.handled as f64)],
    },
    Family {
        name: "manilad_mailbox_refused_total",
        help: "Messages refused because the bound was reached.",
        kind: Kind::Counter,
        label: None,
        rows: |look| vec![("", look.refused as f64)],
    },
];

static DESCS: LazyLock<Vec<Desc>> = LazyLock::new(|| {
    let described = FAMILIES.iter().map(|family| {
        let labels = ["actor"].into_iter().chain(family.label).map(str::to_owned).collect();
        Desc::new(family.name.to_owned(), family.help.to_owned(), labels, HashMap::new())
    });
    described
        .filter_map(|desc| desc.inspect_err(|error| tracing::error!(%error, "a metric can't be registered")).ok())
        .collect()
});

impl Collector for Registry {
    fn desc(&self) -> Vec<&Desc> {
        DESCS.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let everybody = self.look();
        FAMILIES.iter().map(|family| family.collected(&everybody)).collect()
    }
}

impl Family {
    fn collected(&self, everybody: &[Snapshot]) -> MetricFamily {
        let mut family = MetricFamily::default();
        family.set_name(self.name.to_owned());
        family.set_help(self.help.to_owned());
        family.set_field_type(match self.kind {
            Kind::Gauge => MetricType::GAUGE,
            Kind::Counter => MetricType::COUNTER,
        });
        let metrics = everybody.iter().flat_map(|look| (self.rows)(look).into_iter().map(|row| self.metric(look, row)));
        family.set_metric(metrics.collect());
        family
    }

    fn metric(&self, look: &Snapshot, (value_of_label, figure): (&str, f64)) -> Metric {
        let second = self.label.map(|name| pair(name, value_of_label));
        let mut metric = Metric::from_label([pair("actor", &look.name)].into_iter().chain(second).collect());
        match self.kind {
            Kind::Gauge => {
                let mut gauge = Gauge::default();
                gauge.set_value(figure);
                metric.set_gauge(gauge);
            }
            Kind::Counter => {
                let mut counter = Counter::default();
                counter.set_value(figure);
                metric.set_counter(counter);
            }
        }
        metric
    }
}

fn pair(name: &str, value: &str) -> LabelPair {
    let mut pair = LabelPair::default();
    pair.set_name(name.to_owned());
    pair.set_value(value.to_owned());
    pair
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use manilad_clock::Clock;
    use prometheus::{Encoder, TextEncoder};

    use super::*;
    use crate::{End, RestartDecision, lab};

    #[test]
    fn every_family_is_described() {
        assert_eq!(DESCS.len(), FAMILIES.len());
    }

    #[test]
    fn an_ended_actor_shows_in_the_text_that_is_scraped() {
        let (clock, _hand) = Clock::stepped(lab::START);
        let vitals = Registry::new(clock);
        vitals.vitals("keeper").ended(&End::Hung, RestartDecision::RaiseIn(Duration::ZERO));
        vitals.vitals("backend/\"odd\"").enter(State::Up);
        let scraped = prometheus::Registry::new();
        scraped.register(Box::new(vitals)).unwrap();
        let mut text = Vec::new();
        TextEncoder::new().encode(&scraped.gather(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        for line in [
            "# TYPE manilad_actor_restarts_total counter",
            r#"manilad_actor_restarts_total{actor="keeper",reason="hung"} 1"#,
            r#"manilad_actor_restarts_total{actor="keeper",reason="panicked"} 0"#,
            r#"manilad_actor_up{actor="keeper"} 0"#,
            r#"manilad_actor_up{actor="backend/\"odd\""} 1"#,
            r#"manilad_mailbox_depth{actor="keeper"} 0"#,
            r#"manilad_mailbox_refused_total{actor="keeper"} 0"#,
        ] {
            assert!(text.lines().any(|found| found == line), "no line {line} in\n{text}");
        }
    }
}
