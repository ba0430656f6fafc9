use actix::{ActorFutureExt, ActorResponse, AsyncContext, Handler, WrapFuture};

use super::*;
use crate::contained;

/// What the specimen does wrong on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    None,
    /// Panics in the actor itself, which the parent has to mend; no flaw in the eyes of the trials.
    Uncontained,
    DiesOfErrors,
    HidesErrors,
    NeverHangs,
    WaitsForEver,
    ForgetsAfterPanic,
}

#[derive(Clone)]
struct Sample(Flaw);

#[derive(Message)]
#[rtype(result = "Result<(), String>")]
struct Meet(Mishap);

struct Subject {
    flaw: Flaw,
    vitals: Vitals,
    quit: crate::Quit,
}

const PATIENCE: Duration = Duration::from_secs(30);

impl Actor for Subject {
    type Context = Context<Self>;
}

impl Handler<Meet> for Subject {
    type Result = ActorResponse<Self, Result<(), String>>;

    fn handle(&mut self, Meet(mishap): Meet, ctx: &mut Self::Context) -> Self::Result {
        match (self.flaw, mishap) {
            (Flaw::Uncontained | Flaw::ForgetsAfterPanic, Mishap::Panic) => panic!("uncontained"),
            (Flaw::DiesOfErrors, Mishap::Error) => self.quit.because("an error", ctx),
            (Flaw::HidesErrors, Mishap::Error) | (Flaw::NeverHangs, Mishap::Hang) => {
                return ActorResponse::reply(Ok(()));
            }
            (Flaw::WaitsForEver, Mishap::Hang) => ctx.wait(std::future::pending::<()>().into_actor(self)),
            (Flaw::ForgetsAfterPanic, Mishap::None) if self.vitals.look().restarted.panicked > 0 => {
                return ActorResponse::reply(Err("what was I to do?".into()));
            }
            _ => {}
        }
        let work = contained(self.vitals.clock(), PATIENCE / 2, async move {
            match mishap {
                Mishap::None => Ok(()),
                Mishap::Panic => panic!("contained"),
                Mishap::Error => Err("no route".to_owned()),
                Mishap::Hang => std::future::pending().await,
            }
        });
        let answer = work.into_actor(self).map(|done, _, _| done.unwrap_or_else(|lost| Err(lost.to_string())));
        ActorResponse::r#async(answer)
    }
}

impl Specimen for Sample {
    type Message = Meet;

    fn port(&self, lab: &Lab) -> Port<Meet> {
        Port::new("subject", 5, PATIENCE, lab.clock.clone())
    }

    fn raise(&self, vitals: &Vitals, port: &Port<Meet>) -> Life {
        let (flaw, kept, port) = (self.0, vitals.clone(), port.clone());
        let watch = Watch { every: PATIENCE / 3, patience: PATIENCE };
        raise(vitals, watch, move |raising| {
            raising.plug(&port);
            Subject { flaw, vitals: kept, quit: raising.quit() }
        })
    }

    fn message(&self, mishap: Mishap) -> Meet {
        Meet(mishap)
    }

    fn succeeded(&self, answer: &Result<(), String>) -> bool {
        answer.is_ok()
    }
}

#[test]
fn a_sound_actor_passes() {
    trials(&Sample(Flaw::None));
}

#[test]
fn an_actor_that_panics_and_is_raised_again_passes() {
    trials(&Sample(Flaw::Uncontained));
}

#[test]
#[should_panic(expected = "an error must be an answer")]
fn an_actor_that_dies_of_an_error_fails() {
    trials(&Sample(Flaw::DiesOfErrors));
}

#[test]
#[should_panic(expected = "Error must not look like success")]
fn an_actor_that_hides_an_error_fails() {
    trials(&Sample(Flaw::HidesErrors));
}

#[test]
#[should_panic(expected = "did not hang")]
fn a_specimen_whose_mishap_does_not_happen_fails() {
    trials(&Sample(Flaw::NeverHangs));
}

#[test]
fn an_actor_that_waits_for_ever_and_is_raised_again_passes() {
    trials(&Sample(Flaw::WaitsForEver));
}

#[test]
#[should_panic(expected = "the actor must succeed again after a panic")]
fn an_actor_that_does_not_recover_fails() {
    trials(&Sample(Flaw::ForgetsAfterPanic));
}
