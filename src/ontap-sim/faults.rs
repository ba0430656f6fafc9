//! Scripted faults: what goes wrong, at which call.
//!
//! A rule names method, path and SVM, and of the calls that fit, the first at which it strikes and how many it strikes.
//! Calls are counted per rule whether it strikes or not; the first rule that strikes decides. How to get it wrong: a
//! fault that is drawn at random; a test could not be repeated.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::rest::code::Refusal;
use crate::rows::job::Mishap;

/// Which calls a fault strikes, and what it does to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// `None`: any.
    #[serde(default)]
    pub method: Option<String>,
    /// Path without query; `*` stands for any characters.
    pub path: String,
    /// Name of the SVM that the call is about: by tunnelling, by its account, or by its body. `None`: any.
    #[serde(default)]
    pub svm: Option<String>,
    /// The first of the fitting calls that is struck, counted from 1.
    #[serde(default = "first")]
    pub nth: u64,
    /// How many are struck from there on. `None`: all.
    #[serde(default = "once")]
    pub count: Option<u64>,
    pub fault: Fault,
}

fn first() -> u64 {
    1
}

fn once() -> Option<u64> {
    Some(1)
}

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Answers with an error. Nothing was done.
    Refuse {
        status: u16,
        code: String,
        message: String,
        #[serde(default)]
        retry_after: Option<u32>,
    },
    /// As for a wrong password. Nothing was done.
    Unauthorized,
    /// Answers with a page of HTML instead of JSON. Nothing was done.
    Html { status: u16 },
    /// Something before the array answers at once, with an error in JSON of its own. Everything is done so much later.
    Gateway { status: u16, seconds: f64 },
    /// Waits, then goes on as usual.
    Delay { seconds: f64 },
    /// Never answers. Nothing was done.
    Stall,
    /// Cuts the connection. Nothing was done.
    Drop,
    /// Everything was done, but the connection is cut instead of a reply.
    ReplyLost,
    /// Everything was done, but no answer ever comes.
    ReplyStalled,
    /// Everything was done; the body of the reply is cut in half.
    ReplyTruncated,
    /// The job fails. `done`: although it has done everything.
    JobFails {
        code: String,
        message: String,
        #[serde(default)]
        done: bool,
    },
    /// The job is done, but can't be asked for.
    JobVanishes,
    /// The job runs for ever.
    JobHangs,
    /// Somebody else takes or gives back space, so that this many bytes are left; then goes on as usual.
    SpaceLeft { aggregate: String, bytes: u64 },
}

/// Longest that a call is left without an answer.
pub const FOR_EVER: Duration = Duration::from_secs(3600);

impl Fault {
    /// The refusal that is given instead of doing anything, if that is what the fault does.
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Fault::Refuse { status, code, message, retry_after } => Some(Refusal {
                status: *status,
                code: code.clone(),
                message: message.clone(),
                target: None,
                retry_after: *retry_after,
            }),
            Fault::Unauthorized => Some(crate::auth::unauthenticated()),
            _ => None,
        }
    }

    /// What it does to the job that the call starts.
    pub fn mishap(&self) -> Option<Mishap> {
        match self {
            Fault::JobFails { code, message, done } => {
                let refusal = Refusal {
                    status: 500,
                    code: code.clone(),
                    message: message.clone(),
                    target: None,
                    retry_after: None,
                };
                Some(if *done { Mishap::FailsAfter(refusal) } else { Mishap::FailsBefore(refusal) })
            }
            Fault::JobVanishes => Some(Mishap::Vanishes),
            Fault::JobHangs => Some(Mishap::Hangs),
            _ => None,
        }
    }
}

/// A rule with what has come of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ActiveRule {
    pub id: u64,
    #[serde(flatten)]
    pub rule: Rule,
    /// Calls that fitted.
    pub seen: u64,
    /// Calls that were struck.
    pub struck: u64,
}

/// The script.
#[derive(Default)]
pub struct Faults {
    standing: Vec<ActiveRule>,
    last: u64,
}

impl Faults {
    /// Adds a rule behind the others and returns its number.
    pub fn add(&mut self, rule: Rule) -> u64 {
        self.last += 1;
        self.standing.push(ActiveRule { id: self.last, rule, seen: 0, struck: 0 });
        self.last
    }

    pub fn standing(&self) -> &[ActiveRule] {
        &self.standing
    }

    pub fn clear(&mut self) {
        self.standing.clear();
    }

    /// The fault that strikes this call, if one does.
    pub fn draw(&mut self, method: &str, path: &str, svm: Option<&str>) -> Option<Fault> {
        let mut drawn = None;
        for standing in &mut self.standing {
            let rule = &standing.rule;
            let fits = rule.method.as_deref().is_none_or(|required| required.eq_ignore_ascii_case(method))
                && like(&rule.path, path)
                && rule.svm.as_deref().is_none_or(|required| Some(required) == svm);
            if !fits {
                continue;
            }
            standing.seen += 1;
            let strikes = standing.seen >= rule.nth && rule.count.is_none_or(|count| standing.seen - rule.nth < count);
            if strikes && drawn.is_none() {
                standing.struck += 1;
                drawn = Some(rule.fault.clone());
            }
        }
        drawn
    }
}

/// Whether the text fits the pattern, in which `*` stands for any characters.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
            rest.char_indices().map(|(place, _)| place).chain([rest.len()]).any(|place| like(after, &rest[place..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Rule {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_rule_strikes_from_its_nth_call_as_often_as_it_says() {
        let mut faults = Faults::default();
        faults
            .add(rule(r#"{"method": "post", "path": "/api/storage/volumes", "nth": 2, "count": 2, "fault": "drop"}"#));
        let mut draw = |method| faults.draw(method, "/api/storage/volumes", None).is_some();
        assert_eq!(["POST", "GET", "POST", "POST", "POST"].map(&mut draw), [false, false, true, true, false]);
        assert_eq!((faults.standing()[0].seen, faults.standing()[0].struck), (4, 2));
    }

    #[test]
    fn the_first_rule_that_strikes_decides_and_all_count() {
        let mut faults = Faults::default();
        faults.add(rule(r#"{"path": "/api/*", "fault": "stall"}"#));
        faults.add(rule(r#"{"path": "/api/cluster", "nth": 2, "fault": {"delay": {"seconds": 1.5}}}"#));
        assert_eq!(faults.draw("GET", "/api/cluster", None), Some(Fault::Stall));
        assert_eq!(faults.draw("GET", "/api/cluster", None), Some(Fault::Delay { seconds: 1.5 }));
        assert_eq!(faults.draw("GET", "/api/cluster", None), None);
    }

    #[test]
    fn a_rule_may_be_about_one_svm_and_for_ever() {
        let mut faults = Faults::default();
        faults.add(rule(r#"{"path": "*", "svm": "svm1", "count": null, "fault": "drop"}"#));
        assert_eq!(faults.draw("GET", "/api/cluster", Some("svm2")), None);
        assert_eq!(faults.draw("GET", "/api/cluster", None), None);
        assert!((0..10).all(|_| faults.draw("GET", "/x", Some("svm1")).is_some()));
    }

    #[test]
    fn a_script_with_a_mistake_is_refused() {
        for text in [r#"{"path": "*"}"#, r#"{"path": "*", "fault": "explode"}"#, r#"{"paht": "*", "fault": "drop"}"#] {
            assert!(serde_json::from_str::<Rule>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn patterns_have_gaps() {
        for (pattern, text, fits) in [
            ("/api/storage/volumes/*", "/api/storage/volumes/1", true),
            ("/api/storage/volumes/*", "/api/storage/volumes", false),
            ("*/rules/*", "/api/protocols/nfs/export-policies/1/rules/2", true),
            ("/api/*/x", "/api/a/b/x/y", false),
        ] {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }
}
