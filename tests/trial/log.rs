//! What the daemon logs while it is played: an ERROR needs a fault that explains it, and none explains a panic. And what it must
//! have logged in many trials, or they try too little.
//!
//! How to get it wrong: to excuse an ERROR by its words alone; what excuses it must have happened.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tracing::field::{Field, Visit};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::{EnvFilter, Layer};

use crate::array::ASKER_PANICS;
use crate::world::World;

thread_local! {
    static PANICKED: RefCell<Vec<String>> = RefCell::default();
    static RUNNING: Cell<Duration> = Cell::default();
}

/// What time it is in the trial that this thread plays, for lines of the log.
pub fn note_time(running: Duration) {
    RUNNING.set(running);
}

/// Lines of the log bear the time of the trial, as its trail does.
struct Running;

impl FormatTime for Running {
    fn format_time(&self, line: &mut Writer<'_>) -> std::fmt::Result {
        write!(line, "{:>10.3}", RUNNING.get().as_secs_f64())
    }
}

/// Has the panics of each thread kept, until somebody takes them.
pub fn listen_to_panics() {
    let print = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let words = panic.payload_as_str().unwrap_or_default();
        if words != ASKER_PANICS {
            PANICKED.with_borrow_mut(|all| all.push(panic.to_string()));
        }
        print(panic);
    }));
}

/// The panics of this thread since somebody took them.
pub fn panics() -> Vec<String> {
    PANICKED.take()
}

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
    "shares could not be ensured: the store could not be read",
    "the disk of the store has become short",
    "the result of an operation could not be stored",
    "the store can't go on",
    "whether a pool may hold a share can't be judged",
    "whether a share can grow can't be judged",
    "which back ends are disabled can't be read",
];

/// How the message begins that tells an administrator what came of a status that was said at the wrong time.
const OF_AN_ADMINISTRATOR: &str = "a removal could not be stopped when the status was reset";

/// How the message begins that tells what a hand on the array has taken away.
const OF_A_HAND: &str = "a share is not served by the array";

/// How the messages begin that tell what the array has refused.
const OF_A_REFUSAL: &str = "the array refuses a removal";

/// What the daemon says where it has gone a way that trials are there to try.
const SAID_AT_TIMES: &[&str] = &[
    "a removal could not be stopped when the status was reset: what it removed is gone",
    "a share can't be served again: its volume is not on the array",
    "a share differs from its record on the array; it is left so",
    "all shares are ensured",
    "an actor ended and will be restarted",
    "an operation failed for good",
    "an operation waits",
    "no pool takes the share",
    "nobody was told of a commit; whom it concerns looks by timer too",
    "placements were not committed; the next look tries again",
    "the back end works again",
    "the disk of the store is short: nothing new is taken",
    "the paths of shares changed on the array",
    "the result of an operation could not be stored",
    "the store can't go on",
    "waits for its share server",
    "work is tried again",
];

/// Which of them none of so many trials has made the daemon say.
pub fn never_said(said: &BTreeSet<String>) -> Vec<&'static str> {
    SAID_AT_TIMES.iter().copied().filter(|message| !said.contains(*message)).collect()
}

/// What is logged in one thread: its errors, until somebody takes them, and all messages without what they are about.
#[derive(Debug, Clone, Default)]
pub struct Log(Arc<Mutex<Lines>>);

#[derive(Debug, Default)]
struct Lines {
    errors: Vec<String>,
    messages: BTreeSet<String>,
}

impl Log {
    /// Listens to this thread while the guard lives, and prints what `directives` select.
    pub fn listen(directives: Option<&str>) -> (Self, DefaultGuard) {
        let log = Log::default();
        let print = directives.map(|text| {
            let layer = tracing_subscriber::fmt::layer().with_ansi(false).with_timer(Running);
            layer.with_filter(EnvFilter::builder().parse_lossy(text))
        });
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(log.clone()).with(print));
        (log, guard)
    }

    /// All messages so far.
    pub fn messages(&self) -> BTreeSet<String> {
        self.0.lock().unwrap().messages.clone()
    }

    /// Holds what came since against what has happened.
    pub fn judge(&self, world: &World) {
        for panic in panics() {
            world.breaks(format!("somebody panicked, the daemon or the trial itself: {panic}"));
        }
        for line in std::mem::take(&mut self.0.lock().unwrap().errors) {
            let is_of_disk = OF_THE_DISK.iter().any(|start| line.starts_with(start));
            let was_said = world.forced.borrow().iter().any(|id| line.contains(id.as_str()));
            let was_laid = world.hands.borrow().iter().any(|instance| line.contains(instance.as_str()));
            let scripts = world.arrays.iter().filter_map(|array| array.script.borrow().clone());
            let was_refused = scripts.into_iter().any(|script| script.has_refused());
            let is_excused = is_of_disk && world.host.disk.has_failed_lately(world.clock.running())
                || was_said && line.starts_with(OF_AN_ADMINISTRATOR)
                || was_laid && line.starts_with(OF_A_HAND)
                || was_refused && line.starts_with(OF_A_REFUSAL);
            if !is_excused {
                world.breaks(format!("without a fault that explains it, the daemon logged: {line}"));
            }
        }
    }
}

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let (level, target) = (*event.metadata().level(), event.metadata().target());
        if level > Level::DEBUG || !target.starts_with("manilad") {
            return;
        }
        let mut text = Text::default();
        event.record(&mut text);
        let mut lines = self.0.lock().unwrap();
        if level == Level::ERROR {
            lines.errors.push(text.message.clone() + &text.fields);
        }
        if !lines.messages.contains(&text.message) {
            lines.messages.insert(text.message);
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
