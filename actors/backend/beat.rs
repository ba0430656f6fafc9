//! The sign of life of a back end, beside the mailbox: a busy actor's own timers starve.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use manilad_clock::Clock;
use manilad_messages::presence::Presence;

/// Beats while the back end is able to work; ends with its owner.
pub struct Beat {
    able: Rc<Cell<bool>>,
    task: actix_rt::task::JoinHandle<()>,
}

impl Beat {
    pub fn start(clock: Clock, every: Duration, presence: Presence, service: String) -> Self {
        let able = Rc::new(Cell::new(false));
        let seen = able.clone();
        let task = actix_rt::spawn(async move {
            loop {
                clock.sleep(every).await;
                if seen.get() {
                    presence.beat(&service);
                }
            }
        });
        Beat { able, task }
    }

    pub fn set_able(&self, able: bool) {
        self.able.set(able);
    }
}

impl Drop for Beat {
    fn drop(&mut self) {
        self.task.abort();
    }
}
