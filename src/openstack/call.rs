//! One question to a service, asked again a few times while the service is away.
//!
//! Only for requests that may arrive twice without harm: reading, and asking for a token. What is retried is no answer,
//! 429 and 5xx; every other status is an answer. The end of it all is the caller's deadline or the last attempt.

use std::sync::Arc;
use std::time::Duration;

use manilad_clock::Clock;
use reqwest::StatusCode;

use crate::error::Error;
use crate::transport::{Reply, Request, Transport};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// A way to a service, with patience.
#[derive(Clone)]
pub(crate) struct Line {
    pub transport: Arc<dyn Transport>,
    pub clock: Clock,
    /// Attempts after the first.
    pub retries: u32,
    /// For one attempt.
    pub patience: Duration,
}

impl Line {
    /// Asks until there is an answer or attempts run out; `what` names the question in errors.
    pub async fn call(&self, what: &'static str, request: Request) -> Result<Reply, Error> {
        let mut pause = FIRST_PAUSE;
        let mut left = self.retries;
        loop {
            let error = match self.clock.within(self.patience, self.transport.send(request.clone())).await {
                Ok(Ok(reply)) if !is_passing(reply.status) => return Ok(reply),
                Ok(Ok(reply)) => Error::Status { what, status: reply.status.as_u16() },
                Ok(Err(lost)) => Error::Unreachable { what, why: lost.to_string() },
                Err(elapsed) => Error::Late { what, patience: elapsed.0 },
            };
            if left == 0 {
                return Err(error);
            }
            left -= 1;
            tracing::debug!(%error, left, "will ask again");
            self.clock.sleep(self.clock.jittered(pause)).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

fn is_passing(status: StatusCode) -> bool {
    status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS
}
