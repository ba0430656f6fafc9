//! The stepped clock: when its sleepers wake, in which order, and what each stream draws.

use std::collections::BTreeSet;
use std::task::{Wake, Waker};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn start() -> Timestamp {
    Timestamp::from_second(1_800_000_000).unwrap()
}

#[tokio::test]
async fn a_stepped_sleeper_wakes_when_the_hand_passes_its_time() {
    let (clock, hand) = Clock::stepped(start());
    let sleeper = clock.clone();
    let task = tokio::spawn(async move {
        sleeper.sleep(Duration::from_secs(3600)).await;
        sleeper.now()
    });
    hand.until_sleeping(1).await;
    hand.step(Duration::from_secs(3599));
    assert!(!task.is_finished());
    hand.step(Duration::from_secs(1));
    assert_eq!(task.await.unwrap(), start() + Duration::from_secs(3600));
}

#[tokio::test]
async fn one_step_wakes_sleepers_in_the_order_of_their_times_and_then_of_their_beginning() {
    let (clock, hand) = Clock::stepped(start());
    let woken = Arc::new(Mutex::new(Vec::new()));
    let pauses = [5, 3, 9, 3, 1, 5, 3];
    let tasks: Vec<_> = (0..)
        .zip(pauses)
        .map(|(number, pause)| {
            let (clock, woken) = (clock.clone(), woken.clone());
            tokio::spawn(async move {
                clock.sleep(Duration::from_secs(pause)).await;
                woken.lock().unwrap().push((pause, number));
            })
        })
        .collect();
    hand.until_sleeping(pauses.len()).await;
    hand.step(Duration::from_secs(10));
    for task in tasks {
        task.await.unwrap();
    }
    let woken = woken.lock().unwrap().clone();
    assert_eq!(woken, [(1, 4), (3, 1), (3, 3), (3, 6), (5, 0), (5, 5), (9, 2)]);
    assert_eq!(hand.sleeping(), 0);
}

#[tokio::test]
async fn the_next_due_time_is_the_earliest_that_is_ahead() {
    let (clock, hand) = Clock::stepped(start());
    assert_eq!(hand.next_due(), None);
    let (first, second) = (Duration::from_secs(3), Duration::from_secs(5));
    let held = clock.0.sleep(first);
    let slept = clock.0.sleep(second);
    assert_eq!(hand.next_due(), Some(first));
    hand.step_to(first);
    assert_eq!((hand.next_due(), hand.running()), (Some(second), first));
    hand.step_to(Duration::ZERO);
    assert_eq!(hand.running(), first, "the clock never goes back");
    held.await;
    drop(slept);
    assert_eq!((hand.next_due(), hand.sleeping()), (None, 0));
}

#[test]
fn a_pause_without_end_is_no_overflow() {
    let (clock, hand) = Clock::stepped(start());
    hand.step(Duration::from_secs(1));
    let _for_ever = clock.0.sleep(Duration::MAX);
    assert_eq!(hand.next_due(), Some(Duration::MAX));
}

#[test]
fn a_fork_tells_the_same_time_and_draws_the_same_whatever_others_draw() {
    let draws = |clock: &Clock| (0..5).map(|_| clock.id()).collect::<Vec<_>>();
    let (clock, hand) = Clock::seeded(start(), 7);
    let quiet = draws(&hand.fork("disk"));
    let (other, others_hand) = Clock::seeded(start(), 7);
    draws(&other);
    draws(&others_hand.fork("array"));
    assert_eq!(draws(&others_hand.fork("disk")), quiet);
    let streams = [draws(&clock), draws(&hand.fork("array")), quiet, draws(&Clock::seeded(start(), 8).1.fork("disk"))];
    assert_eq!(streams.iter().collect::<BTreeSet<_>>().len(), streams.len(), "each stream is its own");
    let fork = hand.fork("disk");
    hand.step(Duration::from_secs(60));
    assert_eq!((fork.now(), fork.running()), (clock.now(), clock.running()));
}

/// What happens to a crowd of sleepers.
#[derive(Debug, Clone)]
enum Event {
    Sleep(u64),
    /// Drops one of those who sleep.
    Drop(prop::sample::Index),
    Step(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        4 => (0..6u64).prop_map(Event::Sleep),
        1 => any::<prop::sample::Index>().prop_map(Event::Drop),
        2 => (0..4u64).prop_map(Event::Step),
    ]
}

struct Bell {
    number: usize,
    rung: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.rung.lock().unwrap().push(self.number);
    }
}

/// Plays the events. Returns who was woken, in order; checks that each was due, and was woken once.
fn play(clock: &Clock, hand: &Hand, events: &[Event]) -> Vec<usize> {
    let rung = Arc::new(Mutex::new(Vec::new()));
    let mut asleep: Vec<(usize, Duration, Sleep)> = Vec::new();
    let mut woken = Vec::new();
    for (number, event) in events.iter().enumerate() {
        match event {
            Event::Sleep(pause) => {
                let pause = Duration::from_secs(*pause);
                let waker = Waker::from(Arc::new(Bell { number, rung: rung.clone() }));
                let mut sleep = clock.0.sleep(pause);
                let done = sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
                assert_eq!(done, pause.is_zero());
                if !done {
                    asleep.push((number, hand.running() + pause, sleep));
                }
            }
            Event::Drop(which) if !asleep.is_empty() => drop(asleep.swap_remove(which.index(asleep.len()))),
            Event::Drop(_) => {}
            Event::Step(by) => hand.step(Duration::from_secs(*by)),
        }
        let now = hand.running();
        let rung = std::mem::take(&mut *rung.lock().unwrap());
        let due: Vec<_> = rung.iter().map(|number| asleep.iter().find(|one| one.0 == *number).unwrap().1).collect();
        assert!(due.is_sorted(), "woken by their times");
        let mut due_now: Vec<_> = asleep.iter().filter(|one| one.1 <= now).map(|one| one.0).collect();
        let mut sorted = rung.clone();
        sorted.sort_unstable();
        due_now.sort_unstable();
        assert_eq!(sorted, due_now, "all that are due, each once, and nobody else");
        asleep.retain(|one| one.1 > now);
        assert_eq!(hand.sleeping(), asleep.len(), "who was dropped is forgotten");
        assert_eq!(hand.next_due(), asleep.iter().map(|one| one.1).min());
        woken.extend(rung);
    }
    woken
}

proptest! {
    #[test]
    fn who_sleeps_is_woken_once_never_early_and_in_the_order_of_the_seed(
        seed: u64,
        events in vec(event(), 0..80),
    ) {
        let (clock, hand) = Clock::seeded(start(), seed);
        let (again, agains_hand) = Clock::seeded(start(), seed);
        prop_assert_eq!(play(&clock, &hand, &events), play(&again, &agains_hand, &events));
        let (fixed, fixed_hand) = Clock::stepped(start());
        play(&fixed, &fixed_hand, &events);
    }
}

#[test]
fn another_seed_wakes_those_of_one_time_in_another_order() {
    let events: Vec<_> = (0..20).map(|_| Event::Sleep(1)).chain([Event::Step(1)]).collect();
    let order = |seed| {
        let (clock, hand) = Clock::seeded(start(), seed);
        play(&clock, &hand, &events)
    };
    assert_ne!(order(1), order(2));
    let (clock, hand) = Clock::stepped(start());
    assert!(play(&clock, &hand, &events).is_sorted(), "without a seed, in the order of their beginning");
}
