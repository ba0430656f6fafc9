//! The page of policy rules, and the sample of a policy file.

use std::collections::BTreeMap;

use manilad_policy::{Engine, Options, Overrides, Rule, defaults};

use super::{all, code, is_kept, page, path, routes, table};

fn scopes(rule: &Rule) -> String {
    let scopes: Vec<String> = rule.scopes.iter().map(ToString::to_string).collect();
    if scopes.is_empty() { "any".to_owned() } else { scopes.join(" or ") }
}

#[test]
fn the_page_of_policies_is_the_default_rules() {
    let guarded = |rule: &Rule| routes().into_iter().filter(|route| route.policy == rule.name).collect::<Vec<_>>();
    let earlier = |rule: &Rule| {
        rule.deprecated.map_or("none".to_owned(), |check| if check.is_empty() { "always".into() } else { code(check) })
    };
    let row = |rule: &Rule| vec![code(rule.name), code(rule.check), earlier(rule), scopes(rule)];
    let heads = ["Rule", "Check", "Earlier check", "Scope"];
    let base = defaults::BASE.iter().map(row);
    let mut body = format!("\n## Building blocks\n{}", table(&heads, base));
    let of_routes: Vec<&Rule> =
        defaults::API.iter().copied().flatten().filter(|rule| !guarded(rule).is_empty()).collect();
    let with_routes = of_routes.iter().map(|rule| [row(rule), vec![all(&guarded(rule))]].concat());
    let heads_of_routes = ["Rule", "Check", "Earlier check", "Scope", "Routes"];
    body.push_str(&format!("\n## Rules of routes\n{}", table(&heads_of_routes, with_routes)));
    let others = defaults::API.iter().copied().flatten().filter(|rule| guarded(rule).is_empty()).map(row);
    body.push_str(&format!(
        "\n## Further rules\n\nAsked inside a request, or of parts that are [not built](../status.md).\n{}",
        table(&heads, others)
    ));
    let about = "The default rules. `policy.yaml` replaces a check by its name; [conf/policy.yaml](../../conf/policy.yaml) has \
                 them all, commented. The earlier check counts beside the check when `[oslo_policy] enforce_new_defaults` is off.";
    is_kept("docs/reference/policies.md", &page("Policies", about, &body));
}

#[test]
fn the_sample_of_policies_has_every_rule_and_uncomments_into_the_defaults() {
    let mut sample = String::from(
        "# Every rule of the Shared File Systems daemon with its default, in oslo.policy's language.\n\
         # Uncomment what you change. Made from the defaults by tests/all/reference.rs; copy it before you edit it.\n",
    );
    for rule in defaults::rules() {
        sample.push_str(&format!("\n# Scope: {}.\n#\"{}\": \"{}\"\n", scopes(rule), rule.name, rule.check));
    }
    is_kept("conf/policy.yaml", &sample);
    let uncommented: String = sample
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("#\"").map_or(line.to_owned(), |rule| format!("\"{rule}"))))
        .collect();
    let mut overrides = Overrides::none();
    overrides.add(&path("conf/policy.yaml"), &uncommented).unwrap();
    let written: BTreeMap<&str, &str> = overrides.rules().collect();
    assert_eq!(written, defaults::rules().map(|rule| (rule.name, rule.check)).collect());
    let engine = Engine::new(defaults::rules(), &overrides, &Options::default()).unwrap();
    assert_eq!(engine.warnings(), []);
}
