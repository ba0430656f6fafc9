//! For whom calls of an earlier incarnation may be on their way.
//!
//! An earlier incarnation (of a process that was killed, or on a thread that hung) told nobody which calls it was at. But
//! what it worked on was owed, or was noted when it ended in doubt; so whatever is owed or noted at the beginning of this
//! incarnation may be in flight, and nothing else. How to get it wrong: reading what is owed before the epoch is taken;
//! the earlier one may settle in between. See `docs/decisions/0015`.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use manilad_clock::{Clock, Uuid};
use manilad_domain::deadlines::IN_FLIGHT;
use manilad_domain::intent::{self, Verb};
use manilad_domain::verb::SnapshotVerb;
use manilad_domain::{
    InFlight, Intent, Record, ServerIntent, SnapshotIntent, Stamp, in_flight, share_server, snapshot as snapshots,
};
use manilad_store::{Error, Range, Snapshot};

/// Notes that are so old by the wall clock go whoever has seen them, so that a daemon that never lives for long does not
/// gather them. A day, for that clock may jump.
pub const OLD: Duration = Duration::from_secs(24 * 3600);

/// The instances, snapshots and share servers for which calls of an earlier incarnation may be on their way.
#[derive(Debug, Default)]
pub struct Late {
    subjects: HashSet<Uuid>,
    /// Notes that are there, by key, and when each was first seen, in running time.
    notes: HashMap<String, Duration>,
}

impl Late {
    /// To be read once the epoch is taken, before anything is done.
    pub fn read(snapshot: &Snapshot, service: &str, now: Duration) -> Result<Self, Error> {
        let of = || [service.to_owned()];
        let notes = snapshot.scan::<InFlight>(&Range::of(in_flight::BY_SERVICE, of()))?.records;
        let shares = snapshot.scan::<Intent>(&Range::of(intent::BY_SERVICE, of()))?.records;
        let servers = snapshot.scan::<ServerIntent>(&Range::of(share_server::INTENTS_BY_SERVICE, of()))?.records;
        let owed = snapshot.scan::<SnapshotIntent>(&Range::of(snapshots::INTENTS_BY_SERVICE, of()))?.records;
        let is_change = |verb| matches!(verb, SnapshotVerb::CreateSnapshot | SnapshotVerb::DeleteSnapshot);
        let of_snapshots = owed.iter().filter(|intent| is_change(intent.verb)).map(|intent| intent.snapshot.0);
        // An export is only looked up.
        let changed = shares.iter().filter(|intent| intent.verb != Verb::Export).map(|intent| intent.instance.0);
        let subjects = changed.chain(of_snapshots).chain(servers.iter().map(|intent| intent.server.0));
        Ok(Late {
            subjects: subjects.chain(notes.iter().map(|note| note.subject)).collect(),
            notes: notes.iter().map(|note| (note.key(), now)).collect(),
        })
    }

    /// Whether calls of an earlier incarnation may be on their way for the instance, snapshot or server.
    pub fn concerns(&self, subject: Uuid) -> bool {
        self.subjects.contains(&subject)
    }

    /// The notes that have served their time. Whoever was in flight at the beginning is not any more once this incarnation
    /// has; that a note goes by its age alone changes nothing for the present one.
    pub fn over(
        &mut self,
        snapshot: &Snapshot,
        service: &str,
        clock: &Clock,
        began: Duration,
    ) -> Result<Vec<InFlight>, Error> {
        let (now, old) = (clock.running(), Stamp::from(clock.now() - OLD));
        if now.saturating_sub(began) >= IN_FLIGHT {
            self.subjects = HashSet::new();
        }
        let notes = snapshot.scan::<InFlight>(&Range::of(in_flight::BY_SERVICE, [service.to_owned()]))?.owned().records;
        let before = std::mem::take(&mut self.notes);
        let since = |note: &InFlight| before.get(&note.key()).copied().unwrap_or(now);
        self.notes = notes.iter().map(|note| (note.key(), since(note))).collect();
        let is_over = |note: &InFlight| {
            now.saturating_sub(since(note)) >= IN_FLIGHT || note.made_at.is_some_and(|made_at| made_at <= old)
        };
        Ok(notes.into_iter().filter(is_over).collect())
    }
}
