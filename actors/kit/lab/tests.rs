//! A tree of actors in one thread: from one seed it goes one way, and a kill leaves nothing of it.
//!
//! The tree lives in a `LocalSet` inside one task. Aborting that task is the kill: no actor is asked to stop, nothing is
//! worked off, all is dropped where it stands.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use actix::{Actor, Context, Handler, Message, ResponseActFuture, WrapFuture};
use tokio::task::{JoinHandle, LocalSet};

use super::*;
use crate::{
    Children, End, Life, Lost, Parent, Port, Registry, RestartDecision, Restarts, Threads, Ticker, Watch, contained,
    raise,
};

const CHILDREN: usize = 10;

/// What outlives the kills.
#[derive(Clone)]
struct World {
    clock: Clock,
    hand: Hand,
    /// What happened, and when.
    trace: Arc<Mutex<Vec<(Duration, String)>>>,
    /// Actors, and work of theirs, that were not dropped yet.
    alive: Arc<AtomicUsize>,
}

impl World {
    fn new(lab: &Lab) -> Self {
        World { clock: lab.clock.clone(), hand: lab.hand.clone(), trace: Arc::default(), alive: Arc::default() }
    }

    fn note(&self, what: String) {
        self.trace.lock().unwrap().push((self.clock.running(), what));
    }

    fn alive(&self) -> Alive {
        self.alive.fetch_add(1, SeqCst);
        Alive(self.alive.clone())
    }

    /// Raises a tree in a `LocalSet` of its own.
    fn boot(&self, number: usize) -> JoinHandle<()> {
        let world = self.clone();
        actix_rt::spawn(async move {
            let set = LocalSet::new();
            let tree = async move {
                let registry = Registry::new(world.clock.clone());
                let vitals = registry.vitals("root");
                let _life = raise(&vitals, Watch::default(), move |_| Root::new(&world, &registry, number));
                std::future::pending::<()>().await
            };
            set.run_until(tree).await;
        })
    }
}

struct Alive(Arc<AtomicUsize>);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

#[derive(Message)]
#[rtype(result = "Result<(), Lost>")]
struct Work;

struct Worker {
    name: String,
    /// Draws from a stream of its own.
    clock: Clock,
    world: World,
    _ticker: Ticker,
    _alive: Alive,
}

impl Actor for Worker {
    type Context = Context<Self>;
}

impl Handler<Work> for Worker {
    type Result = ResponseActFuture<Self, Result<(), Lost>>;

    fn handle(&mut self, _: Work, _: &mut Context<Self>) -> Self::Result {
        let (clock, world, name) = (self.clock.clone(), self.world.clone(), self.name.clone());
        assert!(clock.fraction() > 0.02, "an uncontained panic");
        let alive = world.alive();
        let work = contained(&self.clock, Duration::from_secs(2), async move {
            let _alive = alive;
            world.note(format!("{name} begins"));
            // Whole tenths, so that many are due at one instant.
            clock.sleep(Duration::from_millis(100) * (clock.fraction() * 25.0) as u32).await;
            assert!(clock.fraction() > 0.1, "a contained panic");
            world.note(format!("{name} is done"));
        });
        Box::pin(work.into_actor(self))
    }
}

struct Root {
    children: Children<usize>,
    world: World,
    _alive: Alive,
}

impl Root {
    fn new(world: &World, registry: &Registry, number: usize) -> Self {
        let mut children = Children::new(world.clock.clone());
        for child in 0..CHILDREN {
            let name = format!("{number}/{child}");
            let (vitals, world) = (registry.vitals(name.as_str()), world.clone());
            let clock = world.hand.fork(&name);
            let port = Port::new("work", 4, Duration::from_secs(5), world.clock.clone());
            let restarts = Restarts::new(1000, Duration::from_secs(60), Duration::from_secs(1), Duration::from_secs(8));
            children.add(child, vitals.clone(), restarts, move || -> Life {
                let (name, clock, port, world) = (name.clone(), clock.clone(), port.clone(), world.clone());
                Threads::here().raise(&vitals, Watch::default(), move |raising| {
                    raising.plug(&port);
                    let ticker = Ticker::start(&clock, Duration::from_secs(1), &port, || Work);
                    Worker { name, clock, _ticker: ticker, _alive: world.alive(), world }
                })
            });
        }
        Root { children, world: world.clone(), _alive: world.alive() }
    }
}

impl Actor for Root {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.raise_all(ctx);
    }
}

impl Parent for Root {
    type Name = usize;

    fn children(&mut self) -> &mut Children<usize> {
        &mut self.children
    }

    fn child_ended(&mut self, name: &usize, end: &End, _verdict: RestartDecision, _: &mut Context<Self>) {
        self.world.note(format!("{name} ended: {end:?}"));
    }
}

/// Twenty kills, each after a drawn time, with a new tree after each. Returns the hash of what happened.
async fn story(lab: Lab) -> u64 {
    let world = World::new(&lab);
    let kills = lab.hand.fork("kills");
    for number in 0..20 {
        let tree = world.boot(number);
        let began = lab.clock.running();
        let at_work = world.trace.lock().unwrap().len();
        lab.run_to(began + Duration::from_secs(10).mul_f64(1.0 + kills.fraction())).await;
        assert!(world.trace.lock().unwrap().len() > at_work + 10 * CHILDREN, "the tree works");
        assert!(world.alive.load(SeqCst) > CHILDREN / 2, "it lives");

        tree.abort();
        lab.settle().await;
        assert_eq!((world.alive.load(SeqCst), lab.hand.sleeping()), (0, 0), "nothing is left of it");
        let quiet = world.trace.lock().unwrap().len();
        lab.run_to(lab.clock.running() + Duration::from_secs(30)).await;
        assert_eq!(world.trace.lock().unwrap().len(), quiet, "the dead do nothing");
    }
    let trace = world.trace.lock().unwrap();
    for what in ["begins", "is done", "ended: Panicked"] {
        assert!(trace.iter().any(|(_, noted)| noted.contains(what)), "never: {what}");
    }
    let mut hasher = DefaultHasher::new();
    trace.hash(&mut hasher);
    hasher.finish()
}

#[test]
fn one_seed_tells_one_story_over_kills_and_restarts_and_another_seed_another() {
    let hash = |seed| run_seeded(seed, story);
    let stories = [1, 2, 3].map(hash);
    assert_eq!([1, 2, 3].map(hash), stories);
    assert!(stories[0] != stories[1] && stories[1] != stories[2]);
}
