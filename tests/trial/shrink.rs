//! Makes a plan that breaks something as small as can be while it breaks the same thing.
//!
//! Whoever draws has a stream of its own, so what is taken out of a plan leaves the draws of the others as they were; what happens
//! shifts all the same, and each smaller plan is played anew.

use std::time::Duration;

use crate::plan::Plan;

/// The smallest plan that was found that still breaks. `breaks`: when it does, in simulated time.
pub fn shrink(plan: Plan, breaks: impl Fn(&Plan) -> Option<Duration>) -> Plan {
    let mut plan = plan;
    loop {
        let before = plan.clone();
        if let Some(at) = breaks(&plan) {
            let shorter = Plan { length: plan.length.min(at), ..plan.clone() };
            plan = Some(shorter).filter(|shorter| breaks(shorter).is_some()).unwrap_or(plan);
        }
        cut(&mut plan, |plan| &mut plan.tenants, &breaks);
        cut(&mut plan, |plan| &mut plan.kills, &breaks);
        cut(&mut plan, |plan| &mut plan.weather, &breaks);
        cut(&mut plan, |plan| &mut plan.disk, &breaks);
        cut(&mut plan, |plan| &mut plan.cloud_away, &breaks);
        cut(&mut plan, |plan| &mut plan.hangs, &breaks);
        if plan == before {
            return plan;
        }
    }
}

/// Takes out of a list what is not needed: halves first, then ever smaller parts.
fn cut<T: Clone>(
    plan: &mut Plan,
    list: impl Fn(&mut Plan) -> &mut Vec<T>,
    breaks: &impl Fn(&Plan) -> Option<Duration>,
) {
    let mut part = list(plan).len().div_ceil(2);
    while part > 0 {
        let mut from = 0;
        while from < list(plan).len() {
            let mut smaller = plan.clone();
            let until = (from + part).min(list(plan).len());
            list(&mut smaller).drain(from..until);
            match breaks(&smaller) {
                Some(_) => *plan = smaller,
                None => from = until,
            }
        }
        part /= 2;
    }
}

/// What breaks, without what is drawn anew in each plan: ids and numbers.
pub fn kind(broken: &str) -> String {
    let is_drawn = |word: &&str| word.chars().any(|one| one.is_ascii_digit());
    broken
        .split(|one: char| !one.is_alphanumeric() && one != '-')
        .filter(|word| !is_drawn(word))
        .collect::<Vec<_>>()
        .join(" ")
}
