//! Whatever happens to pieces of work, each is taken up in the end, and one instance has one piece in hand at a time.

use std::collections::HashSet;

use manilad_kit::lab::START;
use proptest::prelude::*;

use super::*;

const SERVER: Uuid = Uuid::from_u128(77);

fn ticket(subject: u128, actor: DriverActor, serial: u64) -> Ticket {
    Ticket { subject: Uuid::from_u128(subject), actor, serial }
}

fn second(second: u64) -> Duration {
    Duration::from_secs(second)
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Note(u128, DriverActor),
    Take(DriverActor),
    Done(usize),
    GoOn(usize),
    Rest(usize, u64),
    PutOff(usize),
    Wait(usize),
    Serve,
    Pass(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let actor = || prop::sample::select(vec![DriverActor::Share, DriverActor::Access]);
    let any = 0usize..8;
    prop_oneof![
        4 => (0u128..6, actor()).prop_map(|(subject, actor)| Act::Note(subject, actor)),
        6 => actor().prop_map(Act::Take),
        1 => any.clone().prop_map(Act::Done),
        1 => any.clone().prop_map(Act::GoOn),
        2 => (any.clone(), 1u64..20).prop_map(|(which, pause)| Act::Rest(which, pause)),
        1 => any.clone().prop_map(Act::PutOff),
        1 => any.prop_map(Act::Wait),
        1 => Just(Act::Serve),
        2 => (1u64..10).prop_map(Act::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_piece_is_taken_up_in_the_end_and_none_beside_another_of_its_instance(
        acts in prop::collection::vec(act(), 0..80),
    ) {
        let (mut backlog, mut now, mut serial) = (Backlog::default(), 0, 0);
        let mut held: Vec<Ticket> = Vec::new();
        let mut owed: HashMap<(Uuid, DriverActor), u64> = HashMap::new();
        for act in acts {
            let mut pick = |which: usize| match held.len() {
                0 => None,
                many => Some(held.remove(which % many)),
            };
            match act {
                Act::Note(subject, actor) => {
                    serial += 1;
                    let new = ticket(subject, actor, serial);
                    owed.insert(new.slot(), serial);
                    backlog.note(new, "create", START.into());
                }
                Act::Take(actor) => {
                    if let Some(taken) = backlog.take(actor, second(now)) {
                        prop_assert!(held.iter().all(|other| other.subject != taken.subject), "two in hand");
                        prop_assert_eq!(owed.get(&taken.slot()), Some(&taken.serial), "superseded");
                        held.push(taken);
                    }
                }
                Act::Done(which) => {
                    if let Some(done) = pick(which) {
                        if owed.get(&done.slot()) == Some(&done.serial) {
                            owed.remove(&done.slot());
                        }
                        backlog.let_go(done);
                    }
                }
                Act::GoOn(which) => pick(which).into_iter().for_each(|one| backlog.go_on(one)),
                Act::Rest(which, pause) => {
                    pick(which).into_iter().for_each(|one| backlog.rest(one, second(now), |_| second(pause)));
                }
                Act::PutOff(which) => pick(which).into_iter().for_each(|one| backlog.put_off(one, second(now + 1))),
                Act::Wait(which) => pick(which).into_iter().for_each(|one| backlog.wait(one, SERVER.into())),
                Act::Serve => backlog.serve(SERVER.into()),
                Act::Pass(seconds) => {
                    now += seconds;
                    backlog.rested(second(now));
                }
            }
            let in_hand: usize = DriverActor::ALL.into_iter().map(|actor| backlog.in_hand(actor)).sum();
            prop_assert_eq!(in_hand, held.len());
            prop_assert_eq!(backlog.len(), owed.len());
        }
        // All is let go, all rests end, the server stands: whatever is owed is taken up, each once.
        backlog.serve(SERVER.into());
        backlog.rested(second(now + 100));
        for one in held {
            if owed.get(&one.slot()) == Some(&one.serial) {
                owed.remove(&one.slot());
            }
            backlog.let_go(one);
        }
        let mut left: HashSet<_> = owed.into_iter().collect();
        loop {
            let taken = DriverActor::ALL.into_iter().find_map(|actor| backlog.take(actor, second(now)));
            let Some(taken) = taken else { break };
            prop_assert!(left.remove(&(taken.slot(), taken.serial)));
            backlog.let_go(taken);
        }
        prop_assert!(left.is_empty(), "{:?}", left);
        prop_assert_eq!((backlog.len(), backlog.next_rest()), (0, None));
    }
}

#[test]
fn time_that_a_piece_rests_is_spent_and_time_that_it_waits_is_not() {
    let (mut backlog, one) = (Backlog::default(), ticket(1, DriverActor::Share, 1));
    backlog.note(one, "create", START.into());
    assert_eq!(backlog.take(DriverActor::Share, second(10)), Some(one));
    assert_eq!(backlog.spend(one, second(13)), 3);
    backlog.rest(one, second(13), |tries| second(tries.into()));
    assert_eq!((backlog.next_rest(), backlog.troubled()), (Some(second(14)), 1));
    backlog.rested(second(20));
    assert_eq!(backlog.take(DriverActor::Share, second(20)), Some(one));
    assert_eq!(backlog.spend(one, second(21)), 8);
    backlog.wait(one, SERVER.into());
    backlog.serve(SERVER.into());
    assert_eq!(backlog.take(DriverActor::Share, second(90)), Some(one));
    assert_eq!(backlog.spend(one, second(90)), 1);
    assert!(backlog.is_news(one) && !backlog.is_news(one));
}
