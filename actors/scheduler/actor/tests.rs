mod candidates;
mod disabled_backends;
mod explanation;
mod growth;
mod hints;
mod networks;
mod rig;

use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;

use manilad_decisions::placement::{End as Put, Settlement};
use manilad_domain::intent::Verb;
use manilad_domain::message::{Action, Detail, UserMessage};
use manilad_domain::pool::{Capacity, Ceiling, Pool};
use manilad_domain::service::{Binary, Service};
use manilad_domain::status::Status;
use manilad_domain::{Instance, InstanceId, Intent, Share, ShareType, Stamp};
use manilad_kit::{End, Unanswered, lab};
use manilad_messages::scheduler::ShowPools;
use rig::{DOWN_TIME, LOOK_EVERY, Rig, stamp};

use super::*;
use crate::samples::{pool, report, with};

fn nothing(_: &mut Share) {}

fn is_placed(rig: &Rig, instance: InstanceId) -> bool {
    rig.intent(instance).is_some_and(|intent| intent.verb == Verb::Create)
}

#[test]
fn a_share_goes_to_the_best_pool_and_its_back_end_learns_of_it() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let roomy = Pool { free: Capacity::Gib(90.0), ..pool("node@beta#b") };
        rig.report(report("node@beta", "az2", vec![roomy])).await;
        let [(share, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        rig.look().await;
        let intent = rig.intent(instance).unwrap();
        assert_eq!((intent.verb, intent.attempt, intent.serial), (Verb::Create, 1, 2), "new to its back end");
        assert_eq!(intent.service.as_deref(), Some("node@beta"));
        assert_eq!(intent.candidates, ["node@alpha#a".parse().unwrap()]);
        let share = rig.share(share);
        let placed = share.instance(instance).unwrap();
        assert_eq!(placed.pool, Some("node@beta#b".parse().unwrap()));
        assert_eq!(placed.availability_zone.as_deref(), Some("az2"));
        assert_eq!((placed.status, placed.updated_at), (Status::Creating, Some(stamp(0))));
        assert_eq!((rig.nudges("node@beta").await, rig.nudges("node@alpha").await), (1, 0));
        assert_eq!(rig.free().await, [50.0, 80.0]);
    });
}

#[test]
fn nothing_is_placed_before_every_back_end_has_reported() {
    lab::run(async |lab| {
        let rig = Rig::new(lab);
        let [(_, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        let _life = rig.raise();
        rig.lab.settle().await;
        rig.report(report("node@alpha", "nova", vec![pool("node@alpha#a")])).await;
        rig.look().await;
        assert_eq!(rig.intent(instance).unwrap().verb, Verb::Place);
        rig.report(report("node@beta", "az2", vec![pool("node@beta#b")])).await;
        assert!(is_placed(&rig, instance), "the last report is a reason to look");
    });
}

#[test]
fn a_back_end_that_is_down_is_not_waited_for() {
    lab::run(async |lab| {
        let rig = Rig::new(lab);
        let [(_, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        let _life = rig.raise();
        rig.lab.settle().await;
        rig.report(report("node@alpha", "nova", vec![pool("node@alpha#a")])).await;
        rig.no_report("node@beta", true).await;
        assert!(is_placed(&rig, instance));
    });
}

#[test]
fn a_share_that_fits_nowhere_else_waits_for_the_back_end_whose_first_report_failed() {
    lab::run(async |lab| {
        let rig = Rig::new(lab);
        let [(_, small)] = rig.owe(1, nothing).await[..] else { panic!() };
        let [(_, large)] = rig.owe(1, |share| share.size = 60).await[..] else { panic!() };
        let _life = rig.raise();
        rig.lab.settle().await;
        rig.report(report("node@alpha", "nova", vec![pool("node@alpha#a")])).await;
        rig.no_report("node@beta", false).await;
        assert!(is_placed(&rig, small));
        assert_eq!(rig.intent(large).unwrap().verb, Verb::Place);
        let roomy = Pool { free: Capacity::Gib(90.0), ..pool("node@beta#b") };
        rig.report(report("node@beta", "az2", vec![roomy])).await;
        assert!(is_placed(&rig, large));
    });
}

#[test]
fn a_share_waits_no_longer_once_the_back_end_whose_first_report_failed_is_down_or_its_time_is_up() {
    for is_told in [true, false] {
        lab::run(async move |lab| {
            let rig = Rig::new(lab);
            let [(share, instance)] = rig.owe(1, |share| share.size = 60).await[..] else { panic!() };
            let _life = rig.raise();
            rig.lab.settle().await;
            rig.report(report("node@alpha", "nova", vec![pool("node@alpha#a")])).await;
            rig.no_report("node@beta", false).await;
            rig.lab.step(DOWN_TIME - LOOK_EVERY).await;
            rig.look().await;
            assert_eq!(rig.intent(instance).unwrap().verb, Verb::Place);
            match is_told {
                true => rig.no_report("node@beta", true).await,
                false => rig.lab.step(LOOK_EVERY).await,
            }
            rig.written().await;
            assert_eq!(rig.share(share).status(), Status::Error);
        });
    }
}

#[test]
fn a_report_that_fails_leaves_the_pools_to_place_on_until_the_back_end_is_down() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        rig.no_report("node@alpha", true).await;
        rig.no_report("node@beta", false).await;
        let [(share, _)] = rig.owe(1, nothing).await[..] else { panic!() };
        rig.look().await;
        assert_eq!(rig.pool(share).as_deref(), Some("node@beta#b"));
        rig.no_report("node@beta", true).await;
        let [(share, _)] = rig.owe(1, nothing).await[..] else { panic!() };
        rig.look().await;
        assert_eq!(rig.share(share).status(), Status::Error);
    });
}

#[test]
fn waiting_for_a_first_report_has_an_end() {
    lab::run(async |lab| {
        let rig = Rig::new(lab);
        let [(share, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        let _life = rig.raise();
        rig.lab.step(DOWN_TIME - LOOK_EVERY).await;
        rig.look().await;
        assert_eq!(rig.intent(instance).unwrap().verb, Verb::Place);
        rig.lab.step(LOOK_EVERY).await;
        rig.written().await;
        assert_eq!(rig.intent(instance), None, "the timer is a reason to look");
        assert_eq!(rig.share(share).status(), Status::Error);
        let [message] = &rig.all::<UserMessage>()[..] else { panic!() };
        assert_eq!((message.action, message.detail), (Action::Create, Detail::BackendNotReady));
    });
}

#[test]
fn who_asked_for_a_share_that_fits_nowhere_is_told_which_filter_refused() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(share, instance)] = rig.owe(1, |share| share.size = 60).await[..] else { panic!() };
        rig.look().await;
        assert_eq!(rig.intent(instance), None);
        assert_eq!((rig.share(share).status(), rig.share(share).instances.len()), (Status::Error, 1));
        let [message] = &rig.all::<UserMessage>()[..] else { panic!() };
        assert_eq!((message.action, message.detail), (Action::AllocateHost, Detail::FilterCapacity));
        assert_eq!((message.project_id.as_str(), message.request_id.as_str()), ("asker", "req-1"));
        assert_eq!((&message.resource_id, message.expires_at), (&share.to_string(), stamp(3600)));
        assert_eq!((rig.nudges("node@alpha").await, rig.free().await), (0, vec![50.0, 50.0]));
    });
}

#[test]
fn the_zone_that_was_asked_for_is_kept_to() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let in_zone = |share: &mut Share| share.instances[0].availability_zone = Some("az2".to_owned());
        let ids = rig.owe(3, in_zone).await;
        rig.look().await;
        assert!(ids.iter().all(|(_, id)| rig.intent(*id).unwrap().service.as_deref() == Some("node@beta")));
    });
}

#[test]
fn a_share_without_a_type_comes_to_nothing() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(share, _)] = rig.owe(1, |share| share.type_id = None).await[..] else { panic!() };
        rig.look().await;
        assert_eq!(rig.share(share).status(), Status::Error);
        let [message] = &rig.all::<UserMessage>()[..] else { panic!() };
        assert_eq!((message.action, message.detail), (Action::Create, Detail::NoDefaultShareType));
    });
}

#[test]
fn an_intent_whose_share_is_gone_is_closed() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(share, _)] = rig.owe(1, nothing).await[..] else { panic!() };
        let [(_, left)] = rig.owe(1, |share| share.instances.clear()).await[..] else { panic!() };
        let gone = rig.share(share);
        rig.commit(move |draft| draft.remove(&gone)).await;
        rig.look().await;
        assert_eq!((rig.all::<Intent>(), rig.intent(left)), (vec![], None));
        assert_eq!(rig.all::<UserMessage>(), []);
    });
}

#[test]
fn an_intent_that_was_superseded_meanwhile_is_left_alone() {
    lab::run(async |lab| {
        let rig = Rig::new(lab);
        let [(share, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        let looked_at = rig.intent(instance).unwrap();
        let newer = Intent { serial: looked_at.serial + 1, ..looked_at.clone() };
        let further = Intent { verb: Verb::Delete, ..looked_at.clone() };
        let before = rig.share(share);
        for meanwhile in [Some(newer), Some(further), None] {
            let (change, old) = (meanwhile.clone(), looked_at.clone());
            rig.commit(move |draft| match change {
                Some(change) => draft.put(&change),
                None => draft.remove(&old),
            })
            .await;
            let (pool, zone) = ("node@alpha#a".parse().unwrap(), "nova".to_owned());
            let end = Put::On { pool, zone, candidates: vec![], ceiling: Ceiling(None) };
            let settlement = Settlement { intent: looked_at.clone(), end, now: stamp(9) };
            let drafted = rig.context.store.commit("test", move |draft| settlement.decide(draft)).await;
            assert_eq!(drafted, Ok(false));
            assert_eq!((rig.intent(instance), rig.share(share)), (meanwhile, before.clone()));
        }
    });
}

#[test]
fn shares_that_wait_together_are_placed_in_few_commits_and_spread() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        for (service, name) in [("node@alpha", "node@alpha#a"), ("node@beta", "node@beta#b")] {
            let size = Capacity::Gib(5000.0);
            rig.report(report(service, "nova", vec![Pool { total: size, free: size, ..pool(name) }])).await;
        }
        let ids = rig.owe(150, nothing).await;
        rig.look().await;
        let on = |service: &str| {
            let placed = ids.iter().filter_map(|(_, instance)| rig.intent(*instance)?.service);
            placed.filter(|found| found == service).count()
        };
        assert_eq!((on("node@alpha"), on("node@beta")), (75, 75));
        assert_eq!(rig.free().await, [4250.0, 4250.0]);
        assert_eq!(rig.nudges("node@alpha").await, 3, "once for each commit of 64");
    });
}

#[test]
fn disabled_and_silent_back_ends_get_nothing() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let service = Service {
            number: 1,
            binary: Binary::Share,
            host: "node@alpha".to_owned(),
            availability_zone: "nova".to_owned(),
            disabled: true,
            disabled_reason: None,
            ensured_as: String::new(),
            ensured_for: None,
            created_at: stamp(0),
        };
        let enabled = Service { disabled: false, ..service.clone() };
        rig.commit(move |draft| draft.put(&service)).await;
        rig.context.presence.beat("node@beta");
        rig.lab.hand.step(DOWN_TIME + Duration::from_secs(1));
        let shares = rig.owe(1, nothing).await;
        rig.look().await;
        rig.written().await; // the timer may have looked before
        assert_eq!(rig.share(shares[0].0).status(), Status::Error, "one is disabled, the other silent");
        rig.commit(move |draft| draft.put(&enabled)).await;
        let [(_, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        rig.look().await;
        rig.written().await;
        assert_eq!(rig.intent(instance).unwrap().service.as_deref(), Some("node@alpha"));
        rig.context.presence.beat("node@beta");
        assert_eq!(rig.free().await, [40.0, 50.0]);
        assert!(rig.context.presence.is_up("node", DOWN_TIME), "the scheduler lives");
    });
}

#[test]
fn a_store_that_refuses_costs_time_and_no_room() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(_, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        rig.lab.hand.step(Duration::from_secs(2));
        rig.mishaps.full.store(true, SeqCst);
        for _ in 0..20 {
            rig.look().await;
        }
        assert_eq!((rig.intent(instance).unwrap().verb, rig.free().await), (Verb::Place, vec![50.0, 50.0]));
        rig.mishaps.full.store(false, SeqCst);
        rig.lab.hand.step(Duration::from_secs(2));
        rig.look().await;
        assert!(is_placed(&rig, instance));
        assert_eq!(rig.free().await, [40.0, 50.0]);
    });
}

#[test]
fn a_store_that_hangs_is_waited_for_only_so_long() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(_, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        let (release, blocks) = mpsc::channel();
        *rig.mishaps.blocks.lock().unwrap() = Some(blocks);
        let asked = actix_rt::spawn(rig.ports.look.ask(Look));
        rig.lab.settle().await;
        assert_eq!(rig.free().await, [40.0, 50.0], "questions are answered meanwhile");
        rig.lab.step(PATIENCE).await;
        assert!(asked.is_finished());
        assert_eq!(rig.free().await, [40.0, 50.0], "the timer has looked again; room is held once");
        drop(release);
        rig.written().await;
        assert!(is_placed(&rig, instance), "the late commit has landed");
        assert_eq!(rig.all::<Intent>().len(), 1);
        rig.lab.settle().await;
        assert_eq!(rig.free().await, [40.0, 50.0], "its room stays held though the next look came too late");
    });
}

#[test]
fn looks_beyond_the_bound_are_refused_and_counted() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        rig.owe(1, nothing).await;
        let refused = (0..200).filter(|_| rig.ports.look.nudge(Look) == Err(Unanswered::Full)).count();
        assert_eq!(refused, 200 - rig.ports.look.bound());
        assert_eq!(rig.lab.vitals.vitals("scheduler").look().refused, refused as u64);
        rig.lab.settle().await;
        rig.written().await;
        assert!(rig.all::<Intent>().iter().all(|intent| intent.verb == Verb::Create));
    });
}

#[test]
fn after_a_panic_the_next_incarnation_finds_what_is_owed() {
    lab::run(async |lab| {
        let (rig, life) = Rig::ready(lab).await;
        let [(_, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        rig.mishaps.panics.store(true, SeqCst);
        assert_eq!(rig.ports.look.ask(Look).await, Err(Unanswered::Lost));
        assert_eq!(life.await, End::Panicked("the engine is cursed".to_owned()));
        let _next = rig.raise();
        rig.lab.settle().await;
        assert_eq!(rig.asked.load(SeqCst), 2, "each incarnation asks for reports");
        assert_eq!(rig.intent(instance).unwrap().verb, Verb::Place, "it waits for reports");
        rig.report_both().await;
        assert!(is_placed(&rig, instance));
    });
}

#[test]
fn an_orderly_stop_finishes_the_commit_in_hand() {
    lab::run(async |lab| {
        let (rig, life) = Rig::ready(lab).await;
        let [(_, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        let (release, blocks) = mpsc::channel();
        *rig.mishaps.blocks.lock().unwrap() = Some(blocks);
        let asked = actix_rt::spawn(rig.ports.look.ask(Look));
        rig.lab.settle().await;
        let stopped = actix_rt::spawn(life.stop(PATIENCE));
        rig.lab.settle().await;
        assert!(!stopped.is_finished());
        drop(release);
        assert_eq!(stopped.await.unwrap(), End::Stopped);
        assert_eq!(asked.await.unwrap(), Ok(()));
        assert!(is_placed(&rig, instance));
        assert_eq!(rig.nudges("node@alpha").await, 1);
    });
}

#[test]
fn the_pools_shown_are_those_that_the_extra_specs_ask_for() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        rig.report(report("node@beta", "az2", vec![with(pool("node@beta#b"), "qos", true)])).await;
        let ask = |spec: Option<(&str, &str)>| {
            let of = spec.map(|(key, value)| BTreeMap::from([(key.to_owned(), value.to_owned())]));
            rig.ports.show_pools.ask(ShowPools { of })
        };
        let names = |shown: Vec<Pool>| shown.into_iter().map(|pool| pool.name.to_string()).collect::<Vec<_>>();
        assert_eq!(names(ask(None).await.unwrap()), ["node@alpha#a", "node@beta#b"]);
        assert_eq!(names(ask(Some(("qos", "True"))).await.unwrap()), ["node@beta#b"]);
        assert_eq!(names(ask(Some(("colour", "red"))).await.unwrap()), [""; 0]);
        let shown = ask(Some(("qos", "True"))).await.unwrap();
        assert_eq!(shown[0].capabilities["timestamp"], Stamp(lab::START).text());
    });
}

#[test]
fn promises_that_a_driver_does_not_tell_are_counted_in_the_store() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let here = |share: &mut Share| {
            share.instances[0].pool = Some("node@alpha#a".parse().unwrap());
            let other = InstanceId(Clock::system().id());
            let elsewhere = Instance::creating(other, None, stamp(0));
            share.instances.push(Instance { pool: Some("node@beta#b".parse().unwrap()), ..elsewhere });
        };
        rig.owe(3, here).await;
        let untold = Pool { thin: true, provisioned: None, ..pool("node@alpha#a") };
        rig.commit(|draft| {
            let all = draft.scan::<Intent>(manilad_store::Range::all(manilad_domain::intent::BY_SERVICE))?;
            all.iter().try_for_each(|intent| draft.remove(intent))
        })
        .await;
        rig.report(report("node@alpha", "nova", vec![untold])).await;
        let shown = rig.ports.show_pools.ask(ShowPools { of: None }).await.unwrap();
        assert_eq!(shown[0].provisioned, Some(30.0));
    });
}

#[test]
fn a_report_gives_no_room_back_that_is_owed_to_a_share_the_array_has_not_made_yet() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let roomy = || Pool { free: Capacity::Gib(100.0), ..pool("node@alpha#a") };
        rig.report(report("node@alpha", "nova", vec![roomy()])).await;
        let large = |share: &mut Share| share.size = 70;
        let [(first, being_made)] = rig.owe(1, large).await[..] else { panic!() };
        rig.look().await;
        assert_eq!(rig.pool(first).as_deref(), Some("node@alpha#a"));
        rig.report(report("node@alpha", "nova", vec![roomy()])).await;
        assert_eq!(rig.free().await, [30.0, 50.0]);
        let [(second, _)] = rig.owe(1, large).await[..] else { panic!() };
        rig.look().await;
        assert_eq!(rig.share(second).status(), Status::Error);
        let made = rig.intent(being_made).unwrap();
        rig.commit(move |draft| draft.remove(&made)).await;
        rig.report(report("node@alpha", "nova", vec![roomy()])).await;
        assert_eq!(rig.free().await, [100.0, 50.0], "what is made is in the array's own figure");
    });
}

#[test]
fn a_report_keeps_room_for_thick_shares_that_are_not_made_and_none_for_thin_ones() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let mixed = || Pool { thin: true, ..pool("node@alpha#a") };
        rig.report(report("node@alpha", "nova", vec![mixed()])).await;
        rig.owe(1, nothing).await;
        rig.look().await;
        rig.report(report("node@alpha", "nova", vec![mixed()])).await;
        assert_eq!(rig.free().await, [50.0, 50.0], "its type does not ask for a thick one");
        let mut kind = rig.all::<ShareType>().remove(0);
        kind.extra_specs.insert("thin_provisioning".to_owned(), "False".to_owned());
        rig.commit(move |draft| draft.put(&kind)).await;
        rig.report(report("node@alpha", "nova", vec![mixed()])).await;
        assert_eq!(rig.free().await, [40.0, 50.0]);
    });
}

#[test]
fn a_report_gives_no_room_back_that_is_held_for_a_placement_which_is_being_committed() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        rig.owe(1, nothing).await;
        let (release, blocks) = mpsc::channel();
        *rig.mishaps.blocks.lock().unwrap() = Some(blocks);
        let asked = actix_rt::spawn(rig.ports.look.ask(Look));
        rig.lab.settle().await;
        rig.report_both().await;
        assert_eq!(rig.free().await, [40.0, 50.0], "neither the array nor the store knows of it yet");
        rig.lab.step(PATIENCE).await;
        assert_eq!(rig.free().await, [40.0, 50.0], "given back, and held anew by the look that followed");
        assert!(asked.is_finished());
        drop(release);
        rig.written().await;
    });
}

#[test]
fn a_report_that_can_not_be_reckoned_with_is_not_taken() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        rig.report(report("node@alpha", "nova", vec![pool("node@other#x")])).await;
        assert_eq!(rig.free().await, [50.0, 50.0]);
    });
}
