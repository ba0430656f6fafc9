//! What readers see: the state as it was durable at the moment they began, however much is written meanwhile.
//!
//! Each group of commits ends one [`DurableState`] and begins the next. The writer, the only one who changes anything:
//!
//! 1. notes in the present state the old value of every key that the group will change, and the state that follows;
//! 2. applies the group to the engine and syncs;
//! 3. makes the following state the present one, and only then answers whom it kept waiting.
//!
//! A reader takes the present state M, then reads the engine, then looks through the notes of M and of the states
//! after it: the oldest note about a key is its value at M, and a key that is in none has not changed since M.
//!
//! * The engine shows a group only after its note was made (1 before 2), and the reader looks at notes after it read
//!   the engine; so no value of a later group escapes, whether its sync is under way, done, or has failed.
//! * M itself is durable: it became the present one after the sync of all groups before it (2 before 3).
//! * A writer who was answered reads its own write: his state or a later one was present before the answer.
//! * Scans read the engine bit by bit while groups land, and come out as of M all the same. A group shows whole or not
//!   at all.
//! * The cache of decoded records stands for the engine where a state reads it ([`RecordCache`]); step 3 begins
//!   with taking the group's keys off it.
//! * A group whose sync fails is never shown, as the present state stays where it is.
//!
//! Notes live as long as a reader of their state or an earlier one. How to get it wrong: noting after applying,
//! reading notes before the engine, or letting a chain of notes drop recursively.

use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwapOption;
use manilad_domain::Record;

use crate::engine::{Changes, Engine};
use crate::error::Error;
use crate::record_cache::{RecordCache, Shared};
use crate::view::View;

/// A durable state, as long as somebody looks at it.
pub(crate) struct DurableState {
    engine: Arc<dyn Engine>,
    record_cache: Arc<RecordCache>,
    end: OnceLock<End>,
}

struct End {
    /// What the keys that the group changed were before.
    before: Changes,
    next: Arc<DurableState>,
}

impl View for DurableState {
    fn engine(&self) -> &dyn Engine {
        &*self.engine
    }

    fn layers(&self) -> impl Iterator<Item = &Changes> {
        std::iter::successors(self.end.get(), |end| end.next.end.get()).map(|end| &end.before)
    }

    fn found<R: Record>(&self, at: &[u8]) -> Result<Option<Shared<R>>, Error> {
        self.record_cache.read(&*self.engine, at)
    }
}

impl Drop for DurableState {
    fn drop(&mut self) {
        let mut next = self.end.take().map(|end| end.next);
        while let Some(moment) = next {
            next = Arc::into_inner(moment).and_then(|mut moment| moment.end.take()).map(|end| end.next);
        }
    }
}

/// The present state; none after the store has closed.
pub(crate) struct Timeline(ArcSwapOption<DurableState>);

impl Timeline {
    /// `record_cache` is the room for decoded records, in bytes.
    pub(crate) fn new(engine: Arc<dyn Engine>, record_cache: u64) -> Self {
        let record_cache = Arc::new(RecordCache::new(record_cache));
        Timeline(ArcSwapOption::from_pointee(DurableState { engine, record_cache, end: OnceLock::new() }))
    }

    pub(crate) fn present(&self) -> Option<Arc<DurableState>> {
        self.0.load_full()
    }

    /// Step 1. What comes back is for step 3; dropped without it, the group is never shown. `None` once closed.
    pub(crate) fn note(self: &Arc<Self>, before: Changes) -> Option<GroupNote> {
        let ended = self.present()?;
        let (engine, record_cache) = (ended.engine.clone(), ended.record_cache.clone());
        let next = Arc::new(DurableState { engine, record_cache, end: OnceLock::new() });
        // Only the one writer notes, and a state that was noted in is never the present one at the next note.
        let _ = ended.end.set(End { before, next: next.clone() });
        Some(GroupNote { timeline: self.clone(), ended, next })
    }

    pub(crate) fn close(&self) {
        self.0.store(None);
    }
}

pub(crate) struct GroupNote {
    timeline: Arc<Timeline>,
    ended: Arc<DurableState>,
    next: Arc<DurableState>,
}

impl GroupNote {
    /// Step 3: the group is durable.
    pub(crate) fn show(self) {
        if let Some(end) = self.ended.end.get() {
            self.ended.record_cache.forget(end.before.keys());
        }
        self.timeline.0.store(Some(self.next));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Order, Span};
    use crate::memory::Memory;

    fn change(engine: &Arc<dyn Engine>, timeline: &Arc<Timeline>, key: &str, value: Option<&str>) {
        let key = key.as_bytes().to_vec();
        let before = Changes::from([(key.clone(), engine.get(&key).unwrap())]);
        let noted = timeline.note(before).unwrap();
        engine.apply(&Changes::from([(key, value.map(|value| value.as_bytes().to_vec()))])).unwrap();
        noted.show();
    }

    fn listed(view: &impl View, order: Order) -> Vec<String> {
        let span = Span { from: b"a".to_vec(), to: b"z".to_vec() };
        view.walk(span, order, 2)
            .map(|entry| entry.unwrap())
            .map(|(key, value)| format!("{}{}", String::from_utf8(key).unwrap(), String::from_utf8(value).unwrap()))
            .collect()
    }

    #[test]
    fn a_reader_stays_at_its_moment_whatever_is_written() {
        let engine: Arc<dyn Engine> = Arc::new(Memory::new());
        let timeline = Arc::new(Timeline::new(engine.clone(), 1 << 20));
        for key in ["b", "c", "d", "e", "f"] {
            change(&engine, &timeline, key, Some("1"));
        }
        let held = timeline.present().unwrap();
        for key in ["a", "c", "g", "c"] {
            change(&engine, &timeline, key, Some("2"));
        }
        for key in ["b", "d", "e"] {
            change(&engine, &timeline, key, None);
        }
        assert_eq!(listed(&*held, Order::Ascending), ["b1", "c1", "d1", "e1", "f1"]);
        assert_eq!(listed(&*held, Order::Descending), ["f1", "e1", "d1", "c1", "b1"]);
        assert_eq!(held.value(b"c").unwrap(), Some(b"1".to_vec()));
        assert_eq!(held.value(b"a").unwrap(), None);
        assert_eq!(listed(&*timeline.present().unwrap(), Order::Ascending), ["a2", "c2", "f1", "g2"]);
    }

    #[test]
    fn a_long_chain_of_moments_drops_without_a_deep_stack() {
        let engine: Arc<dyn Engine> = Arc::new(Memory::new());
        let timeline = Arc::new(Timeline::new(engine.clone(), 1 << 20));
        let held = timeline.present().unwrap();
        for _ in 0..200_000 {
            timeline.note(Changes::new()).unwrap().show();
        }
        drop(held);
    }
}
