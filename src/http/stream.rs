//! Bodies of answers: whole, or sent piece by piece as the client takes them.
//!
//! A piece is made on the blocking pool when the one before it has gone, so a slow client holds no thread, and a few
//! pieces at most lie in memory. Until it has the last piece a list holds its snapshot and its place among the searches;
//! a client that takes too long loses them. What can't be finished breaks the connection off: the client sees a chunked
//! body without its end, never a shorter list. How to get it wrong: to trust in being asked for the next piece; a client
//! that stops reading never has it asked for.

use std::future::ready;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use actix_web::web::Bytes;
use futures::StreamExt;
use futures::stream::{self, BoxStream};
use manilad_clock::Clock;
use manilad_domain::Fault;
use manilad_domain::fault::Kind;

use crate::bounds::SearchPermit;
use crate::call::Call;
use crate::listing::{Listing, Piece, Pieces, Writer};
use crate::meter;
use crate::view::View;

/// How long a client may take for a piece.
pub const PIECE_PATIENCE: Duration = Duration::from_secs(60);
/// How long it may take for a whole list: what is written meanwhile is kept for its snapshot.
pub const LIST_PATIENCE: Duration = Duration::from_secs(600);

/// The body of an answer that worked.
pub enum Content {
    /// JSON; empty where the answer has no body.
    Whole(Vec<u8>),
    Pieces(BoxStream<'static, io::Result<Bytes>>),
}

/// Writes a list: one that makes one piece whole, or else its first piece and the way to the others.
///
/// # Errors
/// Internal when the store can't be read, unavailable when too many search at once.
pub async fn list<T: Send>(view: &'static View<T>, call: Call, listing: Listing<T>) -> Result<Content, Fault> {
    let (place, mut writer) = Writer::new(view, call.viewer(), listing);
    let place = match place {
        Some(place) => place,
        None if writer.is_short() => return writer.next().map(Piece::into_bytes).map(Content::Whole),
        None => call.app.bounds.place(call.project(), &call.app.clock).await?,
    };
    let writing = Writing { place, pieces: Box::new(writer) };
    let (writing, piece) = writing.next(&call.app.clock).await?;
    Ok(match piece {
        Piece::Last(bytes) => Content::Whole(bytes),
        Piece::More(bytes) => Content::Pieces(pieces(bytes, writing, &call)),
    })
}

fn pieces(first: Vec<u8>, writing: Writing, call: &Call) -> BoxStream<'static, io::Result<Bytes>> {
    let (clock, request_id) = (call.app.clock.clone(), call.request_id.clone());
    let began = clock.running();
    let state = Mutex::new(State::Waiting { since: began, writing });
    let list = Arc::new(List { clock: clock.clone(), request_id, began, state });
    meter::list_begins();
    tokio::spawn(watch(Arc::downgrade(&list), clock));
    let rest = stream::try_unfold(list, |list| async move { Ok(list.next().await?.map(|bytes| (bytes, list))) });
    stream::once(ready(Ok(first.into()))).chain(rest).boxed()
}

/// Ends a list whose client takes too long, as long as there is the list.
async fn watch(list: Weak<List>, clock: Clock) {
    let mut pause = PIECE_PATIENCE;
    loop {
        clock.sleep(pause).await;
        match list.upgrade().and_then(|list| list.patience_left()) {
            Some(left) => pause = left,
            None => return,
        }
    }
}

/// A list that is being written, with all that it holds.
struct Writing {
    place: SearchPermit,
    pieces: Box<dyn Pieces>,
}

impl Writing {
    async fn next(self, clock: &Clock) -> Result<(Self, Piece), Fault> {
        let Writing { place, mut pieces } = self;
        let work = move || {
            let piece = pieces.next();
            (pieces, piece)
        };
        let (place, (pieces, piece)) = place.run(clock, work).await?;
        Ok((Writing { place, pieces }, piece?))
    }
}

enum State {
    /// A piece is on its way to the client.
    Waiting { since: Duration, writing: Writing },
    /// The next one is being made.
    Working,
    /// How it came to an end, as metrics call it.
    Ended(&'static str),
}

/// A list on its way to a client.
struct List {
    clock: Clock,
    request_id: Arc<str>,
    began: Duration,
    state: Mutex<State>,
}

impl List {
    /// The next piece, or none behind the last one.
    async fn next(&self) -> io::Result<Option<Bytes>> {
        let was = self.enter(State::Working);
        let writing = match was {
            State::Waiting { writing, .. } => writing,
            State::Working => return Err(io::Error::other("two pieces of a list are asked for at once")),
            State::Ended(how) => {
                self.enter(State::Ended(how));
                return if how == WHOLE {
                    Ok(None)
                } else {
                    Err(io::Error::other("the client took too long for a list"))
                };
            }
        };
        match writing.next(&self.clock).await {
            Ok((writing, Piece::More(bytes))) => {
                self.enter(State::Waiting { since: self.clock.running(), writing });
                Ok(Some(bytes.into()))
            }
            Ok((_, Piece::Last(bytes))) => {
                self.enter(State::Ended(WHOLE));
                Ok(Some(bytes.into()))
            }
            Err(fault) => {
                self.enter(State::Ended("failed"));
                let (request_id, cause) = (&self.request_id, fault.cause.as_deref());
                match fault.kind {
                    Kind::Unavailable => {
                        tracing::warn!(%request_id, %fault, cause, "a list was cut off before its end")
                    }
                    _ => tracing::error!(%request_id, %fault, cause, "a list was cut off before its end"),
                }
                Err(io::Error::other(fault.to_string()))
            }
        }
    }

    /// How long the client may still take. If no longer, the list gives up what it holds.
    fn patience_left(&self) -> Option<Duration> {
        let mut state = self.state();
        let since = match &*state {
            State::Waiting { since, .. } => *since,
            State::Working => return Some(PIECE_PATIENCE),
            State::Ended(_) => return None,
        };
        let end = (since + PIECE_PATIENCE).min(self.began + LIST_PATIENCE);
        let left = end.checked_sub(self.clock.running()).filter(|left| !left.is_zero());
        if left.is_none() {
            let given_up = std::mem::replace(&mut *state, State::Ended("slow"));
            drop(state);
            drop(given_up);
            tracing::info!(request_id = %self.request_id, "a client took too long for a list, which breaks off");
        }
        left
    }

    /// Enters a state; answers the one before.
    fn enter(&self, state: State) -> State {
        std::mem::replace(&mut *self.state(), state)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of a list whose last piece was sent.
const WHOLE: &str = "whole";

impl Drop for List {
    fn drop(&mut self) {
        let end = match *self.state() {
            State::Ended(how) => how,
            State::Waiting { .. } | State::Working => "left",
        };
        meter::list_ended(end, self.clock.running().saturating_sub(self.began));
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use manilad_clock::{Hand, Timestamp};
    use manilad_domain::Share;

    use super::*;
    use crate::lab;
    use crate::listing::tests::{BOAT, Boat};
    use crate::listing::{Items, PIECE};

    struct Scene {
        call: Call,
        hand: Hand,
        /// Places among the searches that were free at first.
        places: usize,
        body: BoxStream<'static, io::Result<Bytes>>,
    }

    impl Scene {
        /// A list of three pieces, of which the first was taken.
        async fn open() -> Self {
            Scene::of((0..3).map(|at| Ok(vec![at; PIECE])).collect()).await
        }

        /// A list that is read as these items, of which the first piece was taken.
        async fn of(read: Vec<Result<Vec<Boat>, manilad_store::Error>>) -> Self {
            let (clock, hand) = Clock::stepped(Timestamp::UNIX_EPOCH);
            let call = lab::call_at(clock);
            let places = call.app.bounds.places();
            let mut read = read.into_iter();
            let more = Box::new(move || read.next().unwrap_or_else(|| Ok(Vec::new())));
            let items = Items::Unread(call.place::<Share>().await.unwrap(), more);
            let content = list(&BOAT, call.clone(), items.into()).await.unwrap();
            let Content::Pieces(mut body) = content else { panic!("it was to come in pieces") };
            assert!(body.next().await.unwrap().unwrap().starts_with(br#"{"boats":[{"n":0},"#));
            hand.until_sleeping(1).await;
            Scene { call, hand, places, body }
        }

        fn places_held(&self) -> usize {
            self.places - self.call.app.bounds.places()
        }

        async fn until_no_place_is_held(&self) {
            while self.places_held() > 0 {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn a_list_in_pieces_ends_whole_and_holds_its_place_until_then() {
        let mut scene = Scene::open().await;
        assert_eq!(scene.places_held(), 1);
        let second = scene.body.next().await.unwrap().unwrap();
        assert!(second.starts_with(br#",{"n":1}"#) && scene.places_held() == 1);
        assert!(scene.body.next().await.unwrap().unwrap().ends_with(br#"{"n":2}]}"#));
        assert!(scene.body.next().await.is_none());
        assert_eq!(scene.places_held(), 0);
    }

    #[tokio::test]
    async fn a_client_that_stops_reading_loses_its_list_and_its_place_is_free_again() {
        let mut scene = Scene::open().await;
        scene.hand.step(PIECE_PATIENCE);
        scene.until_no_place_is_held().await;
        assert!(scene.body.next().await.unwrap().is_err(), "it breaks off, and does not end");
    }

    #[tokio::test]
    async fn a_client_that_goes_away_frees_the_place_of_its_list() {
        let scene = Scene::open().await;
        let (body, bounds) = (scene.body, scene.call.app.bounds.clone());
        drop(body);
        assert_eq!(bounds.places(), scene.places);
    }

    #[tokio::test]
    async fn a_client_that_takes_each_piece_in_time_and_too_long_for_all_loses_its_list() {
        let pieces = usize::try_from(LIST_PATIENCE.as_secs() / 40).unwrap() + 2;
        let mut scene = Scene::of((0..pieces).map(|at| Ok(vec![at; PIECE])).collect()).await;
        let mut taken = Duration::ZERO;
        while taken + Duration::from_secs(40) < LIST_PATIENCE {
            scene.hand.step(Duration::from_secs(40));
            taken += Duration::from_secs(40);
            scene.body.next().await.unwrap().unwrap();
            scene.hand.until_sleeping(1).await;
        }
        scene.hand.step(PIECE_PATIENCE); // it may have been looked at just as a piece was made
        scene.until_no_place_is_held().await;
        assert!(scene.body.next().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn what_fails_behind_the_first_piece_breaks_the_list_off() {
        let unread = || Err(manilad_store::Error::Closed);
        let mut scene = Scene::of(vec![Ok(vec![0; PIECE]), Ok(vec![1]), unread()]).await;
        assert!(scene.body.next().await.unwrap().is_err());
        assert!(scene.body.next().await.is_none());
        assert_eq!(scene.places_held(), 0);
    }

    #[test]
    fn what_fails_in_the_first_piece_is_a_fault() {
        let call = lab::call();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let place = runtime.block_on(call.place::<Share>()).unwrap();
        let items = Items::Unread(place, Box::new(|| Err(manilad_store::Error::Closed)));
        let fault = runtime.block_on(list(&BOAT, call, Listing::<Boat>::from(items))).err().unwrap();
        assert_eq!(fault.kind, Kind::Internal);
    }

    #[test]
    fn a_list_that_is_there_and_short_is_written_at_once() {
        let content = block_on(list(&BOAT, lab::call(), vec![7].into())).unwrap();
        assert!(matches!(content, Content::Whole(bytes) if bytes == br#"{"boats":[{"n":7}]}"#));
    }
}
