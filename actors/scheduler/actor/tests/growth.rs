use manilad_domain::fault::Kind;
use manilad_domain::intent::{Cause, Resize};
use manilad_domain::message::Detail;
use manilad_domain::{Fault, ShareId};
use manilad_messages::scheduler::{GrowthRoom, JudgeGrowth};
use manilad_store::{Draft, Error};
use tokio::task::JoinHandle;

use super::candidates::disable;
use super::*;

async fn judged(rig: &Rig, share: ShareId, more: u64) -> Result<GrowthRoom, Fault> {
    rig.ports.judge_growth.ask(JudgeGrowth { share, more, request_id: "req-1".to_owned() }).await.unwrap()
}

const FULL: GrowthRoom = GrowthRoom::None(Detail::FilterCapacity);

/// That there is room until so many GiB are promised.
fn enough(ceiling: i64) -> GrowthRoom {
    GrowthRoom::Enough(Ceiling(Some(ceiling)))
}

/// The back end of the share owes it so many GiB more.
fn growth(rig: &Rig, id: ShareId, more: u64) -> impl FnOnce(&mut Draft<'_>) -> Result<(), Error> + Send + 'static {
    let (share, cause) = (rig.share(id), Cause { request_id: "req-2".to_owned(), now: stamp(0) });
    move |draft| {
        let instance = &share.instances[0];
        let pool = instance.pool.clone().unwrap();
        let resize = Resize { size: share.size + more, more, share_type: share.type_id, pool, owes_exports: false };
        let intent = Intent::new(&share, instance, Verb::Extend, draft.next_serial()?, &cause);
        draft.put(&Intent { arguments: resize.into(), ..intent })
    }
}

/// A share of 10 GiB on a pool, for which nothing is owed.
async fn on(rig: &Rig, pool: &str) -> ShareId {
    let [(id, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
    let (mut share, placing) = (rig.share(id), rig.intent(instance).unwrap());
    share.instances[0].pool = Some(pool.parse().unwrap());
    rig.commit(move |draft| draft.put(&share).and_then(|()| draft.remove(&placing))).await;
    id
}

#[test]
fn a_share_grows_as_far_as_what_its_own_pool_has_free_and_what_it_has_itself_does_not_count() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let roomy = Pool { free: Capacity::Gib(1000.0), total: Capacity::Gib(1000.0), ..pool("node@beta#b") };
        rig.report(report("node@beta", "az2", vec![roomy])).await;
        let share = on(&rig, "node@alpha#a").await;
        assert_eq!(judged(&rig, share, 40).await.unwrap(), enough(10));
        assert_eq!(judged(&rig, share, 41).await.unwrap(), FULL, "it was put there after the report");
    });
}

#[test]
fn what_is_kept_free_from_new_shares_is_there_for_those_that_grow() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        for (percentage, fits) in [(0.0, true), (100.0, false)] {
            let reserved = Pool {
                reserved_percentage: 100.0,
                reserved_share_extend_percentage: percentage,
                ..pool("node@alpha#a")
            };
            rig.report(report("node@alpha", "nova", vec![reserved])).await;
            let share = on(&rig, "node@alpha#a").await;
            assert_eq!(matches!(judged(&rig, share, 1).await.unwrap(), GrowthRoom::Enough(_)), fits);
        }
    });
}

#[test]
fn a_pool_that_may_yet_be_reported_is_waited_for_and_one_that_is_not_there_has_no_room() {
    lab::run(async |lab| {
        let rig = Rig::new(lab);
        let _life = rig.raise();
        let share = on(&rig, "node@alpha#other").await;
        assert_eq!(judged(&rig, share, 1).await.unwrap(), GrowthRoom::Unreported);
        rig.no_report("node@alpha", false).await;
        assert_eq!(judged(&rig, share, 1).await.unwrap(), GrowthRoom::Unreported);
        rig.report_both().await;
        assert_eq!(judged(&rig, share, 1).await.unwrap(), GrowthRoom::None(Detail::NoValidHost));
    });
}

#[test]
fn a_share_whose_back_end_can_not_be_sent_to_does_not_grow_and_is_told_what_a_new_one_would_be() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let shares = [on(&rig, "node@alpha#a").await, on(&rig, "node@beta#b").await];
        disable(&rig, "node@alpha").await;
        rig.no_report("node@beta", true).await;
        for (share, detail) in shares.into_iter().zip([Detail::BackendsDisabled, Detail::BackendNotReady]) {
            assert_eq!(judged(&rig, share, 1).await.unwrap(), GrowthRoom::None(detail));
        }
    });
}

#[test]
fn growth_of_what_is_nowhere_or_not_there_is_not_judged() {
    lab::run(async |lab| {
        let rig = Rig::new(lab);
        let _life = rig.raise();
        let [(unplaced, _)] = rig.owe(1, nothing).await[..] else { panic!() };
        assert_eq!(judged(&rig, unplaced, 1).await.unwrap_err().kind, Kind::Invalid);
        assert_eq!(judged(&rig, ShareId(rig.lab.clock.id()), 1).await.unwrap_err().kind, Kind::Missing);
    });
}

#[test]
fn what_was_promised_since_the_report_is_no_room_for_others_and_what_was_given_back_is() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let (one, two) = (on(&rig, "node@alpha#a").await, on(&rig, "node@alpha#a").await);
        assert_eq!(judged(&rig, two, 20).await.unwrap(), enough(30));
        rig.commit(growth(&rig, one, 15)).await;
        assert_eq!(judged(&rig, two, 15).await.unwrap(), enough(35));
        assert_eq!(judged(&rig, two, 16).await.unwrap(), FULL);
        let smaller = Share { size: 5, ..rig.share(two) };
        rig.commit(move |draft| draft.put(&smaller)).await;
        assert_eq!(judged(&rig, two, 20).await.unwrap(), enough(30));
    });
}

#[test]
fn growth_that_the_function_of_a_pool_judges_by_its_free_space_is_judged_again_once_more_is_promised() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let share = on(&rig, "node@alpha#a").await;
        for (function, ceiling) in [("stats.free_capacity_gb > 20", 10), ("stats.reserved_percentage < 20", 50)] {
            let own = with(pool("node@alpha#a"), "filter_function", function);
            rig.report(report("node@alpha", "nova", vec![own])).await;
            assert_eq!(judged(&rig, share, 10).await.unwrap(), enough(ceiling), "{function}");
        }
    });
}

#[test]
fn growth_that_the_array_does_not_show_yet_is_taken_off_what_it_reports() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let (one, two) = (on(&rig, "node@alpha#a").await, on(&rig, "node@alpha#a").await);
        rig.commit(growth(&rig, one, 30)).await;
        rig.report_both().await;
        assert_eq!(judged(&rig, two, 20).await.unwrap(), enough(50));
        assert_eq!(judged(&rig, two, 21).await.unwrap(), FULL);
        assert_eq!(rig.free().await, [20.0, 50.0]);
    });
}

#[test]
fn a_thin_pool_promises_as_much_as_it_may_and_not_twice() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let (one, two) = (on(&rig, "node@alpha#a").await, on(&rig, "node@alpha#a").await);
        let thin = Pool { thin: true, provisioned: None, max_over_subscription_ratio: 2.0, ..pool("node@alpha#a") };
        rig.report(report("node@alpha", "nova", vec![Pool { free: Capacity::Gib(100.0), ..thin }])).await;
        assert_eq!(judged(&rig, two, 100).await.unwrap(), enough(70), "half of it comes off the free space");
        rig.commit(growth(&rig, one, 60)).await;
        assert_eq!(judged(&rig, two, 80).await.unwrap(), enough(80));
        assert_eq!(judged(&rig, two, 81).await.unwrap(), FULL);
    });
}

#[test]
fn a_placement_that_is_being_committed_counts_before_it_is_durable_and_once() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let grown = on(&rig, "node@alpha#a").await;
        let [(_, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        let (release, blocked) = mpsc::channel();
        *rig.mishaps.blocks.lock().unwrap() = Some(blocked);
        let look = rig.ports.look.clone();
        let looking = actix::spawn(async move { look.ask(Look).await });
        rig.lab.settle().await;
        assert!(!is_placed(&rig, instance));
        let before = judged(&rig, grown, 30).await.unwrap();
        assert_eq!(judged(&rig, grown, 31).await.unwrap(), FULL);
        release.send(()).unwrap();
        looking.await.unwrap().unwrap();
        assert_eq!(rig.intent(instance).unwrap().service.as_deref(), Some("node@alpha"));
        assert_eq!((before, judged(&rig, grown, 30).await.unwrap()), (enough(20), enough(20)));
    });
}

#[test]
fn room_that_a_share_grew_into_while_another_was_placed_is_not_given_twice() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let grown = on(&rig, "node@alpha#a").await;
        let [(_, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        let (release, blocked) = mpsc::channel();
        *rig.mishaps.blocks.lock().unwrap() = Some(blocked);
        let (store, look) = (rig.context.store.clone(), rig.ports.look.clone());
        let (blocking, growth) = (store.clone(), growth(&rig, grown, 35));
        let blocking = actix::spawn(async move { blocking.commit("test", |_| Ok::<_, Error>(())).await });
        rig.lab.settle().await;
        let growing = actix::spawn(async move { store.commit("test", growth).await });
        rig.lab.settle().await;
        let looking = actix::spawn(async move { look.ask(Look).await });
        rig.lab.settle().await;
        release.send(()).unwrap();
        blocking.await.unwrap().unwrap();
        growing.await.unwrap().unwrap();
        looking.await.unwrap().unwrap();
        assert!(!is_placed(&rig, instance), "its pool has 5 GiB left");
        rig.look().await;
        assert_eq!(rig.intent(instance).unwrap().service.as_deref(), Some("node@beta"));
    });
}

/// Has a share of 10 GiB placed, and returns when that is durable and the scheduler has not heard of it; the scheduler does so when
/// the test waits for something.
async fn place_unheard(rig: &Rig) -> JoinHandle<Result<(), Unanswered>> {
    rig.owe(1, nothing).await;
    let (release, blocked) = mpsc::channel();
    *rig.mishaps.blocks.lock().unwrap() = Some(blocked);
    let looking = actix::spawn(rig.ports.look.ask(Look));
    rig.lab.settle().await;
    let (store, (tell, durable)) = (rig.context.store.clone(), mpsc::channel());
    let tell = move |_: &mut Draft<'_>| {
        tell.send(()).unwrap();
        Ok::<_, Error>(())
    };
    let _next = actix::spawn(async move { store.commit("test", tell).await });
    rig.lab.settle().await;
    release.send(()).unwrap();
    durable.recv().unwrap();
    looking
}

#[test]
fn a_placement_counts_once_while_it_is_durable_and_the_scheduler_has_not_heard_of_it() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let grown = on(&rig, "node@alpha#a").await;
        let looking = place_unheard(&rig).await;
        let before = judged(&rig, grown, 30).await.unwrap();
        looking.await.unwrap().unwrap();
        assert_eq!((before, judged(&rig, grown, 30).await.unwrap()), (enough(20), enough(20)));
    });
}

#[test]
fn a_report_that_comes_while_a_placement_is_durable_and_unheard_of_leaves_it_counted_once() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let looking = place_unheard(&rig).await;
        rig.report_both().await;
        looking.await.unwrap().unwrap();
        assert_eq!(rig.free().await, [40.0, 50.0]);
    });
}

/// What the array reports of the pool, thick, which has grown by nothing yet.
fn thick_report() -> PoolReport {
    report("node@alpha", "nova", vec![pool("node@alpha#a")])
}

#[test]
fn a_growth_that_is_begun_and_done_while_a_report_is_on_its_way_counts_until_the_next() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let (one, two) = (on(&rig, "node@alpha#a").await, on(&rig, "node@alpha#a").await);
        let promised = rig.promised("node@alpha");
        rig.commit(growth(&rig, one, 30)).await;
        let (larger, done) =
            (Share { size: 40, ..rig.share(one) }, rig.intent(rig.share(one).instances[0].id).unwrap());
        rig.commit(move |draft| draft.put(&larger).and_then(|()| draft.remove(&done))).await;
        rig.report_late(thick_report(), promised).await;
        assert_eq!(judged(&rig, two, 20).await.unwrap(), enough(50));
        assert_eq!(judged(&rig, two, 21).await.unwrap(), FULL);
        rig.report(thick_report()).await;
        assert_eq!(judged(&rig, two, 50).await.unwrap(), enough(50), "the array's next figure has it");
    });
}

#[test]
fn what_is_placed_and_made_while_a_report_is_on_its_way_counts_once() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let promised = rig.promised("node@alpha");
        let [(_, made), (_, unmade)] = rig.owe(2, in_nova).await[..] else { panic!() };
        rig.look().await;
        let done = rig.intent(made).unwrap();
        rig.commit(move |draft| draft.remove(&done)).await;
        rig.report_late(thick_report(), promised).await;
        assert!(is_placed(&rig, unmade));
        assert_eq!(rig.free().await, [30.0, 50.0]);
    });
}

#[test]
fn what_is_given_back_while_a_report_is_on_its_way_may_be_in_it_and_is_not_given_back_again() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let (one, two) = (on(&rig, "node@alpha#a").await, on(&rig, "node@alpha#a").await);
        let promised = rig.promised("node@alpha");
        let gone = rig.share(one);
        rig.commit(move |draft| draft.remove(&gone)).await;
        rig.report_late(thick_report(), promised).await;
        assert_eq!(judged(&rig, two, 50).await.unwrap(), enough(10));
        assert_eq!(judged(&rig, two, 51).await.unwrap(), FULL);
    });
}

#[test]
fn what_is_placed_while_a_report_is_on_its_way_counts_though_as_much_is_given_back_meanwhile() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let gone = on(&rig, "node@alpha#a").await;
        let promised = rig.promised("node@alpha");
        let gone = rig.share(gone);
        rig.commit(move |draft| draft.remove(&gone)).await;
        let [(_, placed)] = rig.owe(1, in_nova).await[..] else { panic!() };
        rig.look().await;
        assert!(is_placed(&rig, placed));
        rig.report_late(thick_report(), promised).await;
        assert_eq!(rig.free().await, [40.0, 50.0]);
    });
}

fn in_nova(share: &mut Share) {
    share.instances[0].availability_zone = Some("nova".to_owned());
}
