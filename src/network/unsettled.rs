//! What was asked for without its outcome being known: it may still appear for a while, and is waited for before things are
//! taken back.
//!
//! How to get it wrong: to forget an asking that was dropped on the way; it may have been sent.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use manilad_clock::Clock;
use manilad_domain::ShareServerId;

/// What was asked for may appear this much later, however its asking ended.
const LANDING: Duration = Duration::from_secs(60);

/// What one incarnation has asked for.
pub struct Unsettled {
    clock: Clock,
    /// When this incarnation began, in running time: those before it have asked for nothing since.
    since: Duration,
    /// When something was last being asked for, in running time, of the servers for which the outcome is not known.
    asked: RefCell<HashMap<ShareServerId, Duration>>,
}

impl Unsettled {
    pub fn new(clock: Clock) -> Self {
        Unsettled { since: clock.running(), clock, asked: RefCell::default() }
    }

    /// Notes that something is asked for, before it is.
    pub fn asking(&self, server: ShareServerId) -> Asking<'_> {
        let earlier = self.asked.borrow_mut().insert(server, self.clock.running());
        Asking { unsettled: self, server, earlier, is_known: false }
    }

    /// Waits until nothing can appear any more that was asked for a server; `in_flight` where an earlier incarnation may have.
    pub async fn landed(&self, server: ShareServerId, in_flight: bool) {
        let asked_at = self.asked.borrow().get(&server).copied().max(in_flight.then_some(self.since));
        if let Some(asked_at) = asked_at {
            self.clock.sleep((asked_at + LANDING).saturating_sub(self.clock.running())).await;
        }
    }

    /// Nothing of the server is left.
    pub fn forget(&self, server: ShareServerId) {
        self.asked.borrow_mut().remove(&server);
    }
}

/// Something that is being asked for. When that is sent, once there is a token, is not known; surely before the end of this.
pub struct Asking<'a> {
    unsettled: &'a Unsettled,
    server: ShareServerId,
    /// An earlier asking whose outcome is not known.
    earlier: Option<Duration>,
    /// Whether it is certain what came of it.
    pub is_known: bool,
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let asked_at = if self.is_known { self.earlier } else { Some(self.unsettled.clock.running()) };
        let mut asked = self.unsettled.asked.borrow_mut();
        match asked_at {
            Some(asked_at) => asked.insert(self.server, asked_at),
            None => asked.remove(&self.server),
        };
    }
}
