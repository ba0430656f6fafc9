//! Answers of one connection to calls that must not be done twice.
//!
//! A client that misses an answer sends the call again with the same xid. A REMOVE done twice would say "no such file",
//! so the first answer is kept and given again. How to get it wrong: going by the xid alone, which clients reuse.

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hasher};
use std::sync::Arc;

/// Answers kept per connection.
const KEPT: usize = 128;
/// Bytes of a call that tell it from another with the same xid, beside its length.
const COMPARED: usize = 256;

/// What makes a call the same call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Print {
    xid: u32,
    digest: u64,
}

impl Print {
    pub fn of(xid: u32, record: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        hasher.write_usize(record.len());
        hasher.write(&record[..record.len().min(COMPARED)]);
        Print { xid, digest: hasher.finish() }
    }
}

/// What is known about a call that came in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// Not seen before; it is under way from now on.
    New,
    /// Still under way: its answer will come.
    UnderWay,
    /// Answered before.
    Answered(Arc<[u8]>),
}

/// The calls of one connection that change something, oldest first. `None` is a call under way.
#[derive(Default)]
pub(crate) struct Replay(VecDeque<(Print, Option<Arc<[u8]>>)>);

impl Replay {
    pub fn admit(&mut self, print: Print) -> Admission {
        match self.0.iter().rev().find(|(kept, _)| *kept == print) {
            Some((_, Some(answer))) => Admission::Answered(answer.clone()),
            Some((_, None)) => Admission::UnderWay,
            None => {
                if self.0.len() >= KEPT
                    && let Some(oldest) = self.0.iter().position(|(_, answer)| answer.is_some())
                {
                    self.0.remove(oldest);
                }
                self.0.push_back((print, None));
                Admission::New
            }
        }
    }

    pub fn answered(&mut self, print: Print, answer: Arc<[u8]>) {
        if let Some((_, kept)) = self.0.iter_mut().rev().find(|(kept, _)| *kept == print) {
            *kept = Some(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_call_gets_the_first_answer() {
        let (mut replay, print) = (Replay::default(), Print::of(1, b"remove a"));
        assert_eq!(replay.admit(print), Admission::New);
        assert_eq!(replay.admit(print), Admission::UnderWay);
        replay.answered(print, Arc::from(*b"ok"));
        assert_eq!(replay.admit(print), Admission::Answered(Arc::from(*b"ok")));
        assert_eq!(replay.admit(Print::of(1, b"remove b")), Admission::New, "a reused xid is another call");
    }

    #[test]
    fn old_answers_make_room_and_calls_under_way_stay() {
        let mut replay = Replay::default();
        let slow = Print::of(0, b"slow");
        assert_eq!(replay.admit(slow), Admission::New);
        for xid in 1..=(2 * KEPT as u32) {
            let print = Print::of(xid, b"quick");
            assert_eq!(replay.admit(print), Admission::New);
            replay.answered(print, Arc::from(*b"ok"));
        }
        assert_eq!(replay.0.len(), KEPT);
        assert_eq!(replay.admit(slow), Admission::UnderWay);
    }
}
