use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::future::Future;

use proptest::prelude::*;

use super::*;
use crate::lab;

struct Ask;

impl Message for Ask {
    type Result = u64;
}

#[derive(Debug, Clone)]
enum Move {
    Admit,
    /// Whoever asked leaves; the number picks one of all that ever asked.
    Leave(prop::sample::Index),
    Take,
    Answer(prop::sample::Index),
    Lose(prop::sample::Index),
    Plug,
    Shut,
    Unplug,
    Fence,
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        8 => Just(Move::Admit),
        2 => any::<prop::sample::Index>().prop_map(Move::Leave),
        6 => Just(Move::Take),
        3 => any::<prop::sample::Index>().prop_map(Move::Answer),
        1 => any::<prop::sample::Index>().prop_map(Move::Lose),
        2 => Just(Move::Plug),
        1 => Just(Move::Shut),
        1 => Just(Move::Unplug),
        1 => Just(Move::Fence),
    ];
    prop::collection::vec(one, 1..120)
}

/// What a queue should be, told in the plainest way.
#[derive(Default)]
struct Model {
    waiting: VecDeque<u64>,
    in_hand: BTreeSet<u64>,
    handled: u64,
    refused: u64,
    /// The present reader's term, and whether it lets anybody in.
    reader: Option<(u64, bool)>,
}

proptest! {
    /// Whatever happens in whatever order: the bound holds, every place is given back exactly once, messages are taken
    /// in the order they came, and each asker learns exactly what became of his question.
    #[test]
    fn a_queue_does_what_its_model_does(bound in 1usize..6, moves in moves()) {
        let (clock, _hand) = Clock::stepped(lab::START);
        let queue = Arc::new(Queue::<Ask>::new(bound, clock));
        let mut model = Model::default();
        let mut askers: BTreeMap<u64, oneshot::Receiver<u64>> = BTreeMap::new();
        let mut held: BTreeMap<u64, Held<Ask>> = BTreeMap::new();
        let mut fence = Fence::new();
        let mut term = queue.plug(fence.clone());
        model.reader = Some((term, true));
        for step in moves {
            match step {
                Move::Admit => {
                    let (asker, answer) = oneshot::channel();
                    let admitted = queue.admit(Ask, Some(asker)).map_err(|(why, _)| why);
                    let depth = model.waiting.len() + model.in_hand.len();
                    match model.reader {
                        Some((_, true)) if depth < bound => {
                            let serial = admitted.unwrap();
                            model.waiting.push_back(serial);
                            askers.insert(serial, answer);
                        }
                        Some((_, true)) => {
                            model.refused += 1;
                            prop_assert_eq!(admitted, Err(Unanswered::Full));
                        }
                        _ => prop_assert_eq!(admitted, Err(Unanswered::Vacant)),
                    }
                }
                Move::Leave(any) if !askers.is_empty() => {
                    let serial = *any.get(&askers.keys().copied().collect::<Vec<_>>());
                    queue.withdraw(serial);
                    if model.waiting.contains(&serial) {
                        model.waiting.retain(|waiting| *waiting != serial);
                        askers.remove(&serial);
                    }
                }
                Move::Take => match (queue.take(term, Waker::noop()), model.reader) {
                    (Taken::Next(Ask, next), Some(_)) => {
                        prop_assert_eq!(Some(next.serial), model.waiting.pop_front());
                        model.in_hand.insert(next.serial);
                        held.insert(next.serial, next);
                    }
                    (Taken::Nothing, Some(_)) => prop_assert!(model.waiting.is_empty()),
                    (Taken::Replaced, None) => {}
                    _ => prop_assert!(false, "taken without reading, or not taken while reading"),
                },
                Move::Answer(any) | Move::Lose(any) if !held.is_empty() => {
                    let serial = *any.get(&held.keys().copied().collect::<Vec<_>>());
                    let held = held.remove(&serial).unwrap();
                    model.in_hand.remove(&serial);
                    let mut asker = askers.remove(&serial).unwrap();
                    if matches!(step, Move::Answer(_)) {
                        held.answer(serial);
                        model.handled += 1;
                        prop_assert_eq!(asker.try_recv(), Ok(serial));
                    } else {
                        drop(held);
                        prop_assert_eq!(asker.try_recv(), Err(oneshot::error::TryRecvError::Closed));
                    }
                }
                Move::Leave(_) | Move::Answer(_) | Move::Lose(_) => {}
                Move::Plug => {
                    let before = term;
                    fence = Fence::new();
                    term = queue.plug(fence.clone());
                    model.reader = Some((term, true));
                    queue.shut(before);
                    queue.unplug(before);
                    prop_assert!(matches!(queue.take(before, Waker::noop()), Taken::Replaced));
                }
                Move::Shut => {
                    queue.shut(term);
                    model.reader = model.reader.map(|(term, _)| (term, false));
                }
                Move::Unplug => {
                    queue.unplug(term);
                    model.reader = None;
                }
                Move::Fence => {
                    fence.raise();
                    model.reader = None;
                }
            }
            let gauges = queue.gauges();
            prop_assert_eq!(gauges.depth(), model.waiting.len() + model.in_hand.len());
            prop_assert!(gauges.depth() <= bound);
            prop_assert_eq!(gauges.oldest().is_some(), gauges.depth() > 0);
            prop_assert_eq!((gauges.handled(), gauges.refused()), (model.handled, model.refused));
        }
    }
}

#[test]
fn a_message_that_comes_wakes_the_reader_who_found_nothing() {
    struct Woken(AtomicUsize);
    impl std::task::Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }
    let (clock, _hand) = Clock::stepped(lab::START);
    let queue = Arc::new(Queue::<Ask>::new(4, clock));
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    let waker = Waker::from(woken.clone());
    let term = queue.plug(Fence::new());
    assert!(matches!(queue.take(term, &waker), Taken::Nothing));
    queue.admit(Ask, None).map_err(|(why, _)| why).unwrap();
    assert_eq!(woken.0.load(Relaxed), 1);
    assert!(matches!(queue.take(term, &waker), Taken::Next(..)));
    assert!(matches!(queue.take(term, &waker), Taken::Nothing));
    queue.plug(Fence::new());
    assert_eq!(woken.0.load(Relaxed), 2, "the one who was replaced must notice");
}

#[test]
fn a_place_is_given_back_before_the_asker_learns_of_it() {
    struct Asker(Arc<Queue<Ask>>, AtomicUsize);
    impl std::task::Wake for Asker {
        fn wake(self: Arc<Self>) {
            self.1.store(self.0.gauges().depth(), Relaxed);
        }
    }
    let (clock, _hand) = Clock::stepped(lab::START);
    let queue = Arc::new(Queue::new(4, clock));
    let term = queue.plug(Fence::new());
    for answered in [true, false] {
        let (asker, mut answer) = oneshot::channel();
        queue.admit(Ask, Some(asker)).map_err(|(why, _)| why).unwrap();
        let Taken::Next(Ask, held) = queue.take(term, Waker::noop()) else { panic!("nothing to take") };
        let woken = Arc::new(Asker(queue.clone(), AtomicUsize::new(99)));
        let waker = Waker::from(woken.clone());
        assert!(std::pin::Pin::new(&mut answer).poll(&mut std::task::Context::from_waker(&waker)).is_pending());
        if answered {
            held.answer(1)
        } else {
            drop(held)
        }
        assert_eq!(woken.1.load(Relaxed), 0, "depth when the asker was woken");
    }
}

/// A message whose drop comes back to the queue must not find it locked.
struct Reentrant(Arc<Queue<Reentrant>>);

impl Message for Reentrant {
    type Result = ();
}

impl Drop for Reentrant {
    fn drop(&mut self) {
        self.0.withdraw(0);
    }
}

#[test]
fn nothing_is_dropped_under_the_lock() {
    let (clock, _hand) = Clock::stepped(lab::START);
    let queue = Arc::new(Queue::new(1, clock));
    let refused = queue.admit(Reentrant(queue.clone()), None);
    assert!(matches!(refused, Err((Unanswered::Vacant, _))));
    drop(refused);
    queue.plug(Fence::new());
    let serial = queue.admit(Reentrant(queue.clone()), None).map_err(|(why, _)| why).unwrap();
    queue.withdraw(serial);
    assert_eq!(queue.gauges().depth(), 0);
}
