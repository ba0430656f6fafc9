//! The sweep: now and then the array is held against the store, for what nobody's request would find.
//!
//! A round asks the driver for a survey, and *then* the store. Records come before their objects, so whatever was made
//! before the survey the store knows by then, and what is made after it is not in the survey. What work began or ended
//! on in between is left alone in this round: a share that was just made does not count as missing, nor a rule that was
//! just allowed as drift. A share that another back end removed in between would still pass for a stray; so a new stray
//! counts only if a second survey, after the store did not know it, finds it still there. Ids are never used again.
//!
//! How to get it wrong: to remove anything. A store that was put back from a backup knows less than the array holds.
//! See decision 0013.

mod findings;
mod look;
mod notes;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

use futures::future::select;
use manilad_clock::Clock;
use manilad_decisions::sweep::{Drifted, Moved, Sweeping};
use manilad_domain::InstanceId;
use manilad_domain::status::Status;
use manilad_driver::{Aspect, Condition, Difference, Marked, RunningDriver, Survey};
use manilad_kit::{OwnedTask, Port, contained};
use manilad_messages::Look;
use manilad_store::Store;

use findings::{Findings, LOGGED_LINES, key_of};
use notes::Notes;

use crate::meter;

/// When the first round begins, if rounds are not more frequent: by then a start is over.
const FIRST: Duration = Duration::from_secs(300);
/// How long a survey may take.
const SURVEY_PATIENCE: Duration = Duration::from_secs(330);
/// How long a round may take.
const PATIENCE: Duration = Duration::from_secs(1800);

/// What a sweep works with.
pub struct SweepContext {
    pub service: String,
    pub epoch: u64,
    pub clock: Clock,
    pub store: Store,
    pub running: Rc<dyn RunningDriver>,
    pub looks: Port<Look>,
    pub every: Duration,
    /// Records that are read in one go.
    pub page: usize,
}

/// Sweeps until dropped, one round after the other.
pub struct Sweep {
    notes: Rc<Notes>,
    _task: OwnedTask,
}

impl Sweep {
    pub fn start(context: SweepContext) -> Self {
        let notes = Rc::<Notes>::default();
        let (context, of_task) = (Rc::new(context), notes.clone());
        let task = OwnedTask::spawn(async move {
            let mut pause = context.every.min(FIRST);
            let mut before = Findings::default();
            loop {
                context.wait(&of_task, pause).await;
                pause = context.every;
                let began = context.clock.running();
                let confirmed: BTreeSet<_> = before.strays.keys().cloned().collect();
                let round = contained(&context.clock, PATIENCE, context.clone().round(of_task.clone(), confirmed));
                let outcome = round.await.unwrap_or_else(|lost| Err(lost.to_string()));
                of_task.round_ends();
                meter::swept(&context.service, outcome.is_ok());
                match outcome {
                    Ok(mut findings) => {
                        findings.log(&context.service, &before, context.clock.running() - began);
                        before = findings;
                    }
                    // What was the reason to look may not be told again.
                    Err(why) => {
                        pause = context.every.min(FIRST);
                        tracing::warn!(backend = context.service, why, "the array could not be swept");
                    }
                }
            }
        });
        Sweep { notes, _task: task }
    }

    pub fn notes(&self) -> &Notes {
        &self.notes
    }
}

impl SweepContext {
    /// Until there is a reason to look: that it is time, that the array serves by other paths, or that rules were given up and nothing can
    /// come any more of what was tried.
    async fn wait(&self, notes: &Notes, pause: Duration) {
        let given_up = pin!(async {
            notes.rules_given_up().await;
            self.clock.sleep(FIRST).await;
        });
        let reason = select(self.running.moved(), given_up);
        let _elapsed = self.clock.within(self.clock.jittered(pause), reason).await;
    }

    /// One round. `confirmed` are strays that the last one was sure of.
    async fn round(
        self: Rc<Self>,
        notes: Rc<Notes>,
        confirmed: BTreeSet<(&'static str, String)>,
    ) -> Result<Findings, String> {
        notes.round_begins();
        let survey = self.survey().await?;
        let mut findings = Findings::default();
        let mut after = None;
        loop {
            let (service, most) = (self.service.clone(), self.page);
            let page = self.store.look(move |snapshot| look::page(snapshot, &service, after, most)).await;
            let page = page.map_err(|error| error.to_string())?;
            let moved = self.moved(&*survey, &notes, &page.held);
            let drifted = self.judge(&*survey, &notes, page.held, &mut findings);
            self.repair(drifted, &notes).await?;
            self.follow(moved).await?;
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        let mut strays = self.unknown(survey.marked(), &notes).await?;
        if strays.keys().any(|stray| !confirmed.contains(stray)) {
            let again = self.survey().await?;
            let there: HashSet<_> = again.marked().iter().map(key_of).collect();
            strays.retain(|stray, _| there.contains(stray));
        }
        findings.strays = strays;
        Ok(findings)
    }

    async fn survey(&self) -> Result<Rc<dyn Survey>, String> {
        let surveyed = contained(&self.clock, SURVEY_PATIENCE, self.running.survey()).await;
        surveyed.map_err(|lost| lost.to_string())?.map_err(|trouble| trouble.reason)
    }

    /// Holds instances against the survey. Returns those that have drifted.
    fn judge(
        &self,
        survey: &dyn Survey,
        notes: &Notes,
        held: Vec<look::Held>,
        findings: &mut Findings,
    ) -> Vec<Drifted> {
        let mut drifted = Vec::new();
        for look::Held { subject, status, desired, rules, .. } in held {
            let (share, instance) = (subject.share, subject.instance);
            if notes.was_touched(instance) {
                continue;
            }
            findings.shares.insert(instance, share);
            if status == Status::Error {
                if survey.judge(&subject, &desired) == Condition::Sound && survey.differences(&subject).is_empty() {
                    findings.sound.insert(instance, false);
                }
                continue;
            }
            if !findings.judged.insert(instance) {
                continue;
            }
            match survey.judge(&subject, &desired) {
                Condition::Sound => {}
                Condition::Missing(reason) => {
                    findings.missing.insert(instance, reason);
                    continue;
                }
                Condition::Drifted(reason) => {
                    findings.drifted += 1;
                    if findings.drifted <= LOGGED_LINES {
                        let backend = &self.service;
                        tracing::info!(backend, %share, %instance, reason, "access on the array has drifted");
                    }
                    drifted.push(Drifted { share, instance, rules, request_id: format!("req-{}", self.clock.id()) });
                }
            }
            // What could not be resized has the one size or the other.
            let counts = |aspect: Aspect| aspect != Aspect::Size || status == Status::Available;
            for Difference { aspect, reason } in survey.differences(&subject) {
                if counts(aspect) {
                    findings.differ(instance, aspect, reason);
                }
            }
        }
        drifted
    }

    /// Instances that can be mounted by other paths than those recorded.
    fn moved(&self, survey: &dyn Survey, notes: &Notes, held: &[look::Held]) -> Vec<Moved> {
        let is_quiet = |one: &&look::Held| one.status.is_swept() && !notes.was_touched(one.subject.instance);
        let others = held
            .iter()
            .filter(is_quiet)
            .filter(|one| survey.exports(&one.subject).is_some_and(|exports| !look::is_same(&one.exports, &exports)));
        let moved = others.map(|one| Moved {
            share: one.subject.share,
            instance: one.subject.instance,
            request_id: format!("req-{}", self.clock.id()),
        });
        moved.collect()
    }

    /// Owes instances the paths that they have by now.
    async fn follow(&self, moved: Vec<Moved>) -> Result<(), String> {
        if moved.is_empty() {
            return Ok(());
        }
        let sweeping = self.sweeping();
        let owed = self.store.commit("follow paths", move |draft| sweeping.follow(draft, &moved)).await;
        let (backend, shares) = (&self.service, owed.map_err(|failed| failed.to_string())?);
        tracing::info!(backend, shares, "the paths of shares changed on the array");
        let _it_looks_by_timer_too = self.looks.nudge(Look);
        Ok(())
    }

    fn sweeping(&self) -> Sweeping {
        Sweeping { service: self.service.clone(), epoch: self.epoch, now: self.clock.now().into() }
    }

    /// Owes the array the rules of what has drifted.
    async fn repair(&self, drifted: Vec<Drifted>, notes: &Notes) -> Result<(), String> {
        if drifted.is_empty() {
            return Ok(());
        }
        let sweeping = self.sweeping();
        let owed = self.store.commit("repair access", move |draft| sweeping.repair(draft, &drifted)).await;
        notes.repairs(owed.map_err(|failed| failed.to_string())?);
        let _it_looks_by_timer_too = self.looks.nudge(Look);
        Ok(())
    }

    /// What carries the mark of an instance that the store does not know, on any back end.
    async fn unknown(
        &self,
        marked: &[Marked],
        notes: &Notes,
    ) -> Result<BTreeMap<(&'static str, String), Marked>, String> {
        let mut strays = BTreeMap::new();
        for chunk in marked.chunks(self.page) {
            let asked: Vec<InstanceId> = chunk.iter().map(|one| one.instance).collect();
            let unknown = self.store.look(move |snapshot| look::unknown(snapshot, &asked)).await;
            let unknown = unknown.map_err(|error| error.to_string())?;
            let own = chunk.iter().filter(|one| unknown.contains(&one.instance) && !notes.was_touched(one.instance));
            strays.extend(own.map(|one| (key_of(one), one.clone())));
        }
        Ok(strays)
    }
}

#[cfg(test)]
mod tests;
