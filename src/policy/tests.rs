//! The engine as its users see it. That it decides as oslo.policy does is proven against the real one elsewhere.

use std::path::Path;

use super::*;

const PROJECT: &[Scope] = &[Scope::Project];

fn over(text: &str) -> Overrides {
    let mut overrides = Overrides::none();
    overrides.add(Path::new("policy.yaml"), text).unwrap();
    overrides
}

fn engine_of(text: &str) -> Result<Engine, Error> {
    Engine::new(defaults::rules(), &over(text), &Options::default())
}

fn member(roles: &[&str]) -> Credentials {
    Credentials {
        user_id: Some("u1".into()),
        project_id: Some("p1".into()),
        roles: roles.iter().map(|role| (*role).to_owned()).collect(),
        ..Credentials::default()
    }
}

fn denial(engine: &Engine, rule: &str, target: &[(&str, &str)], credentials: &Credentials) -> String {
    match engine.allows(rule, &Target::new(target), credentials) {
        Verdict::Allowed => "allowed".into(),
        Verdict::Denied(denial) => denial.to_string(),
    }
}

const OWN: &[(&str, &str)] = &[("project_id", "p1"), ("user_id", "u1")];
const FOREIGN: &[(&str, &str)] = &[("project_id", "p2"), ("user_id", "u2")];

#[test]
fn a_member_may_create_and_a_reader_may_not() {
    let engine = engine_of("").unwrap();
    assert_eq!(denial(&engine, "share:create", OWN, &member(&["Member"])), "allowed");
    assert_eq!(
        denial(&engine, "share:create", OWN, &member(&["reader"])),
        "\"rule:context_is_admin or rule:project-member\" of rule \"share:create\" does not hold"
    );
    assert_eq!(denial(&engine, "share:get", OWN, &member(&["reader"])), "allowed");
    assert_ne!(denial(&engine, "share:get", FOREIGN, &member(&["reader"])), "allowed");
    assert_eq!(denial(&engine, "share:get", FOREIGN, &member(&["ADMIN"])), "allowed");
}

#[test]
fn the_verdict_names_the_innermost_check_and_its_rule() {
    let engine = engine_of("").unwrap();
    assert_eq!(
        denial(&engine, "share:manage", OWN, &member(&["member"])),
        "\"role:admin\" of rule \"context_is_admin\" does not hold"
    );
    assert_eq!(
        denial(&engine, "project-reader", FOREIGN, &member(&["reader"])),
        "\"project_id:%(project_id)s\" of rule \"project-reader\" does not hold"
    );
}

#[test]
fn a_token_of_the_wrong_scope_is_denied_whatever_its_roles() {
    let engine = engine_of("").unwrap();
    let system = Credentials { system_scope: Some("all".into()), ..member(&["admin"]) };
    assert_eq!(denial(&engine, "share:create", OWN, &system), "the token is system-scoped, the rule accepts project");
    assert_eq!(denial(&engine, "share_replica:get_metadata", OWN, &system), "allowed");
    assert_eq!(denial(&engine, "share_transfer:create", OWN, &system), "allowed");
    let lax = Options { enforce_scope: false, ..Options::default() };
    let engine = Engine::new(defaults::rules(), &Overrides::none(), &lax).unwrap();
    assert_eq!(denial(&engine, "share:create", OWN, &system), "allowed");
}

#[test]
fn the_deprecated_check_counts_only_while_new_defaults_are_not_enforced() {
    let nobody = member(&[]);
    let strict = engine_of("").unwrap();
    assert!(!strict.allows("share:get", &Target::new(OWN), &nobody).is_allowed());
    let lax = Options { enforce_new_defaults: false, ..Options::default() };
    let engine = Engine::new(defaults::rules(), &Overrides::none(), &lax).unwrap();
    assert!(engine.allows("share:get", &Target::new(OWN), &nobody).is_allowed());
    let overridden = Engine::new(defaults::rules(), &over("share:get: rule:project-reader\n"), &lax).unwrap();
    assert!(!overridden.allows("share:get", &Target::new(OWN), &nobody).is_allowed());
}

#[test]
fn an_override_keeps_the_scopes_of_the_rule() {
    let engine = engine_of("share:create: '@'\n").unwrap();
    let domain = Credentials { domain_id: Some("d1".into()), ..member(&[]) };
    assert!(engine.allows("share:create", &Target::new(OWN), &member(&[])).is_allowed());
    assert!(!engine.allows("share:create", &Target::new(OWN), &domain).is_allowed());
}

#[test]
fn an_undefined_name_means_the_default_rule_and_without_one_denies() {
    let engine = engine_of("share:get: rule:nowhere\n").unwrap();
    assert!(engine.allows("share:get", &Target::new(OWN), &member(&[])).is_allowed());
    assert!(engine.allows("no:such", &Target::new(OWN), &member(&[])).is_allowed());
    assert_eq!(
        engine.warnings(),
        [Warning::UndefinedReference { rule: "share:get".into(), reference: "nowhere".into() }]
    );
    let options = Options { default_rule: "absent".into(), ..Options::default() };
    let engine = Engine::new(defaults::rules(), &over("share:get: rule:nowhere\n"), &options).unwrap();
    assert!(!engine.allows("share:get", &Target::new(OWN), &member(&["admin"])).is_allowed());
    assert_eq!(denial(&engine, "no:such", OWN, &member(&["admin"])), "no such rule, and no default rule");
}

#[test]
fn circles_are_refused_with_the_rules_that_form_them() {
    let error = engine_of("a: rule:b\nb: role:x or rule:c\nc: not rule:b\n").unwrap_err();
    assert_eq!(error.to_string(), "rules refer to each other in a circle, expected none: b -> c -> b");
    let error = engine_of("default: rule:nowhere\n").unwrap_err();
    assert!(error.to_string().ends_with("default -> default"), "{error}");
}

#[test]
fn the_longest_chain_that_is_accepted_can_be_decided_and_a_longer_one_is_refused() {
    let nested = |inner: &str| "not (@ and (! or ".repeat(10) + inner + &"))".repeat(10);
    let chain = |rules: usize| {
        (0..rules).map(|n| format!("r{n:02}: \"{}\"\n", nested(&format!("rule:r{:02}", n + 1)))).collect::<String>()
            + &format!("r{rules:02}: \"@\"\n")
    };
    let engine = engine_of(&chain(31)).unwrap();
    assert!(engine.allows("r00", &Target::new(OWN), &member(&[])).is_allowed());
    assert!(matches!(engine_of(&chain(32)), Err(Error::Chain { .. })));
}

#[test]
fn a_mistake_names_file_rule_and_what_was_expected() {
    assert_eq!(
        engine_of("share:create: role:admin rule:x\n").unwrap_err().to_string(),
        "policy.yaml: rule \"share:create\": found \"rule:x\", expected \"and\", \"or\" or the end"
    );
}

#[test]
fn a_rule_that_nothing_asks_for_is_warned_of() {
    let engine = engine_of("share:creat: '@'\nmine: role:x\nshare:get: rule:mine\n").unwrap();
    let origin = Origin::File("policy.yaml".into());
    assert_eq!(engine.warnings(), [Warning::UnusedRule { origin, rule: "share:creat".into() }]);
}

#[test]
fn the_table_holds_219_rules_and_their_base_rules_without_a_warning() {
    let of_the_api = || defaults::API.iter().copied().flatten();
    assert_eq!(of_the_api().filter(|rule| !rule.name.starts_with("manilad:")).count(), 219);
    assert_eq!(defaults::BASE.len(), 11);
    for enforce_new_defaults in [true, false] {
        let options = Options { enforce_new_defaults, ..Options::default() };
        let engine = Engine::new(defaults::rules(), &Overrides::none(), &options).unwrap();
        assert_eq!(engine.warnings(), []);
        assert_eq!(engine.rules().count(), of_the_api().count() + 11);
    }
}

#[test]
fn a_default_defined_twice_is_refused() {
    let rule = Rule { name: "a", check: "@", deprecated: None, scopes: PROJECT };
    assert!(matches!(
        Engine::new([&rule, &rule], &Overrides::none(), &Options::default()),
        Err(Error::Repeated { .. })
    ));
}

#[test]
fn attributes_read_as_python_prints_them() {
    let engine = engine_of(
        "flag: is_admin:False\nunset: domain_id:None\nlist: roles:Member\nextra: department:it\nsystem: system:all\n\
         literal: \"'gold':%(class)s\"\nnumber: 12:%(size)s\nabsent: not token.user:%(class)s\n",
    )
    .unwrap();
    let target = [("class", "gold"), ("size", "12")];
    let who = Credentials { extra: [("department".to_owned(), "it".to_owned())].into(), ..member(&["Member"]) };
    for rule in ["flag", "unset", "list", "extra", "literal", "number", "absent"] {
        assert_eq!(denial(&engine, rule, &target, &who), "allowed", "{rule}");
    }
    assert_ne!(denial(&engine, "system", &target, &who), "allowed");
    assert_ne!(denial(&engine, "list", &target, &member(&["member"])), "allowed");
    let system = Credentials { system_scope: Some("all".into()), ..who };
    assert_eq!(denial(&engine, "system", &target, &system), "allowed");
}

#[test]
fn an_explanation_shows_every_check_that_had_a_say_and_what_it_saw() {
    let engine = engine_of("share:get: rule:project-reader and not user_id:%(owner)s or rule:nowhere\n").unwrap();
    let (target, who) = (Target::new(FOREIGN), member(&["reader"]));
    let explanation = engine.explain("share:get", &target, &who);
    assert!(!explanation.verdict.is_allowed());
    let shown = |step: &Step<'_>| {
        let observed = step.observed.clone().unwrap_or_default();
        format!("{} {} {} in {} {observed}", step.depth, step.holds, step.check, step.rule).trim_end().to_owned()
    };
    assert_eq!(
        explanation.steps.iter().map(shown).collect::<Vec<_>>(),
        [
            "0 false (rule:project-reader and not user_id:%(owner)s) or rule:nowhere in share:get",
            "1 false rule:project-reader and not user_id:%(owner)s in share:get",
            "2 false rule:project-reader in share:get",
            "3 false role:reader and project_id:%(project_id)s in project-reader",
            "4 true role:reader in project-reader the token has reader",
            "4 false project_id:%(project_id)s in project-reader the token has \"p1\", wanted is \"p2\"",
            "2 true not user_id:%(owner)s in share:get",
            "3 false user_id:%(owner)s in share:get the target has no such field",
            "1 false rule:nowhere in share:get not defined; default stands for it",
            "2 false rule:admin_or_owner in default",
            "3 false is_admin:True or project_id:%(project_id)s in admin_or_owner",
            "4 false is_admin:True in admin_or_owner the token has False, wanted is \"True\"",
            "4 false project_id:%(project_id)s in admin_or_owner the token has \"p1\", wanted is \"p2\"",
        ]
    );
}

#[test]
fn an_explanation_comes_to_the_end_that_the_decision_comes_to() {
    let lax = Options { enforce_new_defaults: false, enforce_scope: false, ..Options::default() };
    let engine = Engine::new(defaults::rules(), &Overrides::none(), &lax).unwrap();
    for roles in [&[][..], &["reader"], &["member", "reader"], &["admin"], &["service"]] {
        for (target, is_admin) in [(OWN, false), (FOREIGN, false), (FOREIGN, true)] {
            let who = Credentials { is_admin, ..member(roles) };
            for rule in defaults::rules().map(|rule| rule.name).chain(["no:such"]) {
                let target = Target::new(target);
                let explanation = engine.explain(rule, &target, &who);
                let allowed = engine.allows(rule, &target, &who).is_allowed();
                assert_eq!(
                    (explanation.verdict.is_allowed(), explanation.steps[0].holds),
                    (allowed, allowed),
                    "{rule} {roles:?}"
                );
            }
        }
    }
}
