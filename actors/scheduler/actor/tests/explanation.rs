use manilad_domain::fault::Kind;
use manilad_domain::hints::Hints;
use manilad_domain::{Fault, ShareId};
use manilad_messages::scheduler::{Explain, Explanation};
use serde_json::json;

use super::*;

async fn explained(rig: &Rig, share: ShareId) -> Result<Explanation, Fault> {
    rig.ports.explain.ask(Explain { share }).await.unwrap()
}

#[test]
fn a_share_that_waits_is_explained_with_its_hints_and_stays_as_it_is() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let roomy = with(pool("node@beta#b"), "goodness_function", "40");
        let other = Pool { free: Capacity::Gib(5.0), ..pool("node@beta#c") };
        rig.report(report("node@beta", "az2", vec![roomy, other])).await;
        let [(share, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        rig.hint(instance, Hints { query: Some(r#"["<", "$free_capacity_gb", 90]"#.to_owned()), ..Hints::default() })
            .await;
        let explanation = explained(&rig, share).await.unwrap();
        let explanation = serde_json::to_value(explanation).unwrap();
        assert_eq!(explanation["share"], json!(share.to_string()));
        assert_eq!(explanation["present"], json!(null));
        assert_eq!(explanation["candidates"], json!(["node@beta#b", "node@alpha#a"]));
        assert_eq!(explanation["refused_by"], json!(null));
        assert_eq!(explanation["summary"], json!("2 of 3 pools pass, CapacityFilter refuses 1"));
        let pools = explanation["pools"].as_array().unwrap();
        assert_eq!(
            pools.iter().map(|pool| &pool["pool"]).collect::<Vec<_>>(),
            ["node@beta#b", "node@alpha#a", "node@beta#c"]
        );
        assert_eq!(
            pools[0]["weights"],
            json!([
                { "weigher": "CapacityWeigher", "raw": 50.0, "weight": 0.0 },
                { "weigher": "GoodnessWeigher", "raw": 40.0, "weight": 1.0 },
                { "weigher": "HostAffinityWeigher", "raw": 0.0, "weight": 0.0 },
                { "weigher": "PoolWeigher", "raw": 0.0, "weight": 0.0 },
            ])
        );
        assert_eq!((&pools[0]["weight"], &pools[1]["weight"]), (&json!(1.0), &json!(0.0)));
        assert_eq!((&pools[2]["weight"], &pools[2]["weights"]), (&json!(null), &json!([])));
        let figures = ["total_capacity_gb", "free_capacity_gb", "allocated_capacity_gb", "provisioned_capacity_gb"];
        assert_eq!(figures.map(|figure| &pools[2][figure]), [&json!(100.0), &json!(5.0), &json!(50.0), &json!(50.0)]);
        let rulings = pools[2]["filters"].as_array().unwrap();
        assert_eq!(rulings.len(), crate::filters::RULES.len(), "every filter has its say, a refusal or not");
        let refusing: Vec<_> = rulings.iter().filter(|ruling| !ruling["refusal"].is_null()).collect();
        let why = "5 GiB free beyond the reserve, times 1, is less than 10 GiB";
        assert_eq!(refusing, [&json!({ "filter": "CapacityFilter", "refusal": why })]);
        assert_eq!((rig.intent(instance).unwrap().verb, rig.free().await), (Verb::Place, vec![50.0, 50.0, 5.0]));
    });
}

#[test]
fn who_refuses_and_who_can_not_be_sent_to_is_told() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        rig.no_report("node@beta", true).await;
        let large = |share: &mut Share| share.size = 60;
        let [(share, _)] = rig.owe(1, large).await[..] else { panic!() };
        let explanation = explained(&rig, share).await.unwrap();
        assert_eq!((explanation.candidates, explanation.refused_by), (vec![], Some("CapacityFilter")));
        assert_eq!(explanation.summary, "0 of 1 pools pass, CapacityFilter refuses 1, node@beta is down");
        let unusable: Vec<_> = explanation.pools.iter().map(|pool| pool.unusable.as_deref()).collect();
        assert_eq!(unusable, [None, Some("down")]);
    });
}

#[test]
fn a_share_that_has_a_place_is_judged_as_if_it_were_placed_again() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(share, _)] = rig.owe(1, nothing).await[..] else { panic!() };
        rig.look().await;
        let explanation = explained(&rig, share).await.unwrap();
        assert_eq!(explanation.present, Some("node@alpha#a".parse().unwrap()));
        assert_eq!(explanation.candidates, ["node@alpha#a".parse().unwrap()], "in its own zone");
        assert_eq!(explanation.pools[0].free_capacity_gb, Some(40.0), "with what it takes where it is");
    });
}

#[test]
fn what_can_not_be_explained_is_told_apart() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(untyped, _)] = rig.owe(1, |share| share.type_id = None).await[..] else { panic!() };
        assert_eq!(explained(&rig, untyped).await.unwrap_err().kind, Kind::Invalid);
        let nobody = ShareId(rig.lab.clock.id());
        assert_eq!(explained(&rig, nobody).await.unwrap_err().kind, Kind::Missing);
    });
}

#[test]
fn why_a_share_did_not_grow_is_remembered_as_long_as_the_message_to_its_owner() {
    lab::run(async |lab| {
        let (rig, _life) = Rig::ready(lab).await;
        let [(share, instance)] = rig.owe(1, nothing).await[..] else { panic!() };
        assert_eq!(explained(&rig, share).await.unwrap().failed_growth, None);
        let intent = rig.intent(instance).unwrap();
        for (second, action, detail) in [
            (1, Action::Extend, Detail::DriverFailedExtend),
            (2, Action::Extend, Detail::FilterCapacity),
            (3, Action::Shrink, Detail::DriverFailedShrink),
        ] {
            let (id, life) = (rig.lab.clock.id().into(), rig.context.message_life);
            let message = manilad_decisions::message::about_share(&intent, action, detail, id, stamp(second), life);
            rig.commit(move |draft| draft.put(&message)).await;
        }
        let failed = explained(&rig, share).await.unwrap().failed_growth.unwrap();
        assert_eq!((failed.at, failed.filter), (stamp(2), Some("CapacityFilter")));
        assert_eq!((failed.reason, failed.request_id.as_str()), (Detail::FilterCapacity.text(), "req-1"));
    });
}
