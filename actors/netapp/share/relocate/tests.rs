use manilad_clock::Uuid;
use manilad_ontap::volume::{Movement, Volume};
use serde_json::json;

use super::*;

fn place() -> Place {
    Place { name: "aggr2".into(), style: Style::Flexvol, aggregates: vec!["aggr2".into()], is_automatic: false }
}

/// A volume in an aggregate, with its `clone` and the state and percentage of its last move.
fn seen(aggregate: &str, clone: serde_json::Value, movement: Option<(&str, u8)>) -> Volume {
    let volume = json!({
        "uuid": Uuid::from_u128(1), "name": "v", "aggregates": [{ "name": aggregate }], "clone": clone,
    });
    let volume: Volume = serde_json::from_value(volume).unwrap();
    let movement = movement.map(|(state, percent)| Movement { state: Some(state.to_owned()), percent: Some(percent) });
    Volume { movement, ..volume }
}

#[test]
fn a_clone_is_split_then_moved_and_each_is_waited_for() {
    let clone = |splits: bool| json!({ "is_flexclone": true, "split_initiated": splits, "split_complete_percent": 60 });
    let none = || json!({ "is_flexclone": false });
    for (volume, step) in [
        (seen("aggr1", clone(false), None), Step::Split),
        (seen("aggr1", clone(true), None), Step::Wait(30)),
        (seen("aggr1", none(), None), Step::Move),
        (seen("aggr1", none(), Some(("queued", 0))), Step::Wait(50)),
        (seen("aggr1", none(), Some(("replicating", 40))), Step::Wait(70)),
        (seen("aggr1", none(), Some(("paused", 40))), Step::Paused(40)),
        (seen("aggr1", none(), Some(("cutover_pending", 100))), Step::CutOver),
        (seen("aggr2", none(), Some(("cutover", 100))), Step::Wait(99)),
        (seen("aggr1", none(), Some(("failed", 10))), Step::MoveAgain("failed".into())),
        (seen("aggr2", none(), Some(("failed", 10))), Step::Arrived),
        (seen("aggr2", none(), Some(("success", 100))), Step::Arrived),
        (seen("aggr2", none(), None), Step::Arrived),
        // Somebody has moved it elsewhere since.
        (seen("aggr3", none(), Some(("success", 100))), Step::Move),
    ] {
        assert_eq!(plan(&volume, &place()), step, "{:?} in {:?}", volume.movement, volume.aggregates);
    }
}
