//! The log of calls: what was asked, by whom, and how it ended. Tests count round trips with it.

use std::collections::{BTreeMap, VecDeque};

use manilad_clock::Timestamp;
use serde::Serialize;

use crate::call::{Call, Dropped, Reply};

/// One call as it was logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallRecord {
    pub number: u64,
    pub at: Timestamp,
    pub method: String,
    pub path: String,
    pub query: String,
    /// `X-Dot-SVM-Name`
    pub svm: Option<String>,
    /// `X-Dot-Client-App`
    pub client: Option<String>,
    /// `None`: not answered yet.
    pub outcome: Option<Outcome>,
}

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Status(u16),
    Dropped,
}

/// The last calls, and counts of all.
pub struct Calls {
    kept: VecDeque<CallRecord>,
    most: usize,
    next: u64,
    counts: BTreeMap<String, u64>,
}

impl Calls {
    pub fn new(most: usize) -> Self {
        Calls { kept: VecDeque::new(), most, next: 1, counts: BTreeMap::new() }
    }

    /// Logs a call that has come in; `endpoint` is what it is counted under.
    pub fn begin(&mut self, call: &Call, endpoint: &str, at: Timestamp) -> u64 {
        let number = self.next;
        self.next += 1;
        *self.counts.entry(format!("{} {endpoint}", call.method)).or_default() += 1;
        while self.kept.len() >= self.most.max(1) {
            self.kept.pop_front();
        }
        self.kept.push_back(CallRecord {
            number,
            at,
            method: call.method.clone(),
            path: call.path().to_owned(),
            query: call.query().to_owned(),
            svm: call.header("X-Dot-SVM-Name").map(str::to_owned),
            client: call.header("X-Dot-Client-App").map(str::to_owned),
            outcome: None,
        });
        number
    }

    pub fn end(&mut self, number: u64, reply: &Result<Reply, Dropped>) {
        let Some(first) = self.kept.front().map(|record| record.number) else { return };
        let place = number.checked_sub(first).and_then(|place| usize::try_from(place).ok());
        if let Some(record) = place.and_then(|place| self.kept.get_mut(place)) {
            record.outcome = Some(reply.as_ref().map_or(Outcome::Dropped, |reply| Outcome::Status(reply.status)));
        }
    }

    pub fn kept(&self) -> Vec<CallRecord> {
        self.kept.iter().cloned().collect()
    }

    /// Calls by method and endpoint since the log was last cleared.
    pub fn counts(&self) -> &BTreeMap<String, u64> {
        &self.counts
    }

    pub fn clear(&mut self) {
        self.kept.clear();
        self.counts.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_keeps_the_last_calls_and_how_they_ended() {
        let mut calls = Calls::new(2);
        let call = |target: &str| Call { method: "GET".to_owned(), target: target.to_owned(), ..Call::default() };
        let numbers: Vec<u64> =
            ["/a", "/b?x=1", "/c"].map(|target| calls.begin(&call(target), "/x", Timestamp::UNIX_EPOCH)).to_vec();
        for number in numbers {
            calls.end(number, &Err(Dropped));
        }
        let kept = calls.kept();
        assert_eq!(kept.iter().map(|record| record.path.as_str()).collect::<Vec<_>>(), ["/b", "/c"]);
        assert_eq!(kept[0].query, "x=1");
        assert!(kept.iter().all(|record| record.outcome == Some(Outcome::Dropped)));
        assert_eq!(calls.counts()["GET /x"], 3);
        calls.clear();
        assert!(calls.kept().is_empty() && calls.counts().is_empty());
    }
}
