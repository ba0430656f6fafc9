use manilad_ontap::volume::CloneOf;
use proptest::prelude::*;

use super::*;
use crate::tests::samples::found as good;

fn desired() -> New {
    New {
        name: "share_1".to_owned(),
        size: 1 << 30,
        path: Some("/share_1".to_owned()),
        export_policy: Some("policy_1".to_owned()),
        qos_policy: Some("qos_1".to_owned()),
        aggregates: vec!["aggr1".to_owned()],
        ..New::default()
    }
}

fn desired_of(is_clone: bool) -> New {
    let clone = || CloneOf { volume: "share_0".to_owned(), snapshot: "s".to_owned() };
    New { clone: is_clone.then(clone), ..desired() }
}

/// What is on the array, and what befalls the calls.
struct Model {
    policy: bool,
    qos: bool,
    volume: Option<Found>,
    screened: bool,
    share: bool,
    /// Calls of which the answer is lost, by turns; the task is then begun anew.
    lost: Vec<bool>,
    made: usize,
    is_clone: bool,
}

impl Model {
    /// Does one step. None: the answer was lost.
    fn act(&mut self, step: Step, observed: &mut ObservedParts) -> Option<()> {
        let existed = (self.policy, self.share);
        match &step {
            Step::MakePolicy => self.policy = true,
            Step::MakeQos => self.qos = true,
            Step::MakeVolume | Step::MakePolicyAndClone => {
                if step == Step::MakePolicyAndClone {
                    assert!(self.is_clone, "what is no clone was made beside its policy");
                    self.policy = true;
                }
                assert!(self.policy && self.qos, "the volume was made before its policies");
                if self.volume.is_none() {
                    self.made += 1;
                    let made = Found { path: good().path.filter(|_| !self.is_clone), ..good() };
                    self.volume = Some(made.clone());
                    observed.volume = Observed::Present(made);
                } else {
                    observed.volume = Observed::Unknown;
                }
            }
            Step::Repair(..) => {
                self.volume = Some(good());
                observed.volume = Observed::Present(good());
            }
            Step::Screen => {
                assert_eq!(self.volume, Some(good()), "what is not there can't be screened");
                self.screened = true;
            }
            Step::MakeShare => {
                assert!(self.screened, "somebody may write before FPolicy is asked");
                self.share = true;
            }
            Step::LookForVolume => observed.volume = self.volume.clone().map_or(Observed::Absent, Observed::Present),
            Step::GiveUp | Step::Done(_) => {}
        }
        if self.lost.pop().unwrap_or_default() {
            return None;
        }
        match step {
            Step::MakePolicyAndClone => observed.policy = Observed::Present(()),
            Step::MakePolicy => {
                observed.policy = Observed::Present(());
                if !existed.0 && observed.volume == Observed::Unknown {
                    observed.volume = Observed::Absent;
                }
            }
            Step::MakeQos => observed.qos = Observed::Present(()),
            Step::Screen => observed.screening = Observed::Present(()),
            Step::MakeShare => observed.share = Observed::Present(()),
            _ => {}
        }
        Some(())
    }
}

fn create(model: &mut Model, protocol: Protocol) -> Step {
    for _ in 0..100 {
        let mut observed = ObservedParts::at_first(protocol, true, true);
        for _ in 0..STEPS {
            let step = plan(&observed, &desired_of(model.is_clone));
            if matches!(step, Step::Done(_) | Step::GiveUp) {
                return step;
            }
            if model.act(step, &mut observed).is_none() {
                break;
            }
        }
    }
    panic!("it does not end");
}

fn leftover() -> impl Strategy<Value = Option<Found>> {
    let found = (any::<bool>(), 0usize..3, any::<bool>(), any::<bool>()).prop_map(|(ours, state, sized, mounted)| {
        let mut found = good();
        found.is_ours = ours;
        found.state = Some(["online", "offline", "restricted"][state].to_owned());
        found.size = Some(if sized { 1 << 30 } else { 20 << 20 });
        found.path = found.path.filter(|_| mounted);
        found.qos = found.qos.filter(|_| !sized);
        found
    });
    prop::option::of(found)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A volume is never there before its policy, except one that is not ours, of SMB, or a clone, which is mounted after it.
    #[test]
    fn whatever_was_left_and_lost_it_ends_with_one_good_volume_or_leaves_a_stranger_alone(
        volume in leftover(),
        policy: bool,
        smb: bool,
        share: bool,
        is_clone: bool,
        lost in prop::collection::vec(any::<bool>(), 0..12),
    ) {
        let protocol = if smb { Protocol::Cifs } else { Protocol::Nfs };
        let ours = volume.as_ref().is_some_and(|found| found.is_ours);
        let before = volume.clone();
        let mut model = Model { policy: policy || smb || ours, qos: false, volume, screened: false, share: share && ours, lost, made: 0, is_clone };
        match create(&mut model, protocol) {
            Step::Done(found) => {
                prop_assert_eq!(&found, &good());
                prop_assert_eq!(model.volume.as_ref(), Some(&found));
                prop_assert!(model.made <= 1 && model.screened && (!smb || model.share));
            }
            _ => {
                prop_assert!(!ours && before.is_some());
                prop_assert_eq!(model.volume, before);
            }
        }
    }
}

#[test]
fn the_first_try_is_two_calls_and_looks_for_nothing() {
    let mut model = Model {
        policy: false,
        qos: true,
        volume: None,
        screened: false,
        share: false,
        lost: Vec::new(),
        made: 0,
        is_clone: false,
    };
    let mut observed = ObservedParts::at_first(Protocol::Nfs, false, false);
    let mut steps = Vec::new();
    while !matches!(plan(&observed, &desired()), Step::Done(_)) {
        let step = plan(&observed, &desired());
        steps.push(step.clone());
        model.act(step, &mut observed);
    }
    assert_eq!(steps, [Step::MakePolicy, Step::MakeVolume]);
}
