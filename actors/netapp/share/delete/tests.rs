use proptest::prelude::*;

use super::*;

fn volume(is_ours: bool, offline: bool) -> Found {
    let state = if offline { "offline" } else { "online" };
    Found { is_ours, state: Some(state.to_owned()), ..remembered(Uuid::from_u128(1)) }
}

/// What is on the array; a volume that is being made comes as soon as its policy lets it.
struct Model {
    share: bool,
    volume: Option<Found>,
    policy: bool,
    qos: bool,
    coming: bool,
}

impl Model {
    fn land(&mut self) {
        if self.coming && self.policy && self.volume.is_none() {
            self.volume = Some(volume(true, false));
            self.coming = false;
        }
    }

    fn act(&mut self, left: Left, step: Step) -> Left {
        let observed = |there: bool| if there { Observed::Present(()) } else { Observed::Absent };
        match step {
            Step::LookForShare => Left { share: observed(self.share), ..left },
            Step::RemoveShare => {
                self.share = false;
                Left { share: Observed::Absent, ..left }
            }
            Step::LookForVolume => {
                Left { volume: self.volume.clone().map_or(Observed::Absent, Observed::Present), ..left }
            }
            Step::TakeOffline(found) => {
                if self.volume.is_none() {
                    return Left { volume: Observed::Unknown, ..left };
                }
                assert!(!self.share, "the share was still there");
                let found = Found { state: Some("offline".to_owned()), ..found };
                self.volume = Some(found.clone());
                Left { volume: Observed::Present(found), ..left }
            }
            Step::Remove(found) => {
                assert!(found.is_ours && self.volume.as_ref().is_none_or(Found::is_offline));
                self.volume = None;
                Left { volume: Observed::Absent, removed: true, ..left }
            }
            Step::LookForPolicy => {
                let policy = if self.policy { Observed::Present(7) } else { Observed::Absent };
                Left { policy, ..left }
            }
            Step::RemovePolicy(_) => {
                assert!(self.volume.is_none() || !left.removed, "the policy was still in use");
                if self.volume.is_some() {
                    return Left { volume: Observed::Unknown, ..left };
                }
                self.policy = false;
                Left { policy: Observed::Absent, ..left }
            }
            Step::LookForQos => {
                let qos = if self.qos { Observed::Present(Uuid::from_u128(9)) } else { Observed::Absent };
                Left { qos, ..left }
            }
            Step::RemoveQos(_) => {
                assert!(self.volume.is_none(), "the QoS policy was still in use");
                self.qos = false;
                Left { qos: Observed::Absent, ..left }
            }
            Step::GiveUp | Step::Gone => left,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// `lands` says after which steps a volume that is on its way may arrive.
    #[test]
    fn gone_means_that_nothing_of_ours_is_there_and_nothing_can_come(
        there in prop::option::of((any::<bool>(), any::<bool>())),
        policy: bool,
        smb: bool,
        share: bool,
        is_remembered: bool,
        coming: bool,
        qos: bool,
        lands in prop::collection::vec(any::<bool>(), STEPS),
    ) {
        let found = there.map(|(ours, offline)| volume(ours, offline));
        let ours = found.as_ref().is_some_and(|found| found.is_ours);
        let mut model = Model {
            share: smb && share,
            volume: found.clone(),
            policy: !smb && policy,
            qos,
            coming: coming && !smb,
        };
        let is_remembered = is_remembered && (ours || found.is_none());
        let mut left = Left {
            share: if smb { Observed::Unknown } else { Observed::Absent },
            volume: match is_remembered {
                true => Observed::Present(remembered(Uuid::from_u128(1))),
                false => Observed::Unknown,
            },
            policy: if smb { Observed::Absent } else { Observed::Unknown },
            qos: Observed::Unknown,
            removed: false,
        };
        let mut end = None;
        for lands in lands {
            if lands && !left.removed {
                model.land();
            }
            match plan(&left) {
                step @ (Step::Gone | Step::GiveUp) => {
                    end = Some(step);
                    break;
                }
                step => left = model.act(left, step),
            }
        }
        match end {
            Some(Step::Gone) => {
                prop_assert!(!model.share && !model.policy && !model.qos);
                prop_assert_eq!(model.volume, None);
            }
            Some(_) => {
                prop_assert!(!ours);
                prop_assert_eq!(model.volume, found, "a stranger was touched");
            }
            None => prop_assert!(false, "it does not end"),
        }
    }
}

#[test]
fn what_is_remembered_is_removed_in_three_calls() {
    let keys = Left {
        share: Observed::Absent,
        volume: Observed::Present(remembered(Uuid::from_u128(1))),
        policy: Observed::Present(7),
        qos: Observed::Absent,
        removed: false,
    };
    let mut model = Model { share: false, volume: Some(volume(true, false)), policy: true, qos: false, coming: false };
    let (mut left, mut calls) = (keys, 0);
    while plan(&left) != Step::Gone {
        let step = plan(&left);
        left = model.act(left, step);
        calls += 1;
    }
    assert_eq!(calls, 3);
    assert!(model.volume.is_none() && !model.policy);
}
