//! What the daemon logs while it is played: an ERROR needs a fault that explains it, and none explains a panic.
//!
//! How to get it wrong: to excuse an ERROR by its words alone; what excuses it must have happened.

use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{EnvFilter, Layer};

use crate::world::World;

/// How the messages begin that may come while the disk fails. What is not among them is a defect of the daemon.
const OF_THE_DISK: &[&str] = &[
    "a list was cut off before its end",
    "a pending operation could not be prepared",
    "a request failed",
    "a share can't be placed",
    "expired user messages could not be removed",
    "pending operations could not be read from the store",
    "placements were not committed",
    "promised capacity can't be read",
    "shares that wait for placement can't be read",
    "the disk of the store has become short",
    "the result of an operation could not be stored",
    "the store can't go on",
    "whether a share can grow can't be judged",
    "which back ends are disabled can't be read",
];

/// How the message begins that tells an administrator what came of a status that was said at the wrong time. The administrator of
/// a trial says them at any time.
const OF_AN_ADMINISTRATOR: &str = "a removal could not be stopped when the status was reset";

/// The errors of one thread, until somebody takes them.
#[derive(Debug, Clone, Default)]
pub struct Errors(Arc<Mutex<Vec<String>>>);

impl Errors {
    /// Listens to this thread while the guard lives, and prints what `directives` select.
    pub fn listen(directives: Option<&str>) -> (Self, DefaultGuard) {
        let errors = Errors::default();
        let print = directives.map(|text| {
            tracing_subscriber::fmt::layer().without_time().with_filter(EnvFilter::builder().parse_lossy(text))
        });
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(errors.clone()).with(print));
        (errors, guard)
    }

    /// Holds what came since against what has happened.
    pub fn judge(&self, world: &World) {
        for line in std::mem::take(&mut *self.0.lock().unwrap()) {
            let is_of_disk = OF_THE_DISK.iter().any(|start| line.starts_with(start));
            if line.starts_with(OF_AN_ADMINISTRATOR) {
                continue;
            }
            if !(is_of_disk && world.host.disk.has_failed_lately(world.clock.running())) {
                world.breaks(format!("without a fault that explains it, the daemon logged: {line}"));
            }
        }
    }
}

impl<S: Subscriber> Layer<S> for Errors {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() == Level::ERROR {
            let mut text = Text::default();
            event.record(&mut text);
            self.0.lock().unwrap().push(text.message + &text.fields);
        }
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        match field.name() {
            "message" => self.message = format!("{value:?}"),
            name => self.fields.push_str(&format!(" {name}={value:?}")),
        }
    }
}
