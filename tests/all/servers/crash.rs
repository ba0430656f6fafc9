//! kill −9, and a bad turn of the array, at each step of a server's set-up and tear-down: everything arrives where it
//! was going, and nothing is left behind.
//!
//! As in the crash table of shares, the steps are not written down: a clean run is watched at the array, and each call
//! that changes it is a step.

use serde_json::{Value, json};

use super::{Tenancy, VLAN, managed};
use crate::crash::{changes, pattern};
use crate::support::{each, until};

/// A job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Job {
    /// The first share of a network.
    SetUp,
    /// The network of a server that nobody uses goes.
    TearDown,
    /// A server that was let go of is managed again.
    Manage,
    /// A server is let go of.
    Unmanage,
}

/// A tenancy before a job.
struct Play {
    tenancy: Tenancy,
    network: String,
    share: Option<String>,
    /// Of the SVM that is managed, or let go of.
    name: String,
}

impl Play {
    fn before(job: Job) -> Self {
        let tenancy = Tenancy::open(&[], VLAN);
        let network = tenancy.network("blue");
        if job != Job::SetUp {
            let (api, share) = (tenancy.api(), tenancy.share(&network));
            api.until_status(&share, "available");
            api.delete(&format!("/shares/{share}"));
            api.until_gone(&share);
        }
        let mut name = String::new();
        if matches!(job, Job::Manage | Job::Unmanage) {
            let server = tenancy.servers().remove(0);
            name = server["backend_details"]["vserver_name"].as_str().unwrap().to_owned();
            if job == Job::Manage {
                managed::unmanage(&tenancy, server["id"].as_str().unwrap());
            }
        }
        Play { tenancy, network, share: None, name }
    }

    fn begin(&mut self, job: Job) {
        match job {
            Job::SetUp => self.share = Some(self.tenancy.share(&self.network)),
            Job::TearDown => self.tenancy.api().delete(&format!("/share-networks/{}", self.network)),
            Job::Manage => drop(managed::manage(&self.tenancy, &self.network, &self.name)),
            Job::Unmanage => {
                let server = self.tenancy.servers()[0]["id"].as_str().unwrap().to_owned();
                let action = format!("/share-servers/{server}/action");
                self.tenancy.api().post(&action, json!({ "unmanage": null }));
            }
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
        self.until_done(job);
        if let (Job::SetUp, Some(share)) = (job, &self.share) {
            assert_eq!(tenancy.servers().len(), 1);
            api.delete(&format!("/shares/{share}"));
            api.until_gone(share);
            tenancy.remove_network(&self.network);
        }
        if job == Job::Unmanage {
            managed::manage(tenancy, &self.network, &self.name);
            managed::until_server(tenancy, "active");
        }
        if matches!(job, Job::Manage | Job::Unmanage) {
            api.delete(&format!("/share-servers/{}", tenancy.servers()[0]["id"].as_str().unwrap()));
        }
        until("the server is gone", || tenancy.servers().is_empty().then_some(()));
        self.tenancy.close();
    }

    fn until_done(&self, job: Job) {
        let tenancy = &self.tenancy;
        match (job, &self.share) {
            (Job::SetUp, share) => {
                share.iter().for_each(|share| tenancy.api().until_status(share, "available"));
            }
            (Job::Manage, _) => drop(managed::until_server(tenancy, "active")),
            (Job::TearDown | Job::Unmanage, _) => {
                until("the server is gone", || tenancy.servers().is_empty().then_some(()));
            }
        }
    }
}

/// Method, pattern of the path, and how many such calls came before.
type Step = (String, String, usize);

/// The steps of a job, seen in a clean run.
fn steps(job: Job) -> Vec<Step> {
    let mut play = Play::before(job);
    play.tenancy.stage.sim.forget_calls();
    play.begin(job);
    play.until_done(job);
    let calls = changes(&play.tenancy.stage);
    play.end(job);
    let seen: Vec<_> = calls.iter().map(|(method, path)| (method.clone(), pattern(path))).collect();
    let before = |at: usize| seen[..at].iter().filter(|one| **one == seen[at]).count();
    let steps: Vec<_> = (0..seen.len()).map(|at| (seen[at].0.clone(), seen[at].1.clone(), before(at))).collect();
    let least = if matches!(job, Job::Manage | Job::Unmanage) { 1 } else { 3 };
    assert!(steps.len() >= least, "{job:?} took {steps:?}");
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
fn a_server_that_is_being_managed_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Job::Manage);
}

#[test]
fn a_server_that_is_being_let_go_of_survives_a_kill_at_every_step() {
    survives_a_kill_at_every_step(Job::Unmanage);
}

#[test]
fn a_reply_that_is_lost_at_any_step_of_a_tear_down_leaves_nothing() {
    survives(Job::TearDown, &json!("reply_lost"));
}
