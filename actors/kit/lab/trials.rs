//! What every actor must survive: a panic, an error, a hang, a flood and an orderly stop.
//!
//! A crate describes its actor once as a [`Specimen`] and calls [`trials`]; the same promises are then held for all.
//! How to get it wrong: a specimen whose mishap never reaches the code under test; each trial therefore also checks that
//! the mishap was felt, that the actor serves again afterwards, and that every place in its queue was given back.

use std::time::Duration;

use actix::{Actor, Context, Message, Running};
use futures::future::join_all;

use super::{Lab, run};
use crate::{Children, End, Life, Parent, Port, RestartDecision, Restarts, State, Unanswered, Vitals, Watch, raise};

/// What a message meets on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    None,
    Panic,
    Error,
    Hang,
}

/// An actor with a port, and messages that go well or badly.
pub trait Specimen: Clone + 'static {
    type Message: Message<Result: Send> + Send + 'static;

    /// The port, with the bound and the patience it has in earnest.
    fn port(&self, lab: &Lab) -> Port<Self::Message>;

    /// Raises one incarnation with `port` plugged in; called again after an end.
    fn raise(&self, vitals: &Vitals, port: &Port<Self::Message>) -> Life;

    /// A message that meets `mishap`; `Hang` never ends by itself.
    fn message(&self, mishap: Mishap) -> Self::Message;

    /// Whether this answer says that the work was done.
    fn succeeded(&self, answer: &<Self::Message as Message>::Result) -> bool;
}

/// Puts a specimen through every trial, each with a fresh system.
pub fn trials<S: Specimen>(specimen: &S) {
    run(async |lab| survives_a_panic(Trial::new(lab, specimen)).await);
    run(async |lab| reports_an_error(Trial::new(lab, specimen)).await);
    run(async |lab| outlives_a_hang(Trial::new(lab, specimen)).await);
    run(async |lab| refuses_a_flood(Trial::new(lab, specimen)).await);
    run(async |lab| stops_in_good_order(Trial::new(lab, specimen)).await);
}

/// Longer than any pause before the specimen is raised again.
const PAUSE: Duration = Duration::from_secs(2);

struct Trial<S: Specimen> {
    lab: Lab,
    specimen: S,
    vitals: Vitals,
    port: Port<S::Message>,
    parent: Life,
}

async fn survives_a_panic<S: Specimen>(trial: Trial<S>) {
    trial.expect_a_failure(Mishap::Panic).await;
    trial.lab.step(PAUSE).await;
    trial.expect_success("after a panic").await;
}

async fn reports_an_error<S: Specimen>(trial: Trial<S>) {
    trial.expect_a_failure(Mishap::Error).await;
    let restarted = trial.vitals.look().restarted;
    assert_eq!(restarted, Default::default(), "an error must be an answer, not the end of the actor");
    trial.expect_success("after an error").await;
}

async fn outlives_a_hang<S: Specimen>(trial: Trial<S>) {
    trial.expect_a_failure(Mishap::Hang).await;
    trial.expect_recovery("after a hang").await;
    trial.expect_success("after a hang").await;
}

async fn refuses_a_flood<S: Specimen>(trial: Trial<S>) {
    const TOO_MANY: usize = 7;
    trial.lab.settle().await;
    let asked = trial.port.bound() + TOO_MANY;
    let answers = join_all((0..asked).map(|_| trial.port.ask(trial.specimen.message(Mishap::Hang))));
    let answers = actix_rt::spawn(answers);
    trial.lab.settle().await;
    let look = trial.vitals.look();
    assert_eq!(look.depth, trial.port.bound(), "the bound must be reached, and not passed");
    assert_eq!(look.refused, TOO_MANY as u64, "each refusal must be counted");
    trial.lab.step(trial.port.patience()).await;
    assert!(answers.is_finished(), "an asker must not wait beyond the patience of the port");
    let answers = answers.await.expect("asking does not panic");
    let full = answers.iter().filter(|answer| matches!(answer, Err(Unanswered::Full))).count();
    assert_eq!(full, TOO_MANY, "who is refused must be told so");
    trial.expect_recovery("after a flood").await;
    trial.expect_success("after a flood").await;
}

async fn stops_in_good_order<S: Specimen>(trial: Trial<S>) {
    let Trial { lab, specimen, vitals, port, parent } = trial;
    lab.settle().await;
    let asked = actix_rt::spawn(port.ask(specimen.message(Mishap::None)));
    tokio::task::yield_now().await;
    let stopped = actix_rt::spawn(parent.stop(port.patience()));
    lab.settle().await;
    let answer = asked.await.expect("asking does not panic");
    assert!(answer.is_ok_and(|answer| specimen.succeeded(&answer)), "what was taken in must be worked off");
    assert!(stopped.is_finished(), "an idle actor must stop at once");
    assert_eq!(stopped.await.expect("stopping does not panic"), End::Stopped);
    assert_eq!(vitals.look().state, State::Down);
    let refused = port.ask(specimen.message(Mishap::None)).await;
    assert!(matches!(refused, Err(Unanswered::Vacant)), "a stopped actor must take nothing in");
}

impl<S: Specimen> Trial<S> {
    fn new(lab: Lab, specimen: &S) -> Self {
        let vitals = lab.vitals.vitals("specimen");
        let port = specimen.port(&lab);
        let mut children = Children::new(lab.clock.clone());
        let restarts = Restarts::new(100, Duration::from_secs(3600), PAUSE / 2, PAUSE / 2);
        let factory = {
            let (specimen, vitals, port) = (specimen.clone(), vitals.clone(), port.clone());
            move || specimen.raise(&vitals, &port)
        };
        children.add((), vitals.clone(), restarts, factory);
        let patience = port.patience();
        let watch = Watch { every: Duration::from_secs(3600), patience };
        let parent = raise(&lab.vitals.vitals("parent"), watch, move |_| Guardian { children, patience });
        Trial { lab, specimen: specimen.clone(), vitals, port, parent }
    }

    async fn expect_a_failure(&self, mishap: Mishap) {
        self.lab.settle().await;
        let answer = actix_rt::spawn(self.port.ask(self.specimen.message(mishap)));
        self.lab.settle().await;
        if mishap == Mishap::Hang {
            assert!(!answer.is_finished(), "the specimen's Hang did not hang");
            self.lab.step(self.port.patience()).await;
        }
        assert!(answer.is_finished(), "{mishap:?} must end in an answer, without waiting for the patience of the port");
        if let Ok(answer) = answer.await.expect("asking does not panic") {
            assert!(!self.specimen.succeeded(&answer), "{mishap:?} must not look like success");
        }
    }

    async fn expect_success(&self, when: &str) {
        let answer = actix_rt::spawn(self.port.ask(self.specimen.message(Mishap::None)));
        self.lab.settle().await;
        assert!(answer.is_finished(), "the actor must answer at once {when}");
        match answer.await.expect("asking does not panic") {
            Ok(answer) => assert!(self.specimen.succeeded(&answer), "the actor must succeed again {when}"),
            Err(unanswered) => assert_eq!(Ok(()), Err(unanswered), "the actor must answer again {when}"),
        }
        assert_eq!(self.vitals.look().state, State::Up);
        assert_eq!(self.port.depth(), 0, "every place must be given back {when}");
    }

    /// Every place must be given back and the actor be there, at the latest after some patience of its own.
    async fn expect_recovery(&self, when: &str) {
        const STEPS: u32 = 20;
        for _ in 0..STEPS {
            if self.port.depth() == 0 && self.vitals.look().state == State::Up {
                return;
            }
            self.lab.step(self.port.patience()).await;
        }
        assert_eq!(self.port.depth(), 0, "every place must be given back {when}");
        assert_eq!(self.vitals.look().state, State::Up, "the actor must be up again {when}");
    }
}

/// The specimen's parent.
struct Guardian {
    children: Children<()>,
    patience: Duration,
}

impl Actor for Guardian {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.raise_all(ctx);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.children_first(self.patience)
    }
}

impl Parent for Guardian {
    type Name = ();

    fn children(&mut self) -> &mut Children<()> {
        &mut self.children
    }

    fn child_ended(&mut self, (): &(), _: &End, _: RestartDecision, _: &mut Context<Self>) {}
}

#[cfg(test)]
mod tests;
