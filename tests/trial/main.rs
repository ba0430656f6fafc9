//! The whole daemon in one thread, on stepped time, with everything drawn from a seed: what tenants ask, how long things take, which
//! calls to the array come to grief and are carried out later, when the daemon is killed, and what its disk then keeps.
//!
//! A seed replays: the same tree runs it the same way twice. How to get it wrong: anything that asks the machine for time, for
//! chance, or for another thread; `--twice` finds it.
//!
//! Its options are in `wish.rs`. Many seeds together have to make the daemon say what `log.rs` lists, and bring about what `probes.rs` does.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the program's own output")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what can't go on ends the run, which is then a failure")]

mod array;
mod audit;
mod bin_book;
mod client;
mod cloud;
mod commits;
mod configuration;
mod disk;
mod fate;
mod host;
mod key_store;
#[path = "../long/mix/ledger.rs"]
mod ledger;
mod lock_book;
mod log;
mod matrix;
mod neutron;
mod owners;
mod plan;
mod probes;
mod shrink;
mod snapshot_book;
mod stranger;
mod strangers;
mod told;
mod wish;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use manilad_clock::Hand;
use manilad_kit::lab::{self, Lab};

use crate::array::Array;
use crate::host::Host;
use crate::log::Log;
use crate::matrix::{Case, MISHAPS};
use crate::plan::{ARRAYS, Plan};
use crate::strangers::Strangers;
use crate::wish::{USAGE, Wish};
use crate::world::{RESTART, SERVICE_PATIENCE, World};

/// So many seeds are many.
const MANY: u64 = 40;

/// After how long the driver has looked once for what deleted shares left on the array.
const TIDIED: Duration = Duration::from_secs(650);

fn main() -> ExitCode {
    log::listen_to_panics();
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.iter().any(|word| word == "--help") {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let wish = match Wish::read(words.into_iter()) {
        Ok(wish) => wish,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(64);
        }
    };
    if wish.matrix {
        return play_matrix(&wish);
    }
    let (next, played, failed) = (AtomicU64::new(wish.seeds.start), AtomicU64::new(0), AtomicU64::new(0));
    let (said, happened) = (Mutex::new(BTreeSet::new()), Mutex::new(BTreeSet::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let is_enough = wish.stops && failed.load(Ordering::Relaxed) > 0;
                    if seed >= wish.seeds.end || is_enough {
                        return;
                    }
                    let (is_good, end) = try_seed(seed, &wish);
                    played.fetch_add(1, Ordering::Relaxed);
                    failed.fetch_add(u64::from(!is_good), Ordering::Relaxed);
                    said.lock().unwrap().extend(end.said);
                    happened.lock().unwrap().extend(end.happened);
                }
            });
        }
    });
    let (failed, said) = (failed.load(Ordering::Relaxed), said.into_inner().unwrap());
    let happened = happened.into_inner().unwrap();
    let played = played.load(Ordering::Relaxed);
    println!("{played} seeds, {failed} failed");
    if let Some(until) = wish.until {
        println!("cut off after {until:?}: what holds at the end was not looked at where that is later");
    }
    if wish.said {
        said.iter().for_each(|message| println!("SAID {message}"));
        happened.iter().for_each(|probe| println!("HAPPENED {probe}"));
    }
    let is_many = played >= MANY && wish.plan.is_none() && wish.until.is_none();
    let unsaid = if is_many { log::never_said(&said) } else { Vec::new() };
    unsaid.iter().for_each(|message| println!("NEVER SAID in {played} seeds: {message}"));
    let missing = if is_many { probes::never_happened(&happened) } else { Vec::new() };
    missing.iter().for_each(|probe| println!("NEVER HAPPENED in {played} seeds: {probe}"));
    if failed == 0 && unsaid.is_empty() && missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a seed, the first of all twice, and prints what came of it. Whether all held, and how it ended.
fn try_seed(seed: u64, wish: &Wish) -> (bool, End) {
    let plan = wish.plan.clone().unwrap_or_else(|| Plan::draw(seed, wish.size));
    let end = trial(&plan, wish);
    let mut lines = vec![end.summary.clone()];
    let is_twice = wish.is_twice && seed == wish.seeds.start;
    let again = is_twice.then(|| trial(&plan, wish).hash);
    if let Some(again) = again.filter(|again| *again != end.hash) {
        lines.push(format!("TRIAL seed={seed} went another way the second time: {:016x} and {again:016x}", end.hash));
    }
    let is_good = end.broken.is_empty() && again.is_none_or(|again| again == end.hash);
    if wish.trail {
        lines.push(end.answers.clone());
    }
    if wish.trail || !end.broken.is_empty() {
        lines.extend(end.trail.iter().cloned());
    }
    lines.extend(end.broken.iter().map(|broken| format!("BROKEN seed={seed} {broken}")));
    if !is_good {
        let replay = wish.replay(seed);
        lines.push(format!("REPLAY at this very tree: cargo test --workspace --test trial -- {replay} --trail"));
    }
    if let Some(broken) = end.broken.first().filter(|_| wish.shrinks) {
        let same = |plan: &Plan| {
            let end = trial(plan, wish);
            let is_same = end.broken.iter().any(|other| shrink::kind(other) == shrink::kind(broken));
            is_same.then_some(end.lasted)
        };
        let small = shrink::shrink(plan, same);
        lines.push(format!("PLAN {}", serde_json::to_string(&small).unwrap()));
    }
    println!("{}", lines.join("\n"));
    (is_good, end)
}

/// Plays the crash matrix, and prints what does not hold.
fn play_matrix(wish: &Wish) -> ExitCode {
    let plan = matrix::plan();
    let play = |case: Case| {
        let calls = Arc::new(AtomicU64::new(0));
        let counted = calls.clone();
        let end = played(&plan, wish, move |world| async move {
            counted.store(matrix::play(world, case).await, Ordering::Relaxed);
        });
        let name = case.name();
        let mut lines = if end.broken.is_empty() && !wish.trail { Vec::new() } else { end.trail };
        lines.extend(end.broken.iter().map(|broken| format!("BROKEN {name}: {broken}")));
        if !end.broken.is_empty() {
            lines.push(format!(
                "REPLAY at this very tree: cargo test --workspace --test trial -- --matrix --case {name:?} --trail"
            ));
        }
        print!("{}", lines.iter().map(|line| format!("{line}\n")).collect::<String>());
        (end.broken.is_empty(), calls.load(Ordering::Relaxed))
    };
    let is_asked = |case: &Case| wish.case.as_ref().is_none_or(|text| case.name().contains(text.as_str()));
    let works = matrix::works();
    let counts = each(works.len(), |place| play(Case { work: works[place], at: None }));
    let mut cases = Vec::new();
    for (work, (_, calls)) in works.iter().zip(&counts) {
        println!("{work:?}: {calls} calls");
        let at = (1..=*calls).flat_map(|call| MISHAPS.iter().map(move |mishap| Some((call, *mishap))));
        cases.extend(at.map(|at| Case { work: *work, at }));
    }
    cases.retain(is_asked);
    let ends = each(cases.len(), |place| play(cases[place]));
    // What asks an array for nothing tries nothing.
    let idle = works.iter().zip(&counts).filter(|(_, (is_good, calls))| *is_good && *calls == 0).map(|(work, _)| work);
    let idle: Vec<_> = idle.collect();
    idle.iter().for_each(|work| println!("BROKEN {work:?}: no call to an array was counted"));
    let failed = idle.len() + ends.iter().chain(&counts).filter(|(is_good, _)| !is_good).count();
    println!("{} operations, {} cases, {failed} failed", works.len(), cases.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Does the work of each place, on all processors; what came of each, in order.
fn each<T: Send>(places: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    if place >= places {
                        return;
                    }
                    let came = work(place);
                    done.lock().unwrap().insert(place, came);
                }
            });
        }
    });
    done.into_inner().unwrap().into_values().collect()
}

/// How a trial ended.
#[derive(Default)]
struct End {
    hash: u64,
    /// In simulated time.
    lasted: Duration,
    broken: Vec<String>,
    trail: Vec<String>,
    summary: String,
    /// How often which request was answered how.
    answers: String,
    said: BTreeSet<String>,
    happened: BTreeSet<&'static str>,
}

/// A seed, to its end; what ends the trial itself is told as what does not hold.
fn trial(plan: &Plan, wish: &Wish) -> End {
    let play = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| played(plan, wish, story)));
    play.unwrap_or_else(|_| {
        let why = log::panics().join("; ");
        End {
            broken: vec![format!("the trial itself ended: {why}")],
            summary: format!("seed {}: no end", plan.seed),
            ..End::default()
        }
    })
}

/// Plays a story in a world of its own.
fn played<S: Future<Output = ()> + 'static>(plan: &Plan, wish: &Wish, story: impl FnOnce(Rc<World>) -> S) -> End {
    let (seed, plan) = (plan.seed, Rc::new(plan.clone()));
    let (log, _listening) = Log::listen(wish.log.as_deref());
    lab::run_seeded(seed, async move |lab| {
        let arrays: Vec<_> = (0..ARRAYS.len()).map(|place| Array::new(place, &plan, &lab.hand, wish.calls)).collect();
        let host = Host::new(configuration::settings(&plan), &lab.hand, &plan, arrays.clone());
        let world = World::new(plan.clone(), lab.clock.clone(), host, arrays);
        let mut story = actix_rt::spawn(story(world.clone()));
        let far = wish.until.unwrap_or(Duration::MAX);
        let mut minute = 0;
        while !story.is_finished() && world.broken.borrow().is_empty() && lab.clock.running() < far {
            lab.settle().await;
            world.host.complaints.take().into_iter().for_each(|complaint| world.breaks(complaint));
            world.host.activated.take().iter().for_each(|rule| audit::in_force(&world, rule));
            log.judge(&world);
            for array in &world.arrays {
                audit::brought_back(&world, array);
                if array.changed.take() {
                    audit::admission(&world, array, false);
                }
            }
            if lab.clock.running().as_secs() / 60 != minute {
                minute = lab.clock.running().as_secs() / 60;
                world.arrays.iter().for_each(|array| audit::admission(&world, array, true));
                world.arrays.iter().for_each(|array| audit::in_force_still(&world, array));
                world.check();
            }
            step(&lab, &lab.hand);
        }
        if story.is_finished()
            && let Err(ended) = (&mut story).await
        {
            world.breaks(format!("the play itself ended: {ended}"));
        }
        story.abort();
        world.host.kill().await;
        world.arrays.iter().for_each(|array| array.close());
        lab.settle().await;
        let calls: u64 = world.arrays.iter().map(|array| array.calls.get().0).sum();
        let struck: u64 = world.arrays.iter().map(|array| array.calls.get().1).sum();
        let summary = format!(
            "seed {seed}: {:.0} s, {} requests, {} kills, {calls} calls to arrays, {struck} of them to grief, hash {:016x}",
            lab.clock.running().as_secs_f64(),
            world.asked.get(),
            world.kills.get(),
            world.hash()
        );
        End {
            hash: world.hash(),
            lasted: lab.clock.running(),
            broken: world.broken.take(),
            trail: world.trail(),
            answers: world.ledger.summary(),
            said: log.messages(),
            happened: world.host.probes.happened(),
            summary,
        }
    })
}

/// On to the next event.
fn step(lab: &Lab, hand: &Hand) {
    log::note_time(lab.clock.running());
    match hand.next_due() {
        Some(due) => hand.step_to(due),
        None => panic!("nothing will ever happen again, at {:?}", lab.clock.running()),
    }
}

/// What happens from the first start to the audit.
async fn story(world: Rc<World>) {
    let mut strangers = Vec::new();
    for array in &world.arrays {
        strangers.push(Strangers::settle_on(array).await);
    }
    world.host.boot();
    let end = end_unless_it_serves(&world).await;
    assert!(end.is_none(), "the daemon does not start: {end:?}");
    configuration::types(&world).await;
    let all = world.plan.tenants.iter().flat_map(|number| [true, false].map(|is_first| (*number, is_first)));
    let tenants: Vec<_> =
        all.map(|(number, is_first)| actix_rt::spawn(client::work(world.clone(), number, is_first))).collect();
    let stranger = actix_rt::spawn(stranger::work(world.clone()));
    let keeper = actix_rt::spawn(keep(world.clone()));
    let disk = actix_rt::spawn(disk::strike(world.clone()));
    let hanging = actix_rt::spawn(hang(world.clone()));
    let growing = world.clone();
    let lif = actix_rt::spawn(async move {
        growing.clock.sleep(growing.plan.length / 2).await;
        Strangers::add_lif(&growing.arrays[0]).await;
    });
    for at in world.plan.kills.clone() {
        world.clock.sleep(at.saturating_sub(world.clock.running())).await;
        world.kills.set(world.kills.get() + 1);
        restart(&world, "killed").await;
    }
    for tenant in tenants {
        tenant.await.unwrap();
    }
    stranger.await.unwrap();
    disk.await.unwrap();
    hanging.await.unwrap();
    lif.await.unwrap();
    world.arrays.iter().for_each(|array| array.is_rough.set(false));
    world.host.neutron.calm();
    world.host.keys.calm();
    if world.plan.is_left_alone {
        world.host.disk.calm();
        lab::nobody_hangs();
    } else {
        restart(&world, "stopped, and all is well").await;
    }
    audit::audit(&world).await;
    world.clock.sleep(TIDIED).await;
    world.host.neutron.ports(&world.clock).iter().for_each(|port| world.breaks(format!("left in Neutron: {port}")));
    let credentials = world.host.keys.credentials(&world.clock);
    credentials.iter().for_each(|left| world.breaks(format!("left in Keystone: {left:?}")));
    for (array, strangers) in world.arrays.iter().zip(strangers) {
        strangers.complaints(array).await.into_iter().for_each(|complaint| world.breaks(complaint));
    }
    keeper.abort();
}

/// Makes the actors hang that the plan has hang.
async fn hang(world: Rc<World>) {
    for (at, number) in world.plan.hangs.clone() {
        world.clock.sleep(at.saturating_sub(world.clock.running())).await;
        if let Some(name) = world.host.hang(number) {
            world.note(&format!("{name} is to hang"));
        }
    }
}

/// Starts a daemon again that ended by itself.
async fn keep(world: Rc<World>) {
    loop {
        world.clock.sleep(RESTART).await;
        if let Some(why) = world.host.fatal() {
            restart(&world, &why).await;
        }
    }
}

async fn restart(world: &Rc<World>, why: &str) {
    // One daemon at a time, whoever else is just starting one.
    let _alone = world.restarting.lock().await;
    let mut why = Some(why.to_owned());
    while let Some(end) = why {
        world.note(&format!("the daemon ends: {end}"));
        world.host.kill().await;
        world.clock.sleep(RESTART).await;
        world.host.boot();
        why = end_unless_it_serves(world).await;
    }
    world.note("the daemon serves");
}

/// Waits until the daemon serves. If it ends before that: why.
async fn end_unless_it_serves(world: &World) -> Option<String> {
    let deadline = world.clock.running() + SERVICE_PATIENCE;
    while !world.host.serves() {
        if world.clock.running() > deadline {
            world.breaks(format!("the daemon does not serve in {SERVICE_PATIENCE:?}"));
        }
        if let Some(why) = world.host.fatal() {
            return Some(why);
        }
        world.clock.sleep(Duration::from_millis(10)).await;
    }
    None
}
