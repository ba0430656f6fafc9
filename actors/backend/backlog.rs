//! What a back end owes, and how far each piece of it is: ready, in hand, resting, or waiting for something else. In
//! memory only: a new incarnation reads it anew.
//!
//! What is owed is read once and then only as far as it is new: intents are found in the order of their serials, and a
//! serial is never used again. What waits costs nothing until it is woken. How to get it wrong: to walk over all that is
//! owed for each piece that ends, or to take up an intent by what was known of it when it was read; whoever takes a piece
//! reads its intent again.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Duration;

use manilad_clock::Uuid;
use manilad_domain::intent::{self, at_serial};
use manilad_domain::verb::DriverActor;
use manilad_domain::{Intent, ServerIntent, ShareServerId, SnapshotIntent, Stamp, share_server, snapshot};
use manilad_store::{Cursor, Error, Range, Snapshot};

use crate::work::Ticket;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Ready,
    InHand,
    /// Other work on the same instance, snapshot or server is in hand.
    Behind,
    Resting,
    /// For a share server.
    Waiting,
}

#[derive(Debug)]
struct Piece {
    serial: u64,
    verb: &'static str,
    since: Stamp,
    place: Place,
    /// Failed tries in a row.
    tries: u32,
    /// Up to when the time spent on it has been accounted for, pauses included.
    accounted: Option<Duration>,
    /// Its failure has been logged.
    is_logged: bool,
    /// Whether the array was at it when it was last looked.
    is_under_way: bool,
}

/// All that is owed. One piece per instance, snapshot or server is in hand at a time: creation and removal exclude access.
#[derive(Debug, Default)]
pub struct Backlog {
    pieces: HashMap<(Uuid, DriverActor), Piece>,
    /// In the order in which they became ready. An entry whose piece is elsewhere by now counts for nothing.
    ready: BTreeMap<DriverActor, VecDeque<Ticket>>,
    held: HashMap<Uuid, Ticket>,
    in_hand: BTreeMap<DriverActor, usize>,
    rests: BTreeSet<(Duration, Ticket)>,
    waiting: BTreeMap<ShareServerId, Vec<Ticket>>,
    /// The highest serials that were read.
    highest: Serials,
}

#[derive(Debug, Clone, Copy, Default)]
struct Serials {
    shares: u64,
    snapshots: u64,
    servers: u64,
}

impl Backlog {
    /// Reads what has come to be owed since this was last done.
    pub fn read(&mut self, snapshot: &Snapshot, service: &str) -> Result<(), Error> {
        let past = |serial: u64| Cursor::at([service, &at_serial(serial)]);
        let servers = Range::of(share_server::INTENTS_BY_SERVICE, [service]).after(past(self.highest.servers));
        for intent in snapshot.along::<ServerIntent>(&servers) {
            let intent = intent?;
            self.highest.servers = intent.serial;
            self.note((&*intent).into(), intent.verb.name(), intent.created_at);
        }
        let snapshots = Range::of(snapshot::INTENTS_BY_SERVICE, [service]).after(past(self.highest.snapshots));
        for intent in snapshot.along::<SnapshotIntent>(&snapshots) {
            let intent = intent?;
            self.highest.snapshots = intent.serial;
            self.note((&*intent).into(), intent.verb.name(), intent.created_at);
        }
        let shares = Range::of(intent::BY_SERVICE, [service]).after(past(self.highest.shares));
        for intent in snapshot.along::<Intent>(&shares) {
            let intent = intent?;
            self.highest.shares = intent.serial;
            self.note((&*intent).into(), intent.verb.name(), intent.created_at);
        }
        Ok(())
    }

    /// Reads all that is owed, and forgets the rest: what was taken back without anything in its place.
    pub fn read_anew(&mut self, snapshot: &Snapshot, service: &str) -> Result<(), Error> {
        let mut owed = HashSet::new();
        for intent in snapshot.along::<ServerIntent>(&Range::of(share_server::INTENTS_BY_SERVICE, [service])) {
            owed.insert(Ticket::from(&*intent?));
        }
        for intent in snapshot.along::<SnapshotIntent>(&Range::of(snapshot::INTENTS_BY_SERVICE, [service])) {
            owed.insert(Ticket::from(&*intent?));
        }
        for intent in snapshot.along::<Intent>(&Range::of(intent::BY_SERVICE, [service])) {
            owed.insert(Ticket::from(&*intent?));
        }
        self.pieces.retain(|(subject, actor), piece| {
            let ticket = Ticket { subject: *subject, actor: *actor, serial: piece.serial };
            piece.place == Place::InHand || owed.contains(&ticket)
        });
        self.highest = Serials::default();
        self.read(snapshot, service)
    }

    /// Takes in a piece, unless it is there. It takes the place of an earlier one of the same lane.
    pub fn note(&mut self, ticket: Ticket, verb: &'static str, since: Stamp) {
        let present = self.pieces.get(&ticket.slot());
        if present.is_some_and(|piece| piece.serial >= ticket.serial) {
            return;
        }
        let piece = Piece {
            serial: ticket.serial,
            verb,
            since,
            place: Place::Ready,
            tries: 0,
            accounted: None,
            is_logged: false,
            is_under_way: false,
        };
        self.pieces.insert(ticket.slot(), piece);
        self.ready.entry(ticket.actor).or_default().push_back(ticket);
    }

    /// Takes up the piece that has been ready for longest.
    pub fn take(&mut self, actor: DriverActor, now: Duration) -> Option<Ticket> {
        let queue = self.ready.get_mut(&actor)?;
        while let Some(ticket) = queue.pop_front() {
            let piece = self.pieces.get_mut(&ticket.slot());
            let is_ready = |piece: &&mut Piece| piece.serial == ticket.serial && piece.place == Place::Ready;
            let Some(piece) = piece.filter(is_ready) else { continue };
            if self.held.contains_key(&ticket.subject) {
                piece.place = Place::Behind;
                continue;
            }
            piece.place = Place::InHand;
            piece.accounted.get_or_insert(now);
            self.held.insert(ticket.subject, ticket);
            *self.in_hand.entry(actor).or_default() += 1;
            return Some(ticket);
        }
        None
    }

    /// The running time spent on the piece since this was last asked, in whole seconds, at least one.
    pub fn spend(&mut self, ticket: Ticket, now: Duration) -> u64 {
        let since = self.piece(ticket).and_then(|piece| piece.accounted.replace(now)).unwrap_or(now);
        now.saturating_sub(since).as_secs().max(1)
    }

    /// The work is done, or superseded.
    pub fn let_go(&mut self, ticket: Ticket) {
        if self.piece(ticket).is_some() {
            self.pieces.remove(&ticket.slot());
        }
        self.release(ticket);
    }

    /// A step is done, and the next one can follow at once.
    pub fn go_on(&mut self, ticket: Ticket) {
        if let Some(piece) = self.piece(ticket) {
            (piece.place, piece.tries, piece.accounted) = (Place::Ready, 0, None);
            self.ready.entry(ticket.actor).or_default().push_back(ticket);
        }
        self.release(ticket);
    }

    /// The work is to be tried again after a pause that depends on the tries so far.
    pub fn rest(&mut self, ticket: Ticket, now: Duration, pause: impl FnOnce(u32) -> Duration) {
        if let Some(piece) = self.piece(ticket) {
            (piece.place, piece.tries) = (Place::Resting, piece.tries.saturating_add(1));
            let until = now + pause(piece.tries);
            self.rests.insert((until, ticket));
        }
        self.release(ticket);
    }

    /// Notes whether the array is at the work, and nothing failed.
    pub fn note_under_way(&mut self, ticket: Ticket, is_under_way: bool) {
        if let Some(piece) = self.piece(ticket) {
            piece.is_under_way = is_under_way;
        }
    }

    /// Nobody took the work: nothing was tried, so nothing is spent.
    pub fn put_off(&mut self, ticket: Ticket, until: Duration) {
        if let Some(piece) = self.piece(ticket) {
            (piece.place, piece.accounted) = (Place::Resting, None);
            self.rests.insert((until, ticket));
        }
        self.release(ticket);
    }

    /// The work waits for a share server, which has an intent of its own.
    pub fn wait(&mut self, ticket: Ticket, server: ShareServerId) {
        if let Some(piece) = self.piece(ticket) {
            (piece.place, piece.accounted) = (Place::Waiting, None);
            self.waiting.entry(server).or_default().push(ticket);
        }
        self.release(ticket);
    }

    /// The share servers that something waits for.
    pub fn waited_for(&self) -> Vec<ShareServerId> {
        self.waiting.keys().copied().collect()
    }

    /// What waited for a share server can go on.
    pub fn serve(&mut self, server: ShareServerId) {
        for ticket in self.waiting.remove(&server).unwrap_or_default() {
            self.wake(ticket, Place::Waiting);
        }
    }

    /// What has rested for long enough can go on.
    pub fn rested(&mut self, now: Duration) {
        while let Some((until, ticket)) = self.rests.first().copied().filter(|(until, _)| *until <= now) {
            self.rests.remove(&(until, ticket));
            self.wake(ticket, Place::Resting);
        }
    }

    /// When the next rest ends.
    pub fn next_rest(&self) -> Option<Duration> {
        self.rests.first().map(|(until, _)| *until)
    }

    pub fn has_ready(&self, actor: DriverActor) -> bool {
        self.ready.get(&actor).is_some_and(|queue| !queue.is_empty())
    }

    pub fn in_hand(&self, actor: DriverActor) -> usize {
        self.in_hand.get(&actor).copied().unwrap_or(0)
    }

    /// Whether this is the first time that the failure of a piece is logged.
    pub fn is_news(&mut self, ticket: Ticket) -> bool {
        self.piece(ticket).is_some_and(|piece| !std::mem::replace(&mut piece.is_logged, true))
    }

    /// Whether the piece is in hand.
    pub fn holds(&self, ticket: Ticket) -> bool {
        self.held.get(&ticket.subject) == Some(&ticket)
    }

    pub fn len(&self) -> usize {
        self.pieces.len()
    }

    /// How many pieces have failed when they were last tried.
    pub fn troubled(&self) -> usize {
        self.pieces.values().filter(|piece| piece.tries > 0 && !piece.is_under_way).count()
    }

    /// Each piece with what it is called and since when it is owed.
    pub fn verbs(&self) -> impl Iterator<Item = (&'static str, Stamp)> + Clone {
        self.pieces.values().map(|piece| (piece.verb, piece.since))
    }

    fn piece(&mut self, ticket: Ticket) -> Option<&mut Piece> {
        self.pieces.get_mut(&ticket.slot()).filter(|piece| piece.serial == ticket.serial)
    }

    fn wake(&mut self, ticket: Ticket, from: Place) {
        if let Some(piece) = self.piece(ticket).filter(|piece| piece.place == from) {
            piece.place = Place::Ready;
            self.ready.entry(ticket.actor).or_default().push_back(ticket);
        }
    }

    /// Lets others get at the instance or server.
    fn release(&mut self, ticket: Ticket) {
        if self.held.get(&ticket.subject) != Some(&ticket) {
            return;
        }
        self.held.remove(&ticket.subject);
        if let Some(count) = self.in_hand.get_mut(&ticket.actor) {
            *count = count.saturating_sub(1);
        }
        for actor in DriverActor::ALL {
            let Some(piece) = self.pieces.get(&(ticket.subject, actor)) else { continue };
            let next = Ticket { actor, serial: piece.serial, ..ticket };
            self.wake(next, Place::Behind);
        }
    }
}

#[cfg(test)]
mod tests;
