use manilad_domain::fault::Kind;
use manilad_domain::message::Detail;
use manilad_domain::{Fault, ShareId};
use manilad_messages::scheduler::JudgeGrowth;

use super::*;

async fn judged(rig: &Rig, share: ShareId, more: u64) -> Result<Option<Detail>, Fault> {
    rig.ports.judge_growth.ask(JudgeGrowth { share, more, request_id: "req-1".to_owned() }).await.unwrap()
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
        assert_eq!(judged(&rig, share, 50).await.unwrap(), None);
        assert_eq!(judged(&rig, share, 51).await.unwrap(), Some(Detail::FilterCapacity));
    });
}

#[test]
fn what_is_kept_free_from_new_shares_is_there_for_those_that_grow() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        for (percentage, expected) in [(0.0, None), (100.0, Some(Detail::FilterCapacity))] {
            let reserved = Pool {
                reserved_percentage: 100.0,
                reserved_share_extend_percentage: percentage,
                ..pool("node@alpha#a")
            };
            rig.report(report("node@alpha", "nova", vec![reserved])).await;
            let share = on(&rig, "node@alpha#a").await;
            assert_eq!(judged(&rig, share, 1).await.unwrap(), expected);
        }
    });
}

#[test]
fn a_pool_that_may_yet_be_reported_is_waited_for_and_one_that_is_not_there_has_no_room() {
    lab::run(async |lab| {
        let rig = Rig::new(lab);
        let _life = rig.raise();
        let share = on(&rig, "node@alpha#other").await;
        assert_eq!(judged(&rig, share, 1).await.unwrap_err().kind, Kind::Unavailable);
        rig.report_both().await;
        assert_eq!(judged(&rig, share, 1).await.unwrap(), Some(Detail::NoValidHost));
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
