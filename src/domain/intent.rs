//! Intents: work that is owed. Each record in a transitional state has exactly one open intent in its lane, which
//! explains it; settling the intent and changing the record is one batch.
//!
//! An intent is keyed by instance and lane, so a second one can't exist. Superseding replaces it under a higher
//! serial; an outcome that carries a stale serial or an old epoch is refused by the writer.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::hints::Hints;
use crate::ids::{InstanceId, ShareId};
use crate::pool::PoolName;
use crate::quota::{Charge, Resource};
use crate::record::{Addend, Index, Record, Row};
use crate::share::{Instance, Share, promised_on};
use crate::stamp::Stamp;
pub use crate::verb::{Arguments, Lane, Resize, Revert, Verb};

/// Work that is owed for one instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub instance: InstanceId,
    pub share: ShareId,
    pub verb: Verb,
    /// Drawn from the store's sequence; tells this intent from any other that the lane ever had.
    pub serial: u64,
    /// `host@backend` that owes the work; none while the share is still to be placed.
    pub service: Option<String>,
    /// Pools still to be tried after the present one, best first.
    #[serde(default)]
    pub candidates: Vec<PoolName>,
    /// Candidates tried so far, the present one included.
    #[serde(default)]
    pub attempt: u32,
    /// Seconds of running time already spent on the present attempt, over restarts.
    #[serde(default)]
    pub spent_seconds: u64,
    /// Where the share is to live, as the asker hinted.
    #[serde(default, skip_serializing_if = "Hints::is_empty")]
    pub hints: Hints,
    /// What the verb needs to be told besides. In a box, so that an intent is no larger where there are more verbs.
    #[serde(flatten)]
    pub arguments: Box<Arguments>,
    /// The request that caused the work, and who asked.
    pub request_id: String,
    pub project_id: String,
    pub user_id: String,
    pub created_at: Stamp,
}

/// service (`-` while unplaced), serial: what a back end owes, in the order in which it came to be owed. What is new since
/// a serial that was seen is what comes after it.
pub const BY_SERVICE: Index = Index("service");
/// What the index holds for intents that the scheduler owes.
pub const UNPLACED: &str = "-";

impl Record for Intent {
    const KIND: &'static str = "intent";
    const VERSION: u16 = 2;

    fn key(&self) -> String {
        Intent::key_of(self.instance, self.verb.lane())
    }

    fn rows(&self) -> Vec<Row> {
        let service = self.service.as_deref().unwrap_or(UNPLACED);
        vec![BY_SERVICE.row([service.to_owned(), at_serial(self.serial)])]
    }

    fn charges(&self) -> Vec<Charge> {
        let growing = self.arguments.growth().into_iter();
        let charge = |resize: &Resize| Charge {
            project: self.project_id.clone(),
            user: self.user_id.clone(),
            share_type: resize.share_type,
            resource: Resource::Gigabytes,
            amount: i64::try_from(resize.more).unwrap_or(i64::MAX),
        };
        growing.map(charge).collect()
    }

    fn addends(&self) -> Vec<Addend> {
        let growing = self.arguments.growth().into_iter();
        let amount = |resize: &Resize| i64::try_from(resize.more).unwrap_or(i64::MAX);
        growing.map(|resize| Addend { sum: promised_on(&resize.pool), amount: amount(resize) }).collect()
    }

    fn upgraded(from: u16, old: Value) -> Result<Value, String> {
        same_since_1(from, old)
    }
}

/// A serial as part of an index row: rows sort as text.
pub fn at_serial(serial: u64) -> String {
    format!("{serial:020}")
}

/// Version 2 brought other index rows, and nothing else.
pub(crate) fn same_since_1(from: u16, old: Value) -> Result<Value, String> {
    if from == 1 { Ok(old) } else { Err(format!("no version {from} is known")) }
}

/// What work is owed for: the request that asked, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cause {
    pub request_id: String,
    pub now: Stamp,
}

impl Intent {
    /// Work on an instance of a share: owed by the back end of its pool, and by the scheduler where it has none.
    pub fn new(share: &Share, instance: &Instance, verb: Verb, serial: u64, cause: &Cause) -> Self {
        Intent {
            instance: instance.id,
            share: share.id,
            verb,
            serial,
            service: instance.pool.as_ref().map(PoolName::service),
            candidates: Vec::new(),
            attempt: 0,
            spent_seconds: 0,
            hints: Hints::default(),
            arguments: Box::default(),
            request_id: cause.request_id.clone(),
            project_id: share.project_id.clone(),
            user_id: share.user_id.clone(),
            created_at: cause.now,
        }
    }

    /// The key under which the one intent of a lane is kept.
    pub fn key_of(instance: InstanceId, lane: Lane) -> String {
        format!("{instance}/{}", lane.name())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_intent_without_hints_is_written_as_before_there_were_any_and_one_with_hints_is_read_back() {
        let old = json!({
            "instance": uuid::Uuid::nil(), "share": uuid::Uuid::nil(), "verb": "place", "serial": 1, "service": null,
            "candidates": [], "attempt": 0, "spent_seconds": 0, "request_id": "req-1", "project_id": "p", "user_id": "u",
            "created_at": Stamp::parse("2026-11-22T09:00:00").unwrap(),
        });
        let read: Intent = serde_json::from_value(old.clone()).unwrap();
        assert_eq!(read.hints, Hints::default());
        assert_eq!(serde_json::to_value(&read).unwrap(), old);
        let hints = Hints { same_host: vec![read.share], only_host: Some("h@b#p".to_owned()), ..Hints::default() };
        let hinted = Intent { hints, ..read };
        let again: Intent = serde_json::from_value(serde_json::to_value(&hinted).unwrap()).unwrap();
        assert_eq!(again, hinted);
    }

    #[test]
    fn what_a_verb_is_told_stands_among_the_members_of_its_intent() {
        let old = json!({
            "instance": uuid::Uuid::nil(), "share": uuid::Uuid::nil(), "verb": "extend", "serial": 1, "service": "h@b",
            "candidates": [], "attempt": 0, "spent_seconds": 0, "request_id": "req-1", "project_id": "p", "user_id": "u",
            "created_at": Stamp::parse("2026-11-22T09:00:00").unwrap(),
            "resize": { "size": 5, "more": 2, "share_type": null, "pool": "h@b#p", "owes_exports": true },
        });
        let read: Intent = serde_json::from_value(old.clone()).unwrap();
        assert_eq!(read.arguments.growth().map(|resize| resize.more), Some(2));
        assert_eq!(serde_json::to_value(&read).unwrap(), old);
    }
}
