//! What the store tells of itself, on the process's default registry.

use std::sync::LazyLock;

use prometheus::{
    Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, Opts, exponential_buckets, register_histogram,
    register_int_counter, register_int_counter_vec, register_int_gauge,
};

use crate::error::Error;

pub(crate) static METRICS: LazyLock<Metrics> = LazyLock::new(Metrics::register);

pub(crate) struct Metrics {
    /// By what was to be committed, and how it ended: committed, refused, panicked, unavailable.
    pub(crate) commits: IntCounterVec,
    /// Commits that were turned away, by reason.
    pub(crate) refusals: IntCounterVec,
    pub(crate) group: Histogram,
    pub(crate) sync: Histogram,
    pub(crate) depth: IntGauge,
    pub(crate) size: IntGauge,
    pub(crate) free: IntGauge,
    pub(crate) reserve: IntGauge,
    pub(crate) stale_rows: IntCounter,
}

impl Metrics {
    #[allow(clippy::expect_used, reason = "names and labels are constants, and a test registers them")]
    fn register() -> Self {
        Self::registered().expect("the store's metrics are registered once, under valid names")
    }

    fn registered() -> prometheus::Result<Self> {
        let seconds = exponential_buckets(0.000_1, 2.0, 16)?;
        let counts = exponential_buckets(1.0, 2.0, 11)?;
        Ok(Metrics {
            commits: register_int_counter_vec!(
                Opts::new("manilad_store_commits_total", "Commits by what they were for and how they ended"),
                &["what", "outcome"]
            )?,
            refusals: register_int_counter_vec!(
                Opts::new("manilad_store_refusals_total", "Commits that the store turned away, by reason"),
                &["reason"]
            )?,
            group: register_histogram!(
                HistogramOpts::new("manilad_store_group_commits", "Decisions that shared one sync").buckets(counts)
            )?,
            sync: register_histogram!(
                HistogramOpts::new("manilad_store_sync_seconds", "Time to apply and sync one group").buckets(seconds)
            )?,
            depth: register_int_gauge!("manilad_store_queue_depth", "Commits that wait for the writer")?,
            size: register_int_gauge!("manilad_store_size_bytes", "What the database takes up")?,
            free: register_int_gauge!("manilad_store_free_bytes", "Free space on the disk of the store")?,
            reserve: register_int_gauge!("manilad_store_reserve_bytes", "Free space below which nothing new is taken")?,
            stale_rows: register_int_counter!(
                "manilad_store_stale_rows_total",
                "Index rows met in scans whose record no longer has them; anything but 0 is a fault"
            )?,
        })
    }

    /// Counts a commit that the store turned away or could not finish.
    pub(crate) fn turned_away(&self, what: &str, error: &Error) {
        let reason = match error {
            Error::Full { .. } => "queue_full",
            Error::NoSpace { .. } | Error::DiskFull { .. } => "no_space",
            Error::Descriptors { .. } => "no_descriptors",
            Error::Closed => "closed",
            Error::Lost { .. } => "lost",
            _ => "engine",
        };
        self.refusals.with_label_values(&[reason]).inc();
        self.commits.with_label_values(&[what, "unavailable"]).inc();
    }
}
