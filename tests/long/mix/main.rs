//! A random mix of clients against the real binary, which is killed again and again, with an array that is reached through
//! a proxy that lies. At the end four views must agree: what clients were told, the records, the array, and the addresses.
//!
//! A seed decides what every client does, when the daemon dies and which calls fare badly; which of two clients comes first
//! is up to the machine, so a seed makes a run likely, not certain, to go the same way. How to get it wrong: to count an
//! answer that never came as a refusal. What is not known is kept apart, and both outcomes are then right.
//!
//! With MIX_LOGS=FOLDER what the daemon logs is kept there, but for one in a machine, which logs to its console.
//!
//! With --machine the daemon runs in a virtual machine, and each kill is a power cut; FOLDER is what `tests/long/machine.sh` built.
//!
//! usage: cargo test --test mix -- [--seed N] [--kills N] [--seconds N] [--faults PERCENT] [--clients N] [--tenants N]
//!     [--machine FOLDER]

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the program's own output")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "what can't go on ends the run, which is then a failure")]

mod audit;
mod client;
mod ledger;
mod machine;
mod proxy;
mod stage;
#[path = "../../all/support/mod.rs"]
#[allow(dead_code, unused_imports, reason = "made for the tests of the whole, which need more of it")]
mod support;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::ledger::Ledger;
use crate::stage::Stage;

/// What is asked of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    pub kills: u32,
    /// How long clients work.
    pub seconds: u64,
    /// Of a hundred calls to the array, how many fare badly.
    pub faults: u32,
    pub clients: u64,
    pub tenants: u64,
    pub machine: Option<PathBuf>,
}

impl Plan {
    /// # Errors
    /// The word that is no option, or the option without a number.
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut plan = Plan { seed: 1, kills: 3, seconds: 12, faults: 0, clients: 8, tenants: 12, machine: None };
        while let Some(option) = words.next() {
            if option == "--machine" {
                plan.machine = Some(words.next().ok_or("--machine wants a folder")?.into());
                continue;
            }
            let mut number =
                || words.next().and_then(|word| word.parse().ok()).ok_or_else(|| format!("{option} wants a number"));
            let small = |number: u64| u32::try_from(number).map_err(|_| format!("{option} wants a smaller number"));
            match option.as_str() {
                "--seed" => plan.seed = number()?,
                "--kills" => plan.kills = small(number()?)?,
                "--seconds" => plan.seconds = number()?,
                "--faults" => plan.faults = small(number()?)?,
                "--clients" => plan.clients = number()?,
                "--tenants" => plan.tenants = number()?,
                _ => return Err(format!("{option} is no option")),
            }
        }
        Ok(plan)
    }
}

fn main() -> ExitCode {
    let plan = match Plan::read(std::env::args().skip(1)) {
        Ok(plan) => plan,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(64);
        }
    };
    println!("{plan:?}");
    let complaints = run(&plan);
    for complaint in &complaints {
        println!("FAULT {complaint}");
    }
    let failed = usize::from(!complaints.is_empty());
    println!("{} passed, {failed} failed", 1 - failed);
    if complaints.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Everything of one run; answers what does not agree.
fn run(plan: &Plan) -> Vec<String> {
    let stage = Stage::open(plan);
    let ledger = Ledger::default();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for number in 0..plan.clients {
            let (stage, ledger, stop) = (&stage, &ledger, &stop);
            scope.spawn(move || client::work(plan, number, stage, ledger, stop));
        }
        kill_again_and_again(plan, &stage);
        stop.store(true, Ordering::Relaxed);
    });
    println!("{}; {} calls fared badly", ledger.summary(), stage.proxy.struck());
    let mut complaints = tried_little(plan, &ledger, &stage);
    stage.proxy.behave();
    // What rests after many tries begins anew.
    stage.kill_and_restart();
    complaints.extend(audit::settled(&stage));
    complaints.extend(audit::agreement(&stage, &ledger));
    complaints.extend(audit::clean_up(&stage, &ledger));
    complaints.extend(stage.close());
    complaints
}

/// What would make a run that is passed prove nothing.
fn tried_little(plan: &Plan, ledger: &Ledger, stage: &Stage) -> Vec<String> {
    let book = ledger.book();
    let mut complaints = Vec::new();
    if book.rules.len() < 20 {
        complaints.push(format!("only {} rules were accepted: the back ends hardly work", book.rules.len()));
    }
    if plan.faults > 0 && stage.proxy.struck() == 0 {
        complaints.push("no call fared badly".to_owned());
    }
    complaints
}

#[allow(clippy::disallowed_methods, reason = "other processes run on the real clock")]
fn kill_again_and_again(plan: &Plan, stage: &Stage) {
    let mut dice = StdRng::seed_from_u64(plan.seed);
    let end = Instant::now() + Duration::from_secs(plan.seconds);
    let pause = Duration::from_secs(plan.seconds) / (plan.kills + 1);
    for _ in 0..plan.kills {
        std::thread::sleep(pause.mul_f64(dice.random_range(0.3..1.0)));
        stage.kill_and_restart();
    }
    std::thread::sleep(end.saturating_duration_since(Instant::now()));
}
