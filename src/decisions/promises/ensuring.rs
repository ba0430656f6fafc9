//! What comes of it that the shares of a back end are to be ensured, while other things are asked of them.

use super::decision::Decision;
use super::*;
use crate::ensuring::{Ensuring, ask};

/// Of the requests that follow one another, the one whose shares are ensured.
const REQUEST: [&str; 2] = ["req-5", "req-6"];

#[derive(Debug, Clone, Copy)]
pub enum EnsureAct {
    /// Something asks for it.
    Ask {
        request: usize,
    },
    /// A back end owes it to all its shares, for a request.
    Owe {
        request: usize,
        is_shown: bool,
    },
    End {
        request: usize,
    },
}

impl EnsureAct {
    pub const fn is_of_backend(self) -> bool {
        !matches!(self, EnsureAct::Ask { .. })
    }
}

pub fn ensure_act() -> impl Strategy<Value = EnsureAct> {
    let request = || 0..REQUEST.len();
    prop_oneof![
        2 => request().prop_map(|request| EnsureAct::Ask { request }),
        4 => (request(), any::<bool>()).prop_map(|(request, is_shown)| EnsureAct::Owe { request, is_shown }),
        1 => request().prop_map(|request| EnsureAct::End { request }),
    ]
}

impl World {
    pub fn ensure_decision(&self, act: EnsureAct, epoch: u64) -> Decision {
        let ensuring = |request: usize, is_shown| Ensuring {
            service: SERVICE.to_owned(),
            epoch,
            now: self.now,
            request_id: REQUEST[request].to_owned(),
            is_shown,
        };
        match act {
            EnsureAct::Ask { request } => Decision::asked(move |draft| ask(draft, SERVICE, REQUEST[request])),
            EnsureAct::Owe { request, is_shown } => {
                let shares: Vec<Share> = self.store.all().unwrap();
                let here = |one: &&Instance| one.pool.as_ref().is_some_and(|pool| pool.service() == SERVICE);
                let all: Vec<_> = shares
                    .iter()
                    .flat_map(|share| share.live().filter(here).map(move |one| (share.id, one.id)))
                    .collect();
                let ensuring = ensuring(request, is_shown);
                Decision::done(move |draft| ensuring.owe(draft, &all))
            }
            EnsureAct::End { request } => {
                let ensuring = ensuring(request, true);
                Decision::done(move |draft| ensuring.end(draft))
            }
        }
    }
}
