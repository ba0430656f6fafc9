//! The sign of life of a back end, beside the mailbox: a busy actor's own timers starve.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use manilad_clock::Clock;
use manilad_kit::OwnedTask;
use manilad_messages::presence::Presence;

/// Beats while the back end is able to work; ends with its owner.
pub struct Beat {
    able: Rc<Cell<bool>>,
    _task: OwnedTask,
}

impl Beat {
    pub fn start(clock: Clock, every: Duration, presence: Presence, service: String) -> Self {
        let able = Rc::new(Cell::new(false));
        let now_able = able.clone();
        let task = OwnedTask::spawn(async move {
            loop {
                clock.sleep(every).await;
                if now_able.get() {
                    presence.beat(&service);
                }
            }
        });
        Beat { able, _task: task }
    }

    pub fn set_able(&self, able: bool) {
        self.able.set(able);
    }
}
