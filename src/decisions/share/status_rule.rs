//! In which statuses something may be done to a share, and what is said in the others.

use manilad_domain::status::Status;
use manilad_domain::{Fault, Span};

/// In which statuses requests of some microversions may do something.
#[derive(Debug, Clone, Copy)]
pub struct StatusRule {
    pub span: Span,
    pub statuses: Statuses,
    pub(super) refusal: fn(Status) -> Fault,
}

#[derive(Debug, Clone, Copy)]
pub enum Statuses {
    Only(&'static [Status]),
    AllBut(&'static [Status]),
    /// Any but these and those of a change that is under way.
    SettledExcept(&'static [Status]),
}

impl Statuses {
    pub fn contain(self, status: Status) -> bool {
        match self {
            Statuses::Only(these) => these.contains(&status),
            Statuses::AllBut(these) => !these.contains(&status),
            Statuses::SettledExcept(these) => !status.is_transitional() && !these.contains(&status),
        }
    }
}
