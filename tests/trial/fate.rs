//! What befalls a call to a service of the cloud, and what of such calls is carried out when nobody waits any more.

use std::time::Duration;

use manilad_openstack::Request;
use rand::Rng;
use rand::rngs::StdRng;

/// Seconds after which a call that had no answer is not carried out any more.
const LATEST: f64 = 55.0;

pub enum Fate {
    Fine,
    Lost,
    LostAnswer,
    /// Whoever stands before the service answers with this status, and the call may be carried out later.
    Gateway(u16, Option<Duration>),
    Late(Duration),
}

impl Fate {
    /// Of one call, where so many in a hundred meet something.
    pub fn draw(lots: &mut StdRng, percent: u32) -> Self {
        if lots.random_range(0..100) >= percent {
            return Fate::Fine;
        }
        let late = Duration::from_secs_f64(lots.random_range(0.1..LATEST));
        match lots.random_range(0..5) {
            0 => Fate::Lost,
            1 => Fate::LostAnswer,
            2 => Fate::Late(late),
            _ => {
                let status = [404, 408, 409, 429, 500, 502, 503, 504][lots.random_range(0..8)];
                Fate::Gateway(status, lots.random_bool(0.5).then_some(late))
            }
        }
    }
}

/// Calls that are carried out later, each with the running time of that.
#[derive(Default)]
pub struct LateCalls(Vec<(Duration, Request)>);

impl LateCalls {
    pub fn push(&mut self, at: Duration, request: Request) {
        self.0.push((at, request));
    }

    /// Those whose time has come, in its order.
    pub fn due(&mut self, now: Duration) -> Vec<Request> {
        let mut due: Vec<_> = self.0.extract_if(.., |(at, _)| *at <= now).collect();
        due.sort_by_key(|(at, _)| *at);
        due.into_iter().map(|(_, request)| request).collect()
    }
}
