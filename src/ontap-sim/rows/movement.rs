//! What is kept of a volume's move to another aggregate.

use std::time::Duration;

use manilad_clock::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Movement {
    /// The aggregate that it is moved to.
    pub to: Uuid,
    /// How long it was copied for before it was last paused.
    pub before: Duration,
    /// Since when it is copied; none while it is paused, and once it has ended.
    pub since: Option<Timestamp>,
    /// Whether the last step is left to whoever asked for the move.
    pub is_cut_over_by_hand: bool,
    pub end: Option<End>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum End {
    Success,
    Aborted,
}

impl Movement {
    pub fn is_under_way(&self) -> bool {
        self.end.is_none()
    }
}
