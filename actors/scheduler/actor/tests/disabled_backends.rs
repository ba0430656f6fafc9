use manilad_domain::message::Detail;
use manilad_messages::scheduler::Explain;

use super::candidates::disable;
use super::*;

/// What the one who asked for the only share was told.
fn message(rig: &Rig) -> (Action, Detail) {
    let [message] = &rig.all::<UserMessage>()[..] else { panic!("{:?}", rig.all::<UserMessage>()) };
    (message.action, message.detail)
}

#[test]
fn a_share_that_only_a_disabled_back_end_could_take_is_told_so() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        disable(&rig, "node@beta").await;
        let in_zone = |share: &mut Share| share.instances[0].availability_zone = Some("az2".to_owned());
        let [(share, _)] = rig.owe(1, in_zone).await[..] else { panic!() };
        rig.look().await;
        assert_eq!(rig.share(share).status(), Status::Error);
        assert_eq!(message(&rig), (Action::AllocateHost, Detail::NoValidHostDisabled));
        let explained = rig.ports.explain.ask(Explain { share }).await.unwrap().unwrap();
        assert_eq!(explained.refused_by, Some("AvailabilityZoneFilter"));
        let why = "0 of 1 pools pass, AvailabilityZoneFilter refuses 1, node@beta is disabled and would take it";
        assert_eq!(explained.summary, why);
    });
}

#[test]
fn a_share_that_a_disabled_back_end_would_not_take_either_is_told_which_filter_refused() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        disable(&rig, "node@beta").await;
        let [(share, _)] = rig.owe(1, |share| share.size = 60).await[..] else { panic!() };
        rig.look().await;
        assert_eq!(message(&rig), (Action::AllocateHost, Detail::FilterCapacity));
        let explained = rig.ports.explain.ask(Explain { share }).await.unwrap().unwrap();
        assert_eq!(explained.summary, "0 of 1 pools pass, CapacityFilter refuses 1, node@beta is disabled");
    });
}

#[test]
fn a_share_is_told_that_all_back_ends_are_disabled_though_none_has_reported() {
    lab::run(async |lab| {
        let rig = Rig::new(lab);
        disable(&rig, "node@alpha").await;
        disable(&rig, "node@beta").await;
        rig.owe(1, nothing).await;
        let _life = rig.raise();
        rig.lab.settle().await;
        rig.look().await;
        assert_eq!(message(&rig), (Action::Create, Detail::BackendsDisabled));
    });
}

#[test]
fn a_share_is_told_of_the_disabled_back_end_that_would_take_it_where_the_others_are_down() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        disable(&rig, "node@alpha").await;
        rig.no_report("node@beta", true).await;
        rig.owe(1, nothing).await;
        rig.look().await;
        assert_eq!(message(&rig), (Action::Create, Detail::BackendsDisabled));
    });
}

#[test]
fn a_disabled_back_end_that_is_down_is_nobodys_hope() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        disable(&rig, "node@alpha").await;
        for service in ["node@alpha", "node@beta"] {
            rig.no_report(service, true).await;
        }
        rig.owe(1, nothing).await;
        rig.look().await;
        assert_eq!(message(&rig), (Action::Create, Detail::BackendNotReady));
    });
}
