//! What follows from a try that failed: the work is tried again, or given up. Pure.

use std::time::Duration;

use manilad_domain::message::Detail;
use manilad_domain::outcome::{Remedy, Trouble};
use manilad_kit::Unanswered;

use crate::operations::Settle;
use crate::work::Work;

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// So many seconds count as spent.
    Again { spent_seconds: u64 },
    /// The array is at it, and so far along.
    UnderWay { percent: u8 },
    /// Given up, or refused. A removal is told as failed, and tried again all the same: the array, or the network, has to
    /// let go some day.
    GivenUp,
}

impl AfterFailure {
    /// What follows from `trouble`, where this try has cost `spent_seconds`, the pause before it included.
    pub fn of(work: &Work, trouble: &Trouble, spent_seconds: u64) -> Self {
        // Waiting has an end of its own, and costs nothing of what the work may take.
        if matches!(trouble.remedy, Remedy::Wait(_)) {
            return AfterFailure::Again { spent_seconds: 0 };
        }
        if let Remedy::UnderWay { percent, begins: false } = trouble.remedy {
            return AfterFailure::UnderWay { percent };
        }
        // Whatever the first try cost, there is a second one.
        let before = work.spent_seconds();
        let is_over = before > 0 && Duration::from_secs(before + spent_seconds) > work.operation().tried_for;
        let is_tried = matches!(trouble.remedy, Remedy::Again | Remedy::UnderWay { .. });
        match is_tried && !is_over {
            true => AfterFailure::Again { spent_seconds },
            false => AfterFailure::GivenUp,
        }
    }

    /// Whether the work is tried again.
    pub fn goes_on(self, work: &Work) -> bool {
        self != AfterFailure::GivenUp || work.operation().is_removal
    }

    /// The decision that settles it.
    pub fn settle(self, work: Work, trouble: Trouble) -> Settle {
        match self {
            AfterFailure::Again { spent_seconds } => {
                Box::new(move |settling, draft| work.postpone(settling, draft, spent_seconds, None))
            }
            AfterFailure::UnderWay { percent } => {
                Box::new(move |settling, draft| work.postpone(settling, draft, 0, Some(percent)))
            }
            AfterFailure::GivenUp => Box::new(move |settling, draft| work.fail(settling, draft, &trouble)),
        }
    }
}

/// No answer came: nobody knows how far the work came.
pub fn unanswered(why: Unanswered) -> Trouble {
    Trouble { remedy: Remedy::Again, detail: Detail::UnknownError, reason: format!("no answer came: {why}") }
}
