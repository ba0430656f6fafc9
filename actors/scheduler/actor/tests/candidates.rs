use manilad_domain::hints::Hints;
use manilad_domain::message::Detail;
use manilad_domain::service::{Binary, Service};
use manilad_domain::{Intent, PoolName};

use super::*;
use crate::rule_chain::Settings;

const LEFT: [&str; 2] = ["node@alpha#a", "node@beta#b"];

/// A share that one back end has refused; these candidates are left of its first placement.
async fn refused(rig: &Rig, left: &[&str]) -> (manilad_domain::ShareId, InstanceId) {
    let [(share, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
    let candidates: Vec<PoolName> = left.iter().map(|pool| pool.parse().unwrap()).collect();
    let intent = Intent { candidates, attempt: 1, ..rig.intent(instance).unwrap() };
    rig.commit(move |draft| draft.put(&intent)).await;
    (share, instance)
}

pub(super) async fn disable(rig: &Rig, host: &str) {
    let service = Service {
        number: 1,
        binary: Binary::Share,
        host: host.to_owned(),
        availability_zone: "nova".to_owned(),
        disabled: true,
        disabled_reason: None,
        ensured_as: String::new(),
        ensured_for: None,
        created_at: stamp(0),
    };
    rig.commit(move |draft| draft.put(&service)).await;
}

#[test]
fn a_share_that_was_refused_goes_to_the_next_candidate_though_another_pool_is_better_by_now() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let roomy = Pool { free: Capacity::Gib(90.0), ..pool("node@beta#b") };
        rig.report(report("node@beta", "az2", vec![roomy])).await;
        let (share, instance) = refused(&rig, &LEFT).await;
        rig.look().await;
        assert_eq!(rig.pool(share).as_deref(), Some("node@alpha#a"));
        let intent = rig.intent(instance).unwrap();
        assert_eq!((intent.attempt, intent.candidates), (2, vec!["node@beta#b".parse().unwrap()]));
    });
}

#[test]
fn a_candidate_on_a_back_end_that_was_disabled_or_went_down_meanwhile_is_passed_over() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        disable(&rig, "node@alpha").await;
        let (share, _) = refused(&rig, &LEFT).await;
        rig.look().await;
        assert_eq!(rig.pool(share).as_deref(), Some("node@beta#b"));
        rig.no_report("node@beta", true).await;
        let (share, instance) = refused(&rig, &LEFT).await;
        rig.look().await;
        assert_eq!((rig.share(share).status(), rig.intent(instance)), (Status::Error, None));
        let [message] = &rig.all::<UserMessage>()[..] else { panic!() };
        assert_eq!((message.action, message.detail), (Action::AllocateHost, Detail::NoValidHostDisabled));
    });
}

#[test]
fn a_candidate_that_filled_up_meanwhile_is_passed_over() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let full = Pool { free: Capacity::Gib(5.0), ..pool("node@alpha#a") };
        rig.report(report("node@alpha", "nova", vec![full])).await;
        let (share, _) = refused(&rig, &LEFT).await;
        rig.look().await;
        assert_eq!(rig.pool(share).as_deref(), Some("node@beta#b"));
    });
}

#[test]
fn where_all_back_ends_went_down_meanwhile_the_owner_is_told_so_and_not_that_no_pool_can_take_the_share() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        for service in ["node@alpha", "node@beta"] {
            rig.no_report(service, true).await;
        }
        refused(&rig, &LEFT).await;
        rig.look().await;
        let [message] = &rig.all::<UserMessage>()[..] else { panic!() };
        assert_eq!((message.action, message.detail), (Action::Create, Detail::BackendNotReady));
    });
}

#[test]
fn no_other_pool_than_the_candidates_that_are_left_takes_a_share_that_was_refused() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let (share, _) = refused(&rig, &["node@gamma#c"]).await;
        rig.look().await;
        assert_eq!(rig.share(share).status(), Status::Error);
        let explained = rig.ports.explain.ask(manilad_messages::scheduler::Explain { share }).await.unwrap();
        assert_eq!(explained.unwrap().candidates.len(), 2, "were it asked for anew");
    });
}

/// Filters that older files name, without those of affinity.
fn without_affinity() -> Settings {
    let filters = ["AvailabilityZoneFilter", "CapacityFilter", "CapabilitiesFilter"];
    Settings { filters: filters.map(str::to_owned).to_vec(), ..Settings::default() }
}

#[test]
fn neighbours_that_no_configured_filter_heeds_hold_up_nobody() {
    lab::run(async |lab| {
        let mut rig = Rig::new(lab);
        rig.context.chain = Arc::new(Chain::configured(&without_affinity()).unwrap());
        let _life = rig.raise();
        rig.lab.settle().await;
        rig.report_both().await;
        // All of them have room.
        let remembering = |share: &mut Share| {
            share.size = 1;
            share.metadata.insert("__affinity_same_host".to_owned(), "x".to_owned());
        };
        let ids = rig.owe(70, remembering).await;
        let [(hinting, instance)] = rig.owe(1, |share| share.size = 1).await[..] else { panic!() };
        let nobody = manilad_domain::ShareId(rig.lab.clock.id());
        rig.hint(instance, Hints { same_host: vec![nobody], ..Hints::default() }).await;
        rig.look().await;
        for (id, _) in ids.iter().chain(&[(hinting, instance)]) {
            assert!(rig.pool(*id).is_some(), "{:?}", rig.share(*id));
        }
    });
}

#[test]
fn what_can_not_be_placed_now_holds_up_no_younger_share() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let stuck = rig.owe(70, nothing).await;
        let mut unreadable = Vec::new();
        for (_, instance) in &stuck {
            let intent = rig.intent(*instance).unwrap();
            unreadable.push(Intent { verb: Verb::Export, ..intent });
        }
        rig.commit(move |draft| unreadable.iter().try_for_each(|intent| draft.put(intent))).await;
        let [(share, _)] = rig.owe(1, |share| share.size = 1).await[..] else { panic!() };
        rig.look().await;
        assert!(rig.pool(share).is_some());
    });
}
