//! The words after the program's name.

use std::ops::Range;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use crate::plan::{Plan, Size};

pub const USAGE: &str = "\
usage: cargo test --workspace --test trial -- [OPTION...]

Without options forty seeds, the first of them twice.
  --seeds FROM..UNTIL  these, side by side
  --seed N             this one
  --plan FILE          what --shrink has printed, in place of a seed
  --usual              an hour at the density of a cloud, in place of ten dense minutes
  --twice              the first of them twice: both ways must be the same
  --stop               no seed is begun any more once one has failed
  --shrink             what fails is made as small as can be, and the plan that is left is printed
  --until SECONDS      no further, so the end is not looked at
  --trail              what was asked and answered, with the time of the trial
  --calls              each call to an array when it comes, is carried out and is answered
  --log DIRECTIVES     what the daemon logs, such as manilad_backend=debug
  --said               what the daemon said, and which probes happened, at the end
  --matrix             the crash matrix in place of seeds
  --case TEXT          with --matrix: only cases whose name has that in it";

/// What is asked of a run.
pub struct Wish {
    pub seeds: Range<u64>,
    pub size: Size,
    /// In place of those that seeds draw.
    pub plan: Option<Plan>,
    pub is_twice: bool,
    pub shrinks: bool,
    pub stops: bool,
    pub until: Option<Duration>,
    pub trail: bool,
    pub calls: bool,
    pub log: Option<String>,
    /// Whether all that the daemon said is printed at the end.
    pub said: bool,
    /// Whether the crash matrix is played in place of seeds.
    pub matrix: bool,
    /// What is in the names of the cases that are played.
    pub case: Option<String>,
}

impl Wish {
    /// # Errors
    /// The word that is no option, or that is not what its option takes, or that does not go with another.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut wish = Wish {
            seeds: 1..41,
            size: Size::Dense,
            plan: None,
            is_twice: false,
            shrinks: false,
            stops: false,
            until: None,
            trail: false,
            calls: false,
            log: None,
            said: false,
            matrix: false,
            case: None,
        };
        let (mut of_seeds, mut given) = (Vec::new(), Vec::new());
        while let Some(option) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{option} wants a value"));
            given.push(option.clone());
            match option.as_str() {
                "--seed" => {
                    let seed = number(&option, &value()?)?;
                    wish.seeds = seed..seed.checked_add(1).ok_or_else(|| format!("{option}: {seed} is too large"))?;
                    of_seeds.push(option);
                }
                "--seeds" => {
                    let text = value()?;
                    let bounds =
                        text.split_once("..").ok_or_else(|| format!("{option} wants FROM..UNTIL, not {text:?}"))?;
                    wish.seeds = number(&option, bounds.0)?..number(&option, bounds.1)?;
                    if wish.seeds.is_empty() {
                        return Err(format!("{option}: {text} has no seed in it"));
                    }
                    of_seeds.push(option);
                }
                "--plan" => {
                    let plan = read_plan(&value()?)?;
                    wish.seeds = plan.seed..plan.seed + 1;
                    wish.plan = Some(plan);
                    of_seeds.push(option);
                }
                "--shrink" => wish.shrinks = true,
                "--until" => wish.until = Some(Duration::from_secs(number(&option, &value()?)?)),
                "--stop" => wish.stops = true,
                "--usual" => wish.size = Size::Usual,
                "--twice" => wish.is_twice = true,
                "--trail" => wish.trail = true,
                "--calls" => wish.calls = true,
                "--said" => wish.said = true,
                "--matrix" => wish.matrix = true,
                "--case" => wish.case = Some(value()?),
                "--log" => {
                    let text = value()?;
                    EnvFilter::builder().parse(&text).map_err(|why| format!("{option}: {text}: {why}"))?;
                    wish.log = Some(text);
                }
                _ => return Err(format!("{option} is no option\n{USAGE}")),
            }
        }
        if let [one, other, ..] = of_seeds.as_slice() {
            return Err(format!("{one} and {other} each say what is played"));
        }
        let strange = given
            .iter()
            .find(|option| !["--matrix", "--case", "--trail", "--calls", "--log"].contains(&option.as_str()));
        match strange.filter(|_| wish.matrix) {
            Some(option) => return Err(format!("{option} does not go with --matrix")),
            None if wish.case.is_some() && !wish.matrix => return Err("--case wants --matrix".to_owned()),
            None => {}
        }
        wish.is_twice |= given.is_empty();
        Ok(wish)
    }

    /// The words by which a seed is played again.
    pub fn replay(&self, seed: u64) -> String {
        let size = if self.size == Size::Usual { " --usual" } else { "" };
        match &self.plan {
            Some(_) => "--plan with the same file".to_owned(),
            None => format!("--seed {seed}{size}"),
        }
    }
}

fn number(option: &str, text: &str) -> Result<u64, String> {
    text.parse::<u64>().map_err(|_| format!("{option}: {text:?} is no whole number"))
}

/// A plan as it is printed, whether with the word before it.
fn read_plan(file: &str) -> Result<Plan, String> {
    let text = std::fs::read_to_string(file).map_err(|why| format!("{file}: {why}"))?;
    let text = text.trim_start().strip_prefix("PLAN ").unwrap_or(&text);
    let plan: Plan = serde_json::from_str(text).map_err(|why| format!("{file} is no plan: {why}"))?;
    plan.check().map_err(|why| format!("{file}: {why}"))?;
    Ok(plan)
}
