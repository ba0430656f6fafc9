//! Where time and lots come from: the operating system, or a test's hand.

use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

use jiff::Timestamp;

pub(crate) type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;

pub(crate) trait Source: Send + Sync {
    fn now(&self) -> Timestamp;
    fn running(&self) -> Duration;
    fn sleep(&self, pause: Duration) -> Sleep;
    fn random(&self) -> u128;
}

pub(crate) struct System {
    origin: Instant,
}

#[allow(clippy::disallowed_methods, reason = "the one place that asks the operating system for the time")]
impl System {
    pub(crate) fn new() -> Self {
        System { origin: Instant::now() }
    }
}

#[allow(clippy::disallowed_methods, reason = "the one place that asks the operating system for the time")]
impl Source for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn running(&self) -> Duration {
        self.origin.elapsed()
    }

    fn sleep(&self, pause: Duration) -> Sleep {
        Box::pin(tokio::time::sleep(pause))
    }

    fn random(&self) -> u128 {
        rand::random()
    }
}
