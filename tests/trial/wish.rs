//! The words after the program's name.

use std::ops::Range;
use std::time::Duration;

use crate::plan::{Plan, Size};

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
}

impl Wish {
    /// # Errors
    /// The word that is no option, or that is not what its option takes.
    pub fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut wish = Wish {
            seeds: 1..41,
            size: Size::Dense,
            plan: None,
            is_twice: true,
            shrinks: false,
            stops: false,
            until: None,
            trail: false,
            calls: false,
            log: None,
            said: false,
            matrix: false,
        };
        while let Some(option) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{option} wants a value"));
            let number = |text: &str| text.parse::<u64>().map_err(|_| format!("{option}: {text} is no number"));
            match option.as_str() {
                "--seed" => {
                    let seed = number(&value()?)?;
                    wish.seeds = seed..seed + 1;
                    wish.is_twice = false;
                }
                "--seeds" => {
                    let text = value()?;
                    let (from, until) = text.split_once("..").ok_or_else(|| format!("{option} wants FROM..UNTIL"))?;
                    wish.seeds = number(from)?..number(until)?;
                    if wish.seeds.is_empty() {
                        return Err(format!("{option}: {text} has no seed in it"));
                    }
                    wish.is_twice = false;
                }
                "--plan" => {
                    let file = value()?;
                    let text = std::fs::read_to_string(&file).map_err(|why| format!("{file}: {why}"))?;
                    let plan: Plan = serde_json::from_str(&text).map_err(|why| format!("{file}: {why}"))?;
                    wish.seeds = plan.seed..plan.seed + 1;
                    wish.is_twice = false;
                    wish.plan = Some(plan);
                }
                "--shrink" => wish.shrinks = true,
                "--until" => wish.until = Some(Duration::from_secs(number(&value()?)?)),
                "--stop" => wish.stops = true,
                "--usual" => wish.size = Size::Usual,
                "--twice" => wish.is_twice = true,
                "--trail" => wish.trail = true,
                "--calls" => wish.calls = true,
                "--said" => wish.said = true,
                "--matrix" => wish.matrix = true,
                "--log" => wish.log = Some(value()?),
                _ => return Err(format!("{option} is no option")),
            }
        }
        Ok(wish)
    }
}
