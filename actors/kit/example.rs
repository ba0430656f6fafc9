//! The pattern to copy: a parent with two children, one of which panics. (Elsewhere, `crate` is `manilad_kit`.)

use std::time::Duration;

use actix::{Actor, Context, Handler, Message, Running};
use manilad_clock::Clock;

use crate::{Children, End, Parent, Port, Registry, RestartDecision, Restarts, State, Unanswered, Watch, lab, raise};

// --- A message: plain data, an imperative.

#[derive(Message)]
#[rtype(result = "Result<u64, Trouble>")]
struct Divide {
    dividend: u64,
    divisor: u64,
}

#[derive(Debug, PartialEq)]
struct Trouble(&'static str);

// --- A child: an actix actor with plain handlers. It knows nothing of ports, bounds or restarts.

struct Divider {
    checks: bool,
}

impl Actor for Divider {
    type Context = Context<Self>;
}

impl Handler<Divide> for Divider {
    type Result = Result<u64, Trouble>;

    fn handle(&mut self, Divide { dividend, divisor }: Divide, _: &mut Self::Context) -> Self::Result {
        if self.checks && divisor == 0 {
            return Err(Trouble("the divisor is zero"));
        }
        Ok(dividend / divisor) // panics on zero
    }
}

// --- The parent: says who its children are, and what their ends mean to it.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Noun {
    Careful,
    Careless,
}

struct Office {
    children: Children<Noun>,
    given_up: Vec<Noun>,
}

impl Office {
    fn new(clock: &Clock, registry: &Registry, careful: &Port<Divide>, careless: &Port<Divide>) -> Self {
        let mut children = Children::new(clock.clone());
        for (noun, name, port, checks) in
            [(Noun::Careful, "office/careful", careful, true), (Noun::Careless, "office/careless", careless, false)]
        {
            let restarts = Restarts::new(3, Duration::from_secs(60), Duration::from_secs(1), Duration::from_secs(8));
            let (vitals, port) = (registry.vitals(name), port.clone());
            children.add(noun, vitals.clone(), restarts, move || {
                let port = port.clone();
                raise(&vitals, Watch::default(), move |raising| {
                    raising.plug(&port);
                    Divider { checks }
                })
            });
        }
        Office { children, given_up: Vec::new() }
    }
}

impl Actor for Office {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.raise_all(ctx);
    }

    fn stopping(&mut self, _: &mut Self::Context) -> Running {
        self.children_first(Duration::from_secs(30))
    }
}

impl Parent for Office {
    type Name = Noun;

    fn children(&mut self) -> &mut Children<Noun> {
        &mut self.children
    }

    fn child_ended(&mut self, noun: &Noun, _end: &End, decision: RestartDecision, _: &mut Context<Self>) {
        if decision == RestartDecision::GiveUp {
            self.given_up.push(*noun);
        }
    }
}

// --- Whoever wires it all.

#[test]
fn one_child_panics_and_is_raised_again_while_the_other_serves_on() {
    lab::run(async |lab| {
        let port = |name| Port::new(name, 16, Duration::from_secs(5), lab.clock.clone());
        let (careful, careless) = (port("careful"), port("careless"));
        let office = Office::new(&lab.clock, &lab.vitals, &careful, &careless);
        let office = raise(&lab.vitals.vitals("office"), Watch::default(), |_| office);
        lab.settle().await;

        let by_zero = || Divide { dividend: 6, divisor: 0 };
        let by_two = || Divide { dividend: 6, divisor: 2 };
        assert_eq!(careful.ask(by_zero()).await, Ok(Err(Trouble("the divisor is zero"))));
        assert_eq!(careless.ask(by_zero()).await, Err(Unanswered::Lost));
        assert_eq!(careless.ask(by_two()).await, Err(Unanswered::Vacant));
        assert_eq!(careful.ask(by_two()).await, Ok(Ok(3)));

        lab.step(Duration::from_millis(1250)).await; // the first pause, jittered
        assert_eq!(careless.ask(by_two()).await, Ok(Ok(3)));
        let look = lab.vitals.vitals("office/careless").look();
        assert_eq!((look.state, look.restarted.panicked), (State::Up, 1));
        assert_eq!(look.last_end.as_deref(), Some("panicked: attempt to divide by zero"));

        assert_eq!(office.stop(Duration::from_secs(60)).await, End::Stopped);
        assert_eq!(careful.ask(by_two()).await, Err(Unanswered::Vacant));
    });
}
