//! kill −9, and a bad turn of the array, at each step of a server's set-up and tear-down: everything arrives where it
//! was going, and nothing is left behind.
//!
//! As in the crash table of shares, the steps are not written down: a clean run is watched at the array, and each call
//! that changes it is a step.

use serde_json::{Value, json};

use super::{Tenancy, VLAN};
use crate::crash::{changes, pattern};
use crate::support::{each, until};

/// A job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Job {
    /// The first share of a network.
    SetUp,
    /// The network of a server that nobody uses goes.
    TearDown,
}

/// A tenancy before a job.
struct Play {
    tenancy: Tenancy,
    network: String,
    share: Option<String>,
}

impl Play {
    fn before(job: Job) -> Self {
        let tenancy = Tenancy::open(&[], VLAN);
        let network = tenancy.network("blue");
        if job == Job::TearDown {
            let (api, share) = (tenancy.api(), tenancy.share(&network));
            api.until_status(&share, "available");
            api.delete(&format!("/shares/{share}"));
            api.until_gone(&share);
        }
        Play { tenancy, network, share: None }
    }

    fn begin(&mut self, job: Job) {
        match job {
            Job::SetUp => self.share = Some(self.tenancy.share(&self.network)),
            Job::TearDown => self.tenancy.api().delete(&format!("/share-networks/{}", self.network)),
        }
    }

    /// In a job, of which one step has met a fault.
    fn struck(job: Job, (method, path, before): &Step, fault: &Value) -> Self {
        let mut play = Play::before(job);
        let rule = json!({ "method": method, "path": path, "nth": before + 1, "fault": fault });
        play.tenancy.stage.sim.strike(rule);
        play.begin(job);
        play.tenancy.stage.sim.until_struck();
        play
    }

    /// Waits until the job is done, and gives everything back.
    fn end(self, job: Job) {
        let (tenancy, api) = (&self.tenancy, self.tenancy.api());
        if let (Job::SetUp, Some(share)) = (job, &self.share) {
            api.until_status(share, "available");
            assert_eq!(tenancy.servers().len(), 1);
            api.delete(&format!("/shares/{share}"));
            api.until_gone(share);
            tenancy.remove_network(&self.network);
        }
        until("the server is gone", || tenancy.servers().is_empty().then_some(()));
        self.tenancy.close();
    }
}

/// Method, pattern of the path, and how many such calls came before.
type Step = (String, String, usize);

/// The steps of a job, seen in a clean run.
fn steps(job: Job) -> Vec<Step> {
    let mut play = Play::before(job);
    play.tenancy.stage.sim.forget_calls();
    play.begin(job);
    match &play.share {
        Some(share) => play.tenancy.api().until_status(share, "available"),
        None => until("the server is gone", || play.tenancy.servers().is_empty().then_some(())),
    }
    let calls = changes(&play.tenancy.stage);
    play.end(job);
    let seen: Vec<_> = calls.iter().map(|(method, path)| (method.clone(), pattern(path))).collect();
    let before = |at: usize| seen[..at].iter().filter(|one| **one == seen[at]).count();
    let steps: Vec<_> = (0..seen.len()).map(|at| (seen[at].0.clone(), seen[at].1.clone(), before(at))).collect();
    assert!(steps.len() > 2, "{job:?} took {steps:?}");
    steps
}

fn survives_a_kill_at_every_step(job: Job) {
    let moments = |step: Step| ["stall", "reply_stalled"].map(|moment| (step.clone(), moment));
    let cases: Vec<_> = steps(job).into_iter().flat_map(moments).collect();
    each(&cases, |(step, moment)| {
        let mut play = Play::struck(job, step, &json!(moment));
        play.tenancy.stage.daemon.kill();
        play.tenancy.stage.sim.heal();
        play.tenancy.stage.restart();
        play.end(job);
    });
}

/// Each step meets a fault once, and everything is well in the end. Not for set-ups whose reply is lost: before such a
/// server counts as gone, it is waited for until no late call can land any more. The driver's own tests step the clock.
fn survives(job: Job, fault: &Value) {
    each(&steps(job), |step| {
        let play = Play::struck(job, step, fault);
        play.tenancy.stage.sim.heal();
        play.end(job);
    });
}

#[test]
fn a_server_that_is_being_made_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Job::SetUp);
}

#[test]
fn a_server_that_is_being_removed_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Job::TearDown);
}

#[test]
fn a_reply_that_is_lost_at_any_step_of_a_tear_down_leaves_nothing() {
    survives(Job::TearDown, &json!("reply_lost"));
}
