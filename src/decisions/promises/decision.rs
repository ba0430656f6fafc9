//! What the writer is asked for, what goes with it if it is accepted, and what must hold then.

use std::collections::BTreeSet;

use manilad_domain::Fault;
use manilad_store::{Draft, Error};

use super::picture::Picture;
use crate::settle::Next;
use crate::{Decided, Owed};

type Decide = Box<dyn FnOnce(&mut Draft<'_>) -> Result<Option<Vec<Owed>>, Fault> + Send>;

pub struct Decision {
    /// Answers who is to look at the store; none where nobody is told by the decision itself.
    pub decide: Decide,
    /// Keys of what may be gone at once.
    pub removes: BTreeSet<String>,
    /// What holds once it was accepted.
    pub then: Box<dyn FnOnce(&Picture)>,
    /// An administrator says how things are, work or no work.
    pub is_statement: bool,
}

impl Decision {
    fn new(decide: Decide) -> Self {
        Decision { decide, removes: BTreeSet::new(), then: Box::new(|_| ()), is_statement: false }
    }

    /// A decision for a request.
    pub fn asked<T>(decide: impl FnOnce(&mut Draft<'_>) -> Decided<T> + Send + 'static) -> Self {
        Decision::new(Box::new(move |draft| decide(draft).map(|(_, owed)| Some(owed))))
    }

    /// A decision of a part of the daemon that knows by itself who is to look.
    pub fn done<T>(decide: impl FnOnce(&mut Draft<'_>) -> Result<T, Error> + Send + 'static) -> Self {
        Decision::new(Box::new(move |draft| decide(draft).map(|_| None).map_err(Fault::from)))
    }

    /// What came of work.
    pub fn settled(settle: impl FnOnce(&mut Draft<'_>) -> Result<Next, Error> + Send + 'static) -> Self {
        Decision::new(Box::new(move |draft| match settle(draft)? {
            Next::Settled(owed) | Next::RemovedAllTheSame(owed) => Ok(Some(owed)),
            Next::Stale => Ok(Some(Vec::new())),
        }))
    }

    pub fn removes(self, keys: impl IntoIterator<Item = String>) -> Self {
        Decision { removes: keys.into_iter().collect(), ..self }
    }

    pub fn then(self, check: impl FnOnce(&Picture) + 'static) -> Self {
        Decision { then: Box::new(check), ..self }
    }

    pub fn of_administrator(self) -> Self {
        Decision { is_statement: true, ..self }
    }
}
