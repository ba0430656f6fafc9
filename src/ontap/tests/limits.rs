use std::time::Duration;

use manilad_clock::{Clock, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::script::{Lab, Play};
use crate::{CallOutcome, Class, Endpoint, LimiterRefusal, Limiters, Limits, Options, Permit, volume};

const KIND: Endpoint = Endpoint::VolumeCreate;
const LONG: Duration = Duration::from_secs(3600);

fn limiters(limits: Limits) -> (Limiters, manilad_clock::Hand, Clock) {
    let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    (Limiters::new(clock.clone(), limits), hand, clock)
}

async fn take(limiters: &Limiters, many: usize) -> Vec<Permit> {
    let limiter = limiters.of("a", "s");
    let mut permits = Vec::new();
    for _ in 0..many {
        permits.push(limiter.acquire(LONG).await.unwrap());
    }
    permits
}

#[tokio::test]
async fn clients_of_one_svm_share_a_limiter_and_others_do_not() {
    let (limiters, ..) = limiters(Limits::default());
    let (one, same, other) = (limiters.of("a", "s"), limiters.of("a", "s"), limiters.of("a", "t"));
    let _permit = one.acquire(LONG).await.unwrap();
    assert_eq!((same.in_flight(), other.in_flight(), one.limit()), (1, 0, 20));
}

#[tokio::test]
async fn one_burst_of_refusals_halves_once() {
    let (limiters, ..) = limiters(Limits::default());
    let limiter = limiters.of("a", "s");
    for permit in take(&limiters, 20).await {
        permit.done(KIND, CallOutcome::TurnedAway);
    }
    assert_eq!(limiter.limit(), 10);
    for permit in take(&limiters, 10).await {
        permit.done(KIND, CallOutcome::TurnedAway);
    }
    assert_eq!(limiter.limit(), 5);
}

#[tokio::test]
async fn one_burst_of_calls_without_an_answer_halves_once_too() {
    let (limiters, ..) = limiters(Limits::default());
    let limiter = limiters.of("a", "s");
    for permit in take(&limiters, 20).await {
        permit.done(KIND, CallOutcome::TimedOut);
    }
    assert_eq!(limiter.limit(), 10);
}

#[tokio::test]
async fn a_call_that_runs_into_its_deadline_halves_the_limit() {
    let lab = Lab::new();
    lab.script.add("PATCH /api/storage/volumes/", Play::Silent);
    let uuid = "3f0b4e4e-0000-4000-8000-000000000001".parse().unwrap();
    let error = lab.run(volume::offline(&lab.client, uuid)).await.unwrap_err();
    assert_eq!((error.class(), lab.client.limiter().limit()), (Class::Unknown, 10));
}

#[tokio::test]
async fn a_call_that_waited_for_its_place_still_has_its_whole_time() {
    let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    let limiters = Limiters::new(clock.clone(), Limits { start: 1, ..Limits::default() });
    let lab = Lab::with(|options| Options { limiters, clock: clock.clone(), ..options });
    let when = "GET /api/storage/volumes?";
    lab.script.json(when, 200, json!({"records": []}));
    let held = lab.client.limiter().acquire(LONG).await.unwrap();
    let client = lab.client.clone();
    let asking = tokio::spawn(async move { volume::find(&client, "svm1", "a").await });
    hand.until_sleeping(1).await;
    hand.step(Duration::from_secs(25));
    held.done(KIND, CallOutcome::Nothing);
    assert!(asking.await.unwrap().unwrap().is_none());
    assert_eq!(lab.script.asked()[0].deadline, Duration::from_secs(25 + 30), "one exchange, from the place on");
}

#[tokio::test]
async fn waiting_for_a_place_has_a_bound_of_its_own() {
    let (clock, hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    let limiters = Limiters::new(clock.clone(), Limits { start: 1, ..Limits::default() });
    let lab = Lab::with(|options| Options { limiters, clock: clock.clone(), ..options });
    let _held = lab.client.limiter().acquire(LONG).await.unwrap();
    let client = lab.client.clone();
    let asking = tokio::spawn(async move { volume::find(&client, "svm1", "a").await });
    hand.until_sleeping(1).await;
    hand.step(Duration::from_secs(30));
    let error = asking.await.unwrap().unwrap_err();
    assert_eq!((error.class(), lab.script.asked().len()), (Class::Busy, 0));
}

#[tokio::test]
async fn the_limit_grows_by_one_a_round_and_only_when_it_holds_calls_back() {
    let (limiters, ..) = limiters(Limits::default());
    let limiter = limiters.of("a", "s");
    for _ in 0..100 {
        take(&limiters, 1).await.remove(0).done(KIND, CallOutcome::Answered(Duration::from_secs(1)));
    }
    assert_eq!(limiter.limit(), 20, "one call at a time proves nothing");
    for _ in 0..21 {
        let mut permits = take(&limiters, limiter.limit()).await;
        permits.remove(0).done(KIND, CallOutcome::Answered(Duration::from_secs(1)));
    }
    assert_eq!(limiter.limit(), 21);
}

#[tokio::test]
async fn rising_latency_of_a_kind_stops_the_growth_and_no_more() {
    let (limiters, ..) = limiters(Limits::default());
    let limiter = limiters.of("a", "s");
    let round = async |took| {
        let mut permits = take(&limiters, limiter.limit()).await;
        permits.remove(0).done(KIND, CallOutcome::Answered(took));
    };
    round(Duration::from_secs(1)).await;
    for _ in 0..20 {
        round(Duration::from_secs(4)).await;
    }
    assert_eq!(limiter.limit(), 20);
    for _ in 0..200 {
        round(Duration::from_secs(1)).await;
    }
    assert!(limiter.limit() > 20, "it grows again when latency is as usual");
}

#[tokio::test]
async fn who_waits_is_served_in_order() {
    let (limiters, ..) = limiters(Limits { start: 1, ..Limits::default() });
    let limiter = limiters.of("a", "s");
    let first = limiter.acquire(LONG).await.unwrap();
    let (sender, mut order) = tokio::sync::mpsc::unbounded_channel();
    for number in 0..5 {
        let (limiter, sender) = (limiter.clone(), sender.clone());
        tokio::spawn(async move {
            let permit = limiter.acquire(LONG).await.unwrap();
            sender.send(number).unwrap();
            permit.done(KIND, CallOutcome::Nothing);
        });
        tokio::task::yield_now().await;
    }
    assert_eq!(limiter.waiting(), 5);
    drop(first);
    for number in 0..5 {
        assert_eq!(order.recv().await, Some(number));
    }
    assert_eq!((limiter.in_flight(), limiter.waiting()), (0, 0));
}

#[tokio::test]
async fn a_full_queue_refuses() {
    let (limiters, ..) = limiters(Limits { start: 1, queue: 2, ..Limits::default() });
    let limiter = limiters.of("a", "s");
    let _permit = limiter.acquire(LONG).await.unwrap();
    let waiting: Vec<_> = (0..2)
        .map(|_| {
            let limiter = limiter.clone();
            tokio::spawn(async move { limiter.acquire(LONG).await.map(|_| ()) })
        })
        .collect();
    tokio::task::yield_now().await;
    assert_eq!(limiter.acquire(LONG).await.err(), Some(LimiterRefusal::Full(2)));
    waiting[0].abort();
    tokio::task::yield_now().await;
    let limiter_again = limiter.clone();
    let again = tokio::spawn(async move { limiter_again.acquire(LONG).await.map(|_| ()) });
    tokio::task::yield_now().await;
    assert!(!again.is_finished(), "who left the queue made room");
}

#[tokio::test]
async fn waiting_ends_with_the_patience() {
    let (limiters, hand, clock) = limiters(Limits { start: 1, ..Limits::default() });
    let limiter = limiters.of("a", "s");
    let permit = limiter.acquire(LONG).await.unwrap();
    let waiter = limiter.clone();
    let waiting = tokio::spawn(async move { waiter.acquire(Duration::from_secs(5)).await.err() });
    hand.until_sleeping(1).await;
    hand.step(Duration::from_secs(5));
    assert_eq!(waiting.await.unwrap(), Some(LimiterRefusal::Late));
    drop(permit);
    assert_eq!((limiter.in_flight(), clock.running()), (0, Duration::from_secs(5)));
    limiter.acquire(LONG).await.unwrap();
}

#[tokio::test]
async fn a_client_halves_on_refusals_and_reports_a_full_queue_as_busy() {
    let (clock, _hand) = Clock::stepped(Timestamp::from_second(1_800_000_000).unwrap());
    let limiters = Limiters::new(clock, Limits { start: 4, queue: 0, ..Limits::default() });
    let lab = Lab::with(|options| Options { limiters, ..options });
    let when = "GET /api/storage/volumes?";
    lab.script.add(when, Play::Refused).json(when, 200, json!({"records": []}));
    assert!(lab.run(volume::find(&lab.client, "svm1", "a")).await.unwrap().is_none());
    assert_eq!(lab.client.limiter().limit(), 2);
    let _held = [lab.client.limiter().acquire(LONG).await.unwrap(), lab.client.limiter().acquire(LONG).await.unwrap()];
    let error = lab.run(volume::find(&lab.client, "svm1", "a")).await.unwrap_err();
    assert_eq!((error.class(), lab.script.asked().len()), (Class::Busy, 2), "refused here, not sent");
}

/// What may happen to a limiter.
#[derive(Debug, Clone, Copy)]
enum Event {
    Ask,
    GiveUp(usize),
    End(usize, CallOutcome),
}

fn event() -> impl Strategy<Value = Event> {
    let outcome = prop_oneof![
        4 => (1u64..5000).prop_map(|ms| CallOutcome::Answered(Duration::from_millis(ms))),
        1 => Just(CallOutcome::TurnedAway),
        1 => Just(CallOutcome::TimedOut),
        1 => Just(CallOutcome::Nothing),
    ];
    prop_oneof![
        3 => Just(Event::Ask),
        1 => (0usize..50).prop_map(Event::GiveUp),
        3 => ((0usize..50), outcome).prop_map(|(which, outcome)| Event::End(which, outcome)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens: the limit stays in its bounds, places are neither lost nor doubled, the queue is bounded, and nobody waits
    /// while there is room.
    #[test]
    fn places_are_neither_lost_nor_doubled(events in prop::collection::vec(event(), 1..200)) {
        let limits = Limits { start: 4, least: 2, most: 6, queue: 5 };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (limiters, ..) = limiters(limits);
            let limiter = limiters.of("a", "s");
            let mut asking: Vec<tokio::task::JoinHandle<Result<Permit, LimiterRefusal>>> = Vec::new();
            let mut held: Vec<Permit> = Vec::new();
            for event in events {
                match event {
                    Event::Ask => {
                        let limiter = limiter.clone();
                        asking.push(tokio::spawn(async move { limiter.acquire(LONG).await }));
                    }
                    Event::GiveUp(which) if !asking.is_empty() => asking.swap_remove(which % asking.len()).abort(),
                    Event::End(which, outcome) if !held.is_empty() => held.swap_remove(which % held.len()).done(KIND, outcome),
                    Event::GiveUp(_) | Event::End(..) => {}
                }
                for _ in 0..4 {
                    tokio::task::yield_now().await;
                }
                let (done, still): (Vec<_>, Vec<_>) = asking.into_iter().partition(|task| task.is_finished());
                asking = still;
                for task in done {
                    if let Ok(Ok(permit)) = task.await {
                        held.push(permit);
                    }
                }
                assert_eq!(limiter.in_flight(), held.len());
                assert_eq!(limiter.waiting(), asking.len());
                assert!((limits.least..=limits.most).contains(&limiter.limit()));
                assert!(limiter.waiting() <= limits.queue);
                assert!(limiter.waiting() == 0 || limiter.in_flight() >= limiter.limit());
            }
        });
    }
}
