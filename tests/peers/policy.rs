//! Our policy engine against oslo.policy: every default rule for many kinds of caller, and check strings that are
//! awkward, wrong or random.
//!
//! Where oslo.policy logs a check it can't understand and denies, ours refuses to start; both are proven to happen for the same
//! checks. Where it raises during a request (which a user would see as an error 500) there is nothing to be equal to.

use std::path::Path;

use manilad_policy::{Credentials, Engine, Options, Overrides, Rule, Target, defaults};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::oracle::ask;

type Fields = Vec<(&'static str, &'static str)>;

/// Scope of the token, as (project, domain, system).
const SCOPES: [(Option<&str>, Option<&str>, Option<&str>); 5] = [
    (Some("p1"), None, None),
    (None, Some("d1"), None),
    (None, None, Some("all")),
    (None, None, None),
    (Some("p1"), Some(""), Some("")),
];

const ROLES: [&[&str]; 11] = [
    &[],
    &["reader"],
    &["member"],
    &["admin"],
    &["service"],
    &["manager"],
    &["Reader", "MEMBER"],
    &["member", "reader"],
    &["aDmIn"],
    &["admin", "member", "reader"],
    &["SERVICE", "Ärger"],
];

fn callers() -> Vec<Credentials> {
    let some = |text: Option<&str>| text.map(str::to_owned);
    let mut callers = Vec::new();
    for (project, domain, system) in SCOPES {
        for (n, roles) in ROLES.iter().enumerate() {
            let admin = roles.iter().any(|role| role.eq_ignore_ascii_case("admin"));
            callers.push(Credentials {
                user_id: some(Some("u1")),
                user_domain_id: some(Some("d1")),
                project_id: some(project),
                project_domain_id: project.map(|_| "d1".to_owned()),
                domain_id: some(domain),
                system_scope: some(system),
                roles: roles.iter().map(|role| (*role).to_owned()).collect(),
                // A service may set this without the role, and the other way round.
                is_admin: admin != (n == 6),
                is_admin_project: n % 2 == 0,
                service_user_id: some((n == 4).then_some("s1")),
                service_roles: if n == 4 { vec!["service".to_owned()] } else { Vec::new() },
                ..Credentials::default()
            });
        }
    }
    callers
}

fn targets() -> Vec<Fields> {
    vec![
        vec![("project_id", "p1"), ("user_id", "u1"), ("name", "x"), ("size", "12"), ("public", "True")],
        vec![("project_id", "p1"), ("user_id", "u2")],
        vec![("project_id", "p2"), ("user_id", "u1"), ("name", "None"), ("role.name", "ADMIN"), ("a(b)c", "u1")],
        vec![],
    ]
}

fn credentials_json(who: &Credentials) -> Value {
    json!({
        "user_id": who.user_id, "user_domain_id": who.user_domain_id, "system_scope": who.system_scope,
        "domain_id": who.domain_id, "project_id": who.project_id, "project_domain_id": who.project_domain_id,
        "roles": who.roles, "is_admin": who.is_admin, "is_admin_project": who.is_admin_project,
        "service_user_id": who.service_user_id, "service_user_domain_id": who.service_user_domain_id,
        "service_project_id": who.service_project_id,
        "service_project_domain_id": who.service_project_domain_id, "service_roles": who.service_roles,
    })
}

struct World<'w> {
    defaults: Vec<&'static Rule>,
    file: Vec<(String, String)>,
    options: Options,
    callers: &'w [Credentials],
    targets: &'w [Fields],
    ask: Vec<String>,
}

impl World<'_> {
    fn question(&self) -> Value {
        let scopes = |rule: &Rule| rule.scopes.iter().map(ToString::to_string).collect::<Vec<_>>();
        let default = |rule: &&Rule| json!({"name": rule.name, "check": rule.check, "deprecated": rule.deprecated, "scopes": scopes(rule)});
        json!({
            "defaults": self.defaults.iter().map(default).collect::<Vec<_>>(),
            "file": self.file.iter().map(|(name, check)| (name.clone(), json!(check))).collect::<serde_json::Map<_, _>>(),
            "enforce_new_defaults": self.options.enforce_new_defaults,
            "default_rule": self.options.default_rule,
            "credentials": self.callers.iter().map(credentials_json).collect::<Vec<_>>(),
            "targets": self.targets.iter().map(|fields| json!(fields.iter().copied().collect::<std::collections::HashMap<_, _>>())).collect::<Vec<_>>(),
            "ask": self.ask,
        })
    }

    fn engine(&self, file: &[(String, String)]) -> Result<Engine, manilad_policy::Error> {
        let text = Value::Object(file.iter().map(|(name, check)| (name.clone(), json!(check))).collect());
        let mut overrides = Overrides::none();
        overrides.add(Path::new("policy.yaml"), &text.to_string()).unwrap();
        Engine::new(self.defaults.iter().copied(), &overrides, &self.options)
    }

    /// Compares each decision about `rule`; returns how many there were and in how many oslo.policy raised.
    fn compare(&self, engine: &Engine, rule: &str, theirs: &str) -> (usize, usize) {
        let cases = self.callers.iter().flat_map(|who| self.targets.iter().map(move |fields| (who, fields)));
        let (mut asked, mut raised) = (0, 0);
        for ((who, fields), decided) in cases.zip(theirs.chars()) {
            asked += 1;
            if decided == 'E' {
                raised += 1;
                continue;
            }
            let target = Target::new(fields);
            let verdict = engine.allows(rule, &target, who);
            assert_eq!(
                verdict.is_allowed(),
                decided == '1',
                "{rule} = {:?}: ours says {verdict:?} for {who:?} on {fields:?}",
                self.file.iter().find(|(name, _)| name == rule),
            );
        }
        assert_eq!(asked, theirs.chars().count());
        (asked, raised)
    }
}

#[test]
fn every_default_rule_is_decided_as_oslo_policy_decides_it() {
    let (callers, targets) = (callers(), targets());
    let world = |enforce_new_defaults| World {
        defaults: defaults::rules().collect(),
        file: Vec::new(),
        options: Options { enforce_new_defaults, ..Options::default() },
        callers: &callers,
        targets: &targets,
        ask: defaults::rules().map(|rule| rule.name.to_owned()).chain(["no:such:rule".to_owned()]).collect(),
    };
    let worlds = [world(true), world(false)];
    let answer = ask("oslo", "policy_oracle.py", &json!({"worlds": worlds.each_ref().map(World::question)}));
    for (n, world) in worlds.iter().enumerate() {
        let engine = world.engine(&[]).unwrap();
        for rule in &world.ask {
            let theirs = answer["worlds"][n]["decisions"][rule].as_str().unwrap();
            let (asked, raised) = world.compare(&engine, rule, theirs);
            assert_eq!((asked, raised), (callers.len() * targets.len(), 0));
        }
    }
}

/// Check strings an operator might write, right and wrong.
const AWKWARD: &[&str] = &[
    "",
    " ",
    "@",
    "!",
    "not @",
    "not not !",
    "NOT !",
    "@ and !",
    "@ or ! and !",
    "(@ or !) and !",
    "not @ or @",
    "not (@ or @)",
    "( ( @ ) )",
    "((@))",
    "( role:admin ) or(role:member)",
    "role:admin or (role:member and project_id:%(project_id)s)",
    "(rule:context_is_admin) or (rule:project-member)",
    "role:Admin",
    "role:ADMIN or role:ärger",
    "role:ÄRGER",
    "role:%(role.name)s",
    "role:%(missing)s",
    "not role:%(missing)s",
    "role:",
    "roles:admin",
    "roles:Admin",
    "service_roles:service",
    "is_admin:True",
    "is_admin:true",
    "is_admin:1",
    "is_admin_project:True",
    "is_admin_project:False",
    "domain_id:None",
    "domain_id:",
    "system_scope:all",
    "system_scope:None",
    "system:all",
    "system:None",
    "not system:all",
    "user_id:%(user_id)s",
    "user_id:%(user_id)s and project_id:%(project_id)s",
    "user_id:%(a(b)c)s",
    "user_id:u%(missing)s",
    "project_id:%(name)s",
    "user_domain_id:d%%1",
    "user_id:100%%",
    "service_user_id:s1",
    "service_user_id:None",
    "tenant:%(project_id)s",
    "nothing:%(project_id)s",
    "not nothing:%(project_id)s",
    "token.user.id:x",
    "'x':%(name)s",
    "\"x\":%(name)s",
    "'':%(name)s",
    "'x':x",
    "'True':%(public)s",
    "True:%(public)s",
    "False:%(public)s",
    "None:%(name)s",
    "12:%(size)s",
    "-12:%(size)s",
    "0:%(size)s",
    "012:%(size)s",
    "12 :%(size)s",
    "rule:nowhere",
    "not rule:nowhere",
    "rule:",
    "rule:project-member or rule:nowhere",
    "project_id:%(project_id)s\tand\nrole:member",
    "role:member\u{a0}or\u{2003}role:reader",
    "role:member\u{1c}or role:reader",
    // From here on oslo.policy complains, or raises when asked.
    "role:admin role:member",
    "role:admin and",
    "and role:admin",
    "or",
    "not",
    "(role:admin",
    "role:admin)",
    "()",
    "(",
    ")",
    "admin",
    "not admin",
    "'admin'",
    "\"role:admin\"",
    "'x:y':%(name)s",
    "role:admin and 'x'",
    "role:admin & role:member",
    "role:admin, role:member",
    ":x",
    "user_id:%(user_id)",
    "user_id:%(user_id",
    "user_id:%",
    "user_id:%q",
    "user_id:50%",
    "'x:%(name)s",
    "1.2.3:x",
    "a b:c",
    "user_id:(x)",
];

/// Sound to oslo.policy, refused by ours, each for a reason given here.
fn is_stricter_here(check: &str) -> bool {
    // Asks a remote server.
    check.contains("http:") || check.contains("https:")
        // Python conversions other than %(name)s.
        || check.contains("%s") || check.contains(")d") || check.contains(")r")
        // Python literals other than plain strings, whole numbers, True, False and None.
        || check.contains("1.5:") || check.contains("'a''b':")
}

const STRICTER: &[&str] =
    &["http://policy.example/%(name)s", "not https://x", "user_id:%s", "12:%(size)r", "1.5:x", "'a''b':ab"];

const WORDS: [&str; 13] = [
    "@",
    "!",
    "role:admin",
    "role:Member",
    "rule:project-reader",
    "rule:admin_api",
    "user_id:%(user_id)s",
    "project_id:%(project_id)s",
    "'x':%(name)s",
    "12:%(size)s",
    "domain_id:None",
    "nowhere",
    "'quoted'",
];

/// Sound expressions.
fn nested() -> impl Strategy<Value = String> {
    let word = prop::sample::select(&WORDS[..11]).prop_map(str::to_owned);
    word.prop_recursive(4, 16, 2, |inner| {
        let pair = (inner.clone(), inner.clone());
        prop_oneof![
            inner.prop_map(|a| format!("not ({a})")),
            pair.clone().prop_map(|(a, b)| format!("{a} and {b}")),
            pair.clone().prop_map(|(a, b)| format!("({a} or {b})")),
            pair.prop_map(|(a, b)| format!("{a} OR not {b}")),
        ]
    })
}

/// Words joined any way: mostly wrong.
fn jumbled() -> impl Strategy<Value = String> {
    let word = prop::sample::select(&WORDS[..]);
    let glue = prop::sample::select(
        &[" and ", " or ", " and not ", " and (", ") or ", ") and (", " ", "(", ")", "  or\t"][..],
    );
    let opening = prop::sample::select(&["", "", "", "(", "not ", "not (", "(("][..]);
    let closing = prop::sample::select(&["", "", "", ")", ")", "))", " and", " )"][..]);
    (opening, word.clone(), prop::collection::vec((glue, word), 0..6), closing).prop_map(
        |(open, first, more, close)| {
            let rest: String = more.iter().flat_map(|(glue, word)| [*glue, *word]).collect();
            format!("{open}{first}{rest}{close}")
        },
    )
}

fn random_checks(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let mut drawn =
        |_| [nested().new_tree(&mut runner).unwrap().current(), jumbled().new_tree(&mut runner).unwrap().current()];
    (0..count).flat_map(&mut drawn).collect()
}

#[test]
fn awkward_wrong_and_random_checks_are_understood_or_refused_as_by_oslo_policy() {
    let texts: Vec<String> =
        AWKWARD.iter().chain(STRICTER).map(|text| (*text).to_owned()).chain(random_checks(700)).collect();
    let file: Vec<(String, String)> =
        texts.iter().enumerate().map(|(n, text)| (format!("asked{n}"), text.clone())).collect();
    let (callers, targets) = (callers(), targets());
    let world = World {
        defaults: defaults::BASE.iter().collect(),
        ask: file.iter().map(|(name, _)| name.clone()).collect(),
        file,
        options: Options::default(),
        callers: &callers[..20],
        targets: &targets,
    };
    let answer = ask("oslo", "policy_oracle.py", &json!({"worlds": [world.question()]}));
    let listed = |list: &str, name: &str| answer["worlds"][0][list].as_array().unwrap().contains(&json!(name));
    let (mut accepted, mut refused) = (0, 0);
    for entry in &world.file {
        let (name, text) = entry;
        let theirs = answer["worlds"][0]["decisions"][name].as_str().unwrap();
        match world.engine(std::slice::from_ref(entry)) {
            Ok(engine) => {
                accepted += 1;
                assert!(!listed("complained", name), "oslo.policy does not understand {text:?}, ours does");
                let (_, raised) = world.compare(&engine, name, theirs);
                assert_eq!(raised, 0, "oslo.policy raises on {text:?}, ours accepts it");
            }
            Err(error) => {
                refused += 1;
                let understood = !listed("complained", name) && !listed("broken", name);
                assert!(!understood || is_stricter_here(text), "oslo.policy understands {text:?}, ours says: {error}");
            }
        }
    }
    assert!(accepted > 400 && refused > 400, "lopsided: {accepted} accepted, {refused} refused");
}

const FILES: &[&str] = &[
    "",
    "# only a comment\n",
    "---\n",
    "{}\n",
    "{\"share:get\": \"rule:a\", \"a\": \"@\"}",
    "share:get: role:admin\n\"share:create\": '@'\n",
    "\"a\": >\n  role:admin\n  or role:member\n",
    "\"a\": |\n  role:admin or\n  role:member\n",
    "a: &x role:admin\nb: *x\n",
    "a: \"role:\\u0061dmin\"\n",
    "a: 'it''s'\n",
    "a: \"@\"   # everybody\n",
    "a: ''\n",
    "a: role:admin\n  or role:member\n",
    "a: @\n",
    "a: [\n",
    "a: \"@\n",
    "- a\n",
    "a\n",
    "\ta: x\n",
];

#[test]
fn policy_files_are_read_as_by_oslo_policy() {
    let answer = ask("oslo", "policy_oracle.py", &json!({"files": FILES}));
    for (text, theirs) in FILES.iter().zip(answer["files"].as_array().unwrap()) {
        let mut overrides = Overrides::none();
        let ours = overrides.add(Path::new("policy.yaml"), text);
        match theirs.as_object() {
            None => assert!(ours.is_err(), "oslo.policy refuses {text:?}, ours accepts it"),
            Some(theirs) => {
                ours.unwrap();
                let ours: serde_json::Map<String, Value> =
                    overrides.rules().map(|(name, check)| (name.to_owned(), json!(check))).collect();
                assert_eq!(&ours, theirs, "{text:?}");
            }
        }
    }
}
